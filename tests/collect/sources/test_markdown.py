"""The `markdown` kind: dates, embargoes and addresses of the items in a folder."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from publisher.collect.clean import clean_item
from publisher.collect.embargo import EmbargoRules
from publisher.collect.sources.base import Fetch
from publisher.collect.sources.html_words import words_of
from publisher.collect.sources.markdown import MarkdownSource
from publisher.model.items import Item
from tests.values import POLICY, SITE

NOW = datetime(2024, 3, 6, 7, tzinfo=UTC)
"""Eight o'clock in Brussels."""


def write(folder: Path, name: str, front: str) -> None:
    (folder / name).write_text(f"---\n{front}\n---\nText.\n", encoding="utf-8")


def read(folder: Path, *, now: datetime = NOW, validator: str = "", undated: Literal["seen", "skip"] = "skip") -> Fetch:
    source = MarkdownSource("news", folder, timezone="Europe/Brussels", undated=undated)
    return source.fetch(validator=validator, now=now)


def titles(fetch: Fetch) -> list[str]:
    return [item.title for item in fetch.items]


@pytest.mark.parametrize(
    ("front", "begin"),
    [
        ("date: 2024-03-06T17:00:00+01:00", "2024-03-06T17:00+01:00"),
        ("date: 2024-03-06 17:00", "2024-03-06T17:00+01:00"),
        ("date: 2024-03-07", "2024-03-07T00:00+01:00"),
        ("date: 2024-03-01\npublishDate: 2024-06-01", "2024-06-01T00:00+02:00"),
        ("date: 2024-03-01\nembargo: 2024-03-06 17:00", "2024-03-06T17:00+01:00"),
        ("publish_date: 2024-06-01", "2024-06-01T00:00+02:00"),
    ],
)
def test_front_matter_says_when_an_item_may_appear(tmp_path: Path, front: str, begin: str) -> None:
    write(tmp_path, "ferry.md", f"title: Ferry\n{front}")

    (listed,) = read(tmp_path).items

    item = clean_item(listed, site=SITE, policy=POLICY)
    embargo = EmbargoRules(now=NOW, timezone=SITE.timezone, policy=POLICY)
    assert (titles(read(tmp_path)), embargo.begin_of(item)) == (["Ferry"], datetime.fromisoformat(begin))


@pytest.mark.parametrize(
    "name",
    [
        "ferry.sync-conflict-20240305-120000-ABCDEFG.md",
        "ferry (conflicted copy 2024-03-05).md",
        "ferry (Ada's conflicted copy).md",
        "ferry (conflict copy 2).md",
    ],
)
def test_a_conflict_copy_of_a_file_is_no_second_item(tmp_path: Path, name: str) -> None:
    write(tmp_path, "ferry.md", "title: Ferry\ndate: 2024-03-05")
    write(tmp_path, name, "title: Ferry\ndate: 2024-03-05")

    fetch = read(tmp_path)

    assert titles(fetch) == ["Ferry"]
    assert name in str(fetch.notes[0])


@pytest.mark.parametrize(
    ("name", "text", "is_item"),
    [
        ("ferry - Copy.md", "Ferry", False),
        ("ferry copy 2.md", "Ferry", False),
        ("ferry (1).md", "Ferry", False),
        ("ferry (1).md", "Ferry, again", True),
        ("Copy of ferry.md", "Ferry", False),
        ("ferry.bak.md", "Ferries", False),
        ("crane (1).md", "Ferry", True),
        ("node_modules/ferry.md", "Ferries", False),
    ],
)
def test_a_copy_beside_its_file_is_no_second_item(tmp_path: Path, name: str, text: str, *, is_item: bool) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    write(tmp_path, "ferry.md", "title: Ferry\ndate: 2024-03-05")
    write(tmp_path, name, f"title: {text}\ndate: 2024-03-05")

    fetch = read(tmp_path)

    assert len(titles(fetch)) == 1 + is_item
    assert (name in str(fetch.notes)) is not is_item


