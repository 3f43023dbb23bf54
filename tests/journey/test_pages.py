"""What visitors and readers get: links that work, and nothing that reports their visit."""

import posixpath
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from tests.world import BASE_URL, CONFIG, NOW, SAMPLE, World, news

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
"""Attributes whose addresses a browser or mail program loads automatically."""
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
    """The addresses to which a page links and that it loads, and its anchors."""

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
    """A site after two runs. The second run withdrew an item."""
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
    """Yield the HTML inside every item of every feed."""
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

    [withdrawn] = known.keys() - reached - {"404.html"}
    assert "This item was withdrawn" in (world.feeds / withdrawn).read_text("utf-8")


def test_pages_open_from_a_disk_as_from_a_server(world: World) -> None:
    for name, page in pages(world):
        if name == "404.html":
            continue  # a server shows it at any address, so its links start at the server's root
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
    """There is no pixel, no redirect and no third-party resource, so nobody learns that it was opened."""
    for name, page in pages(world):
        assert {"style.css", "icon.svg"} == {Path(urlsplit(each).path).name for each in page.loads}, name
        assert not any(urlsplit(each).netloc for each in page.loads), name
    for name, page in [*feed_pages(world), *mails(world)]:
        assert [] == page.loads, name
    style = (world.feeds / "style.css").read_text("utf-8")
    assert [] == FETCHED_BY_STYLE.findall(style)


def test_no_page_feed_or_mail_runs_anything(world: World) -> None:
    for name, page in [*pages(world), *feed_pages(world), *mails(world)]:
        assert not page.tags & {"script", "iframe", "object", "embed", "form", "base"}, name


def test_links_go_where_they_say(world: World) -> None:
    """No link leads through a counter: links to other sites are as in the listing."""
    listing = world.listing.read_text("utf-8")
    for name, page in [*pages(world), *feed_pages(world), *mails(world)]:
        for link in page.links:
            if link.startswith("http") and not link.startswith(BASE_URL):
                assert link in listing, f"{name} links to {link}"


# --- a site that grows -----------------------------------------------------------------------------------------------


@pytest.fixture
def growing(tmp_path: Path) -> World:
    """A site with more items than a page shows."""
    return World.after_run(tmp_path / "site", "\n\n".join(numbered(range(130, 0, -1))))


def numbered(numbers: Iterable[int]) -> list[str]:
    """Return items with a day of their own each, half of them with a theme."""
    days = {n: (date(2025, 3, 2) + timedelta(days=n)).strftime("%d %B %Y") for n in numbers}
    return [news(day, f"Number {n:03}.", theme="Borders & Visa" if n % 2 else "") for n, day in days.items()]


def shown(world: World, name: str) -> list[int]:
    """Return the items that a page lists, from top to bottom."""
    return [int(number) for number in re.findall(r"<h3[^>]*><a[^>]*>Number (\d+)", world.contents()[name].decode())]


def leafed(world: World, folder: str) -> list[str]:
    """Return the pages of a feed, in the order of the links from the first page to the page of the oldest items."""
    names, known = [f"{folder}/index.html"], world.contents()
    while older := re.search(rb'rel="next" href="([^"]+)"', known[names[-1]]):
        names.append(posixpath.normpath(posixpath.join(posixpath.dirname(names[-1]), older[1].decode())))
        assert names[-1] not in names[:-1]
    return names


@pytest.mark.parametrize(("folder", "numbers"), [("all", range(130, 0, -1)), ("borders-visa", range(129, 0, -2))])
def test_numbered_pages_lead_to_every_item_once(growing: World, folder: str, numbers: range) -> None:
    names = leafed(growing, folder)

    assert [*numbers] == [number for name in names for number in shown(growing, name)]
    assert [f"{folder}/pages/{number}.html" for number in range(len(names) - 1, 0, -1)] == names[1:]


