import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from publisher.compose.digest import MAX_HTML_BYTES, SUBJECT_CHARS, SUBJECT_TITLE_CHARS
from publisher.compose.digest_values import FILES
from publisher.config.colours import DARK_PAGE, PAGE
from publisher.model.digests import Digest
from publisher.model.editions import Audience, DigestStyle, Formerly
from publisher.model.items import Enclosure, Item
from publisher.model.records import Record
from publisher.model.site import Mailbox, Site
from publisher.model.themes import Theme, ThemeChoice
from publisher.rendering import quoted_printable
from publisher.rendering.columns import WIDTH, columns_of
from publisher.rendering.excerpt import FULL_TEXT_CHARS
from publisher.rendering.languages import CATALOGUES
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from tests.editions import ASYLUM, AUDIENCE, BORDERS, GENERAL, SITE, TEMPLATES, edition_of, record_of, render
from tests.values import STYLE

CORRECTED = record_of("Read otherwise. Now.", number=2, corrected=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
SENTENCE = "Words that say little and still take their room on the page. "


def digest_of(
    *records: Record,
    audience: Audience = AUDIENCE,
    site: Site = SITE,
    style: DigestStyle = STYLE,
    corrections: Sequence[Record] = (),
    formerly: Sequence[Formerly] = (),
) -> Digest:
    edition = replace(edition_of(*records, corrections=corrections), formerly=tuple(formerly))
    return render(edition, audience=audience, site=site, templates=TEMPLATES, style=style)


def page_of(digest: Digest) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(digest.html)


def headings(digest: Digest) -> list[tuple[str, str]]:
    return [(heading.tag, heading.text_content()) for heading in page_of(digest).xpath("//h2 | //h3")]


TITLE = "*[contains(@class, 'title')]"


def titles(digest: Digest) -> list[str]:
    return [title.text_content() for title in page_of(digest).xpath(f"//{TITLE}")]


def eyebrows(digest: Digest) -> list[str]:
    """Return the line that stands above each title in a digest."""
    return [" ".join(line.text_content().split()) for line in page_of(digest).xpath("//p[@class='eyebrow']")]


def words_of(digest: Digest) -> str:
    return " ".join(page_of(digest).text_content().split())


# --- content ---------------------------------------------------------------------------------------------------------


def test_items_stand_under_their_themes_each_once_the_newest_first() -> None:
    digest = digest_of(
        record_of("One.", number=1, themes=[BORDERS]),
        record_of("Two.", number=2, themes=[ASYLUM, BORDERS]),
        record_of("Three.", number=3, themes=[BORDERS]),
        record_of("Four.", number=4, themes=[BORDERS]),
    )

    assert [
        ("h2", "Four"),
        ("h2", "More in Borders & Visa"),
        ("h3", "Three"),
        ("h3", "One"),
        ("h2", "Two"),
    ] == headings(digest)
    assert ["Borders & Visa · 4 January", "3 January", "1 January", "Asylum · 2 January · also in: Borders & Visa"] == (
        eyebrows(digest)
    )
    assert "\nMORE IN BORDERS & VISA\n----------------------\n" in digest.text
    assert "2 January 2026 · also in: Borders & Visa" in digest.text
    assert ["Four", "Three", "One", "Two"] == [item.title for item in digest.shown]
    assert () == digest.left_out


def test_an_audience_with_themes_of_its_own_gets_them_in_its_order_and_nothing_under_another() -> None:
    digest = digest_of(
        record_of("One.", themes=[BORDERS]),
        record_of("Two.", number=2, themes=[GENERAL, ASYLUM]),
        audience=replace(AUDIENCE, themes=ThemeChoice.of("borders-visa", "asylum")),
    )

    assert [("h2", "One"), ("h2", "Two")] == headings(digest)
    assert ["Borders & Visa · 1 January", "Asylum · 2 January · also in: General"] == eyebrows(digest)
    assert "also in: General" in digest.text


def test_an_item_whose_themes_changed_since_keeps_a_place() -> None:
    digest = digest_of(record_of("One.", themes=[GENERAL]), audience=replace(AUDIENCE, themes=ThemeChoice.of("asylum")))

    assert ["General · 1 January"] == eyebrows(digest)


def test_a_date_shows_its_year_if_the_edition_is_of_another_year() -> None:
    older = replace(record_of("One."), item=Item(date=date(2024, 12, 31), text="One."))

    assert ["General · 31 December 2024"] == eyebrows(digest_of(older))


@pytest.mark.parametrize(("items", "in_full"), [(15, 15), (16, 3)])
def test_a_long_edition_shows_the_lead_and_the_newest_of_each_theme_in_full(items: int, in_full: int) -> None:
    records = [
        record_of(f"News {n}! Its text.", number=n, themes=[(ASYLUM, BORDERS)[n % 2]]) for n in range(1, items + 1)
    ]

    digest = digest_of(*records)

    assert items == len(digest.shown)
    assert in_full == digest.html.count("Its text.") == digest.text.count("Its text.")
    full = digest_of(*records, audience=replace(AUDIENCE, content="full"))
    assert items == full.html.count("Its text.")


def test_an_audience_may_have_titles_and_dates_alone() -> None:
    digest = digest_of(
        record_of("One. Its text."), record_of("Two. Its text.", number=2), audience=replace(AUDIENCE, content="titles")
    )

    assert ["Two", "One"] == titles(digest)
    assert "Its text." not in digest.html + digest.text


def test_the_text_part_is_written_for_a_terminal() -> None:
    digest = digest_of(
        record_of("A first sentence. And a second one.", themes=[ASYLUM, GENERAL], keywords=("médias", "video")),
        record_of("Only this.", number=2, themes=[BORDERS], link="https://example.org/" + "x" * 80),
        audience=replace(
            AUDIENCE, postal_address="1 Example Street\nBrussels", unsubscribe_url="https://example.org/stop"
        ),
    )

    assert (
        f"""\
Example News
Monday 2 March 2026 · No.\xa03 · 2 items
Read on the web: https://news.example.org/archive/weekly/3.html


1. Only this
   Borders & Visa · 2 January 2026

   Read on at example.org:
   https://example.org/{"x" * 80}


ASYLUM
------

2. A first sentence
   1 January 2026 · also in: General

   And a second one.

   Keywords: médias, video

   https://news.example.org/items/2026/item-1.html

-- \n\
You get this because your address is on the list
readers@lists.example.org.
Unsubscribe: https://example.org/stop

Sent by Example News, news@example.org
1 Example Street
Brussels

All news and feeds on the web: https://news.example.org/
"""
        == digest.text
    )


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("Short and complete.", ""),
        ("Is it so? It is.", "It is."),
        ("First words.\n\nSecond “paragraph”.", "Second “paragraph”."),
        ("A clause, " + "and more of it " * 20 + "to the end. Then rest.", None),
    ],
)
def test_nobody_reads_a_sentence_twice(text: str, below: str | None) -> None:
    digest = digest_of(record_of(text))

    (title,) = titles(digest)
    shown = " ".join(page_of(digest).xpath(f"string(//{TITLE}/following-sibling::div[1])").split())
    if below is None:  # a title that is cut is followed by the whole sentence
        assert title.endswith("…")
        assert text == shown
    else:
        assert below == shown


