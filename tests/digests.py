"""Digests for checks of how mails look: with one item, three and sixty, of the hard site, in French and in Arabic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from publisher.collect.sources.listing_grammar import parse
from publisher.compose.digest import DigestPage, Renderer
from publisher.config.config import Config
from publisher.model.digests import Digest
from publisher.model.editions import Audience, Edition, Formerly
from publisher.model.records import Record, State
from publisher.model.schedules import noon
from publisher.model.slugs import slug_of
from publisher.model.themes import assign_themes
from publisher.model.titles import title_of
from publisher.rendering.message import digest_message
from tests import hard_site
from tests.editions import TEMPLATES

ROOT = Path(__file__).resolve().parents[1]
COMPOSED_AT = datetime(2022, 2, 14, 7, tzinfo=UTC)
LEAVE = "https://news.example.org/leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A digest, and the values from which it is made."""

    edition: Edition
    audience: Audience
    config: Config

    @property
    def renderer(self) -> Renderer:
        """A new renderer, which has cached nothing."""
        config = self.config
        return Renderer(site=config.site, templates=TEMPLATES, style=config.digest, themes=config.themes)

    @property
    def digest(self) -> Digest:
        return self.renderer.render(self.edition, self.audience)

    @property
    def mail(self) -> bytes:
        return digest_message(self.digest, self.edition, audience=self.audience, site=self.config.site)

    @property
    def html_as_written(self) -> str:
        """The digest's HTML before its styles are inlined."""
        page = DigestPage(self.renderer, edition=self.edition, audience=self.audience, shown=self.edition.records)
        return page.fill("digest.html")


@cache
def sample_config() -> Config:
    return Config.load(ROOT / "config.toml", environ={})


@cache
def sample_records() -> tuple[Record, ...]:
    """Return the shipped sample, oldest first."""
    return records_of_listing((ROOT / "content" / "news.txt").read_text("utf-8"))


def records_of_listing(text: str) -> tuple[Record, ...]:
    """Return the items of a listing as they are in the log of the sample site, oldest first."""
    config = sample_config()
    found = parse(text, "news.txt")
    assert not found.problems
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
        for number, item in enumerate(reversed(found.items), start=1)
    )


def shown_of(
    records: Sequence[Record],
    *,
    corrections: Sequence[Record] = (),
    formerly: Sequence[Formerly] = (),
    introduction: str = "",
    config: Config | None = None,
    at: datetime = COMPOSED_AT,
    **audience: object,
) -> Shown:
    """Return these items, rendered as a digest of the site's first audience."""
    config = config or sample_config()
    wanted = replace(config.audiences[0], unsubscribe_url=LEAVE, **audience)  # type: ignore[arg-type]  # a digest's
    edition = Edition(
        audience=wanted.name,
        number=7,
        after=1,
        upto=len(records) + 1,
        composed_at=at,
        records=tuple(records),
        corrections=tuple(corrections),
        formerly=tuple(formerly),
        introduction=introduction,
    )
    return Shown(edition=edition, audience=wanted, config=config)


def _sixty() -> list[Record]:
    """Return sixty items: the sample repeated, each time a little older."""
    records = sample_records()
    return [
        replace(
            record,
            number=number,
            uid=f"{record.uid}-{number}",
            path=f"{record.path}-{number}",
            published=record.published - timedelta(minutes=number),
        )
        for number, record in enumerate((records * 3)[:60], start=1)
    ]


def _formerly(records: Sequence[Record]) -> list[Formerly]:
    """Return earlier versions of these items. The first has another title, the second another sentence, the third a
    link.
    """
    one, two, three = (record.item for record in records)
    before = (replace(one, text="For two years."), replace(two, text=f"{two.text} It has 50 pages."), three)
    return [
        Formerly(item=record.number, edition=number, was=was)
        for number, (record, was) in enumerate(zip(records, before, strict=True), start=4)
    ]


@cache
def digests() -> dict[str, Shown]:
    """Return all digests, by name."""
    sample, hard, hard_config = sample_records(), hard_site.records(), hard_site.config()
    in_hard = {"config": hard_config, "at": hard_site.NOW}
    return {
        "one": shown_of(sample[-1:]),
        "three": shown_of(
            sample[-3:],
            introduction="Dear readers,\n\nour [report on the year](https://news.example.org/report) is out.",
        ),
        "sixty": shown_of(_sixty()),
        "titles": shown_of(sample[-8:], content="titles"),
        "corrections": shown_of(sample[-2:], corrections=sample[-6:-2], formerly=_formerly(sample[-6:-3])),
        "hard": shown_of(hard, **in_hard),  # type: ignore[arg-type]  # two of the arguments
        "hard-full": shown_of(hard, content="full", pictures=True, keywords=True, **in_hard),  # type: ignore[arg-type]  # two of the arguments
        "hard-fr": shown_of(hard, language="fr", **in_hard),  # type: ignore[arg-type]  # two of the arguments
        "hard-ar": shown_of(hard, language="ar", **in_hard),  # type: ignore[arg-type]  # two of the arguments
    }