def test_news_changes_no_older_page(growing: World) -> None:
    before = growing.contents()
    growing.list_above(*numbered(range(160, 130, -1)))
    growing.publisher("run", at=NOW)

    after = growing.contents()
    assert ["all/pages/3.html", "all/pages/4.html"] == [  # which link to the new page
        name for name, data in before.items() if "all/pages/" in name and data != after[name]
    ]
    assert [*range(160, 0, -1)] == [number for name in leafed(growing, "all") for number in shown(growing, name)]

    shutil.rmtree(growing.feeds)
    growing.publisher("publish", "--all", at=NOW)
    assert after == growing.contents(), "publishing everything again gives the same pages and digests"


def test_an_older_page_changes_with_its_items_and_no_other_does(growing: World) -> None:
    before = growing.contents()
    growing.edit("Number 011.", "Number 011, corrected.")
    growing.edit(numbered([40])[0] + "\n\n", "")
    growing.publisher("run", at=NOW)

    after = growing.contents()
    assert "corrected" in after["all/pages/1.html"].decode()
    assert 40 not in shown(growing, "all/pages/2.html")
    touched = {name for name, data in before.items() if "/pages/" in name and data != after[name]}
    assert {"all/pages/1.html", "all/pages/2.html", "borders-visa/pages/1.html", "general/pages/1.html"} == touched

    # the withdrawn item leaves past digests, and the corrected one stays as it was sent
    digests = [each["archive/weekly/1.html"].decode() for each in (before, after)]
    assert [True, False] == ["Number 040" in digest for digest in digests]
    assert [True, True] == ["Number 011<" in digest for digest in digests]


def test_sitemap_names_every_page_that_is_an_items_own_and_every_front(growing: World) -> None:
    growing.edit(numbered([7])[0], "")
    growing.publisher("run", at=NOW)
    there = growing.contents()
    places = re.compile(r"<loc>([^<]*)</loc>")
    files = [url.removeprefix(BASE_URL) for url in places.findall(there["sitemap.xml"].decode())]

    named = [url.removeprefix(BASE_URL) for file in files for url in places.findall(there[file].decode())]

    assert ["sitemap-feeds.xml", "sitemap-1.xml"] == files
    fronts = ["", "all/", "borders-visa/", "general/", "items/", "items/2025/"]
    pages_of_items = {name for name in there if re.fullmatch(r"items/\d+/[^/]+\.html", name)}
    pages_of_items -= {"items/2025/index.html"}
    withdrawn = {name for name in pages_of_items if b"This item was withdrawn" in there[name]}
    assert 1 == len(withdrawn)
    assert Counter([*fronts, *(pages_of_items - withdrawn)]) == Counter(named)


def test_missing_page_leads_back_wherever_it_is_shown(tmp_path: Path) -> None:
    world = World.after_run(
        tmp_path / "site", news("2 March 2026", "News."), config=CONFIG.replace(BASE_URL, f"{BASE_URL}news/")
    )

    page = Page((world.feeds / "404.html").read_text("utf-8"))

    assert ["/news/style.css", "/news/icon.svg"] == page.loads
    links = [link for link in page.links if not link.startswith("mailto:")]
    places = ["index.html", "index.html#themes", "all/index.html", "all/index.html#follow", "archive/weekly/index.html"]
    places += ["items/index.html"]
    assert {"#content", *(f"/news/{place}" for place in places)} == set(links)


# --- past digests ----------------------------------------------------------------------------------------------------


def test_every_digest_is_a_page_that_tells_nothing_of_who_got_it(growing: World) -> None:
    growing.list_above(news("3 March 2026", "Something new.", theme="Borders & Visa"))
    growing.publisher("run", at=NOW)

    lists, first, second = (growing.contents()[f"archive/weekly/{name}.html"].decode() for name in ("index", "1", "2"))
    assert ["2.html", "1.html"] == re.findall(r'href="(\d+\.html)"', lists)
    assert 130 == len(re.findall(r"<h[23][^>]*><a[^>]*>Number", first))
    assert "Something new" in second
    assert re.findall(r'href="(\d).html" rel="(prev|next)"', first + second) == [("2", "next"), ("1", "prev")]
    assert "lists.example.org" not in lists + first + second
    assert 'href="archive/weekly/index.html"' in growing.contents()["index.html"].decode()


