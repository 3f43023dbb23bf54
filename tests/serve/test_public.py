"""The public folder over HTTP: types, changes, sizes, and nothing outside the folder."""

import builtins
import gzip
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse, create_environ

from publisher.serve.public import PAGE_POLICY, public_pages, type_of
from publisher.serve.web import application

FEED = b"<rss/>" + b" " * 500
BASE = "https://news.example.org/"
PAGE = b"<!DOCTYPE html><title>Page</title>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A public folder, and a secret file beside it."""
    (tmp_path / "secret.txt").write_text("secret")
    root = tmp_path / "feeds"
    for name, data in {
        "index.html": PAGE,
        "404.html": b"<title>Lost</title>",
        "all/index.html": PAGE,
        "all/rss.xml": FEED,
        "all/archive/1/rss.xml": FEED,
        "all/short.xml": b"<rss/>",
        ".staging/000001": b"half",
        "all/.hidden": b"hidden",
        "empty/logo.png": b"png" * 200,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "outside").symlink_to(tmp_path)
    (root / "round").symlink_to(root / "round")
    return root


class Reader(FlaskClient):
    """A test client that reads each answer to its end and closes it, as a server does."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        return super().open(*arguments, **options, buffered=True)


def client(root: Path, *, base_url: str = BASE, hub: str = "", was: Mapping[str, str] | None = None) -> FlaskClient:
    app = application(public_pages(root, base_url=base_url, hub=hub, was=was or {}))
    app.test_client_class = Reader
    return app.test_client()


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
def test_files_have_their_content_types(name: str, media_type: str) -> None:
    assert media_type == type_of(name)


@pytest.mark.parametrize(("path", "data"), [("/", PAGE), ("/all/", PAGE), ("/all/rss.xml", FEED)])
def test_files_are_served_as_they_are(root: Path, path: str, data: bytes) -> None:
    answer = got(root, path)

    assert (200, data, len(data)) == (answer.status_code, answer.data, answer.content_length)
    assert "public, max-age=300" == answer.headers["Cache-Control"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_second_reading_is_told_that_nothing_changed_until_something_did(root: Path, encoding: str) -> None:
    first = got(root, "/all/rss.xml", {"Accept-Encoding": encoding})
    by_tag = {"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]}
    by_date = {"Accept-Encoding": encoding, "If-Modified-Since": first.headers["Last-Modified"]}

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


@pytest.mark.parametrize(
    ("asked", "status", "data"),
    [
        ("bytes=0-3", 206, FEED[:4]),
        ("bytes=-6", 206, FEED[-6:]),
        ("bytes=3-", 206, FEED[3:]),
        ("bytes=9999-", 416, None),
        # RFC 9110 section 14.2: a server may ignore Range, and should ignore what it does not understand
        ("bytes=0-1,4-5", 200, FEED),
        ("lines=0-3", 200, FEED),
        ("bytes=", 200, FEED),
    ],
)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_part_of_a_file(root: Path, encoding: str, asked: str, status: int, data: bytes | None) -> None:
    """A requested range of bytes is part of the file itself, never of its compressed form."""
    answer = got(root, "/all/rss.xml", {"Range": asked, "Accept-Encoding": encoding})

    assert (status, None) == (answer.status_code, answer.headers.get("Content-Encoding"))
    assert data is None or data == answer.data


def test_part_of_a_file_that_changed_is_all_of_it(root: Path) -> None:
    """RFC 9110 section 13.1.5: a download must never be joined from two versions."""
    before = got(root, "/all/rss.xml").headers["ETag"]
    os.utime(root / "all" / "rss.xml", (2e9, 2e9))

    answer = got(root, "/all/rss.xml", {"Range": "bytes=4-", "If-Range": before})

    assert (200, FEED) == (answer.status_code, answer.data)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"Accept-Encoding": "gzip"},
        {"If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT"},
        {"Accept-Encoding": "gzip", "If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT"},
        {"Range": "bytes=0-3"},
        {"Range": "bytes=9999-"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_file_is_left_open(root: Path, method: str, asked: Mapping[str, str]) -> None:
    client(root).open("/all/rss.xml", method=method, headers=dict(asked))

    opened = [str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert [] == [path for path in opened if path.startswith(str(root))]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_head_says_the_same_without_the_file(root: Path, encoding: str) -> None:
    accepted = {"Accept-Encoding": encoding}
    head, full = client(root).head("/all/rss.xml", headers=accepted), got(root, "/all/rss.xml", accepted)

    assert (200, b"") == (head.status_code, head.data)
    assert {**full.headers, "Date": ""} == {**head.headers, "Date": ""}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "gzip"),  # browsers
        ("gzip;q=1.0,deflate;q=0.6,identity;q=0.3", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("GZIP", "gzip"),
        ("*", "gzip"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.5, identity", None),
        ("identity", None),
        ("deflate, zstd", None),
        ("identity;q=0, deflate", None),  # nothing we have: the plain file is better than nothing
        ("", None),
    ],
)
@pytest.mark.parametrize("path", ["/all/rss.xml", "/nothing"])
def test_text_is_compressed_for_readers_who_take_it(root: Path, path: str, accepted: str, encoding: str | None) -> None:
    (root / "404.html").write_bytes(FEED)

    answer = got(root, path, {"Accept-Encoding": accepted})

    assert (encoding, "Accept-Encoding") == (answer.headers.get("Content-Encoding"), answer.headers["Vary"])
    assert len(answer.data) == answer.content_length
    assert FEED == (gzip.decompress(answer.data) if encoding else answer.data)


@pytest.mark.parametrize(("path", "vary"), [("/empty/logo.png", None), ("/all/short.xml", "Accept-Encoding")])
def test_pictures_and_short_texts_are_sent_as_they_are(root: Path, path: str, vary: str | None) -> None:
    answer = got(root, path, {"Accept-Encoding": "gzip"})

    assert (200, None, vary) == (answer.status_code, answer.headers.get("Content-Encoding"), answer.headers.get("Vary"))
    assert (root / path.removeprefix("/")).read_bytes() == answer.data


def test_each_encoding_has_its_own_tag_and_one_date(root: Path) -> None:
    answers = [got(root, "/all/rss.xml", {"Accept-Encoding": encoding}) for encoding in ("identity", "gzip")]

    assert 2 == len({answer.headers["ETag"] for answer in answers})
    assert 1 == len({answer.headers["Last-Modified"] for answer in answers})
    tag = {"If-None-Match": answers[1].headers["ETag"], "Accept-Encoding": "identity"}
    assert 200 == got(root, "/all/rss.xml", tag).status_code


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


def test_a_named_pipe_is_no_file(root: Path) -> None:
    os.mkfifo(root / "pipe")

    assert 404 == got(root, "/pipe").status_code


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/all", "all/"),
        ("/all?", "all/"),
        ("/all?utm=1&q=a%20b%2F", "all/?utm=1&q=a%20b%2F"),
        ("/all?next=https://x.example/?a=b", "all/?next=https://x.example/?a=b"),
        ("/all/archive", "./"),
        ("/all/archive/", "../"),
        ("/all/archive/1", "../"),
        ("/all/archive/1/?a=b", "../../?a=b"),
    ],
)
def test_folder_leads_to_its_page_and_that_of_an_archive_to_the_page_of_its_feed(
    root: Path, path: str, location: str
) -> None:
    answer = got(root, path)

    assert (301, location) == (answer.status_code, answer.location)


def test_query_of_a_redirect_cannot_add_a_header(root: Path) -> None:
    asked = create_environ("/all")
    asked["QUERY_STRING"] = 'a="<\r\nX: y>'

    answer = client(root).open(EnvironBuilder.from_environ(asked))

    assert "all/?a=%22%3C%0D%0AX:%20y%3E" == answer.location


@pytest.mark.parametrize("path", ["/empty", "/archive", "/empty/archive", "/empty/archive/1"])
def test_folder_without_a_page_is_not_redirected(root: Path, path: str) -> None:
    for folder in ("archive/weekly", "empty/archive/1"):
        (root / folder).mkdir(parents=True)

    assert 404 == got(root, path).status_code


def test_a_folder_called_archive_that_has_a_page_leads_to_it(root: Path) -> None:
    """A keyword or an audience may be called `archive`."""
    (root / "all" / "archive" / "index.html").write_bytes(PAGE)

    assert "archive/" == got(root, "/all/archive").location
    assert PAGE == got(root, "/all/archive/").data


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(("path", "allowed"), [("/all/rss.xml", "GET, HEAD, OPTIONS"), ("/all/", "GET, HEAD")])
def test_nothing_can_be_changed(root: Path, path: str, allowed: str, method: str) -> None:
    answer = client(root).open(path, method=method)

    assert (405, allowed) == (answer.status_code, answer.headers["Allow"])
    assert FEED == (root / "all" / "rss.xml").read_bytes()


@pytest.mark.parametrize("path", ["/", "/all/", "/style.css", "/-/stop/rss.xml/x"])
def test_only_feeds_answer_a_browser_that_asks_for_a_script(root: Path, path: str) -> None:
    assert 405 == client(root).options(path).status_code


def test_pages_may_run_and_load_nothing(root: Path) -> None:
    assert PAGE_POLICY == got(root, "/").headers["Content-Security-Policy"]
    assert PAGE_POLICY == got(root, "/nothing").headers["Content-Security-Policy"]


def test_feeds_name_their_hub_and_themselves(root: Path) -> None:
    answers = client(root, base_url="https://example.org/news/", hub="https://hub.example.org/")

    link = answers.get("/all/rss.xml").headers["Link"]
    assert '<https://hub.example.org/>; rel="hub", <https://example.org/news/all/rss.xml>; rel="self"' == link
    assert "Link" not in answers.get("/").headers


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("/all/rss.xml", {}, 200),
        ("/all/archive/1/rss.xml", {}, 200),
        ("/all/rss.xml", {"If-None-Match": "*"}, 304),
        ("/all/rss.xml", {"Range": "bytes=0-3"}, 206),
        ("/all/rss.xml", {"Range": "bytes=9999-"}, 416),
        ("/old/rss.xml", {}, 301),
        ("/no/rss.xml", {}, 404),
    ],
)
def test_answers_about_feeds_may_be_read_by_readers_on_other_sites(
    root: Path, path: str, asked: Mapping[str, str], status: int
) -> None:
    """A script that may not read a redirect or a 404 gets an error without a reason."""
    answer = client(root, was={"old": "all"}).get(path, headers=asked)

    assert (status, "*") == (answer.status_code, answer.headers["Access-Control-Allow-Origin"])
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in got(root, "/").headers


@pytest.mark.parametrize("path", ["/all/rss.xml", "/all/archive/1/rss.xml", "/old/atom.xml", "/no/feed.json"])
def test_script_on_another_site_may_ask_whether_a_feed_changed(root: Path, path: str) -> None:
    """Browsers first ask with OPTIONS (CORS preflight), do not follow a redirect of that, and demand a 2xx."""
    asked = {
        "Origin": "https://reader.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "if-modified-since,if-none-match",
    }

    answer = client(root, was={"old": "all"}).options(path, headers=asked)

    assert (204, b"", "*") == (answer.status_code, answer.data, answer.headers["Access-Control-Allow-Origin"])
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"if-modified-since", "if-none-match"} <= {*allowed}
    assert "GET, HEAD, OPTIONS" == answer.headers["Access-Control-Allow-Methods"] == answer.headers["Allow"]
    assert "86400" == answer.headers["Access-Control-Max-Age"]


@pytest.mark.parametrize("size", [100, 900])
def test_a_file_replaced_during_a_request_is_sent_whole(root: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass may replace a file between any two steps of an answer. Here it does so just before the file is opened."""
    place, other = root / "all" / "rss.xml", root / "new"
    opening = io.open

    def replace_and_open(file: object, *arguments: Any, **options: Any) -> Any:
        if str(file) == str(place):
            other.write_bytes(b"x" * size)
            other.replace(place)
        return opening(file, *arguments, **options)  # type: ignore[call-overload]  # whatever open() takes

    before = got(root, "/all/rss.xml").headers["ETag"]
    for module in (io, builtins):
        monkeypatch.setattr(module, "open", replace_and_open)
    answer = got(root, "/all/rss.xml")
    monkeypatch.undo()

    assert (size, b"x" * size) == (answer.content_length, answer.data)
    assert before != answer.headers["ETag"] == got(root, "/all/rss.xml").headers["ETag"]


