"""How tables of config.toml become sources."""

from datetime import datetime
from pathlib import Path

from publisher.collect.sources.base import Fetch, SourceSite, open_source
from publisher.collect.sources.feed import FeedSource
from publisher.collect.sources.markdown import MarkdownSource
from tests.values import FETCHING

SITE = SourceSite(timezone="Europe/Brussels", fetching=FETCHING, user_agent="tests")


class ParcelSource:
    """Stands for a source class from another package."""

    def __init__(self, *, name: str, site: SourceSite, depot: str) -> None:
        self.name, self.site, self.depot = name, site, depot

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        return Fetch(items=(), validator=f"{validator}{now}")


def test_a_kind_from_elsewhere_gets_its_keys_and_what_the_site_lends() -> None:
    source = open_source(f"{__name__}:ParcelSource", "parcels", {"depot": "north"}, SITE)

    assert isinstance(source, ParcelSource)
    assert ("parcels", SITE, "north") == (source.name, source.site, source.depot)


def test_days_of_a_folder_begin_in_the_site_s_time_zone(tmp_path: Path) -> None:
    assert open_source("markdown", "news", {"path": tmp_path}, SITE) == MarkdownSource(
        "news", tmp_path, timezone="Europe/Brussels"
    )


def test_all_feeds_on_the_web_are_fetched_by_one_and_files_by_none(tmp_path: Path) -> None:
    one, other = (open_source("feed", name, {"url": "https://example.org/feed"}, SITE) for name in ("one", "other"))
    file = open_source("feed", "file", {"path": tmp_path / "feed.xml"}, SITE)

    assert isinstance(one, FeedSource)
    assert isinstance(other, FeedSource)
    assert one.fetcher is other.fetcher is SITE.fetcher
    assert file == FeedSource("file", path=tmp_path / "feed.xml", timezone="Europe/Brussels")