def test_a_link_to_a_file_of_the_folder_is_no_second_item(tmp_path: Path) -> None:
    write(tmp_path, "ferry.md", "title: Ferry\ndate: 2024-03-05")
    write(tmp_path, "_hidden.md", "title: Crane\ndate: 2024-03-04")
    for name, target in (("alias.md", "ferry.md"), ("crane.md", "_hidden.md"), ("dead.md", "no.md"), ("loop", "..")):
        (tmp_path / name).symlink_to(target)

    fetch = read(tmp_path)

    assert titles(fetch) == ["Ferry", "Crane"]
    assert "_hidden.md, alias.md, dead.md and 1 more" in str(fetch.notes[0])


def test_nothing_is_read_again_while_items_wait(tmp_path: Path) -> None:
    write(tmp_path, "ferry.md", "title: Ferry\ndate: 2024-03-06 17:00")
    first = read(tmp_path)

    assert read(tmp_path, now=NOW + timedelta(days=1), validator=first.validator).is_unchanged


@pytest.mark.parametrize("front", ["draft: true", "draft: 'yes'", "status: hidden", "published: false", "private: on"])
def test_a_draft_does_not_go_out(tmp_path: Path, front: str) -> None:
    write(tmp_path, "ferry.md", f"title: Ferry\ndate: 2024-03-01\n{front}")
    write(tmp_path, "crane.md", "title: Crane\ndate: 2024-03-02")

    assert titles(read(tmp_path)) == ["Crane"]


def test_published_may_be_the_date(tmp_path: Path) -> None:
    write(tmp_path, "ferry.md", "title: Ferry\npublished: 2024-03-01")
    write(tmp_path, "crane.md", "title: Crane\npublished: true\ndate: 2024-03-02")

    assert [item.date for item in read(tmp_path).items] == [date(2024, 3, 2), date(2024, 3, 1)]


def test_a_file_without_a_date_may_have_that_of_the_reading(tmp_path: Path) -> None:
    write(tmp_path, "ferry.md", "title: Ferry")

    (item,) = read(tmp_path, undated="seen").items

    assert (item.date, item.is_undated) == (date(2024, 3, 6), True)


def test_times_order_the_items_of_a_day(tmp_path: Path) -> None:
    for hour, title in ((9, "Nine"), (7, "Seven"), (8, "Eight")):
        write(tmp_path, f"{title}.md", f"title: {title}\ndate: 2024-03-04 0{hour}:00")

    assert titles(read(tmp_path)) == ["Nine", "Eight", "Seven"]


def test_unrecognised_front_matter_is_reported(tmp_path: Path) -> None:
    (tmp_path / "ferry.md").write_text("Author: Ada\nWhen: 2024-03-01\n\nText.\n", "utf-8")
    write(tmp_path, "crane.md", "title: Crane\ndate: 2024-03-02")

    (problem,) = read(tmp_path).problems

    assert problem.what == "its front matter was not recognised, and it has no date; the item was left out"


def test_a_head_of_pelican(tmp_path: Path) -> None:
    (tmp_path / "ferry.md").write_text(
        "Title: 12:30\nDate: 2024-03-04 10:00\nCategory: Art, Music\nTags: no, night\nStatus: published\n\nIt sails.\n",
        "utf-8",
    )
    source = MarkdownSource("news", tmp_path, labels=frozenset({"art, music"}))

    (item,) = source.fetch(validator="", now=NOW).items

    assert (item.title, item.labels, item.keywords) == ("12:30", ("Art, Music",), ("no", "night"))
    assert (item.html, item.published) == ("<p>It sails.</p>\n", datetime.fromisoformat("2024-03-04T10:00"))


# --- addresses -------------------------------------------------------------------------------------------------------


def cleaned(folder: Path, *, base: str = "") -> tuple[Item, list[str]]:
    told: list[str] = []
    (item,) = MarkdownSource("news", folder, base=base).fetch(validator="", now=NOW).items
    return clean_item(item, site=SITE, policy=POLICY, tell=told.append), told


