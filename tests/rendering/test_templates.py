import errno
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from markupsafe import Markup, escape

from publisher.model.errors import FilesError, TemplateError
from publisher.rendering import template_files
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ours").mkdir()
    return tmp_path / "ours"


def render(folder: Path, template: str, *, name: str = "page.html", language: str = "en", **values: object) -> str:
    (folder / name).write_text(template, encoding="utf-8", newline="")
    return Templates(TemplateFiles(folder)).render(name, language=language, domain="pages", **values)


class TestRender:
    def test_markup_is_escaped_in_html_and_not_in_text(self, folder: Path) -> None:
        assert render(folder, "{{ x }}", x="<b>") == "&lt;b&gt;"
        assert render(folder, "{{ x }}", x="<b>", name="page.txt") == "<b>"

    def test_any_editor_makes_the_same_bytes(self, folder: Path) -> None:
        assert render(folder, "{% if true %}\r\nyes\r\n{% endif %}\r\n") == "yes\n"

    def test_fixed_texts_and_dates_are_in_the_language(self, folder: Path) -> None:
        template = "{{ _('Keywords') }} {{ day | day }}, {{ day | month }}, {{ 'ar' | dir }}"
        day = date(2022, 2, 10)

        assert render(folder, template, day=day) == "Keywords 10 February 2022, February 2022, rtl"
        assert render(folder, template, day=day, language="fr-BE") == "Mots-clés 10 février 2022, février 2022, rtl"
        assert render(folder, template, day=day, language="xx") == "Keywords 10 February 2022, February 2022, rtl"

    def test_translated_texts_escape_their_values(self, folder: Path) -> None:
        assert render(folder, "{{ _('Corrected on %(day)s.', day='<b>') }}") == "Corrected on &lt;b&gt;."

    def test_texts_and_macros_in_loops_and_blocks_see_what_is_there(self, folder: Path) -> None:
        template = (
            "{% macro bold(x) %}<b>{{ x }}</b>{% endmacro %}"
            "{% macro around(x) %}<b>{{ x }}{{ caller() }}</b>{% endmacro %}"
            "{% for x in values %}{% set y = x ~ '!' %}{% block b scoped %}"
            "{{ _('In %(theme)s', theme=y) }} {% trans day=x %}added on {{ day }}{% endtrans %} "
            "{{ ngettext('%(num)s item', '%(num)s items', loop.index) }} {{ bold(y) }}"
            "{% call around(x) %}{{ y }}{% endcall %};{% endblock %}{% endfor %}"
        )

        assert render(folder, template, values=["<a>", 7]) == (
            "In &lt;a&gt;! added on &lt;a&gt; 1 item <b>&lt;a&gt;!</b><b>&lt;a&gt;&lt;a&gt;!</b>;"
            "In 7! added on 7 2 items <b>7!</b><b>77!</b>;"
        )

    def test_values_of_all_kinds_are_escaped_as_jinja2_does(self, folder: Path) -> None:
        values = ["&<>'\"", Markup("&amp;"), None, True, 1.5, ["<"], date(2022, 2, 10)]

        assert render(folder, "{% for x in values %}{{ x }} {% endfor %}", values=values) == "".join(
            f"{escape(value)} " for value in values
        )

    def test_the_first_folder_wins_file_by_file(self, folder: Path, tmp_path: Path) -> None:
        site = tmp_path / "site"
        site.mkdir()
        (folder / "page.html").write_text("{% include 'part.html' %}")
        (folder / "part.html").write_text("ours")
        (site / "part.html").write_text("theirs")

        assert Templates(TemplateFiles(site, folder)).render("page.html", language="en", domain="pages") == "theirs"

    def test_a_service_sees_an_edited_template_once_its_fingerprint_was_taken(self, folder: Path) -> None:
        (folder / "page.html").write_text("before")
        files = TemplateFiles(folder)
        templates = Templates(files)
        files.fingerprint()
        templates.render("page.html", language="en", domain="pages")

        (folder / "page.html").write_text("after")
        files.fingerprint()

        assert templates.render("page.html", language="en", domain="pages") == "after"

    def test_templates_of_the_package_are_found(self) -> None:
        assert (shipped_templates() / "index.html").is_file()


