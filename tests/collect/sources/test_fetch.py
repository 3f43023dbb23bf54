"""Fetching from the web: politely, within limits, and not from the local network unless allowed."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import brotli
import pytest

from publisher.collect.sources.answer import Fetched
from publisher.collect.sources.fetch import Fetcher
from publisher.collect.sources.networks import is_allowed, is_public
from publisher.model.errors import SourceError
from publisher.model.sources import LONGEST_WAIT
from tests.servers import Answer, Server, slowly
from tests.values import FETCHING

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
AGENT = "publisher/1 (+https://news.example.org/; news@example.org)"


def fetcher(**settings: Any) -> Fetcher:
    return Fetcher(replace(FETCHING, **{"timeout_s": 3.0, "private": ("127.0.0.0/8",), **settings}), AGENT)


def fetch(url: str, *, validator: str = "", **settings: Any) -> Fetched:
    return fetcher(**settings).fetch(url, source="news", validator=validator, now=NOW)


def failure(url: str, **settings: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetch(url, **settings)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_fetch_says_who_asks(server: Server) -> None:
    server.answers["/a"] = Answer(body=b"x")
    fetch(server.url("/a"))

    assert server.asked[0][1]["user-agent"] == AGENT


def test_an_unchanged_document_is_not_sent_again(server: Server) -> None:
    server.answers["/a"] = Answer(body=b"x", headers={"ETag": '"1"', "Last-Modified": "Mon, 23 Nov 2026 08:00:00 GMT"})
    first = fetch(server.url("/a"))
    again = fetch(server.url("/a"), validator=first.validator)

    assert (again.is_unchanged, again.body, again.validator) == (True, b"", first.validator)
    asked = server.asked[1][1]
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"1"', "Mon, 23 Nov 2026 08:00:00 GMT")


def test_the_same_bytes_are_unchanged_whatever_the_server_says(server: Server) -> None:
    """A new ETag for the same bytes causes neither parsing nor a write."""
    server.answers["/a"] = Answer(body=b"x", headers={"ETag": '"1"'})
    first = fetch(server.url("/a"))
    server.answers["/a"] = Answer(body=b"x", headers={"ETag": '"2"'})
    again = fetch(server.url("/a"), validator=first.validator)

    assert again.is_unchanged
    assert again.validator == first.validator


def test_a_server_is_not_believed_for_longer_than_a_day(server: Server) -> None:
    """Some servers send a Last-Modified that never changes."""
    stamp = "Thu, 12 Jan 2017 00:12:01 GMT"
    server.answers["/a"] = Answer(body=b"old", headers={"Last-Modified": stamp})
    validator, whole = fetch(server.url("/a")).validator, []
    for hour in range(1, 61):
        now = NOW + timedelta(hours=hour)
        found = fetcher().fetch(server.url("/a"), source="news", validator=validator, now=now)
        assert found.is_unchanged
        validator = found.validator
        if "if-modified-since" not in server.asked[-1][1]:
            whole.append(hour)

    assert whole == [24, 48]

    server.answers["/a"] = Answer(body=b"new", headers={"Last-Modified": stamp})
    later = NOW + timedelta(hours=84)
    assert fetcher().fetch(server.url("/a"), source="news", validator=validator, now=later).body == b"new"


def test_sources_ask_for_whole_documents_at_minutes_of_their_own(server: Server) -> None:
    server.answers["/a"] = Answer(body=b"x", headers={"ETag": '"1"'})
    names = ("news", "partner", "register")
    minutes = set()
    for name in names:
        validator = fetcher().fetch(server.url("/a"), source=name, validator="", now=NOW).validator
        for minute in range(23 * 60, 24 * 60 + 1):
            fetcher().fetch(server.url("/a"), source=name, validator=validator, now=NOW + timedelta(minutes=minute))
            if "if-none-match" not in server.asked[-1][1]:
                minutes.add(minute)
                break

    assert len(minutes) == len(names)


def test_unchanged_without_ever_having_been_read_is_an_error(server: Server) -> None:
    server.answers["/a"] = Answer(status=304)

    assert "never read" in failure(server.url("/a")).problem


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data, wbits=-15)),
        ("br", brotli.compress),
        ("", bytes),
        ("utf-8", bytes),
        ("none", bytes),
    ],
)
def test_packed_answers_are_unpacked(server: Server, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    text = b"The reading room is open. " * 9000
    server.answers["/a"] = Answer(body=pack(text), headers={"Content-Encoding": encoding})

    assert fetch(server.url("/a")).body == text


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", gzip.compress(b"<rss/>")),
        ("gzip", b"<rss/>"),
        ("gzip", gzip.compress(gzip.compress(b"<rss/>"))),
        ("utf-8", gzip.compress(b"<rss/>")),
    ],
    ids=["packed and not said", "said and not packed", "packed twice", "the charset said, and packed"],
)
def test_a_document_is_unpacked_whatever_its_server_says(server: Server, encoding: str, body: bytes) -> None:
    server.answers["/a"] = Answer(body=body, headers={"Content-Encoding": encoding} if encoding else {})

    assert fetch(server.url("/a")).body == b"<rss/>"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_wrong_content_encoding_is_an_error(server: Server, encoding: str) -> None:
    server.answers["/a"] = Answer(body=b"\x1f\x8bplain", headers={"Content-Encoding": encoding})

    assert "cannot be read" in failure(server.url("/a")).problem


def test_a_packed_answer_that_ends_early_is_an_error(server: Server) -> None:
    server.answers["/a"] = Answer(body=gzip.compress(b"x" * 9000)[:-12], headers={"Content-Encoding": "gzip"})

    assert "ends too early" in failure(server.url("/a")).problem


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 1000


def test_an_endless_answer_is_cut_off(server: Server) -> None:
    server.answers["/a"] = Answer(pieces=endless)

    assert "larger than" in failure(server.url("/a"), max_bytes=50_000).problem


def test_an_answer_in_drops_is_cut_off_in_time(server: Server) -> None:
    server.answers["/a"] = Answer(pieces=lambda: slowly(endless(), every_s=0.02))
    begun = time.monotonic()

    assert "took more than 0.2 s" in failure(server.url("/a"), timeout_s=0.2).problem
    assert time.monotonic() - begun < 2


def test_headers_in_drops_are_cut_off_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_drip_headers, args=(listening,), daemon=True).start()
        begun = time.monotonic()

        assert "took more than" in failure(f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout_s=0.2).problem
    assert time.monotonic() - begun < 2


def _drip_headers(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for number in range(100):
                connection.sendall(f"X-{number}: y\r\n".encode())
                time.sleep(0.02)
        except OSError:
            return


def test_an_answer_shorter_than_it_says_is_an_error(server: Server) -> None:
    server.answers["/a"] = Answer(body=b"x", length=100)

    assert "cannot be fetched" in failure(server.url("/a")).problem


def test_redirects_are_followed_and_lasting_ones_told(server: Server) -> None:
    server.answers["/a"] = Answer(status=301, headers={"Location": "/b"})
    server.answers["/b"] = Answer(status=302, headers={"Location": "/c"})
    server.answers["/c"] = Answer(body=b"x")
    found = fetch(server.url("/a"))

    assert (found.body, found.url, found.moved_to) == (b"x", server.url("/c"), server.url("/b"))


def test_redirects_in_a_circle_are_an_error(server: Server) -> None:
    server.answers["/a"] = Answer(status=302, headers={"Location": "/a"})

    assert "leads on more than" in failure(server.url("/a")).problem
    assert len(server.asked) == 6


@pytest.mark.parametrize("location", ["ftp://example.org/", "http://", "http://[", "file:///etc/passwd"])
def test_redirects_to_no_web_address_are_an_error(server: Server, location: str) -> None:
    server.answers["/a"] = Answer(status=302, headers={"Location": location})

    failure(server.url("/a"))


@pytest.mark.parametrize("path", ["/direct", "/led"])
def test_private_addresses_are_refused_however_one_gets_there(server: Server, path: str) -> None:
    server.answers["/led"] = Answer(status=302, headers={"Location": server.url("/direct", host="127.0.0.2")})
    server.answers["/direct"] = Answer(body=b"secret")
    url, allowed = (server.url("/led"), "127.0.0.1") if path == "/led" else (server.url("/direct"), "10.0.0.0/8")

    assert "add it to `private` of the source" in failure(url, private=(allowed,)).problem
    assert [asked for asked, _ in server.asked] == (["/led"] if path == "/led" else [])


def test_a_source_may_ask_its_own_hosts_and_those_that_all_may_ask(server: Server) -> None:
    server.answers["/a"] = Answer(body=b"secret")
    of_all = Fetcher(replace(FETCHING, private=("127.0.0.1",)), AGENT)

    for fetcher in (of_all, of_all.allowing(()), of_all.allowing(("127.0.0.2",))):
        found = fetcher.fetch(server.url("/a"), source="news", validator="", now=NOW)
        assert found.body == b"secret"


def test_a_name_is_checked_by_the_address_it_has_when_it_is_connected_to(server: Server) -> None:
    server.answers["/a"] = Answer(body=b"secret")

    assert "localhost is at" in failure(server.url("/a", host="localhost"), private=()).problem
    assert fetch(server.url("/a", host="localhost"), private=("localhost",)).body == b"secret"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::127.0.0.1",
     "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1"],
)  # fmt: skip
def test_addresses_that_are_none_of_the_internets(address: str) -> None:
    assert not is_public(ip_address(address))
    assert is_allowed(ip_address(address), "intranet.example.org", [f"{address}"])
    assert is_allowed(ip_address(address), "Intranet.example.org", ["intranet.example.org"])


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"])
def test_addresses_of_the_internet(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("value", "wait"),
    [("120", timedelta(minutes=2)), ("Mon, 23 Nov 2026 10:00:00 GMT", timedelta(hours=1)), ("9" * 30, LONGEST_WAIT),
     ("soon", timedelta(0)), ("-5", timedelta(0)), ("", timedelta(0))],
)  # fmt: skip
def test_a_busy_server_is_left_alone_as_long_as_it_asks(server: Server, value: str, wait: timedelta) -> None:
    server.answers["/a"] = Answer(status=429, headers={"Retry-After": value})

    assert failure(server.url("/a")).wait == wait


def test_a_fresh_answer_says_until_when(server: Server) -> None:
    server.answers["/a"] = Answer(body=b"x", headers={"Cache-Control": "public, max-age=3600"})

    assert fetch(server.url("/a")).fresh_until == NOW + timedelta(hours=1)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 500, 503])
def test_an_answer_that_is_an_error_is_one(server: Server, status: int) -> None:
    server.answers["/a"] = Answer(status=status)

    assert str(status) in failure(server.url("/a")).problem


def test_a_refused_connection_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    assert "cannot be fetched" in failure(f"http://127.0.0.1:{port}/").problem


def test_a_server_that_speaks_no_tls(server: Server) -> None:
    assert "cannot be fetched" in failure(server.url("/a").replace("http:", "https:")).problem


def test_a_host_is_asked_one_thing_at_a_time(server: Server) -> None:
    server.answers["/a"] = Answer(pieces=lambda: slowly(iter([b"x"] * 3), every_s=0.02))
    shared = fetcher()
    threads = [
        threading.Thread(
            target=shared.fetch, args=(server.url("/a"),), kwargs={"source": "n", "validator": "", "now": NOW}
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(server.asked), server.at_once) == (4, 1)


def test_hosts_allowed_for_one_source_are_refused_to_others_even_by_redirect(server: Server) -> None:
    server.answers["/secret"] = Answer(body=b"secret")
    server.answers["/led"] = Answer(status=302, headers={"Location": server.url("/secret")})
    fetcher = Fetcher(FETCHING, AGENT)

    led = server.url("/led", host="localhost")
    trusted = fetcher.allowing(["localhost", "127.0.0.0/8"])
    assert trusted.fetch(led, source="ours", validator="", now=NOW).body == b"secret"
    for other in (fetcher, fetcher.allowing(["localhost"])):
        with pytest.raises(SourceError, match=r"add it to `private` of the source"):
            other.fetch(led, source="theirs", validator="", now=NOW)
