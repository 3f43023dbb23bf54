"""The hard site: a site whose content is difficult to show, in one small folder (`tests/fixtures/hard_site`), for all
renderers.

It has three languages and Arabic; items without a title, with a very long title, and with a title only; texts with
tables, nested lists, code, quotations, pictures and long words; files; and three items of one theme in three languages.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from publisher.collect.clean import add_language, clean_item
from publisher.collect.sources.markdown import MarkdownSource
from publisher.config.config import Config
from publisher.model.feeds import Gathering, gather
from publisher.model.items import Item
from publisher.model.records import Record, State
from publisher.model.schedules import noon
from publisher.model.slugs import slug_of
from publisher.model.titles import title_of

FOLDER = Path(__file__).resolve().parent / "fixtures" / "hard_site"
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
CORRECTED = "kran"
"""The name of the file whose item was corrected an hour after it was published."""


@cache
def config() -> Config:
    """Return the configuration of the hard site."""
    return Config.load(FOLDER / "config.toml", environ={})


@cache
def records() -> tuple[Record, ...]:
    """Return the items of the site whose content is difficult to show, oldest first, as they are in the item log."""
    source = MarkdownSource(name="news", path=FOLDER / "news", timezone=config().site.timezone)
    fetched = source.fetch(validator="", now=NOW)
    assert not fetched.problems
    dated = sorted(fetched.items, key=lambda item: (item.date, item.native_id))
    return tuple(_record(number, item) for number, item in enumerate(dated, start=1))


def _record(number: int, raw: Item) -> Record:
    site, themes = config().site, config().themes
    policy = next(source.policy for source in config().sources)
    item = add_language(clean_item(raw, site=site, policy=policy), site)
    published = noon(item.date, site.timezone) + timedelta(seconds=number)
    is_corrected = CORRECTED in item.native_id
    return Record(
        number=number,
        source="news",
        uid=f"tag:news.example.org,2026:news/{number}",
        path=f"items/{item.date.year}/{slug_of(title_of(item))}",
        item=item,
        themes=gather(item, Gathering(theme_map=themes, language=site.language), source="news").themes,
        published=published,
        updated=published + timedelta(hours=1) if is_corrected else published,
        added_seq=number,
        seq=number,
        revision=2 if is_corrected else 1,
        state=State.LISTED,
    )
