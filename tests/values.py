"""Values of the domain with sensible fields, so that a test names only the fields that it is about."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from publisher.config.document import Document
from publisher.model.changes import Known
from publisher.model.contents import digest_of_content, digest_of_text
from publisher.model.feeds import Feed
from publisher.model.items import Item
from publisher.model.links import id_key, link_key
from publisher.model.records import Record, State
from publisher.model.site import Mailbox, Site
from publisher.model.sources import SourcePolicy
from publisher.model.themes import Theme

SITE = Site(
    title="Harbour news",
    base_url="https://news.example.org/",
    language="en",
    timezone="Europe/Brussels",
    author=Mailbox(name="Harbour Office", address="news@example.org"),
    description="What happens in the harbour.",
)
FERRIES = Theme(slug="ferries", title="Ferries & Quays")
PEOPLE = Theme(slug="people", title="People")
EVERYTHING = Feed.of_all(SITE)
DEFAULTS = Document.model_validate(
    {
        "site": {
            "title": SITE.title,
            "base_url": SITE.base_url,
            "language": SITE.language,
            "timezone": SITE.timezone,
            "author": {"name": SITE.author.name, "email": SITE.author.address},
        },
        "sources": [{"name": "news", "path": "news.txt"}],
        "audiences": [{"name": "weekly", "to": "readers@lists.example.org"}],
    }
)
"""A configuration with only the required keys."""
POLICY = DEFAULTS.sources[0].policy()
POLICIES: Mapping[str, SourcePolicy] = defaultdict(lambda: POLICY)
"""The policy for every source."""
THEMES = DEFAULTS.themes.theme_map(SITE.language)
FEED_SETTINGS = DEFAULTS.feeds.settings(THEMES)
STYLE = replace(DEFAULTS.digest.style(SITE), logo_alt="")
FETCHING = DEFAULTS.fetching.limits()
ANY_AUDIENCE = DEFAULTS.audiences[0].audience(SITE, THEMES)
DAY = date(2022, 2, 10)


def record(
    text: str = "The first ferry sailed. It was full.",
    *,
    number: int = 1,
    themes: Sequence[Theme] = (FERRIES,),
    state: State = State.LISTED,
    revision: int = 1,
    updated: datetime | None = None,
    **item: Any,
) -> Record:
    """Return a record with this text. The higher its number, the newer it is, by a minute for each number."""
    day = item.setdefault("date", DAY)
    published = datetime(day.year, day.month, day.day, 11, tzinfo=UTC) + timedelta(minutes=number)
    return Record(
        number=number,
        source="news",
        uid=f"tag:news.example.org,2022:news/{number}",
        path=f"items/{day.year}/item-{number}",
        item=Item(text=text, **item),
        themes=tuple(themes),
        published=published,
        updated=updated or published,
        added_seq=number,
        seq=number,
        revision=revision,
        state=state,
    )


def known_of(number: int, item: Item, state: State = State.LISTED) -> Known:
    """Return an item as the log knows it."""
    return Known(
        number=number,
        date=item.date,
        native_id=id_key(item.native_id),
        link=link_key(item.link),
        text_digest=digest_of_text(item),
        content_digest=digest_of_content(item),
        state=state,
    )