@pytest.mark.parametrize(
    ("front", "link", "beside"),
    [
        ("", "", "https://example.org/news/ferry/"),
        ("url: /2024/ferry/", "https://example.org/2024/ferry/", "https://example.org/2024/ferry/"),
        ("permalink: 2024/ferry/", "https://example.org/news/2024/ferry/", "https://example.org/news/2024/ferry/"),
        ("slug: night-ferry", "https://example.org/news/night-ferry", "https://example.org/news/"),
        ("permalink: /:year/:title/", "", "https://example.org/news/ferry/"),
        ("link: https://example.org/f/", "https://example.org/f/", "https://example.org/f/"),
    ],
)
def test_relative_addresses_are_seen_from_the_base(tmp_path: Path, front: str, link: str, beside: str) -> None:
    (tmp_path / "ferry").mkdir()
    write(tmp_path / "ferry", "index.md", f"title: Ferry\ndate: 2024-03-01\n{front}")
    text = tmp_path / "ferry" / "index.md"
    text.write_text(text.read_text("utf-8") + "\n[The plan](/plan/)\n![The quay](quay.jpg)\n", "utf-8")

    item, told = cleaned(tmp_path, base="https://example.org/news/")

    assert item.link == link
    assert 'href="https://example.org/plan/"' in item.html
    assert f'src="{beside}quay.jpg"' in item.html
    assert not told


def test_relative_addresses_without_a_base_are_told(tmp_path: Path) -> None:
    write(tmp_path, "ferry.md", "title: Ferry\ndate: 2024-03-01\nurl: /2024/ferry/\nslug: ferry")

    item, told = cleaned(tmp_path)

    assert item.link == ""
    assert told == [
        (
            "its link was left out: no whole address of the web: '/2024/ferry/'; "
            "a link of the item or `base` says where relative ones start"
        )
    ]


def test_placeholders_of_other_programs_are_left_out_and_reported(tmp_path: Path) -> None:
    (tmp_path / "ferry.md").write_text(
        "---\ntitle: Ferry\ndate: 2024-03-01\n---\n"
        "## Times {#times}\n\nIt *leaves* {{< clock >}}at nine.\n{: .note}\n\n"
        '{{% figure src="a_b.png" %}}\n\n{% comment %}\nAsk the mayor\n\nfirst.\n{% endcomment %}\n\n'
        "Write `{{ name }}` there.\n\n    {% tag %}\n",
        encoding="utf-8",
    )

    fetch = read(tmp_path)

    (item,) = fetch.items
    words = " ".join(words_of(item.html).split())
    assert words == "Times It leaves at nine. Write {{ name }} there. {% tag %}"
    assert [remark.what for remark in fetch.remarks] == [
        'left out of its text, as another program fills it in: {{< clock >}}, {{% figure src="a_b.png" %}}'
    ]


@pytest.mark.parametrize(
    "name",
    [
        "2024-03-04-ferry.md",
        "2024-3-4-ferry.md",
        "2024-03-04.md",
        "20240304-ferry.md",
        "2024-03-04 The ferry.md",
        "2024-03-04_ferry.en.md",
        "2024-03-04-ferry/index.md",
        "2024/03/04/ferry.md",
        "news/2024/03/04/index.md",
    ],
)
def test_a_day_in_the_name_is_the_date_of_an_item_that_says_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    write(tmp_path, name, "title: Ferry")
    write(tmp_path, "crane.md", "title: Crane\ndate: 2024-03-01")

    assert [(item.title, item.date) for item in read(tmp_path).items] == [
        ("Ferry", date(2024, 3, 4)),
        ("Crane", date(2024, 3, 1)),
    ]


