"""Jinja for the site's templates: sandboxed, compiled once, and fast for what a page does a hundred times.

To render a page, Jinja reads and escapes a hundred values, and uses thirty fixed texts and macros. Each time it checks
many cases; this module tries the usual case first, and leaves the other cases to Jinja.
"""

import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from types import BuiltinMethodType, CodeType, MethodType
from typing import Any, Protocol

from jinja2 import BytecodeCache, FileSystemBytecodeCache, Template, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

SHADOWED = "shipped"
"""`shipped/NAME` names the template NAME that is shipped with the program, even if the site has a template NAME of its
own.
"""


class _Compiled(BytecodeCache):
    """Compiled templates, for all languages of this process, and for later processes.

    Compiling is a sixth of a pass with ten new items. The code is stored where Python stores the compiled code of this
    module; if that folder cannot be written, nothing is stored. jinja2 itself checks that stored code was made from the
    same source, by the same jinja2 and Python.
    """

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, CodeType]] = {}
        """The checksum of a template's source, and the compiled code, by Jinja's key of the template."""
        self._folder = Path(cache_from_source(__file__)).parent
        # jinja2 compiles differently without the sandbox, and does not check that: the file name tells them apart.
        self._files = FileSystemBytecodeCache(str(self._folder), "template-sandboxed-%s.pyc")

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._codes.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code
        else:
            with suppress(OSError):
                self._files.load_bytecode(bucket)
            self._remember(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._remember(bucket)
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                self._files.dump_bytecode(bucket)

    def _remember(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key] = (bucket.checksum, bucket.code)


_compiled = _Compiled()


class Catalogue(Protocol):
    """The fixed texts in one language, like the standard library's gettext."""

    def gettext(self, message: str, /) -> str: ...
    def ngettext(self, one: str, many: str, n: int, /) -> str: ...


class _FixedText:
    """`_()` and `gettext()` in templates: a fixed text in the page's language, with its values escaped in markup.

    A text without values is looked up once.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._look_up = catalogue.gettext
        self._known: dict[tuple[bool | None, str], str] = {}

    @pass_context
    def __call__(self, context: Context, text: str, **values: object) -> str:
        return self.fill(context.eval_ctx.autoescape, text, **values)

    def fill(self, is_markup: bool | None, text: str, /, **values: object) -> str:  # noqa: FBT001 - as jinja2 says it
        if values:
            return _filled(self._look_up(text), values, is_markup=is_markup)
        known = self._known.get((is_markup, text))
        if known is None:
            known = self._known[is_markup, text] = _filled(self._look_up(text), values, is_markup=is_markup)
        return known


class _CountedText:
    """`ngettext()` in templates: the form of a fixed text for a number."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._look_up = catalogue.ngettext

    @pass_context
    def __call__(self, context: Context, one: str, many: str, number: int, **values: object) -> str:
        return self.fill(context.eval_ctx.autoescape, one, many, number, **values)

    def fill(self, is_markup: bool | None, one: str, many: str, number: int, /, **values: object) -> str:  # noqa: FBT001 - as above
        return _filled(self._look_up(one, many, number), {"num": number, **values}, is_markup=is_markup)


def _filled(text: str, values: Mapping[str, object], *, is_markup: bool | None) -> str:
    """Return a text filled with values. The text is a format (`%(name)s`) even without values: a per cent sign in it is
    always written twice.
    """
    return (Markup(text) if is_markup else text) % values  # noqa: S704 - the text is ours, and its values are escaped


class _Template(Template):
    """A compiled template that escapes values by `_escape`."""

    @classmethod
    def from_code(cls, environment: Any, code: CodeType, *rest: Any) -> Template:  # noqa: ANN401 - as jinja2 takes them
        template = super().from_code(environment, code, *rest)
        template.root_render_func.__globals__["escape"] = _escape
        template.globals = dict(template.globals)  # otherwise a ChainMap, which jinja2 would copy for each page
        return template


def _escape(value: object) -> str:
    """Return what jinja2's own `escape` returns, but as a plain string, which compiled templates can join to their
    text.
    """
    if type(value) is str:
        if not ("&" in value or ">" in value or "<" in value or "'" in value or '"' in value):
            return value
        return (
            value.replace("&", "&amp;")
            .replace(">", "&gt;")
            .replace("<", "&lt;")
            .replace("'", "&#39;")
            .replace('"', "&#34;")
        )
    return value if type(value) is Markup else escape(value)


class Sandbox(ImmutableSandboxedEnvironment):
    """A Jinja environment in which a site's own template may extend the shipped template of the same name.

    The author of a template decides what readers see, but must not be able to do more: the sandbox denies access to
    Python's internals, through which a template could run programs and read files, and forbids changes of the values
    that a template gets.
    """

    template_class = _Template

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - as jinja2 takes them
        super().__init__(bytecode_cache=_compiled, auto_reload=False, **settings)
        self._is_safe: dict[tuple[type, str], bool] = {}
        self._loaded: dict[str, Template] = {}

    def speak(self, catalogue: Catalogue) -> None:
        """Use the fixed texts of this catalogue from now on."""
        self.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]  # the extension's
        self.globals["_"] = self.globals["gettext"] = _FixedText(catalogue)
        self.globals["ngettext"] = _CountedText(catalogue)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may read the attribute.

        Jinja's sandbox decides this by the object's type, with thirty checks; the answer is cached for each type.
        """
        known = self._is_safe.get((type(obj), attr))
        if known is None:
            known = self._is_safe[type(obj), attr] = super().is_safe_attribute(obj, attr, value)
        return known

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as jinja2 has it
        """Return the attribute, if a template may read it.

        A string's `format` method could read attributes that the sandbox denies, so jinja2 wraps that method.
        """
        if self._is_safe.get((type(obj), attribute)):
            try:
                value = getattr(obj, attribute)
            except AttributeError:
                return super().getattr(obj, attribute)
            if type(value) is not MethodType and type(value) is not BuiltinMethodType:
                return value
        return super().getattr(obj, attribute)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as jinja2 has it
        """Return the result of the call, if a template may make it.

        jinja2 copies the context for each call, in case the called object needs variables of a loop. Macros and fixed
        texts need none, and are called without a copy.
        """
        kind = type(obj)
        if kind is Macro or kind is _FixedText or kind is _CountedText:
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            if kind is Macro:
                return obj(context.eval_ctx, *args, **kwargs)
            return obj.fill(context.eval_ctx.autoescape, *args, **kwargs)
        return super().call(context, obj, *args, **kwargs)

    def join_path(self, template: str, parent: str) -> str:
        """Return the name under which a template named `parent` loads `template`."""
        return f"{SHADOWED}/{template}" if template == parent else template

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:  # noqa: A002, ANN401 - as jinja2 has it
        """Return a template. Each is loaded once; after a template's file has changed, `Templates` makes a new
        environment.
        """
        if globals is not None or not isinstance(name, str):
            return super().get_template(name, parent, globals)
        name = name if parent is None else self.join_path(name, parent)
        known = self._loaded.get(name)
        if known is None:
            known = self._loaded[name] = super().get_template(name)
        return known
