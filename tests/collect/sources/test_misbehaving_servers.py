"""Misbehaving servers: a fetch returns the answer or a source error, in time and within limits."""

import gzip
import itertools
import socket
import ssl
import struct
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.collect.sources.answer import Fetched
from publisher.collect.sources.fetch import Fetcher
from publisher.model.errors import SourceError
from publisher.model.sources import LONGEST_WAIT
from tests.servers import Answer, Server, speaking
from tests.values import FETCHING

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def fetch(url: str, *, validator: str = "", **settings: Any) -> Fetched:
    chosen = replace(FETCHING, **{"timeout_s": 3.0, "private": ("127.0.0.0/8",), **settings})
    return Fetcher(chosen, "tests").fetch(url, source="news", validator=validator, now=NOW)


def failure(url: str, **settings: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetch(url, **settings)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    return caught.value


def endlessly(piece: bytes, *, after: bytes = b"") -> Callable[[], Iterable[bytes]]:
    return lambda: itertools.chain([after], itertools.repeat(piece))


# --- invalid HTTP ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (b"", "disconnected"),
        (b"\x00\x01\x02" * 9, "illegal"),
        (b"<rss version='2.0'/>", "disconnected"),
        (b"HTTP/1.1 000 Nothing\r\n\r\n", "cannot be fetched"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "cannot be fetched"),
        (b"HTTP/1.1 204 Nothing\r\n\r\n", "answers 204"),
        (b"HTTP/1.1 206 A part\r\nContent-Length: 1\r\n\r\nx", "answers 206"),
        (b"HTTP/1.1 418 \xc3\xa9\t\r\nContent-Length: 0\r\n\r\n", "answers 418"),
        (OK + b"Content-Length: -1\r\n\r\nx", "bad Content-Length"),
        (OK + b"Content-Length: 99999999999999999999999\r\n\r\nx", "bad Content-Length"),
        (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "conflicting Content-Length"),
        (OK + b"Content-Length: 9\r\n\r\nx", "without sending complete"),
        (CHUNKED + b"zz\r\nhello", "illegal chunk header"),
        (CHUNKED + b"-1\r\nhello", "illegal chunk header"),
        (CHUNKED + b"5\r\nhello0\r\n\r\n", "malformed chunk footer"),
        (CHUNKED + b"5\r\nhe", "without sending complete"),
        (CHUNKED + b"5\r\nhello\r\n", "without sending complete"),
        (CHUNKED + b"ffffffffffffffff\r\nhello", "without sending complete"),
    ],
)
def test_an_answer_that_is_not_http_is_an_error(said: bytes, problem: str) -> None:
    with speaking(lambda: [said]) as url:
        assert problem in failure(url).problem


@pytest.mark.parametrize(
    "pieces",
    [
        endlessly(b"X: y\r\n", after=OK),
        endlessly(b"y" * 999, after=OK + b"X: "),
        endlessly(b"1" * 999, after=CHUNKED),
        endlessly(b"x" * 999, after=CHUNKED + b"5;"),
        endlessly(b"X: y\r\n", after=CHUNKED + b"1\r\nx\r\n0\r\n"),
    ],
    ids=["headers", "one header", "size of a chunk", "extension of a chunk", "trailers"],
)
def test_endless_headers_and_trailers_are_cut_off(pieces: Callable[[], Iterable[bytes]]) -> None:
    with speaking(pieces) as url:
        assert "Receive buffer too long" in failure(url).problem


def test_a_server_that_never_comes_to_the_point_is_cut_off_in_time() -> None:
    begun = time.monotonic()
    with speaking(endlessly(b"HTTP/1.1 100 Continue\r\n\r\n")) as url:
        assert "took more than 0.2 s" in failure(url, timeout_s=0.2).problem
    assert time.monotonic() - begun < 2