def test_a_title_that_is_the_whole_text_is_read_once_and_set_like_a_text() -> None:
    digest = digest_of(record_of("Two sentences. Here they are."), record_of("All that it says.", number=2))

    sizes = {
        title.text_content(): title.get("style") for title in page_of(digest).xpath("//*[self::h2 or self::h3][a]")
    }
    assert "font-size:17px" in sizes["All that it says"].replace(" ", "")
    assert "font-size:17px" not in sizes["Two sentences"].replace(" ", "")
    assert words_of(digest).count("All that it says") == 1


def test_a_title_of_its_own_stands_above_the_whole_text() -> None:
    digest = digest_of(record_of("The text begins otherwise. Then rest.", title="The title"))

    assert "1 January The title The text begins otherwise. Then rest." in words_of(digest)


def test_short_texts_are_shown_in_full_and_long_ones_summed_up() -> None:
    short, long = SENTENCE * 11, SENTENCE * 12
    assert len(short.strip()) <= FULL_TEXT_CHARS < len(long)

    assert [11, 2] == [
        digest_of(record_of(text, title="Title")).html.partition('class="title')[2].count(SENTENCE.strip())
        for text in (short, long)
    ]


def test_an_audience_may_have_texts_in_full_up_to_what_one_item_may_take() -> None:
    full = replace(AUDIENCE, content="full")
    assert 40 == digest_of(record_of(SENTENCE * 40, title="T"), audience=full).html.partition('class="title')[2].count(
        SENTENCE.strip()
    )

    for huge in (SENTENCE * 1_000, "移" * 5_000):
        digest = digest_of(record_of(huge, title="T"), record_of("Other.", number=2), audience=full)
        assert len(digest.html) < 20_000
        assert 2 == len(digest.shown)


def test_keywords_are_shown_only_where_they_are_wanted() -> None:
    digest = digest_of(record_of("One.", keywords=("video",)), audience=replace(AUDIENCE, keywords=False))

    assert "video" not in digest.html + digest.text


def test_files_are_linked_below_their_item_and_spelt_out_in_the_text_part() -> None:
    report = Enclosure(url="https://example.org/r.pdf", size_bytes=1_200_000, title="The report")
    talk = Enclosure(url="https://example.org/talk.mp3?a=1&b=2")
    digest = digest_of(record_of("It is out. Read it.", enclosures=(report, talk), keywords=("ice",)))

    links = {link.get("href"): link.text for link in page_of(digest).xpath("//p/a")}
    assert links[report.url] == "The report (PDF, 1.2\xa0MB)"
    assert links[talk.url] == "talk.mp3 (MP3)"
    assert "The report (PDF, 1.2 MB) talk.mp3 (MP3)" in words_of(digest)
    assert (
        f"""
   Read it.

   Keywords: ice

   https://news.example.org/items/2026/item-1.html
   The report (PDF, 1.2\xa0MB):
   {report.url}
   talk.mp3 (MP3):
   {talk.url}
"""
        in digest.text
    )


