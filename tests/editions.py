"""Small editions to render, write and send, with all values given."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from publisher.compose.digest import Renderer
from publisher.model.digests import Digest
from publisher.model.editions import Audience, DigestStyle, Edition
from publisher.model.items import Item
from publisher.model.records import Record, State
from publisher.model.site import Mailbox, Site
from publisher.model.themes import Theme, ThemeChoice, ThemeMap
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from tests.values import ANY_AUDIENCE

SITE = Site(
    title="Example News",
    base_url="https://news.example.org/",
    language="en",
    timezone="Europe/Brussels",
    author=Mailbox(address="editor@example.org", name="The editor"),
)
AUDIENCE = replace(
    ANY_AUDIENCE,
    name="weekly",
    title="Example News",
    themes=ThemeChoice.of("*"),
    keywords=True,
    from_=Mailbox(address="news@example.org", name="Example News"),
    to=Mailbox(address="readers@lists.example.org"),
)
ASYLUM = Theme(slug="asylum", title="Asylum")
BORDERS = Theme(slug="borders-visa", title="Borders & Visa")
GENERAL = Theme(slug="general", title="General")
THEMES = ThemeMap(default=GENERAL)
TEMPLATES = Templates(TemplateFiles(shipped_templates()))
"""The shipped templates."""
COMPOSED_AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
FIRST_DAY = date(2026, 1, 1)


RICH_HTML = """<p>The <a href="https://news.example.org/report">report</a> has figures:</p><h3>In short</h3>
<ul><li>One<ol><li>deep</li></ol></li><li>Two</li></ul>
<table><thead><tr><th>Year</th><th>What</th><th>Number</th></tr></thead>
<tbody><tr><th>2024</th><td>asylum</td><td>1&nbsp;200</td></tr>
<tr><th>2025</th><td>visa</td><td>80 %</td></tr></tbody></table>
<h5>How it was counted</h5><pre>for year in years:
    print(year)  # https://news.example.org/a/very/long/address/that/would/widen/the/whole/mail.html</pre>
<blockquote><p>It is less than one would think.</p></blockquote><dl><dt>Term</dt><dd>meaning</dd></dl>
<p><img src="https://news.example.org/quay.png" alt="The quay" width="1200"> 10&nbsp;000&nbsp;m<sup>2</sup></p>"""
"""The HTML of an item with everything that it may contain besides paragraphs."""
RICH_HTML_IN_ARABIC = """<h3>أرقام</h3><ul><li>بند</li></ul><table><tr><th>السنة</th><th>العدد</th></tr>
<tr><td>2025</td><td>1 200</td></tr></table><pre>curl -O x</pre><blockquote><p>اقتباس</p></blockquote>"""


def record_of(
    text: str,
    *,
    number: int = 1,
    themes: Sequence[Theme] = (GENERAL,),
    corrected: datetime | None = None,
    **values: object,
) -> Record:
    """Return a record. The item with number `n` is dated n - 1 days after the first: the higher the number, the newer
    the item.
    """
    day = FIRST_DAY + timedelta(days=number - 1)
    at = datetime(day.year, day.month, day.day, 11, tzinfo=UTC)
    return Record(
        number=number,
        source="news",
        uid=f"tag:news.example.org,2026:{number}",
        path=f"items/{day.year}/item-{number}",
        item=Item(date=day, text=text, **values),  # type: ignore[arg-type]  # whatever a test gives
        themes=tuple(themes),
        published=at,
        updated=corrected or at,
        added_seq=number,
        seq=number,
        revision=2 if corrected else 1,
        state=State.LISTED,
    )


def edition_of(*records: Record, number: int = 3, corrections: Sequence[Record] = ()) -> Edition:
    return Edition(
        audience="weekly",
        number=number,
        after=10,
        upto=10 + len(records),
        composed_at=COMPOSED_AT,
        records=records,
        corrections=tuple(corrections),
    )


def render(
    edition: Edition,
    *,
    audience: Audience,
    site: Site,
    templates: Templates,
    style: DigestStyle,
    themes: ThemeMap = THEMES,
) -> Digest:
    """Return the digest of an edition, from a new renderer."""
    return Renderer(site=site, templates=templates, style=style, themes=themes).render(edition, audience)