class TestErrors:
    @pytest.mark.parametrize(
        ("template", "line", "problem"),
        [
            ("\n{{ missing }}", 2, "'missing' is undefined"),
            ("\n\n{% if %}", 3, "Expected an expression"),
            ("{{ x.nothing }}", 1, "no attribute 'nothing'"),
            ("\n{{ 1 + 'a' }}", 2, "TypeError: unsupported operand"),
            ("{{ [1] | join(1, 2, 3, 4) }}", 1, "TypeError"),
            ("{% include 'nowhere.html' %}", 1, "nowhere.html is in none of"),
            ("{{ x | nofilter }}", 1, "No filter named 'nofilter'"),
            ("{% macro m() %}\n{{ missing }}{% endmacro %}\n{{ m() }}", 2, "'missing' is undefined"),
        ],
    )
    def test_a_wrong_template_is_named_with_its_line(
        self, folder: Path, template: str, line: int, problem: str
    ) -> None:
        with pytest.raises(TemplateError) as caught:
            render(folder, template, x="x")

        assert caught.value.line == line
        assert str(caught.value).startswith(f"template {folder / 'page.html'}:{line}: ")
        assert problem in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_the_included_file_is_blamed(self, folder: Path) -> None:
        (folder / "part.html").write_text("\n\n{{ missing }}")

        with pytest.raises(TemplateError, match=r"part\.html:3: 'missing' is undefined"):
            render(folder, "{% include 'part.html' %}")

    def test_a_missing_template_lists_where_it_was_looked_for(self, folder: Path) -> None:
        with pytest.raises(TemplateError) as caught:
            Templates(TemplateFiles(folder)).render("nowhere.html", language="en", domain="pages")

        assert str(folder) in str(caught.value)

    def test_another_encoding_is_reported(self, folder: Path) -> None:
        (folder / "page.html").write_bytes("é".encode("latin-1"))

        with pytest.raises(TemplateError, match=r"page\.html.*not UTF-8"):
            Templates(TemplateFiles(folder)).render("page.html", language="en", domain="pages")

    def test_a_bug_of_ours_is_not_blamed_on_the_template(self, folder: Path) -> None:
        def broken() -> None:
            raise ValueError("ours")

        with pytest.raises(ValueError, match="ours"):
            render(folder, "{{ broken() }}", broken=broken)


@dataclass(frozen=True)
class Given:
    """A value like those that templates get."""

    name: str = "a name"

    def told(self) -> str:
        return f"{self.name}, told"


class TestSandbox:
    """The author of a template can reach the values that the template shows, and nothing behind them."""

    @pytest.mark.parametrize(
        "attack",
        [
            "{{ x.__class__.__mro__[-1].__subclasses__() }}",
            "{{ x['__class__']['__base__'] }}",
            "{{ (x | attr('__class__')).__mro__ }}",
            "{{ ['__class__'] | map('attr', 'format') | list }}{{ '{0.__class__.__mro__}'.format(x) }}",
            "{{ ('{0.__init__.__globals__}' | safe).format(x) }}",
            "{{ '{x.__class__.__mro__}'.format_map({'x': x}) }}",
            "{{ [x] | map(attribute='__class__.__mro__') | list | first }}",
            "{{ lipsum.__globals__['os'].popen('id').read() }}",
            "{{ cycler.__init__.__globals__.os.environ }}",
            "{{ joiner.__init__.__globals__ }}",
            "{{ namespace.__init__.__globals__ }}",
            "{{ self.__init__.__globals__ }}",
            "{{ self._TemplateReference__context.eval_ctx.environment.loader }}",
            "{{ _.__globals__ }}",
            "{{ _.fill.__func__.__globals__ }}",
            "{{ _._look_up.__self__ }}",
            "{{ ngettext.__init__.__globals__ }}",
            "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
            "{{ gettext.__closure__ }}",
            "{{ call.func.__globals__ }}",
            "{{ call.__self__ }}",
            "{{ x.told.__func__.__globals__ }}",
            "{{ generator.gi_frame.f_back.f_globals }}",
            "{{ listed.append(2) }}",
            "{{ table.update({'a': 2}) }}",
            "{{ call.keywords.clear() }}",
            "{% include '../../../../../../../etc/passwd' %}",
            "{% include '/etc/passwd' %}",
            "{% import '../secret.html' as secret %}",
            "{% extends '../secret.html' %}",
            "{{ range(100000000) | list }}",
        ],
    )
    def test_an_attack_is_a_wrong_template_with_its_line(self, folder: Path, tmp_path: Path, attack: str) -> None:
        (tmp_path / "secret.html").write_text("secret")
        listed, table, call = [1], {"a": 1}, partial(sorted, reverse=True)

        with pytest.raises(TemplateError, match=r"page\.html:2: ") as caught:
            render(
                folder,
                "\n" + attack,
                x=Given(),
                listed=listed,
                table=table,
                call=call,
                generator=(each for each in "ab"),
            )

        assert "\n" not in str(caught.value)
        assert ([1], {"a": 1}, {"reverse": True}) == (listed, table, call.keywords)

    def test_a_template_may_show_call_and_compare_its_values(self, folder: Path) -> None:
        template = (
            "{{ x.name | upper }} {{ x.told() }} {{ call([2, 1]) }} {% set n = namespace() %}{% set n.i = 2 %}{{ n.i }}"
        )

        assert "A NAME a name, told [2, 1] 2" == render(folder, template, x=Given(), call=partial(sorted, reverse=True))