@pytest.mark.parametrize(
    "name", ["2024304-ferry.md", "2024-03-ferry.md", "2024-03-04-talks/ferry.md", "12024-03-04.md"]
)
def test_other_figures_in_a_name_are_no_date(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    write(tmp_path, name, "title: Ferry")
    write(tmp_path, "crane.md", "title: Crane\ndate: 2024-03-01")

    fetch = read(tmp_path)

    assert (titles(fetch), [each.what for each in fetch.problems]) == (
        ["Crane"],
        ["it has no date; the item was left out"],
    )


def test_a_readme_is_no_item_unless_it_has_front_matter(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# How to write news here\n", encoding="utf-8")
    (tmp_path / "2024").mkdir()
    write(tmp_path / "2024", "readme.md", "title: Ferry\ndate: 2024-03-01")

    fetch = read(tmp_path)

    assert (titles(fetch), [*fetch.problems]) == (["Ferry"], [])
    assert ["README.md" in note.what for note in fetch.notes] == [True]


@pytest.mark.parametrize(
    "front",
    [
        "categories: [[Ferries, Quays]]",
        "categories: [Ferries, [Quays]]",
        "categories:\n  - name: Ferries\n    slug: f\n  - title: Quays",
        "categories: Ferries, Quays",
        "taxonomies:\n  categories: [Ferries, Quays]",
    ],
)
def test_themes_in_every_shape_that_programs_write(tmp_path: Path, front: str) -> None:
    write(tmp_path, "ferry.md", f"title: Ferry\ndate: 2024-03-01\n{front}")

    (item,) = read(tmp_path).items

    assert item.labels == ("Ferries", "Quays")


def html_of(folder: Path, body: str) -> tuple[str, str]:
    """Return the HTML made from a Markdown body, and what was left out of it."""
    (folder / "ferry.md").write_text(f"---\ntitle: Ferry\ndate: 2024-03-01\n---\n{body}", encoding="utf-8")
    fetch = read(folder)
    (item,) = fetch.items
    told = "".join(remark.what.partition(": ")[2] for remark in fetch.remarks)
    return clean_item(item, site=SITE, policy=POLICY).html.replace("\n", ""), told


def test_footnotes_are_numbered_and_stand_at_the_end(tmp_path: Path) -> None:
    body = (
        "It sails[^when] at ten[^1].\n\n[^1]: Timetable\n[^when]: Not on *Sundays*,\nnor in winter.\n\n"
        "    Nor at night.\n\n"
        "Write `[^1]` and [^2].\n\n```\n[^3]: code\n```\n"
    )

    html = (
        "<p>It sails<sup>[2]</sup> at ten<sup>[1]</sup>.</p><p>Write <code>[^1]</code> and [^2].</p>"
        "<pre><code>[^3]: code</code></pre><hr><ol><li><p>Timetable</p></li>"
        "<li><p>Not on <em>Sundays</em>,nor in winter.</p><p>Nor at night.</p></li></ol>"
    )

    assert html_of(tmp_path, body) == (html, "")


@pytest.mark.parametrize("mark", ["<!-- truncate -->", "{/* truncate */}", "<!--excerpt-->", "<!-- TEASER_END -->"])
def test_a_summary_ends_at_the_mark_of_any_generator(tmp_path: Path, mark: str) -> None:
    write(tmp_path, "ferry.md", f"title: Ferry\ndate: 2024-03-01\n---\nIt sails.\n\n{mark}\n\nAt ten.\n\nText: -")

    (item,) = read(tmp_path).items

    assert (item.summary, "truncate" in words_of(item.html)) == ("It sails.", False)


def test_the_folder_of_jekyll_and_files_of_mdx_are_read(tmp_path: Path) -> None:
    (tmp_path / "_posts").mkdir()
    (tmp_path / "_drafts").mkdir()
    write(tmp_path / "_posts", "2024-03-01-ferry.md", "title: Ferry")
    write(tmp_path / "_drafts", "quay.md", "title: Quay\ndate: 2024-03-01")
    write(tmp_path, "crane.mdx", "title: Crane\ndate: 2024-02-01")

    assert titles(read(tmp_path)) == ["Ferry", "Crane"]


def test_a_folder_of_other_files_is_reported_and_an_empty_one_is_not(tmp_path: Path) -> None:
    (tmp_path / ".gitkeep").touch()
    assert not read(tmp_path).remarks

    (tmp_path / "ferry.rst").write_text("Ferry\n=====\n")

    (remark,) = read(tmp_path).remarks
    assert remark.what == "it has no Markdown (.md, .markdown, .mdx), but ferry.rst"


def test_an_unfinished_merge_does_not_go_out(tmp_path: Path) -> None:
    merge = "<<<<<<< HEAD\nAt ten.\n=======\nAt nine.\n>>>>>>> other\n"
    write(tmp_path, "crane.md", f"title: Crane\ndate: 2024-03-01\n---\n```\n{merge}```\n\n: -")
    write(tmp_path, "ferry.md", f"title: Ferry\ndate: 2024-03-01\n---\nIt sails.\n{merge}\n: -")

    fetch = read(tmp_path)

    assert titles(fetch) == ["Crane"], "it shows such marks as code"
    (problem,) = fetch.problems
    assert problem.what.startswith("it has two versions of one text from line 6 (<<<<<<<) on; keep one,")


def test_a_summary_has_no_marks_of_footnotes(tmp_path: Path) -> None:
    (tmp_path / "ferry.md").write_text(
        "---\ntitle: Ferry\ndate: 2024-03-01\n---\nIt sails[^1].\n\n<!--more-->\n\nAt ten.\n\n[^1]: Daily.\n",
        encoding="utf-8",
    )

    assert [item.summary for item in read(tmp_path).items] == ["It sails."]


@pytest.mark.parametrize(
    ("body", "html", "told"),
    [
        ("> [!NOTE]\n> Mind the gap.", "<blockquote><p>Mind the gap.</p></blockquote>", ""),
        ("> [!tip]- The quay\n> Mind it.", "<blockquote><p>The quayMind it.</p></blockquote>", ""),
        ("[TOC]\n\nIt sails.", "<p>It sails.</p>", ""),
        ("It sails. %%ask the mayor%%", "<p>It sails. </p>", "%%ask the mayor%%"),
        ("It sails.\n\n%%\nAsk the mayor.\n\nOr not.\n%%\n", "<p>It sails.</p>", ""),
        ("See [[ferry]] and [[quay|the quay]].", "<p>See ferry and the quay.</p>", ""),
        (
            "See [[1]](https://example.org/a) `[[x]]`.",
            '<p>See <a href="https://example.org/a">[1]</a> <code>[[x]]</code>.</p>',
            "",
        ),
        ("![[quay.jpg]] It sails.", "<p> It sails.</p>", "![[quay.jpg]]"),
        ("From 10%% to 20%%.", "<p>From 10%% to 20%%.</p>", ""),
        (":::note\nMind the gap.\n:::\n\nIt sails.", "<p>Mind the gap.</p><p>It sails.</p>", ""),
        (":::tip[The quay]\nMind it.\n:::", "<p>The quayMind it.</p>", ""),
        ("::: {.warning}\nMind it.\n:::", "<p>Mind it.</p>", ""),
        ('!!! note "The quay"\n    Mind it.', "<p>The quayMind it.</p>", ""),
        ("## At ten {.big #ten}\n\nIt sails. {#x}", "<h3>At ten</h3><p>It sails.</p>", ""),
        (
            "See [a](https://example.org/a){target=_blank .x} and f(x){y}.",
            '<p>See <a href="https://example.org/a">a</a> and f(x){y}.</p>',
            "",
        ),
        ("import A from './a'\nexport const b = {\n  c: 1 }\n\nIt sails.{/* why? */}", "<p>It sails.</p>", ""),
        ("import duties are 'high'", "<p>import duties are 'high'</p>", ""),
        ("```js\nimport A from 'a'\n```", "<pre><code>import A from 'a'</code></pre>", ""),
        ("# Ferry\n\nIt sails.", "<p>It sails.</p>", ""),
        ("Ferry\n=====\nIt sails.", "<p>It sails.</p>", ""),
        ("# Another\n\nIt sails.", "<h3>Another</h3><p>It sails.</p>", ""),
    ],
)
def test_marks_of_other_dialects(tmp_path: Path, body: str, html: str, told: str) -> None:
    assert html_of(tmp_path, body) == (html, told)


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("[a](my report.pdf)", '<a href="https://example.org/my%20report.pdf">a</a>'),
        ('[a](my report.pdf "Read")', '<a href="https://example.org/my%20report.pdf" title="Read">a</a>'),
        ("![a](/pictures/the quay.png)", '<img src="https://example.org/pictures/the%20quay.png" alt="a">'),
        ("![a](/quay.png =200x100)", '<img src="https://example.org/quay.png" alt="a">'),
        ('![a](/q.png "Quay" =x50%)', '<img src="https://example.org/q.png" alt="a" title="Quay">'),
        ("`![a](/q.png =1x1)`", "<code>![a](/q.png =1x1)</code>"),
        ("[a](see below) `[a](b c.pdf)`", "[a](see below) <code>[a](b c.pdf)</code>"),
        ("[a](javascript:alert(1))", "<a>a</a>"),
        (
            "(https://x.org/a_(b)). https://y.org/c!",
            '(<a href="https://x.org/a_(b)">https://x.org/a_(b)</a>). <a href="https://y.org/c">https://y.org/c</a>!',
        ),
        (
            "`https://x.org/` [https://x.org/](/a)",
            '<code>https://x.org/</code> <a href="https://example.org/a">https://x.org/</a>',
        ),
        ('<a href="https://x.org/">https://x.org/</a>', '<a href="https://x.org/">https://x.org/</a>'),
    ],
)
def test_addresses_with_blanks_and_of_scripts(tmp_path: Path, body: str, html: str) -> None:
    (tmp_path / "ferry.md").write_text(f"---\ntitle: Ferry\ndate: 2024-03-01\n---\n{body}", encoding="utf-8")

    assert cleaned(tmp_path, base="https://example.org/")[0].html == f"<p>{html}</p>"


