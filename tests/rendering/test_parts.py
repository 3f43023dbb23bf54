"""A page joined from prepared parts has the same bytes as the whole page inlined at once by premailer."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from premailer import Premailer

from publisher.compose.digest import DigestPage, Renderer
from publisher.model.editions import Audience
from publisher.model.items import Enclosure
from publisher.model.records import Record
from publisher.model.themes import Theme, ThemeChoice
from publisher.rendering import parts as joining
from publisher.rendering.inline import OUR_BUSINESS, inline
from publisher.rendering.parts import Joiner
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from tests.editions import ASYLUM, AUDIENCE, BORDERS, GENERAL, SITE, TEMPLATES, THEMES, edition_of, record_of
from tests.values import STYLE

STYLE = replace(STYLE, logo="logo.png")
RENDERER = Renderer(site=SITE, templates=TEMPLATES, style=STYLE, themes=THEMES)
SUBJECTS = (ASYLUM, BORDERS, GENERAL, Theme(slug="x", title='</h2><style>h3{color:red}</style> & "<!--slot 0-->'))
TEXTS = (
    "A question? And an answer, see https://example.org/answer?a=1&b=2.",
    "One paragraph.\n\nAnother one. " + "Words. " * 60,
    "</div></td></table><script>alert(1)</script><style>*{display:none}</style><!--end 0--> <!--slot 1-->",
    "Title\xa0here. \u202eevil \x00\ud800 &nbsp;&amp; {{ 7 }} {% raw %} ü 移民 " + "x" * 300,
    "",
)
BODIES = ("", "<h3>A <b>bold</b> one</h3><ul><li>1<li>2</ul><p>x<table><tr><td class='day'>3</table><pre> a\n b</pre>")
RECORDS = tuple(
    record_of(
        f"{number}. {text}",
        number=number,
        themes=[SUBJECTS[number % 4], SUBJECTS[(number // 2) % 4]][: 1 + (number % 4 != (number // 2) % 4)],
        language=("", "ar", "fr")[number % 3],
        keywords=("k", text[:20])[: number % 3],
        html=BODIES[number % 7 == 0],
        enclosures=(Enclosure(url="https://example.org/a.pdf", size_bytes=1_234_567),)[: number % 2],
    )
    for number, text in enumerate(TEXTS * 6, start=1)
)


def inlined_whole(html: str) -> str:
    return str(
        Premailer(
            strip_important=False,
            disable_basic_attributes=OUR_BUSINESS,
            disable_validation=True,
            align_floating_images=False,
            allow_network=False,
            cssutils_logging_level=logging.CRITICAL,
        ).transform(html, pretty_print=False)
    )


@settings(max_examples=settings().max_examples * 5 // 4)
@given(
    st.sets(st.sampled_from(range(len(RECORDS)))),
    st.lists(st.sampled_from([theme.slug for theme in SUBJECTS]), min_size=1, unique=True),
    st.sampled_from(["en", "de", "ar"]),
    st.booleans(),
)
def test_any_choice_of_items_and_themes(numbers: set[int], themes: list[str], language: str, is_full: bool) -> None:
    chosen = [RECORDS[number] for number in numbers]
    audience = replace(
        AUDIENCE, themes=ThemeChoice.of(*themes), language=language, content="full" if is_full else "summary"
    )

    assert_equal_to_the_whole(chosen, audience)


def assert_equal_to_the_whole(
    chosen: Sequence[Record], audience: Audience, templates: Templates = TEMPLATES, renderer: Renderer = RENDERER
) -> None:
    alone, joined = (
        DigestPage(each, edition=edition_of(*chosen), audience=audience, shown=chosen)
        for each in (Renderer(site=SITE, templates=templates, style=STYLE, themes=THEMES), renderer)
    )
    assert inlined_whole(alone.fill("digest.html")) == joined.html().text
    assert alone.fill("digest.txt") == joined.text().text


EXTENDED = '{% extends "digest.html" %}'
OWN = {
    "a section of one's own": {
        "digest.html": EXTENDED + "{% block section %}<tr><td>{{ section.total }}</td></tr>{{ super() }}{% endblock %}",
        "digest.txt": '{% extends "digest.txt" %}{% block section %}{{ section.indent }}{{ super() }}{% endblock %}',
    },
    "an item of one's own": {
        "digest.html": EXTENDED + "{% block item %}<tr><td>{{ item.title }}</td></tr>{% endblock %}"
    },
    "items that say how many there are": {
        "digest.html": EXTENDED + "{% block item %}<tr><td>{{ total }}</td></tr>{% endblock %}",
        "digest.txt": '{% extends "digest.txt" %}{% block numbered %}{{ numbered.number }}/{{ total }}{% endblock %}',
    },
    "sections that are counted": {
        "digest.html": EXTENDED + "{% block section %}<tr><td>{{ loop.index }}</td></tr>{{ super() }}{% endblock %}",
        "digest.txt": '{% extends "digest.txt" %}{% block section %}{{ loop.index }}{{ super() }}{% endblock %}',
    },
    "no sections": {
        "digest.html": "<!DOCTYPE html><html><head><title>T</title></head><body>{% for section in sections %}"
        "{% for item in section.items %}{% block item scoped %}<p>{{ item.title }}</p>{% endblock %}{% endfor %}"
        "{% endfor %}</body></html>",
        "digest.txt": "{% for section in numbered_sections %}{% for numbered in section.numbered %}"
        "{% block numbered scoped %}{{ numbered.number }}{% endblock %}{% endfor %}{% endfor %}",
    },
}


@pytest.mark.parametrize("case", OWN)
def test_a_digest_of_ones_own_is_joined_from_what_it_has(case: str, tmp_path: Path) -> None:
    for name, text in OWN[case].items():
        (tmp_path / name).write_text(text, "utf-8")
    templates = Templates(TemplateFiles(tmp_path, shipped_templates()))
    renderer = Renderer(site=SITE, templates=templates, style=STYLE, themes=THEMES)

    for numbers in (range(6), range(2, 9), range(0), range(3, 30)):
        assert_equal_to_the_whole([RECORDS[number] for number in numbers], AUDIENCE, templates, renderer)


# --- a site's own templates ------------------------------------------------------------------------------------------

HEAD = "<!DOCTYPE html>\n<html><head><title>T</title><style>{style}</style></head><body>"
LOOP = (
    "{% for each in all %}{% block each scoped %}{seen()}<p class='a'>{{ each | safe }}</p>{% endblock %}{% endfor %}"
)
COUNTED = LOOP.replace("{seen()}", "{{ seen(each) }}")
PLAIN = "p { color: red } .a b { margin: 1px } #n > p { padding: 0 } @media (max-width: 9px) { p { color: blue } }"


class Site:
    """A template, and the items that were rendered into it."""

    def __init__(self, folder: Path, *, style: str, body: str, blocks: Sequence[str] = ("each",)) -> None:
        (folder / "page.html").write_text(HEAD.replace("{style}", style) + body + "</body></html>", "utf-8")
        self.filled: list[object] = []
        self.files = TemplateFiles(folder)
        self.templates = Templates(self.files)
        self.joiner = Joiner(self.templates, "page.html", blocks, domain="digest", fixed={"seen": self._seen})

    def _seen(self, item: object) -> str:
        self.filled.append(item)
        return ""

    def page(self, *items: object) -> str:
        return self.joiner.page({"all": items}, language="en").text

    def whole(self, *items: object) -> str:
        html = self.templates.render("page.html", language="en", domain="digest", all=items, seen=lambda _: "")
        return inlined_whole(html)


CHOICES = (("one", "<b>two</b>", "three"), ("three", "one"), ("one",), (), ("<b>two</b>", "four", "one", "two"))


@pytest.fixture
def site_of(tmp_path: Path) -> Callable[..., Site]:
    return lambda style=PLAIN, body=COUNTED: Site(tmp_path, style=style, body=body)


def test_an_item_is_filled_once_however_many_pages_it_is_in_after_the_first(site_of: Callable[..., Site]) -> None:
    site = site_of(body="<div id='n'>" + COUNTED + "</div>")

    for items in CHOICES:
        assert site.whole(*items) == site.page(*items)

    as_wholes = [item for items in CHOICES[:2] for item in items]
    assert [*as_wholes, "three", "one", "<b>two</b>", "four", "two"] == site.filled


def test_items_that_stand_together_are_filled_once_together(tmp_path: Path) -> None:
    group = LOOP.replace("all", "group").replace("{seen()}", "{{ seen(each) }}")
    body = "{% for group in all %}{% block group scoped %}<div>" + group + "</div>{% endblock %}{% endfor %}"
    site = Site(tmp_path, style=PLAIN, body=body, blocks=("group", "each"))
    one, two, turned = ("a", "b"), ("c",), ("b", "a")
    for groups in ([one], [two, one]):
        site.page(*groups)
    site.filled.clear()

    for groups in ([one, two], [one, turned], [turned]):
        assert site.whole(*groups) == site.page(*groups)

    assert ["b", "a"] == site.filled


def test_a_first_page_that_is_asked_for_again_is_inlined_once(
    site_of: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, inlined, transform = site_of(), list[object](), Premailer.transform

    def count(inliner: Premailer, page: object, **options: object) -> object:
        inlined.append(page)
        return transform(inliner, page, **options)

    monkeypatch.setattr(Premailer, "transform", count)
    inline.cache_clear()

    pages = [site.page("one"), site.page("one"), site_of().page("one")]

    assert 1 == len(inlined)
    assert [site.whole("one")] * 3 == pages


NEIGHBOURS = {
    "a rule for the first": ("p:first-child { color: red }", COUNTED),
    "a rule for every other": ("p:nth-child(2n) { color: red }", COUNTED),
    "a rule for what follows": ("p + p { color: red } p ~ b { color: blue }", COUNTED),
    "a rule for an attribute": ("p[class] { color: red }", COUNTED),
    "a rule for a link under the pointer": ("p:hover { color: red }", COUNTED),
    "a block that looks at its neighbours": (PLAIN, COUNTED.replace("<p", "{{ loop.index }}{{ all | length }}<p")),
    "a block in elements that differ": (
        ".odd p { color: red } .even p { color: blue }",
        COUNTED.replace("{% block", "<div class=\"{{ loop.cycle('odd', 'even') }}\">{% block") + "</div>",
    ),
    "no block": (PLAIN, "{% for each in all %}<p>{{ each | safe }}</p>{% endfor %}"),
    "a block that is left open": (PLAIN, COUNTED.replace("</p>", "<div class='a'>")),
    "a block in an attribute": (PLAIN, "<p title='" + LOOP.replace("{seen()}<p class='a'>", "") + "'>x</p>"),
    "a rule that is kept": (PLAIN + "</style><style data-premailer='ignore'>p { color: blue }", COUNTED),
}


@pytest.mark.parametrize("case", NEIGHBOURS)
def test_a_template_in_which_parts_depend_on_each_other_is_right_too(site_of: Callable[..., Site], case: str) -> None:
    style, body = NEIGHBOURS[case]
    site = site_of(style, body)

    for items in CHOICES * 2:
        assert site.whole(*items) == site.page(*items)


@pytest.mark.parametrize(
    "item",
    ["</div></p></body>", "<div>", "<p>", "<table><td>", "<!-- ", "<!--slot 0-->", "<!--end 1--><i>", "<b><i></b>"],
)
def test_an_item_that_breaks_out_is_inlined_with_its_page(site_of: Callable[..., Site], item: str) -> None:
    site = site_of(body="<div id='n'>" + COUNTED + "</div><p>End</p>")

    for items in (("one", item, "two"), ("two", item), (item,), ("one", "two")):
        assert site.whole(*items) == site.page(*items)


def test_items_that_are_whole_only_together_are_not_taken_apart(site_of: Callable[..., Site]) -> None:
    site = site_of(body=COUNTED.replace("<p class='a'>", "").replace("</p>", ""))

    for items in (("<div class='a'>", "<b>b</b>", "</div>", "<b>b</b>"), ("<div class='a'>", "<b>b</b>"), ("</div>",)):
        assert site.whole(*items) == site.page(*items)


def test_a_changed_template_changes_the_items(site_of: Callable[..., Site], tmp_path: Path) -> None:
    site = site_of()
    site.files.fingerprint()
    before = site.page("one")

    (tmp_path / "page.html").write_text((tmp_path / "page.html").read_text("utf-8").replace("<p", "<h1"), "utf-8")
    site.files.fingerprint()

    assert before != site.page("one") == site.whole("one")


@pytest.mark.parametrize("style", [PLAIN, "p:first-child { color: red }"])
def test_no_more_items_are_kept_than_a_service_has_room_for(
    site_of: Callable[..., Site], style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "MOST_PIECES", 2)  # thousands would take seconds
    site = site_of(style=style)
    site.page("one")
    before = site.filled.count("one")

    for number in range(4):
        site.page(str(number))
    site.page("one")

    assert 2 * before == site.filled.count("one")