def test_interim_responses_are_skipped() -> None:
    """RFC 9110 section 15.2 allows any number of interim responses, even if none was requested."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    with speaking(lambda: [interim, OK + b"Content-Length: 1\r\n\r\nxyz"]) as url:
        assert fetch(url).body == b"x"


def test_a_connection_that_breaks_midway_is_an_error() -> None:
    def breaking(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        connection.recv(65_536)
        connection.sendall(OK + b"Content-Length: 9\r\n\r\nx")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST instead of FIN
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=breaking, args=(listening,), daemon=True).start()

        assert "cannot be fetched" in failure(f"http://127.0.0.1:{listening.getsockname()[1]}/").problem


def test_a_server_that_accepts_and_says_nothing_is_cut_off_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"

        assert "took more than 0.2 s" in failure(url, timeout_s=0.2).problem
        assert "took more than 0.2 s" in failure(url.replace("http:", "https:"), timeout_s=0.2).problem


PIECES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 304 Not Modified\r\n", b"HTTP/1.0 301 Moved\r\n", b"HTTP/1.1 429 Busy\r\n",
        b"Location: /\r\n", b"Location: //[\r\n", b"Location: http://xn--/\r\n", b"Location: \xff\r\n",
        b'ETag: "\xe9"\r\n', b"Content-Encoding: gzip\r\n", b"Content-Encoding: br\r\n", b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Retry-After: 99999-01-01\r\n", b"Retry-After: \xb2\r\n",
        b"Cache-Control: max-age=\xb2\r\n", b"Cache-Control: max-age=999999999\r\n", b"Age: \xb2\r\n",
        b'Content-Type: text/xml; charset="\xff\r\n', b"Content-Type: text/xml; charset=rot13\r\n",
        b"\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", gzip.compress(b"abc"), brotli.compress(b"abc"), b"\x1f\x8b", b"\x00",
    ]
)  # fmt: skip


@settings(max_examples=settings().max_examples * 3 // 2)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=9)), max_size=9).map(b"".join))
def test_any_bytes_of_a_server_give_an_answer_or_a_source_error(said: bytes) -> None:
    known = '{"digest": "0", "etag": "\\"\\u00e9\\"", "modified": "\\u20ac"}'
    with speaking(lambda: [OK + said]) as url, suppress(SourceError):
        fetch(url, validator=known, timeout_s=1.0)


# --- meaningful headers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("etag", [b'"caf\xc3\xa9"', b'"caf\xe9"'])
def test_any_etag_is_sent_back_unchanged(etag: bytes) -> None:
    heard: list[bytes] = []

    def hearing(listening: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            with connection:
                heard.append(connection.recv(65_536))
                connection.sendall(OK + b"ETag: " + etag + b"\r\nContent-Length: 1\r\n\r\nx")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=hearing, args=(listening,), daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        fetch(url, validator=fetch(url).validator)

    assert b"\r\nIf-None-Match: " + etag + b"\r\n" in heard[1]


@pytest.mark.parametrize(
    "location",
    [
        b"http://xn--/",
        b"http://a:99999/",
        b"http://a:b/",
        b"http://\xff/",
        b"//",
        b"http://" + b"a" * 300 + b"/",
        b"/" + b"a" * 70_000,
        b"http://a\x7fb/",
    ],
)
def test_a_redirect_to_what_is_no_address_is_an_error(location: bytes) -> None:
    with speaking(lambda: [b"HTTP/1.1 301 Moved\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"]) as url:
        failure(url)


def test_a_redirect_from_what_is_encrypted_to_what_is_not_is_not_followed(
    authority: trustme.CA, server: Server
) -> None:
    moved = f"HTTP/1.1 301 Moved\r\nLocation: {server.url('/a')}\r\nContent-Length: 0\r\n\r\n".encode()
    with speaking(lambda: [moved], tls=showing(authority.issue_cert("127.0.0.1"))) as url:
        assert "not encrypted; it was not followed" in failure(url).problem
    assert not server.asked


@pytest.mark.parametrize(("value", "wait"), [("9" * 5000, LONGEST_WAIT), ("\xb2", timedelta(0)), ("1.5", timedelta(0))])
def test_a_wait_that_is_no_wait(server: Server, value: str, wait: timedelta) -> None:
    server.answers["/a"] = Answer(status=503, headers={"Retry-After": value})

    assert failure(server.url("/a")).wait == wait


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "max-age=3600", "Age": "600"}, 3000),
        ({"Cache-Control": "max-age=3600", "Age": "9999"}, None),
        ({"Cache-Control": "max-age=3600", "Age": "old"}, 3600),
        ({"Cache-Control": "no-cache, max-age=3600"}, None),
        ({"Cache-Control": "max-age=3600, no-store"}, None),
        ({"Cache-Control": "s-maxage=3600"}, None),
        ({"Cache-Control": "max-age=999999999"}, LONGEST_WAIT.total_seconds()),
        ({"Cache-Control": "max-age=-1"}, None),
    ],
)
def test_how_long_an_answer_is_fresh(server: Server, headers: dict[str, str], seconds: float | None) -> None:
    server.answers["/a"] = Answer(body=b"x", headers=headers)
    fresh = fetch(server.url("/a")).fresh_until

    assert fresh == (None if seconds is None else NOW + timedelta(seconds=seconds))


# --- compressed answers ----------------------------------------------------------------------------------------------


def bare(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-15)


def quickly(data: bytes) -> bytes:
    return brotli.compress(data, quality=1)  # type: ignore[no-any-return]  # it comes without types


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("br", quickly), ("deflate", zlib.compress), ("deflate", bare)],
)
def test_a_bomb_takes_no_more_memory_than_is_admitted(
    server: Server, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    server.answers["/a"] = Answer(body=pack(bytes(12_000_000)), headers={"Content-Encoding": encoding})
    tracemalloc.start()
    try:
        assert "larger than 1 MB" in failure(server.url("/a"), max_bytes=1_000_000).problem
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_a_gzip_answer_of_several_parts_is_read_whole(server: Server) -> None:
    """RFC 1952 section 2.2 allows several parts; some servers send a file and its padding in this way."""
    server.answers["/a"] = Answer(
        body=gzip.compress(b"sails ") + gzip.compress(b"at ten") + bytes(99), headers={"Content-Encoding": "gzip"}
    )

    assert fetch(server.url("/a")).body == b"sails at ten"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_bytes_after_a_compressed_answer_are_not_kept(encoding: str) -> None:
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[encoding](b"abc")
    head = OK + b"Content-Encoding: " + encoding.encode() + b"\r\n\r\n" + packed
    tracemalloc.start()
    try:
        # refusing it is right too
        with speaking(endlessly(b"x" * 65_536, after=head)) as url, suppress(SourceError):
            assert fetch(url).body == b"abc"
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("encoding", "begin", "goes_on"),
    [
        ("gzip", b"\x1f\x8b\x08\x08" + bytes(6), b"x" * 65_536),
        ("deflate", b"\x78\x9c", b"\x00\x00\x00\xff\xff" * 9999),
    ],
    ids=["a name that never ends", "blocks with nothing in them"],
)
def test_endless_compressed_emptiness_is_cut_off_in_time(encoding: str, begin: bytes, goes_on: bytes) -> None:
    with speaking(endlessly(goes_on, after=OK + f"Content-Encoding: {encoding}\r\n\r\n".encode() + begin)) as url:
        assert "took more than 0.3 s" in failure(url, timeout_s=0.3).problem


# --- TLS -------------------------------------------------------------------------------------------------------------


def showing(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that is trusted as if it were one of the system's."""
    trusted = trustme.CA()
    trusted.cert_pem.write_to_path(str(tmp_path / "trusted.pem"))
    monkeypatch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(tmp_path / "trusted.pem"))
    return trusted


