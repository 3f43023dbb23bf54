"""Converts items and themes to JSON that is always spelt the same, and rows of `items` to records."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from publisher.model.items import Enclosure, Item
from publisher.model.records import Record
from publisher.model.themes import Theme
from publisher.store.columns import canonical_json


def content_of(item: Item) -> str:
    """Return an item as canonical JSON. Empty fields are left out, so that a new field of `Item` changes no stored
    content.
    """
    fields = {
        "date": item.date.isoformat(),
        "text": item.text,
        "title": item.title,
        "link": item.link,
        "native_id": item.native_id,
        "language": item.language,
        "labels": item.labels,
        "keywords": item.keywords,
        "enclosures": [_enclosure_fields(each) for each in item.enclosures],
        "html": item.html,
        "published": item.published and item.published.isoformat(),
        "summary": item.summary,
        "embargo": item.embargo and item.embargo.isoformat(),
        "other_embargo": item.other_embargo and item.other_embargo.isoformat(),
        "expires": item.expires and item.expires.isoformat(),
        "is_language_guessed": item.is_language_guessed,
    }
    return canonical_json({name: value for name, value in fields.items() if value or name == "text"})


def item_of(content: str) -> Item:
    """Return the item from the JSON of `content_of`."""
    fields: dict[str, Any] = json.loads(content)
    fields["date"] = date.fromisoformat(fields["date"])
    for name in ("published", "embargo", "other_embargo", "expires"):
        if name in fields:
            fields[name] = datetime.fromisoformat(fields[name])
    for name in ("labels", "keywords"):
        fields[name] = tuple(fields.get(name, ()))
    fields["enclosures"] = tuple(Enclosure(**each) for each in fields.get("enclosures", ()))
    return Item(**fields)


def _enclosure_fields(enclosure: Enclosure) -> dict[str, object]:
    return {name: value for name, value in asdict(enclosure).items() if value or name == "url"}


def themes_text(themes: Sequence[Theme]) -> str:
    """Return themes as canonical JSON, in their order."""
    return canonical_json([[theme.slug, theme.title] for theme in themes])


@lru_cache(1_000)  # many items have the same themes
def themes_of(text: str) -> tuple[Theme, ...]:
    """Return the themes from the JSON of `themes_text`."""
    return tuple(Theme(slug=slug, title=title) for slug, title in json.loads(text))


def record_of(row: Row[Any]) -> Record:
    """Return a record from a row with the columns of `items`."""
    return Record(
        number=row.number,
        source=row.source,
        uid=row.uid,
        path=row.path,
        item=item_of(row.content),
        themes=themes_of(row.themes),
        published=row.published,
        updated=row.updated,
        added_seq=row.added_seq,
        added_at=row.added_at,
        pass_start=row.pass_start,
        seq=row.seq,
        revision=row.revision,
        state=row.state,
    )