def test_front_page_leads_to_past_digests_before_there_are_any_and_then_to_the_latest(tmp_path: Path) -> None:
    world = World(tmp_path / "site", news("2 March 2026", "News."))
    world.publisher("collect", at=NOW)
    world.publisher("publish", at=NOW)
    before = world.contents()

    world.publisher("compose", at=NOW)

    assert b'href="archive/weekly/index.html"' in before["index.html"]
    assert b"No digest has been sent yet." in before["archive/weekly/index.html"]
    assert b"No digest has been sent yet." not in world.contents()["archive/weekly/index.html"]
    assert b'href="archive/weekly/1.html"' not in before["index.html"]
    assert b'href="archive/weekly/1.html"' in world.contents()["index.html"]


def test_no_mail_goes_out_before_the_page_it_leads_to(tmp_path: Path) -> None:
    world = World.after_run(tmp_path / "site", news("2 March 2026", "News."), config=CONFIG)
    world.list_above(news("3 March 2026", "More."))
    world.publisher("collect", at=NOW)
    world.publisher("publish", at=NOW)
    in_the_way = world.feeds / "archive" / "weekly" / "2.html"
    in_the_way.mkdir()

    refused = world.publisher("compose", at=NOW)

    assert (75, [1]) == (refused.exit_code, world.composed())
    in_the_way.rmdir()
    assert 0 == world.publisher("compose", at=NOW).exit_code
    assert [1, 1] == world.composed()
    assert "archive/weekly/2.html" in world.contents()


def test_held_digest_is_on_the_web_when_it_is_released(tmp_path: Path) -> None:
    world = World.after_run(tmp_path / "site", news("2 March 2026", "News."), config=CONFIG + 'review = "4h"\n')
    held = [name for name in world.contents() if name.startswith("archive/")]
    assert "No digest has been sent yet." in world.page_at(f"{BASE_URL}archive/weekly/index.html")

    assert 0 == world.publisher_edition("release", "weekly-1", at=NOW).exit_code

    shown = [name for name in world.contents() if name.startswith("archive/")]
    assert ["archive/weekly/index.html"] == held
    feeds = [f"archive/weekly/{name}" for name in ("atom.xml", "feed.json", "rss.xml")]
    assert sorted(["archive/weekly/1.html", "archive/weekly/index.html", *feeds]) == shown
    assert 'href="1.html"' in world.page_at(f"{BASE_URL}archive/weekly/index.html")


def test_audience_that_keeps_its_digests_to_itself_has_no_page(tmp_path: Path) -> None:
    world = World(tmp_path / "site", news("2 March 2026", "News."), config=CONFIG + "archive = false\n")

    assert 0 == world.publisher("run", at=NOW).exit_code

    assert [1] == world.composed()
    assert [] == [name for name in world.contents() if name.startswith("archive/")]
    assert "archive/" not in world.contents()["index.html"].decode()


def test_withdrawn_item_is_gone_from_every_page_of_a_digest(tmp_path: Path) -> None:
    """It is gone from the edition in which it was new, and from the one that announced its correction."""
    old, later = news("3 March 2026", "Secret 1. It is so."), news("4 March 2026", "Another.")
    world = World.after_run(tmp_path / "site", "\n\n".join([old, news("2 March 2026", "A quay.")]))
    world.edit("It is so.", "It is not so.")
    world.list_above(later)
    world.publisher("run", at=NOW)
    assert {"archive/weekly/1.html", "archive/weekly/2.html"} <= holding(world, "Secret 1")

    world.edit(old.replace("It is so.", "It is not so.") + "\n\n", "")
    world.publisher("run", at=NOW)

    assert set() == holding(world, "Secret 1")


