"""The shipped sample as a mail in four languages, kept as files: what a change does to it is seen when it is reviewed.

`UPDATE_GOLDEN=1 python -m pytest tests/compose/test_digest_golden.py` writes them anew.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from publisher.collect.sources.listing_grammar import parse
from publisher.config.config import Config
from publisher.model.editions import Edition
from publisher.model.records import Record, State
from publisher.model.schedules import noon
from publisher.model.slugs import slug_of
from publisher.model.themes import assign_themes
from publisher.model.titles import title_of
from publisher.rendering.message import digest_message
from tests.editions import TEMPLATES, render

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
COMPOSED_AT = datetime(2022, 2, 14, 7, tzinfo=UTC)
ITEMS = 14
"""Of the newest: every theme but the rarest, items without one, keywords in two languages."""


@cache
def records() -> tuple[Record, ...]:
    config = Config.load(ROOT / "config.toml", environ={})
    found = parse((ROOT / "content" / "news.txt").read_text("utf-8"), "news.txt")
    items, problems = found.items, found.problems
    assert not problems
    return tuple(
        Record(
            number=number,
            source="news",
            uid=f"tag:news.example.org,{item.date}:news/{number}",
            path=f"items/{item.date.year}/{slug_of(title_of(item))}",
            item=item,
            themes=assign_themes(item, config.themes, source="news"),
            published=noon(item.date, config.site.timezone) + timedelta(seconds=number),
            updated=datetime(2022, 2, 12, tzinfo=UTC),
            added_seq=number,
            seq=number,
            revision=1,
            state=State.LISTED,
        )
        for number, item in enumerate(reversed(items), start=1)
    )


def mail_in(language: str) -> dict[str, str]:
    """What a mail program shows: the headers and the text part; and the HTML."""
    config = Config.load(ROOT / "config.toml", environ={})
    audience = replace(config.audiences[0], language=language, postal_address="1 Example Street\n1000 Brussels")
    *others, sent = records()[-ITEMS - 1 :]
    edition = Edition(
        audience=audience.name,
        number=2,
        after=1,
        upto=len(records()),
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


def test_the_sample_shows_what_a_mail_has_to_show() -> None:
    *others, _ = records()[-ITEMS - 1 :]

    assert len({record.themes[0] for record in others}) >= 3
    assert any(not record.item.labels for record in others)
    assert any(record.item.keywords for record in others)
