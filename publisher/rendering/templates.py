"""Renders Jinja templates, and finds out whether a failure is the template's fault."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from traceback import walk_tb
from typing import Any

import jinja2
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    UndefinedError,
    nodes,
    select_autoescape,
)
from jinja2.debug import rewrite_traceback_stack

from publisher.model.errors import TemplateError
from publisher.model.schedules import Schedule
from publisher.rendering import languages
from publisher.rendering.jinja_sandbox import SHADOWED, Sandbox
from publisher.rendering.schedule_words import words_of
from publisher.rendering.template_files import TemplateFiles

JINJA = Path(jinja2.__file__).parent


class Templates:
    """The templates of one site, compiled per language and domain of fixed texts."""

    def __init__(self, files: TemplateFiles) -> None:
        self._files = files
        self._generation = files.generation
        self._environments: dict[tuple[str, str], Environment] = {}
        self._frames: dict[tuple[Environment, str], Template] = {}
        """The compiled templates of `render_frame`, by environment and source."""
        self._lineages: dict[tuple[Environment, str], list[Template]] = {}

    @property
    def generation(self) -> int:
        """A number that grows when a template is found to have changed."""
        return self._files.generation

    def render(self, name: str, *, language: str, domain: str, **values: object) -> str:
        """Return the template rendered with `values`, its fixed texts in `language` from the catalogue `domain`.

        Names ending in .html and .xml are escaped. A template also has `_()`, `{% trans %}`, `fixed_lang` (the language
        of the fixed texts: English where `language` has no catalogue), and the filters `day`, `day_of_year`, `weekday`
        and `month` (dates in words), `in_words` (a schedule) and `dir` (`ltr` or `rtl` of a language code).

        Raises:
            TemplateError: the template is missing, not UTF-8 or wrong, or asks for a value it was not given; the error
                has file and line.
        """
        with self._blame_template(name):
            return self._environment(language, domain).get_template(name).render(values)

    def has_block(self, name: str, block: str, *, language: str, domain: str) -> bool:
        """Whether the template, or one that it extends, has a block of this name.

        Raises:
            TemplateError: as `render`.
        """
        with self._blame_template(name):
            return any(block in each.blocks for each in self._lineage(self._environment(language, domain), name))

    def render_frame(
        self,
        name: str,
        block: str,
        place: Callable[[Any], str],
        *,
        language: str,
        domain: str,
        **values: object,
    ) -> str:
        """Return a template rendered as by `render`, with `place(value)` instead of each block named `block`.

        `value` is the variable with the block's name; `None` if there is no such variable.

        Raises:
            TemplateError: as `render`.
        """
        slot = f"{{{{ place({block} | default(none)) | safe }}}}"
        source = f"{{% extends '{name}' %}}{{% block {block} %}}{slot}{{% endblock %}}"
        with self._blame_template(name):
            environment = self._environment(language, domain)
            frame = self._frames.get((environment, source))
            if frame is None:
                code = environment.compile(
                    source, f"frame of {name}"
                )  # the end of the template's name says whether values are escaped
                frame = environment.template_class.from_code(environment, code, environment.make_globals(None))
                self._frames[environment, source] = frame
            return frame.render(place=place, **values)

    def render_block(self, name: str, block: str, *, language: str, domain: str, **values: object) -> str | None:
        """Return one block of the template rendered with `values` only; return `None` if the block uses any other
        value.

        Raises:
            TemplateError: as in `render`.
        """
        with self._blame_template(name):
            template, *ancestors = self._lineage(self._environment(language, domain), name)
            context = template.new_context(dict(values))
            for ancestor in ancestors:
                for inherited, fill in ancestor.blocks.items():
                    context.blocks.setdefault(inherited, []).append(fill)
            try:
                return "".join(context.blocks[block][0](context)) if block in context.blocks else None
            except UndefinedError:
                return None

    def faults(self, *, language: str) -> Iterator[TemplateError]:
        """Yield the errors of all templates in use, including templates that nothing renders now."""
        for name, path in self._files.paths().items():
            if path.suffix in (".html", ".txt", ".xml"):
                domain = "digest" if name.startswith("digest") else "pages"
                try:
                    self._environment(language, domain).get_template(name)
                except Exception as error:
                    blamed = self._blamed(name, error)
                    if blamed is None:
                        raise
                    yield blamed

    def _lineage(self, environment: Environment, name: str) -> list[Template]:
        """Return the template, the one it extends, and so on."""
        if (known := self._lineages.get((environment, name))) is None:
            known, parent = [environment.get_template(name)], name
            while extended := _extended_by(environment, parent):
                parent = environment.join_path(extended, parent)
                known.append(environment.get_template(parent))
            self._lineages[environment, name] = known
        return known

    def _environment(self, language: str, domain: str) -> Environment:
        if self._generation != self._files.generation:
            # A service runs for months: its compiled templates may be older than the files.
            self._generation = self._files.generation
            self._frames.clear()
            self._lineages.clear()
            self._environments.clear()
        known = self._environments.get((language, domain))
        if known is not None:
            return known
        shadowed = PrefixLoader({SHADOWED: FileSystemLoader(self._files.folders[1:])})
        environment = Sandbox(
            loader=ChoiceLoader([FileSystemLoader(self._files.folders), shadowed]),
            autoescape=select_autoescape(("html", "xml")),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            newline_sequence="\n",  # the same bytes, whichever editor wrote the template
        )
        spoken = languages.interface_language(language, domain)
        environment.speak(languages.translations(spoken, domain))
        environment.globals["fixed_lang"] = spoken
        environment.filters["day"] = partial(languages.format_day, language=spoken)
        environment.filters["day_of_year"] = partial(languages.format_day_of_year, language=spoken)
        environment.filters["weekday"] = partial(languages.format_weekday, language=spoken)
        environment.filters["month"] = partial(languages.format_month, language=spoken)
        environment.filters["in_words"] = partial(_in_words, language=spoken)
        environment.filters["dir"] = languages.dir_of
        self._environments[language, domain] = environment
        return environment

    @contextmanager
    def _blame_template(self, name: str) -> Iterator[None]:
        """Turn an exception that a template caused into a `TemplateError`, which the operator can fix."""
        try:
            yield
        except Exception as error:
            # `Template.render` also calls rewrite_traceback_stack
            blamed = self._blamed(name, rewrite_traceback_stack())
            if blamed is None:
                raise
            raise blamed from error

    def _blamed(self, name: str, error: BaseException) -> TemplateError | None:
        """Return the error to show the operator if a template caused `error`; return `None` if `error` is a bug of this
        program.
        """
        folders = self._files.folders
        # jinja2 rewrites tracebacks, so that they show templates.
        ways = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
        file, line = next((place for place in reversed(ways) if _is_below(place[0], folders)), (name, None))
        if isinstance(error, jinja2.TemplateSyntaxError):
            return TemplateError(error.filename or file, error.lineno, error.message or "syntax error")
        if isinstance(error, jinja2.TemplateNotFound):
            looked_in = ", ".join(str(folder) for folder in folders)
            return TemplateError(file, line, f"{error.name} is in none of: {looked_in}")
        if isinstance(error, UnicodeDecodeError):
            return TemplateError(file, line, "a template is not UTF-8: save it in that encoding")
        if isinstance(error, jinja2.TemplateError):
            return TemplateError(file, line, error.message or type(error).__name__)
        # a template or a filter of jinja2 raised the exception, such as `{{ 1 + title }}`
        if line is not None and _is_below(ways[-1][0], (*folders, JINJA)):
            return TemplateError(file, line, f"{type(error).__name__}: {error}")
        return None


def _extended_by(environment: Environment, name: str) -> str | None:
    """Return the name of the template that the template `name` extends; return `None` if it extends none."""
    source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]  # it has one
    if "extends" not in source:
        return None  # parsing takes as long as rendering ten mails
    extends = environment.parse(source, name).find(nodes.Extends)
    return extends.template.value if extends and isinstance(extends.template, nodes.Const) else None


def _in_words(schedule: Schedule | None, language: str) -> str:
    return words_of(schedule, language) if schedule else ""


def _is_below(file: str, folders: Sequence[Path]) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in folders)
