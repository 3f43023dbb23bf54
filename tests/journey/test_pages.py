"""What visitors and readers are given: links that lead somewhere, and nothing that tells anybody that they came."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from tests.world import BASE_URL, NOW, SAMPLE, World

LOADED = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
    "body": ("background",),
    "table": ("background",),
    "td": ("background",),
}
"""Attributes a browser or mail program follows without being asked."""
LOADING_RELATIONS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
    "manifest",
}
FETCHED_BY_STYLE = re.compile(r"""(?:url\(\s*|@import\s+)["']?(?P<url>[^"')\s;]+)""", re.IGNORECASE)


class Page(HTMLParser):
    """What a page links to, what it loads, and where one can jump to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.tags: set[str] = set()
        self._in_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if values.get("type") != "application/ld+json":  # a description for search engines, which nothing runs
            self.tags.add(tag)
        self._in_style = tag == "style"
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        self.loads += FETCHED_BY_STYLE.findall(values.get("style", ""))
        self.loads += [values[name] for name in LOADED.get(tag, ()) if name in values]
        if tag == "link" and LOADING_RELATIONS & set(values.get("rel", "").split()):
            self.loads.append(values["href"])
        elif tag in ("a", "area", "link"):
            self.links += [values["href"]] if "href" in values else []

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.loads += FETCHED_BY_STYLE.findall(data)


@pytest.fixture(scope="module", params=["sample", "real"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A site after two runs, the second of which withdrew an item."""
    listing: Path = SAMPLE if request.param == "sample" else request.getfixturevalue("real_listing")
    world = World(tmp_path_factory.mktemp("pages") / "site", listing.read_text("utf-8"))
    world.publisher("run", at=NOW)
    text = world.listing.read_text("utf-8")
    taken = text[text.index("28 July 2021") : text.index("01 July 2021")]
    world.edit(taken, "")
    assert ["collect: 1 withdrawn"] == world.publisher("run", at=NOW).lines[:1]
    return world


def pages(world: World) -> Iterator[tuple[str, Page]]:
    for name, data in world.contents().items():
        if name.endswith(".html"):
            yield name, Page(data.decode())


def feed_pages(world: World) -> Iterator[tuple[str, Page]]:
    """The HTML inside every item of every feed."""
    for slug in world.slugs():
        for feed_format in ("atom", "rss"):
            for item in world.feed(slug, feed_format).entries:
                yield (
                    f"{slug}/{feed_format}.xml",
                    Page(" ".join([item.summary, *(c.value for c in item.get("content", ()))])),
                )


def mails(world: World) -> Iterator[tuple[str, Page]]:
    for path in world.outbox.glob("*/digest.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        html = message.get_body(("html",))
        assert html is not None
        yield path.parent.name, Page(html.get_content())


def test_every_link_inside_the_site_leads_to_a_file_that_is_there(world: World) -> None:
    known = dict(pages(world))
    followed = 0
    for name, page in known.items():
        for link in [*page.links, *page.loads]:
            url = urlsplit(urljoin(BASE_URL + name, link))
            if url.geturl().startswith(BASE_URL):
                target = unquote(url.path.removeprefix("/"))
                target += "index.html" if target == "" or target.endswith("/") else ""
                assert (world.feeds / target).is_file(), f"{name} links to {link}"
                assert not url.fragment or url.fragment in known[target].anchors, f"{name} links to {link}"
                followed += 1
    assert followed > 200


def test_every_page_is_reached_from_the_front_page_except_withdrawn_ones(world: World) -> None:
    known, reached, waiting = dict(pages(world)), set(), ["index.html"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            links = (urlsplit(urljoin(BASE_URL + name, link)) for link in known[name].links)
            waiting += [path for link in links if (path := unquote(link.path[1:])) in known]

    [withdrawn] = known.keys() - reached
    assert "This item was withdrawn" in (world.feeds / withdrawn).read_text("utf-8")


def test_pages_open_from_a_disk_as_from_a_server(world: World) -> None:
    for name, page in pages(world):
        for link in [*page.links, *page.loads]:
            if not urlsplit(link).scheme and not link.startswith("#"):
                assert not link.startswith("/"), f"{name} links to {link}"
                assert (world.feeds / name).parent.joinpath(unquote(urlsplit(link).path)).is_file(), f"{name}: {link}"


def test_every_address_in_a_feed_leads_to_a_file_that_is_there(world: World) -> None:
    for slug in world.slugs():
        for feed_format in ("atom", "rss"):
            feed = world.feed(slug, feed_format)
            addresses = [link.href for link in feed.feed.links] + [item.link for item in feed.entries]
            assert len(feed.entries) < len(addresses)
            for address in addresses:
                target = address.removeprefix(BASE_URL)
                assert target != address
                assert (world.feeds / (target + "index.html" if target.endswith("/") else target)).is_file(), address


def test_every_link_of_a_digest_leads_to_a_page_that_is_there(world: World) -> None:
    for name, page in mails(world):
        for link in page.links:
            if link.startswith(BASE_URL):
                target = link.removeprefix(BASE_URL).partition("#")[0]
                target += "index.html" if target == "" or target.endswith("/") else ""
                assert (world.feeds / target).is_file(), f"{name} links to {link}"


def test_no_page_feed_or_mail_loads_anything_from_elsewhere(world: World) -> None:
    """No pixel, no redirect, no third party: nobody learns that it was opened."""
    for name, page in pages(world):
        assert {"style.css"} == {Path(urlsplit(each).path).name for each in page.loads}, name
        assert not any(urlsplit(each).netloc for each in page.loads), name
    for name, page in [*feed_pages(world), *mails(world)]:
        assert [] == page.loads, name
    style = (world.feeds / "style.css").read_text("utf-8")
    assert [] == FETCHED_BY_STYLE.findall(style)


def test_no_page_feed_or_mail_runs_anything(world: World) -> None:
    for name, page in [*pages(world), *feed_pages(world), *mails(world)]:
        assert not page.tags & {"script", "iframe", "object", "embed", "form", "base"}, name


def test_links_go_where_they_say(world: World) -> None:
    """No address leads through a counter first: what is not ours stood in the listing as it is."""
    listing = world.listing.read_text("utf-8")
    for name, page in [*pages(world), *feed_pages(world), *mails(world)]:
        for link in page.links:
            if link.startswith("http") and not link.startswith(BASE_URL):
                assert link in listing, f"{name} links to {link}"
