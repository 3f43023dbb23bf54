"""What a web server has to say of a folder: types, changes, sizes, and nothing of what lies beside it."""

import json
import os
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from publisher.serve.public import PAGE_POLICY, Website, listening, type_of

FEED = b"<rss/>" + b" " * 500
BASE = "https://news.example.org/"
PAGE = b"<!DOCTYPE html><title>Page</title>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A public folder, and a secret beside it."""
    (tmp_path / "secret.txt").write_text("secret")
    root = tmp_path / "feeds"
    for name, data in {
        "index.html": PAGE,
        "404.html": b"<title>Lost</title>",
        "all/index.html": PAGE,
        "all/rss.xml": FEED,
        ".staging/000001": b"half",
        "all/.hidden": b"hidden",
        "empty/logo.png": b"png",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "outside").symlink_to(tmp_path)
    (root / "round").symlink_to(root / "round")
    return root


def well() -> tuple[bool, Mapping[str, object]]:
    return True, {"problems": 0}


def client(root: Path, *, base_url: str = BASE, hub: str = "") -> Client:
    return Client(Website(root, base_url=base_url, hub=hub, health=well))


def got(root: Path, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
    return client(root).get(path, headers=headers or {})


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("all/rss.xml", "application/rss+xml"),
        ("all/atom.xml", "application/atom+xml"),
        ("all/feed.json", "application/feed+json"),
        ("sitemap.xml", "application/xml"),
        ("style.css", "text/css; charset=utf-8"),
        ("feeds.opml", "text/x-opml; charset=utf-8"),
        ("assets/logo.png", "image/png"),
        ("assets/unknown", "application/octet-stream"),
    ],
)
def test_types(name: str, media_type: str) -> None:
    assert media_type == type_of(name)


@pytest.mark.parametrize(("path", "data"), [("/", PAGE), ("/all/", PAGE), ("/all/rss.xml", FEED)])
def test_files_are_served_as_they_are(root: Path, path: str, data: bytes) -> None:
    answer = got(root, path)

    assert (200, data, len(data)) == (answer.status_code, answer.data, answer.content_length)
    assert "public, max-age=300" == answer.headers["Cache-Control"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]


def test_second_reading_is_told_that_nothing_changed_until_something_did(root: Path) -> None:
    first = got(root, "/all/rss.xml")
    by_tag = {"If-None-Match": first.headers["ETag"]}
    by_date = {"If-Modified-Since": first.headers["Last-Modified"]}

    for asked in (by_tag, by_date, by_tag | by_date):
        again = got(root, "/all/rss.xml", asked)
        assert (304, b"", first.headers["ETag"]) == (again.status_code, again.data, again.headers["ETag"])
    (root / "all" / "rss.xml").write_bytes(b"<rss>new</rss>")
    os.utime(root / "all" / "rss.xml", (2e9, 2e9))
    assert b"<rss>new</rss>" == got(root, "/all/rss.xml", by_tag | by_date).data


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ('"other", {tag}', 304),
        ("W/{tag}", 304),  # RFC 9110 section 13.1.2: a weak comparison
        ('W/"other" , W/{tag}', 304),
        ("*", 304),
        ('"other"', 200),
        ("", 200),
    ],
)
def test_reader_may_name_several_tags(root: Path, tags: str, status: int) -> None:
    tag = got(root, "/all/rss.xml").headers["ETag"]

    assert status == got(root, "/all/rss.xml", {"If-None-Match": tags.format(tag=tag)}).status_code


@pytest.mark.parametrize(
    ("since", "status"), [("Fri, 01 Jan 2038 00:00:00 GMT", 304), ("Sat, 01 Jan 2000 00:00:00 GMT", 200), ("soon", 200)]
)
def test_tag_goes_before_date(root: Path, since: str, status: int) -> None:
    other = {"If-Modified-Since": since, "If-None-Match": '"other"'}

    assert status == got(root, "/all/rss.xml", {"If-Modified-Since": since}).status_code
    assert 200 == got(root, "/all/rss.xml", other).status_code


def test_part_of_a_file_is_all_of_it(root: Path) -> None:
    """RFC 9110 section 14.2: a server may ignore Range."""
    answer = got(root, "/all/rss.xml", {"Range": "bytes=0-3"})

    assert (200, FEED) == (answer.status_code, answer.data)


def test_head_says_the_same_without_the_file(root: Path) -> None:
    head, full = client(root).head("/all/rss.xml"), got(root, "/all/rss.xml")

    assert (200, b"") == (head.status_code, head.data)
    assert dict(full.headers) == dict(head.headers)