def test_an_item_with_very_many_files_does_not_fill_the_mail() -> None:
    files = [Enclosure(url=f"https://example.org/{number}.pdf") for number in range(FILES + 9)]
    digest = digest_of(record_of("One.", enclosures=tuple(files)))

    assert digest.text.count(".pdf (PDF)") == FILES


def test_corrections_of_earlier_items_stand_in_a_block_of_their_own() -> None:
    digest = digest_of(
        record_of("New."),
        corrections=[CORRECTED],
    )

    assert [("h2", "New"), ("h2", "Corrected since"), ("h3", "Read otherwise")] == headings(digest)
    assert "Corrected since 2 January, corrected on 2 March Read otherwise" in words_of(digest)
    assert (
        """\
CORRECTED SINCE
---------------

*  Read otherwise
   2 January 2026, corrected on 2 March

   https://news.example.org/items/2026/item-2.html
"""
        in digest.text
    )
    assert (["New"], ["Read otherwise"]) == (
        [item.title for item in digest.shown],
        [item.title for item in digest.corrected],
    )


def test_a_correction_quotes_the_former_text() -> None:
    was = replace(CORRECTED.item, title="", text="Read thus.")
    formerly = [Formerly(item=CORRECTED.number, edition=1, was=was)]

    digest = digest_of(record_of("New."), corrections=[CORRECTED], formerly=formerly)

    assert "In No. 1 it read: “Read thus”" in words_of(digest)
    assert "   In No.\xa01 it read: “Read thus”\n" in digest.text
    assert ["https://news.example.org/archive/weekly/1.html"] == page_of(digest).xpath("//p[@class='about']/a/@href")


def test_an_item_that_is_listed_long_after_its_day_says_when_it_was_added() -> None:
    late = replace(record_of("One."), added_at=datetime(2026, 2, 28, tzinfo=UTC))

    digest = digest_of(late)

    assert ["General · 1 January, added on 28 February"] == eyebrows(digest)
    assert "1 January 2026, added on 28 February 2026" in digest.text


def test_summaries_and_teasers_have_a_link_to_the_whole_text() -> None:
    cut = digest_of(record_of("One. " + "A sentence. " * 100))
    teaser = digest_of(record_of("One. Two.", link="https://www.example.org/one"))

    assert (["Read on"], ["https://news.example.org/items/2026/item-1.html"]) == (
        page_of(cut).xpath("//p[@class='about']/a/text()"),
        page_of(cut).xpath("//p[@class='about']/a/@href"),
    )
    assert "   Read on:\n   https://news.example.org/items/2026/item-1.html" in cut.text
    assert ["Read on at example.org"] == page_of(teaser).xpath("//p[@class='about']/a/text()")
    assert "Read on:\n" not in digest_of(record_of("One. Two.")).text


def test_very_many_corrections_are_counted_rather_than_named() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    corrections = [record_of(f"Corrected {n}.", number=n, corrected=at) for n in range(2, 300)]

    digest = digest_of(record_of("New."), corrections=corrections)

    assert 20 == len([line for line in eyebrows(digest) if "corrected on" in line])
    assert "278 more corrections on the web" in digest.text
    assert "278 more corrections on the web" in words_of(digest)
    assert 298 == len(digest.corrected)


def test_the_style_is_the_site_s() -> None:
    style = replace(
        STYLE,
        accent="#a21f00",
        accent_dark="#ff987e",
        logo="assets/logo.png",
        logo_alt="The logo",
        logo_width=200,
        width=640,
        fonts=("Gill Sans", "sans-serif"),
    )

    digest = digest_of(record_of("One."), style=style)

    html = digest.html
    assert ["https://news.example.org/assets/logo.png"] == page_of(digest).xpath("//img/@src")
    assert ["The logo", "200"] == page_of(digest).xpath("//img/@alt | //img/@width")
    assert "#0a4f8f" not in html
    assert "#8cc0f5" not in html
    assert "color:#a21f00" in html
    assert ".text a { color: #ff987e !important; }" in html
    assert html.count("640") == 2
    assert "font-family:'Gill Sans', sans-serif" in html.replace('"', "'")


def test_the_template_stands_on_the_grounds_its_accents_are_measured_on() -> None:
    html = digest_of(record_of("One.")).html

    assert f'bgcolor="{PAGE}"' in html
    assert f".body, .frame, .margin, .column {{ background-color: {DARK_PAGE} !important" in html