def holding(world: World, text: str) -> set[str]:
    return {name for name, data in world.contents().items() if text.encode() in data}


def keyword_links(world: World, name: str) -> list[str]:
    return re.findall(
        r'<a rel="tag" href="([^"]+)"', (world.feeds / "items" / "2026" / f"{name}.html").read_text("utf-8")
    )


def test_an_items_keywords_lead_to_their_feeds_from_the_day_they_have_one(tmp_path: Path) -> None:
    """This holds for the pages of earlier items too; no other pages are written."""
    listing = [
        news("2 March 2026", "Two.", keywords="Ice, fog"),
        news("1 March 2026", "One.", keywords="ice"),
        news("1 January 2026", "Zero.", keywords="fog"),
    ]
    world = World.after_run(tmp_path / "site", "\n\n".join(listing))
    assert [[], []] == [keyword_links(world, name) for name in ("one", "two")]
    before = world.files()

    world.list_above(news("3 March 2026", "Three.", keywords="ICE, rain"))
    world.publisher("run", at=NOW)

    link = "../../keywords/ice/index.html"
    assert 3 * [[link]] == [keyword_links(world, name) for name in ("one", "two", "three")]
    assert before["feeds/items/2026/zero.html"] == world.files()["feeds/items/2026/zero.html"]
    again = world.files()
    world.publisher("publish", "--all", at=NOW)
    assert {name: again[name] for name in again if "/items/" in name} == {
        name: state for name, state in world.files().items() if "/items/" in name
    }

    world.list_above(news("4 March 2026", "Four.", keywords="ice"))
    world.publisher("run", at=NOW)

    assert [link] == keyword_links(world, "four")
    assert again["feeds/items/2026/one.html"] == world.files()["feeds/items/2026/one.html"]


def test_keywords_of_a_past_digest_lead_to_their_feeds_from_the_day_they_have_one(tmp_path: Path) -> None:
    listing = [news(f"{day} March 2026", f"Item {day}.", keywords="ice, fog") for day in (2, 1)]
    world = World.after_run(tmp_path / "site", "\n\n".join(listing), config=f"{CONFIG}keywords = true\n")
    digest, link = "archive/weekly/1.html", '<a rel="tag" href="../../keywords/ice/index.html">ice</a>, fog</li>'
    assert 2 * [">ice, fog</li>"] == re.findall(">ice, fog</li>", world.contents()[digest].decode())

    world.list_above(news("3 March 2026", "Item 3.", keywords="ice"))
    world.publisher("run", at=NOW)

    assert 2 == world.contents()[digest].decode().count(link)
    before = world.contents()
    world.publisher("publish", "--all", at=NOW)
    assert before == world.contents()


def test_a_crash_takes_no_link_of_a_keyword_back(tmp_path: Path) -> None:
    """A keyword's new feed is recorded as open once it exists. The pass after the crash finds its items, whether they
    were written or not.
    """
    items = [news(f"{day} March 2026", f"Item {day}.", keywords="ice") for day in (2, 1)]
    world = World.after_run(tmp_path / "site", "\n\n".join(items))
    world.list_above(news("3 March 2026", "Item 3.", keywords="ice"))
    in_the_way = world.feeds / "keywords"
    in_the_way.write_text("A file where a folder has to be.")
    assert 75 == world.publisher("run", at=NOW).exit_code
    in_the_way.unlink()
    with world.store() as store:
        assert "keywords/ice" not in {state.feed.slug for state in store.feeds.all_open()}

    assert 0 == world.publisher("run", at=NOW).exit_code

    assert 3 * [["../../keywords/ice/index.html"]] == [keyword_links(world, f"item-{day}") for day in (1, 2, 3)]
