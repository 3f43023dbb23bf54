"""The shipped sample as a mail in four languages, compared with golden files, so that a review shows every change.

`UPDATE_GOLDEN=1 python -m pytest tests/compose/test_digest_golden.py` updates the files.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.config.config import Config
from publisher.model.editions import Edition
from publisher.model.titles import title_of
from publisher.rendering.message import digest_message
from tests.digests import digests, records_of_listing, sample_records, shown_of
from tests.editions import TEMPLATES, render

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
COMPOSED_AT = datetime(2022, 2, 14, 7, tzinfo=UTC)
ITEMS = 14
"""How many of the newest items are used. They have all themes except the rarest; some have no theme, and keywords are
in two languages.
"""


def mail_in(language: str) -> dict[str, str]:
    """Return the files to compare: what a mail program shows (headers and text part), and the HTML."""
    config = Config.load(ROOT / "config.toml", environ={})
    audience = replace(config.audiences[0], language=language, postal_address="1 Example Street\n1000 Brussels")
    *others, sent = sample_records()[-ITEMS - 1 :]
    edition = Edition(
        audience=audience.name,
        number=2,
        after=1,
        upto=len(sample_records()),
        composed_at=COMPOSED_AT,
        records=tuple(others),
        corrections=(sent,),
    )
    digest = render(
        edition,
        audience=audience,
        site=config.site,
        templates=TEMPLATES,
        style=config.digest,
    )
    mail = digest_message(digest, edition, audience=audience, site=config.site)
    head = mail.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")
    return {
        f"digest-{language}.txt": f"{head}\n\nSubject in words: {digest.subject}\n\n{digest.text}",
        f"digest-{language}.html": digest.html,
    }


@pytest.mark.parametrize("language", ["en", "fr", "nl", "de"])
def test_the_mail_is_the_one_that_was_reviewed(language: str) -> None:
    for name, text in mail_in(language).items():
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, "utf-8")
        assert path.read_text("utf-8") == text, f"{name}: review the difference, then write it anew"


@pytest.mark.parametrize("name", digests())
def test_each_kind_of_digest_is_the_one_that_was_reviewed(name: str) -> None:
    digest = digests()[name].digest
    files = {
        f"{name}.txt": f"{digest.subject}\n{digest.preheader}\n\n{digest.text}",
        f"{name}.html": digest.html,
    }
    for file, text in files.items():
        path = GOLDEN / "digests" / file
        if os.environ.get("UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        assert path.read_text("utf-8") == text, f"{file}: review the difference, then write it anew"


def test_the_real_listing_leads_with_its_news(real_listing: Path) -> None:
    """The newest item gives the subject, and stands above the themes in both parts of the mail."""
    records = records_of_listing(real_listing.read_text("utf-8"))
    title = title_of(records[-1].item)

    digest = shown_of(records).digest

    words, _, more = digest.subject.rpartition("…, and ")
    assert (True, f"{len(records) - 1} more") == (title.startswith(words), more)
    assert 40 <= len(words) < 60
    assert title == digest.shown[0].title
    assert f"1.  {title[:40]}" in digest.text.split("\n\n\n")[1]


def test_the_sample_shows_what_a_mail_has_to_show() -> None:
    *others, _ = sample_records()[-ITEMS - 1 :]

    assert len({record.themes[0] for record in others}) >= 3
    assert any(not record.item.labels for record in others)
    assert any(record.item.keywords for record in others)