def answering() -> Iterator[bytes]:
    yield OK + b"Content-Length: 1\r\n\r\nx"


def test_a_server_that_shows_who_it_is_is_believed(authority: trustme.CA) -> None:
    with speaking(answering, tls=showing(authority.issue_cert("127.0.0.1"))) as url:
        assert fetch(url).body == b"x"


@pytest.mark.parametrize(
    ("certificate", "problem"),
    [
        (lambda _: trustme.CA().issue_cert("127.0.0.1"), "self-signed certificate in certificate chain|unable to get"),
        (lambda ours: ours.issue_cert("news.example.org"), "IP address mismatch"),
        (lambda ours: ours.issue_cert("127.0.0.1", not_after=NOW - timedelta(days=3650)), "has expired"),
    ],
    ids=["from an authority nobody knows", "of another host", "of yesterday"],
)
def test_a_server_that_does_not_show_who_it_is_is_not_believed(
    authority: trustme.CA, certificate: Callable[[trustme.CA], trustme.LeafCert], problem: str
) -> None:
    with (
        speaking(answering, tls=showing(certificate(authority))) as url,
        pytest.raises(SourceError, match=f"cannot be fetched: .*(?:{problem})"),
    ):
        fetch(url)


def test_a_server_that_hangs_up_on_us_is_an_error() -> None:
    with speaking(lambda: [b"\x15\x03\x03\x00\x02\x02\x28"]) as url:  # a TLS alert: handshake failure
        assert "cannot be fetched" in failure(url.replace("http:", "https:")).problem