def test_documents_of_archives_may_be_kept_for_long(root: Path) -> None:
    assert "public, max-age=2592000" == got(root, "/all/archive/1/rss.xml").headers["Cache-Control"]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_page_of_a_withdrawn_item_says_so_with_410(root: Path, encoding: str, method: str) -> None:
    """This holds even if the client has a stored copy: search engines drop a page that answers 410."""
    since = "Fri, 01 Jan 2038 00:00:00 GMT"
    (root / "all" / "index.html.gone").touch()

    answer = client(root).open(
        "/all/", method=method, headers={"Accept-Encoding": encoding, "If-Modified-Since": since}
    )

    assert (410, "public, max-age=300") == (answer.status_code, answer.headers["Cache-Control"])
    assert (PAGE if method == "GET" else b"") == answer.data
    assert 404 == got(root, "/all/index.html.gone").status_code


@pytest.mark.parametrize(
    ("path", "status", "location"), [("/news", 301, "news/"), ("/news/", 200, None), ("/newsroom/", 404, None)]
)
def test_the_sites_own_folder_without_its_slash_leads_to_it(
    root: Path, path: str, status: int, location: str | None
) -> None:
    answer = client(root, base_url="https://example.org/news/").get(path)

    assert (status, location) == (answer.status_code, answer.location)


@pytest.mark.parametrize("path", ["/news/all/rss.xml", "/all/rss.xml"])
def test_proxy_may_take_the_sites_folder_away_or_leave_it(root: Path, path: str) -> None:
    assert FEED == client(root, base_url="https://example.org/news/").get(path).data


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

    answer = client(root, was={"old": "quays"}).get(path)

    assert (301, location) == (answer.status_code, answer.location)


@pytest.mark.parametrize("path", ["/old/rss.xml", "/old/../../secret.txt", "/old/.hidden", "/older/rss.xml"])
def test_no_redirect_leads_to_a_missing_file(root: Path, path: str) -> None:
    (root / "old").mkdir()
    (root / "old" / "rss.xml").write_bytes(FEED)

    answer = client(root, was={"old": "all/quays"}).get(path)

    assert (200 if path == "/old/rss.xml" else 404) == answer.status_code