def test_themes_are_listed_at_the_top_once_three_of_them_have_several_items() -> None:
    themes = [ASYLUM, BORDERS, GENERAL, Theme(slug="return", title="Return")]
    lead = record_of("Lead.", number=9, themes=[GENERAL])
    many = [lead, *(record_of(f"Item {n}.", number=n, themes=[themes[n % 3]]) for n in range(1, 7))]
    single = record_of("Single.", number=8, themes=[themes[3]])

    digest = digest_of(*many, single)
    page = page_of(digest)

    links = page.xpath("//*[@role='navigation']//a")
    assert [("Return", "1"), ("Asylum", "2"), ("Borders & Visa", "2"), ("General", "3")] == [
        (link.text, link.tail.strip(" \n\xa0·")) for link in links
    ]
    assert {link.get("href") for link in links} == {f"#{name}" for name in page.xpath("//a/@name")} - {"#lead_general"}
    assert not re.search(r"[ \n]·", "".join(page.xpath("//p[@class='names']//text()")))
    assert "Return (1), Asylum (2), Borders & Visa (2), General (3)" in digest.text
    assert not page_of(digest_of(*many[:6], single)).xpath("//*[@role='navigation']")


def test_the_lead_stands_for_its_theme_at_the_top_if_nothing_else_is_of_it() -> None:
    themes = [ASYLUM, BORDERS, GENERAL]
    lead = record_of("Lead.", number=9, themes=[Theme(slug="return", title="Return")])

    digest = digest_of(lead, *(record_of(f"Item {n}.", number=n, themes=[themes[n % 3]]) for n in range(1, 7)))

    page = page_of(digest)
    links = page.xpath("//*[@role='navigation']//a")
    assert ["Return", "Asylum", "Borders & Visa", "General"] == [link.text for link in links]
    assert [link.get("href") for link in links] == [f"#{name}" for name in page.xpath("//a/@name")]
    assert "Return (1), Asylum (2)" in digest.text


def test_the_footer_says_who_why_and_how_to_stop() -> None:
    words = words_of(digest_of(record_of("One.")))

    assert words.endswith(
        "You get this because your address is on the list readers@lists.example.org. "
        "To unsubscribe, write to news@example.org. "
        "Sent by Example News, news@example.org "
        "All news and feeds on the web: https://news.example.org/"
    )


def test_the_same_edition_is_the_same_digest() -> None:
    records = [record_of(SENTENCE * n, number=n, themes=[ASYLUM, BORDERS][n % 2 :]) for n in range(1, 6)]

    assert digest_of(*records) == digest_of(*reversed(records))


# --- items with rich HTML --------------------------------------------------------------------------------------------

RICH = (
    '<p>A title sentence. <a href="https://example.org/report">The report</a> says more:</p><h3>Figures</h3>'
    "<table><tr><th>Year</th><th>Number</th></tr><tr><td>2025</td><td>1 200</td></tr></table>"
    "<pre>  if x:\n    y()</pre><blockquote><p>So it is.</p></blockquote><ul><li>One</li><li>Two</li></ul>"
    '<p><img src="https://example.org/quay.jpg" alt="The quay" width="1200" height="800"></p>'
)


def rich_digest(**audience: object) -> Digest:
    item = record_of("A title sentence. The report says more.", html=RICH)
    return digest_of(item, audience=replace(AUDIENCE, **audience))  # type: ignore[arg-type]  # whatever a test gives


def test_lists_tables_and_quotations_keep_their_form() -> None:
    page = page_of(rich_digest())

    assert ["h1", "h2", "h3"] == [heading.tag for heading in page.xpath("//h1 | //h2 | //h3 | //h4")]
    assert [("col", "left"), ("col", "right")] == [
        (cell.get("scope"), cell.get("align")) for cell in page.xpath("//th")
    ]
    assert not page.xpath("//pre")
    assert "table-layout:fixed" in page.xpath("string(//td[@class='code']/ancestor::table[1]/@style)")
    assert "border-left:3px" in page.xpath("string(//td[@class='quoted']/@style)")
    assert "padding:6px" in page.xpath("string(//table[@class='data']//td[1]/@style)")


def test_a_body_in_html_begins_behind_the_title_as_well() -> None:
    assert "The report says more:" in page_of(rich_digest()).xpath(f"string(//{TITLE}/following-sibling::div[1]/p[1])")
    assert 1 == words_of(rich_digest()).count("A title sentence")
    assert 1 == rich_digest().text.count("A title sentence")


def test_the_text_part_has_what_the_html_has() -> None:
    assert (
        """\
   The report [1] says more:

   Figures

   Year   Number
   2025    1 200

       if x:
         y()

   > So it is.

   - One
   - Two

   The quay [2]

   https://news.example.org/items/2026/item-1.html
   [1] https://example.org/report
   [2] https://example.org/quay.jpg
"""
        in rich_digest().text
    )


def test_a_long_body_in_html_is_summed_up_like_any_other() -> None:
    long = record_of(SENTENCE * 12, title="Title", html=f"<p>{SENTENCE * 12}</p><pre>code</pre>")

    digest = digest_of(long)

    assert 2 == digest.html.partition('class="title')[2].count(SENTENCE.strip())
    assert "code" not in digest.text


def test_pictures_are_shown_on_request_and_else_linked() -> None:
    linked, shown = page_of(rich_digest()), page_of(rich_digest(pictures=True))

    assert not linked.xpath("//img")
    assert ["https://example.org/quay.jpg"] == linked.xpath("//a[text()='The quay']/@href")
    (image,) = shown.xpath("//img")
    assert ("https://example.org/quay.jpg", "The quay", "600") == tuple(map(image.get, ("src", "alt", "width")))