@pytest.mark.parametrize(
    "path",
    [
        *("/nothing", "/all/nothing.xml", "/nothing/", "/index.html/", "/empty/", "/all//rss.xml"),
        *("/.staging/000001", "/.staging/", "/all/.hidden", "/../secret.txt", "/all/../../secret.txt", "/out.txt"),
        *("/outside/secret.txt", "/outside", "/outside/", "/round", "/round/", "/" + "a" * 300, "/a/" * 2_000),
        *("/all%2f..%2f..%2fsecret.txt", "/%2fetc/passwd", "/all/rss.xml/", "/all/%00", "/all/.."),
        *("/%2e%2e/secret.txt", "/..%2fsecret.txt", "/.", "/all\\rss.xml", "/all/rss.xml%00", "/%ff"),
    ],
)
def test_anything_else_is_the_page_of_lost_addresses(root: Path, path: str) -> None:
    answer = got(root, path)

    assert (404, b"<title>Lost</title>") == (answer.status_code, answer.data)
    assert "text/html; charset=utf-8" == answer.headers["Content-Type"]


def test_folder_without_its_slash_leads_to_it(root: Path) -> None:
    answer = got(root, "/all")

    assert (301, "all/") == (answer.status_code, answer.location)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(root: Path, method: str) -> None:
    answer = client(root).open("/all/rss.xml", method=method)

    assert (405, "GET, HEAD") == (answer.status_code, answer.headers["Allow"])


def test_pages_may_run_and_load_nothing(root: Path) -> None:
    assert PAGE_POLICY == got(root, "/").headers["Content-Security-Policy"]
    assert PAGE_POLICY == got(root, "/nothing").headers["Content-Security-Policy"]


def test_feeds_name_their_hub_and_themselves(root: Path) -> None:
    answers = client(root, base_url="https://example.org/news/", hub="https://hub.example.org/")

    link = answers.get("/all/rss.xml").headers["Link"]
    assert '<https://hub.example.org/>; rel="hub", <https://example.org/news/all/rss.xml>; rel="self"' == link
    assert "Link" not in answers.get("/").headers


@pytest.mark.parametrize("path", ["/news/all/rss.xml", "/all/rss.xml"])
def test_proxy_may_take_the_sites_folder_away_or_leave_it(root: Path, path: str) -> None:
    assert FEED == client(root, base_url="https://example.org/news/").get(path).data


@pytest.mark.parametrize(("is_well", "status"), [(True, 200), (False, 503)])
def test_health(root: Path, is_well: bool, status: int) -> None:
    website = Website(root, base_url="https://news.example.org/", hub="", health=lambda: (is_well, {"problems": 3}))

    answer = Client(website).get("/health")

    assert (status, "no-store") == (answer.status_code, answer.headers["Cache-Control"])
    assert {"status": "ok" if is_well else "failing", "problems": 3} == json.loads(answer.data)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/old", "quays/"),
        ("/old/", "../quays/"),
        ("/old/rss.xml", "../quays/rss.xml"),
        ("/old/pages/1.html", "../../quays/pages/1.html"),
    ],
)
def test_a_former_address_leads_to_the_one_of_now(root: Path, path: str, location: str) -> None:
    for name in ("index.html", "rss.xml", "pages/1.html"):
        (root / "quays" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "quays" / name).write_bytes(PAGE)

    answer = Client(Website(root, base_url=BASE, hub="", health=well, was={"old": "quays"})).get(path)

    assert (301, location) == (answer.status_code, answer.location)


@pytest.mark.parametrize("path", ["/old/rss.xml", "/old/../../secret.txt", "/old/.hidden", "/older/rss.xml"])
def test_nobody_is_led_to_what_is_not_there(root: Path, path: str) -> None:
    (root / "old").mkdir()
    (root / "old" / "rss.xml").write_bytes(FEED)

    answer = Client(Website(root, base_url=BASE, hub="", health=well, was={"old": "all/quays"})).get(path)

    assert (200 if path == "/old/rss.xml" else 404) == answer.status_code


def test_a_browser_that_keeps_its_connection_does_not_keep_the_service(root: Path) -> None:
    website = Website(root, base_url="https://news.example.org/", hub="", health=well)
    with listening(website, "127.0.0.1:0") as address:
        connection = HTTPConnection(address, timeout=20)
        connection.request("GET", "/")
        assert PAGE == connection.getresponse().read()
        began = time.monotonic()

    assert time.monotonic() - began < 10
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection(address, timeout=20).connect()