# --- names that resolve differently each time ------------------------------------------------------------------------

PUBLIC = "93.184.216.34"


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch, server: Server) -> dict[str, list[list[str]]]:
    """The name server's next answers for `news.test`, which a test sets, and the addresses to which connections were
    made.

    Tests have no name server and must not reach the Internet: the two standard library functions through which a fetch
    leaves this program are replaced. Public addresses lead to `server`.
    """
    told: dict[str, list[list[str]]] = {"answers": [], "connected": []}
    connect = socket.create_connection

    def looked_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        assert host == "news.test"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in told["answers"].pop(0)]

    def connected(address: tuple[str, int], *arguments: Any, **keys: Any) -> socket.socket:
        told["connected"].append([address[0]])
        with monkeypatch.context() as real:
            real.setattr(socket, "getaddrinfo", getaddrinfo)
            return connect(("127.0.0.1", address[1]), *arguments, **keys)

    getaddrinfo = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket, "create_connection", connected)
    return told


def test_the_connection_goes_to_the_address_that_was_checked(
    server: Server, asked_for: dict[str, list[list[str]]]
) -> None:
    """DNS rebinding: the name resolves to a public address when it is checked, and to a private one right after."""
    server.answers["/a"] = Answer(body=b"news")
    asked_for["answers"] = [[PUBLIC], ["127.0.0.1"]]

    assert fetch(server.url("/a", host="news.test"), private=()).body == b"news"
    assert asked_for["connected"] == [[PUBLIC]]
    assert asked_for["answers"] == [["127.0.0.1"]], "the name was looked up once"
    assert "news.test is at 127.0.0.1" in failure(server.url("/a", host="news.test"), private=()).problem
    assert asked_for["connected"] == [[PUBLIC]]


def test_a_name_is_checked_again_at_every_step(server: Server, asked_for: dict[str, list[list[str]]]) -> None:
    server.answers["/a"] = Answer(status=302, headers={"Location": "/b"})
    server.answers["/b"] = Answer(body=b"secret")
    asked_for["answers"] = [[PUBLIC], ["10.0.0.1"]]

    assert "news.test is at 10.0.0.1" in failure(server.url("/a", host="news.test"), private=()).problem
    assert [path for path, _ in server.asked] == ["/a"]


def test_of_several_addresses_only_the_public_ones_are_tried(
    server: Server, asked_for: dict[str, list[list[str]]]
) -> None:
    server.answers["/a"] = Answer(body=b"news")
    asked_for["answers"] = [["127.0.0.1", "::ffff:10.0.0.1", PUBLIC]]

    assert fetch(server.url("/a", host="news.test"), private=()).body == b"news"
    assert asked_for["connected"] == [[PUBLIC]]


# --- turns and waits -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_waiting_for_ones_turn_at_a_host_is_not_the_hosts_fault(server: Server) -> None:
    def after_a_while() -> Iterator[bytes]:
        time.sleep(0.4)
        yield b"x"

    server.answers["/a"] = Answer(pieces=after_a_while)
    shared = Fetcher(replace(FETCHING, timeout_s=2.0, private=("127.0.0.1",)), "tests")
    bodies: list[bytes] = []

    def ask() -> None:
        bodies.append(shared.fetch(server.url("/a"), source="news", validator="", now=NOW).body)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert bodies == [b"x"] * 6, "the last one waited longer than a fetch may take"