# --- a site's own template -------------------------------------------------------------------------------------------


def test_a_template_that_extends_the_shipped_one_needs_one_line_for_a_welcome(tmp_path: Path) -> None:
    welcome = '{% extends "NAME" %}{% block welcome %}Welcome to all of you!{% endblock %}'
    for name in ("digest.html", "digest.txt"):
        (tmp_path / name).write_text(welcome.replace("NAME", name), "utf-8")

    own = render(
        edition_of(record_of("One. Its text.")),
        audience=AUDIENCE,
        site=SITE,
        templates=Templates(TemplateFiles(tmp_path, shipped_templates())),
        style=STYLE,
    )

    shipped = digest_of(record_of("One. Its text."))
    assert ["Welcome to all of you!"] == page_of(own).xpath("//td[@class='introduction']//text()")
    assert shipped.text.replace("3.html\n", "3.html\n\nWelcome to all of you!\n", 1) == own.text
    assert [shipped.subject, *titles(shipped)] == [own.subject, *titles(own)]


def test_rules_for_items_reach_no_layout_and_rules_of_the_layout_no_item() -> None:
    """Each selector is a class, or is inside an item, a footer or an introduction."""
    written = (shipped_templates() / "digest.html").read_text("utf-8")
    rules = re.search(r"<style>(.*?)</style>", written, re.DOTALL)
    assert rules

    selectors = [each.strip() for rule in re.findall(r"([^{}]+) \{ ", rules[1]) for each in rule.split(",")]
    assert len(selectors) > 50
    assert [] == [each for each in selectors if not each.startswith(".")]
    tags = [each for each in selectors if re.search(r" [a-z0-9]+$", each)]
    assert {".text", ".rtl", ".data", ".logo"} == {each.split()[0] for each in tags}


def test_introductions_stand_above_the_items_with_their_links() -> None:
    edition = replace(edition_of(record_of("One.")), introduction="This week [our report](https://a.org/report).")

    digest = render(
        edition,
        audience=replace(AUDIENCE, introduction="Dear readers,"),
        site=SITE,
        templates=TEMPLATES,
        style=STYLE,
    )

    assert ["Dear readers,", "This week our report."] == [
        p.text_content() for p in page_of(digest).xpath("//td[@class='introduction']//p")
    ]
    assert "\n\nDear readers,\n\nThis week our report [1].\n\n[1] https://a.org/report\n" in digest.text


# --- subject and preheader -------------------------------------------------------------------------------------------


def test_one_item_is_its_own_subject() -> None:
    digest = digest_of(record_of("Something happened in Brussels. More of it here."))

    assert "Something happened in Brussels" == digest.subject
    assert "More of it here." == digest.preheader


def test_a_subject_is_shown_whole_and_the_mail_has_all_of_the_title() -> None:
    title = "A title of very many words that say all there is to say of what happened in a small town"
    digest = digest_of(record_of("Text.", title=title))

    assert "A title of very many words that say all there…" == digest.subject
    assert len(digest.subject) <= SUBJECT_TITLE_CHARS < len(title)
    assert [title] == titles(digest)


def test_several_are_counted_and_the_first_one_named() -> None:
    records = [record_of(f"Item {word}.", number=n) for n, word in enumerate(("one", "two", "three"), start=1)]

    digest = digest_of(*records)

    assert "Item three, and 2 more" == digest.subject
    assert "Item two · Item one" == digest.preheader
    (preheader,) = page_of(digest).xpath("//*[@class='preheader']/text()")
    assert "Item two · Item one" == preheader.rstrip("\xa0\u200c")


def test_subject_and_preheader_are_one_line_whatever_the_title() -> None:
    digest = digest_of(record_of("Text.", title="Win\r\nBcc: eve@example.org\u2028\u202egpj.exe\x00 " + "x" * 10_000))

    assert re.fullmatch(r"Win Bcc: eve@example.org gpj.exe …|Win Bcc: eve@example.org gpj.exe…", digest.subject)


def test_an_edition_whose_items_were_all_withdrawn_is_still_whole() -> None:
    digest = digest_of()

    assert ("Example News", "", ()) == (digest.subject, digest.preheader, digest.shown)
    assert "0 items" in digest.text


def test_an_item_without_words_can_still_be_clicked() -> None:
    (item,) = digest_of(record_of("")).shown

    assert "https://news.example.org/items/2026/item-1.html" == item.title == item.url


# --- the HTML --------------------------------------------------------------------------------------------------------


def test_nothing_is_fetched_from_anywhere_and_nothing_is_counted() -> None:
    page = page_of(digest_of(record_of("News. See https://example.org/report for more."), record_of("B.", number=2)))

    assert not page.xpath(
        "//img | //link | //script | //iframe | //form | //object | //@src | //@background | //@srcset"
    )
    assert not re.search(r"url\(|@import|@font-face", lxml_html.tostring(page, encoding="unicode"))
    assert {"https://example.org/report"} == {
        href for href in page.xpath("//@href") if not href.startswith((SITE.base_url, "mailto:", "#"))
    }