def test_an_author_may_be_a_table_as_wordpress_exports_it(tmp_path: Path) -> None:
    write(tmp_path, "ferry.md", "title: Ferry\ndate: 2024-03-01\nauthor:\n  login: ada\n  display_name: Ada")

    assert [item.authors for item in read(tmp_path).items] == [("Ada",)]


def test_a_heading_above_the_text_is_the_title_of_an_item_without_one(tmp_path: Path) -> None:
    (tmp_path / "ferry.md").write_text(
        "---\ndate: 2024-03-01\n---\n\n# The *night* ferry\n\nIt sails.\n", encoding="utf-8"
    )

    (item,) = read(tmp_path).items

    assert (item.title, item.html) == ("The night ferry", "<p>It sails.</p>\n")


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("2024-03-04-ferry.fr.md", "fr"),
        ("2024-03-04-ferry/index.nl-be.md", "nl-be"),
        ("2024-03-04-ferry.io.md", ""),
        ("2024/03/04/ferry.md", ""),
    ],
)
def test_a_files_name_may_say_its_language(tmp_path: Path, name: str, language: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    write(tmp_path, name, "title: Ferry")

    assert [(item.date.day, item.language) for item in read(tmp_path).items] == [(4, language)]


@pytest.mark.parametrize("said", ["Created", "Last Modified", "git Last Modified"])
def test_the_date_of_a_file_is_no_date_of_news(tmp_path: Path, said: str) -> None:
    write(tmp_path, "2024-03-04-ferry.md", f"title: Ferry\ndate: {said}")
    write(tmp_path, "crane.md", f"title: Crane\ndate: {said}\npublished: 2024-03-01")

    assert [(item.title, item.date) for item in read(tmp_path).items] == [
        ("Ferry", date(2024, 3, 4)),
        ("Crane", date(2024, 3, 1)),
    ]