class TestFingerprint:
    def test_the_fingerprint_changes_with_any_template_in_use(self, folder: Path, tmp_path: Path) -> None:
        (folder / "page.html").write_text("one")
        site = tmp_path / "site"
        first = TemplateFiles(site, folder).fingerprint()

        (folder / "page.html").write_text("two")
        second = TemplateFiles(site, folder).fingerprint()
        site.mkdir()
        (site / "page.html").write_text("three")
        third = TemplateFiles(site, folder).fingerprint()

        assert len({first, second, third}) == 3

    def test_an_edit_is_seen_that_leaves_size_and_time_of_a_file_known_for_long(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(template_files, "SETTLED_S", 0.0)
        page = folder / "page.html"
        page.write_text("one")
        files = TemplateFiles(folder)
        assert files.fingerprint() == files.fingerprint() == files.fingerprint()
        first, edited_at = files.fingerprint(), page.stat().st_mtime_ns

        page.write_text("two")
        os.utime(page, ns=(edited_at, edited_at))

        assert files.fingerprint() != first

    def test_the_fingerprint_ignores_hidden_files_and_editor_copies(self, folder: Path, tmp_path: Path) -> None:
        site = tmp_path / "site"
        site.mkdir()
        (site / "page.html").write_text("in use")
        first = TemplateFiles(site, folder).fingerprint()

        (folder / ".page.html.swp").write_text("an editor's")
        (folder / "page.html~").write_text("an editor's")

        assert TemplateFiles(site, folder).fingerprint() == first


ROOT = Path(__file__).resolve().parents[2]
RENDER = """
import sys
from pathlib import Path
import babel.dates, babel.support, jinja2.sandbox
sys.pycache_prefix = sys.argv[2]  # here: else all that these import would be compiled, which takes half a second
from publisher.rendering.template_files import TemplateFiles
from publisher.rendering.templates import Templates
print(Templates(TemplateFiles(Path(sys.argv[1]))).render("x.html", language="en", domain="pages"))
"""


def rendered_by_another_process(folder: Path, kept: Path) -> str:
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", RENDER, str(folder), str(kept)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_compiled_templates_are_cached_for_the_next_process_until_they_change(tmp_path: Path) -> None:
    folder, kept = tmp_path / "templates", tmp_path / "kept"
    folder.mkdir()
    (folder / "x.html").write_text("{{ 1 + 1 }}", "utf-8")
    assert "2" == rendered_by_another_process(folder, kept)
    (compiled,) = kept.rglob("template-*.pyc")
    before = compiled.stat()

    assert "2" == rendered_by_another_process(folder, kept)
    assert (before.st_ino, before.st_mtime_ns) == (compiled.stat().st_ino, compiled.stat().st_mtime_ns)

    (folder / "x.html").write_text("{{ 1 + 2 }}", "utf-8")
    assert "3" == rendered_by_another_process(folder, kept)


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("{{ 1 + 1 }}", "utf-8")
    (tmp_path / "a-file").touch()

    assert "2" == rendered_by_another_process(tmp_path, tmp_path / "a-file")


class TestExtending:
    """A site's own template may extend the shipped one of the same name."""

    SHIPPED = "<p>{% block a %}a{% endblock %}</p>{% block b %}b{{ x }}{% endblock %}"
    OWN = '{% extends "page.html" %}{% block a %}own {{ super() }}{% endblock %}'

    @pytest.fixture
    def templates(self, folder: Path, tmp_path: Path) -> Templates:
        site = tmp_path / "site"
        site.mkdir()
        (folder / "page.html").write_text(self.SHIPPED)
        (site / "page.html").write_text(self.OWN)
        return Templates(TemplateFiles(site, folder))

    def test_it_has_its_own_blocks_and_the_shipped_others(self, templates: Templates) -> None:
        assert templates.render("page.html", language="en", domain="pages", x=1) == "<p>own a</p>b1"

    def test_each_of_its_blocks_is_filled_alone(self, templates: Templates) -> None:
        filled = [templates.render_block("page.html", block, language="en", domain="pages", x=2) for block in "abc"]

        assert filled == ["own a", "b2", None]

    def test_its_frame_has_what_is_put_in_place_of_a_block(self, templates: Templates) -> None:
        frame = templates.render_frame("page.html", "b", str, language="en", domain="pages", b="slot")

        assert frame == "<p>own a</p>slot"

    def test_a_shipped_template_that_changes_is_seen_although_another_wins(
        self, folder: Path, templates: Templates, tmp_path: Path
    ) -> None:
        files = TemplateFiles(tmp_path / "site", folder)
        before = files.fingerprint()
        (folder / "page.html").write_text("other")

        assert files.fingerprint() != before


def test_a_disk_that_gives_no_list_of_a_folder_is_told_and_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str) -> None:
        raise OSError(errno.EIO, "Input/output error", path)

    monkeypatch.setattr(os, "scandir", fail)

    with pytest.raises(FilesError, match="cannot be read: Input/output error"):
        TemplateFiles(tmp_path).fingerprint()