def test_dark_mode_phones_and_outlook_are_served() -> None:
    html = digest_of(record_of("One.")).html

    assert html.startswith("<!DOCTYPE html>")
    assert "@media (prefers-color-scheme: dark)" in html
    assert "padding: 16px 16px 32px 16px !important" in html
    assert '<!--[if mso]><table role="presentation" width="600"' in html
    assert "display:none; mso-hide:all; max-height:0; overflow:hidden" in html
    assert 1 == html.count("<style") - html.count("<!--[if mso]><style")


def test_every_colour_that_is_inlined_is_turned_in_the_dark() -> None:
    """For every text in a template, a dark-mode rule names its class or tag."""
    page = page_of(digest_of(record_of("One. Two.", keywords=("k",)), record_of("B. C.", number=2, themes=[ASYLUM])))
    dark = page.xpath("string(//style)").partition("prefers-color-scheme: dark")[2]

    for element in page.xpath("//*[contains(@style, 'color:')]"):
        names = {element.tag, *(f".{name}" for name in element.get("class", "").split())}
        assert any(re.search(rf"(^|[\s,}}a]){re.escape(name)}[,\s]", dark) for name in names), names


def test_each_part_is_marked_with_its_language() -> None:
    digest = digest_of(record_of("عنوان. نص.", language="ar"), record_of("English. Text.", number=2))

    page = page_of(digest)
    assert {("ar", "rtl")} == {
        (e.get("lang"), e.get("dir")) for e in page.xpath("//*[self::h2 or self::div][@lang='ar']")
    }
    assert {("en", "ltr")} == {
        (e.get("lang"), e.get("dir")) for e in page.xpath("//*[self::h2 or self::div[not(@role)]][@lang='en']")
    }
    assert 2 == len(page.xpath("//h2[@lang]"))


def test_fixed_texts_stand_on_the_side_of_their_item() -> None:
    page = page_of(digest_of(record_of("عنوان. نص.", language="ar", keywords=("k",)), record_of("English.", number=2)))

    assert ["text-align:right", "text-align:right"] == [
        match[0]
        for style in page.xpath("//p[@class='eyebrow' or @class='about']/@style")
        if (match := re.search(r"text-align:\w+", style))
    ]


def test_a_language_that_is_none_is_not_written() -> None:
    assert ["en"] == page_of(digest_of(record_of("One.", language='x" onclick="alert(1)'))).xpath("//h2/@lang")


def test_the_audience_s_language_is_that_of_all_fixed_text() -> None:
    digest = digest_of(record_of("One."), record_of("Two.", number=2), audience=replace(AUDIENCE, language="fr-BE"))

    page = page_of(digest)
    assert "Two, et 1 autre" == digest.subject
    assert "lundi 2 mars 2026 · N°\xa03 · 2 actualités" in digest.text
    assert {"fr-BE"} == {page.get("lang"), *page.xpath("//*[@role='main' or @role='contentinfo']/@lang")}
    assert ["en", "en"] == page.xpath("//h2/@lang")


@pytest.mark.parametrize(("language", "marks"), [("en", []), ("fr", ["en"]), ("ar", ["en"])])
def test_titles_of_themes_are_in_the_site_s_language(language: str, marks: list[str]) -> None:
    records = [record_of(f"News {n}.", number=n, themes=[(ASYLUM, BORDERS)[n % 2]]) for n in range(1, 6)]

    page = page_of(digest_of(*records, audience=replace(AUDIENCE, language=language)))

    assert {"en"} == set(page.xpath("//b[@class='its']/@lang"))
    headings = page.xpath("//h2[@class='theme']")
    assert [marks, marks] == [heading.xpath("span/@lang") for heading in headings]
    assert [["ltr"] * len(marks)] * 2 == [heading.xpath("span/@dir") for heading in headings]


def test_items_in_the_preferred_language_come_first_in_their_theme() -> None:
    digest = digest_of(
        record_of("Anglais.", number=1),
        record_of("Français.", number=2, language="fr"),
        record_of("Duits.", number=3, language="de"),
        record_of("Belge.", number=4, language="fr-BE"),
        audience=replace(AUDIENCE, languages=("fr", "en", "*")),
    )

    assert ["Belge", "Français", "Anglais", "Duits"] == [item.title for item in digest.shown]


def test_a_right_to_left_site_begins_on_the_right() -> None:
    page = page_of(digest_of(record_of("نص."), site=replace(SITE, language="ar")))

    assert ("ar", "rtl") == (page.get("lang"), page.get("dir"))
    assert ["right"] == page.xpath("//td[@class='column']/@align")


# --- size and hostile content ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [SENTENCE * 10, "A", "移民" * 340, pytest.param("ü" * 700, marks=pytest.mark.slow)],
    ids=["full", "tiny", "wide", "one word"],
)
def test_a_mail_too_large_keeps_the_newest_and_says_where_the_others_are(text: str) -> None:
    records = [record_of(f"Item {n}. {text}", number=n, themes=[ASYLUM, BORDERS][n % 2 :]) for n in range(1, 501)]

    digest = digest_of(*records)

    size_bytes = len(quoted_printable.encode(digest.html))
    assert MAX_HTML_BYTES * 0.9 < size_bytes <= MAX_HTML_BYTES
    newest = [record.uid for record in reversed(records)]
    assert set(newest[: len(digest.shown)]) == {item.uid for item in digest.shown}
    assert newest[len(digest.shown) :] == [item.uid for item in digest.left_out]
    more = f"{len(digest.left_out)} more items on the web"
    assert f"· {len(digest.shown)} of 500 items" in words_of(digest)
    assert [more] == page_of(digest).xpath("//td[@class='more']//a[@href='https://news.example.org/all/']/text()")
    assert f"{more}: https://news.example.org/all/" in digest.text
    assert words_of(digest).endswith("All news and feeds on the web: https://news.example.org/")
    assert digest.text.endswith("All news and feeds on the web: https://news.example.org/\n")


def test_a_mail_leads_to_its_edition_on_the_web_where_everybody_may_read_it() -> None:
    full = replace(AUDIENCE, content="full")
    records = [record_of(f"Item {n}. {SENTENCE * 10}", number=n) for n in range(1, 151)]
    page, private_page = "https://news.example.org/archive/weekly/3.html", "https://news.example.org/all/"

    public, private = digest_of(*records, audience=full), digest_of(*records, audience=replace(full, archive=False))

    links = "//td[@class='more']//a/@href | //p[@class='when']/a/@href"
    assert [page, page] == page_of(public).xpath(links)
    assert 2 == public.text.count(f"on the web: {page}\n")
    assert [private_page] == page_of(private).xpath("//td[@class='more']//a/@href")
    assert "archive/" not in private.html + private.text
    assert "Read on the web" not in private.html + private.text


def test_a_subject_of_several_items_is_cut_at_a_word() -> None:
    first = record_of("Something that takes many words to say happened in a town with a very long name.", number=2)

    subjects = [digest_of(record_of("One."), lead).subject for lead in (first, record_of("Is it so? Yes.", number=2))]

    assert [
        "Something that takes many words to say happened in a town…, and 1 more",
        "Is it so? And 1 more",
    ] == subjects


def test_a_subject_may_have_date_number_and_audience_and_is_still_shown_whole(tmp_path: Path) -> None:
    """However long the other parts are, some words of the lead's title remain."""
    subject = "{{ audience.title }} {{ number }}, {{ composed_on | day }}: {{ first }}"
    (tmp_path / "digest-subject.txt").write_text(subject, "utf-8")
    first = record_of("Something that takes many words to say happened in a town with a very long name.", number=2)

    digest = render(
        edition_of(record_of("One."), first),
        audience=AUDIENCE,
        site=SITE,
        templates=Templates(TemplateFiles(tmp_path, shipped_templates())),
        style=STYLE,
    )

    assert "Example News 3, 2 March 2026: Something that takes many words to say happened…" == digest.subject
    assert len(digest.subject) <= SUBJECT_CHARS


HOSTILE = {
    "markup": "</div></td></table><script>alert(1)</script><style>*{display:none}</style><img src=x onerror=alert(1)>",
    "comment": "<!-- <![endif]--> --> <!--[if mso]> ]]>",
    "style": "{{ 7 * 7 }} {% raw %} @import url(http://evil.example/x.css); @media { } } body{display:none}",
    "controls": "A\x00B\x0bC\ud800D\ufffeE\x1b[31m",
    "overrides": "\u202eevil\u2066 reversed \u202d",
    "word": "x" * 10_000,
    "body": SENTENCE * 32_000,
    "lines": "\r\n.\r\nFrom me\r\n\r\n-- \r\n" * 20,
    "link": "javascript:alert(1) data:text/html,x https://evil.example/\"onmouseover='x'>",
    "nothing": "",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_item_leaves_the_mail_whole_and_harmless(text: str) -> None:
    theme = Theme(slug="theme", title=f"T {text[:200]}")
    bad = record_of(
        text, title=text[:20_000], keywords=(text,) * 40, link=text[:200], language=text[:30], themes=[theme]
    )

    digest = digest_of(bad, record_of("A good item. With words.", number=2))

    page = page_of(digest)
    assert not page.xpath("//script | //img | //iframe | //@*[starts-with(name(), 'on')]")
    assert 1 == len(page.xpath("//style"))
    assert 1 == len(page.xpath("//*[@role='main']"))
    assert all(href.startswith(("https://", "mailto:", "#")) for href in page.xpath("//@href"))
    assert "With words." in words_of(digest)
    assert words_of(digest).endswith("All news and feeds on the web: https://news.example.org/")
    assert len(digest.html) < 40_000
    assert len(digest.text) < 10_000
    assert all(columns_of(line) <= WIDTH or "://" in line for line in digest.text.split("\n"))
    assert digest.subject.isprintable()
    digest.html.encode()
    digest.text.encode()


@settings(max_examples=settings().max_examples * 3 // 2)
@given(st.text(max_size=300), st.text(max_size=100), st.lists(st.text(max_size=30), max_size=3))
def test_any_text_leaves_the_mail_whole(text: str, title: str, keywords: list[str]) -> None:
    digest = digest_of(record_of(text, title=title, keywords=tuple(keywords)), record_of("Last. Words.", number=2))

    page = page_of(digest)
    assert 2 == len(page.xpath("//h2/a"))
    assert words_of(digest).endswith("All news and feeds on the web: https://news.example.org/")
    assert all(columns_of(line) <= WIDTH or "://" in line for line in digest.text.split("\n"))


# --- languages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "subject", "day", "footer"),
    [
        ("en", "Zwei, and 1 more", "Monday 2 March 2026 · No.\xa03", "All news and feeds on the web:"),
        (
            "fr",
            "Zwei, et 1 autre",
            "lundi 2 mars 2026 · N°\xa03",
            "Toutes les actualités et tous les flux sur le web :",
        ),
        ("nl", "Zwei, en nog 1", "maandag 2 maart 2026 · Nr.\xa03", "Al het nieuws en alle feeds op het web:"),
        ("de", "Zwei, und 1 weitere", "Montag, 2. März 2026 · Nr.\xa03", "Alle Meldungen und Feeds im Web:"),
        ("es", "Zwei, and 1 more", "Monday 2 March 2026 · No.\xa03", "All news and feeds on the web:"),
    ],
)
def test_fixed_texts_and_dates_are_in_the_sites_language(language: str, subject: str, day: str, footer: str) -> None:
    digest = digest_of(record_of("Eins."), record_of("Zwei.", number=2), site=replace(SITE, language=language))

    assert subject == digest.subject
    assert f"{day} · 2 " in digest.text
    assert f"{day} · 2 ".replace("\xa0", " ") in words_of(digest)
    assert footer in digest.text.replace("\xa0", " ")
    assert footer in words_of(digest)


def test_fixed_texts_say_their_own_language_where_the_audiences_has_none() -> None:
    item = record_of("نص عربي. نص آخر.", language="ar", number=2)
    many = [item, *(record_of(f"Item {n}. {SENTENCE * 10}", number=n) for n in range(3, 300))]

    page = page_of(digest_of(*many, corrections=[CORRECTED], audience=replace(AUDIENCE, language="ar")))

    assert ("ar", "rtl") == (page.get("lang"), page.get("dir"))
    ours = "//*[@class='when' or @class='eyebrow' or @class='date' or @role='contentinfo']"
    assert {("en", "ltr")} == {(each.get("lang"), each.get("dir")) for each in page.xpath(ours)}
    assert all("text-align:right" in style for style in page.xpath("//p[@class='when']/@style"))


@pytest.mark.parametrize(
    ("language", "word"),
    [("en", "Unsubscribe"), ("fr", "Se désabonner"), ("nl", "Uitschrijven"), ("de", "Abmelden")],
)
def test_the_link_to_unsubscribe_has_the_usual_word(language: str, word: str) -> None:
    leave = "https://lists.example.org/leave"
    audience = replace(AUDIENCE, language=language, unsubscribe_url=leave)

    digest = digest_of(record_of("One."), audience=audience)

    assert [word] == page_of(digest).xpath(f"//a[@href='{leave}']/text()")
    assert f"{word}: {leave}" in " ".join(digest.text.replace("\N{NO-BREAK SPACE}:", ":").replace(" :", ":").split())


def test_the_foot_says_who_sends_and_why() -> None:
    to = Mailbox(address="readers@lists.example.org", name="Readers")
    digest = digest_of(
        record_of("One."), audience=replace(AUDIENCE, to=to, reply_to=Mailbox(address="desk@example.org"))
    )

    for words in (words_of(digest), " ".join(digest.text.split())):
        assert "Sent by Example News, desk@example.org" in words
        assert "You get this because your address is on the list Readers (readers@lists.example.org)." in words


@pytest.mark.parametrize("language", sorted(folder.name for folder in CATALOGUES.iterdir()))
def test_a_catalogue_has_every_text_of_the_templates_and_nothing_else(language: str) -> None:
    folder = shipped_templates()
    methods = [("digest*", "jinja2.ext:babel_extract")]
    options = {"digest*": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
    asked = {message for _, _, message, _, _ in extract_from_dir(str(folder), methods, options)}

    with (CATALOGUES / language / "digest.po").open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)

    assert asked == {message.id for message in catalogue if message.id}
    for message in catalogue:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(texts)
        assert not list(message.check()), message.id


def test_the_real_listing_becomes_a_mail_far_below_the_limit(real_listing: Path) -> None:
    entries = re.split(r"(?m)^\d\d \w+ \d{4}\n", real_listing.read_text("utf-8"))[1:]
    records = [record_of(text.strip(), number=number) for number, text in enumerate(entries, start=1)]

    digest = digest_of(*records)

    assert 25 == len(digest.shown)
    assert len(quoted_printable.encode(digest.html)) < MAX_HTML_BYTES / 3
