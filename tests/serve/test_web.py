"""The listening server, and the headers of its answers."""

import select
import socket
import threading
import time
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection

import pytest
from flask import Blueprint, request

from publisher.serve.long_requests import SENDERS, Senders
from publisher.serve.web import MAX_BODY_BYTES, application, listening


@pytest.fixture
def part() -> Blueprint:
    part = Blueprint("greeting", __name__)
    part.add_url_rule("/", view_func=lambda: "hello")
    return part


def test_every_answer_has_the_headers_for_security(part: Blueprint) -> None:
    client = application(part).test_client()

    for answer in (client.get("/"), client.get("/nothing"), client.post("/")):
        assert "nosniff" == answer.headers["X-Content-Type-Options"]
        assert "same-origin" == answer.headers["Referrer-Policy"]


def test_method_that_a_part_does_not_take_is_refused(part: Blueprint) -> None:
    answer = application(part).test_client().delete("/")

    assert (405, "GET, HEAD", "only GET, HEAD\n") == (answer.status_code, answer.headers["Allow"], answer.text)


def test_a_browser_that_keeps_its_connection_does_not_keep_the_service(part: Blueprint) -> None:
    with listening(application(part), "127.0.0.1:0", key="test", remedy="none") as address:
        connection = HTTPConnection(address, timeout=20)
        connection.request("GET", "/")
        assert b"hello" == connection.getresponse().read()
        began = time.monotonic()

    assert time.monotonic() - began < 10
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection(address, timeout=20).connect()
    assert "web" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_keeps_the_connection(status: int) -> None:
    """A feed reader asks for several feeds over one connection; most are answered 304."""
    part = Blueprint("unchanged", __name__)
    part.add_url_rule("/", "unchanged", lambda: ("", status))
    part.add_url_rule("/page", "page", lambda: "page")
    with (
        listening(application(part), "127.0.0.1:0", key="test", remedy="none") as address,
        closing(HTTPConnection(address, timeout=20)) as connection,
    ):
        for path, expected in (("/", status), ("/page", 200), ("/", status)):
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (expected, None) == (answer.status, answer.headers["Connection"])
            answer.read()
        sock = connection.sock
        connection.request("GET", "/", headers={"Connection": "close"})
        answer = connection.getresponse()
        assert (status, "close") == (answer.status, answer.headers["Connection"])
        assert b"" == sock.recv(1), "the server closed the connection"


def test_request_that_is_too_long_is_refused_before_it_is_read(part: Blueprint) -> None:
    with listening(application(part), "127.0.0.1:0", key="test", remedy="none") as address:
        connection = HTTPConnection(address, timeout=20)
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
        connection.endheaders()
        assert 413 == connection.getresponse().status
        connection.close()


def test_one_path_takes_long_requests_three_at_a_time(part: Blueprint) -> None:
    """Strangers may send long requests, too, and each takes space on the disk."""
    with (
        ExitStack() as stack,
        listening(application(part), "127.0.0.1:0", key="test", remedy="none", long_path="/long") as address,
    ):

        def begin(path: str, length: int = 2 * MAX_BODY_BYTES) -> HTTPConnection:
            connection = stack.enter_context(closing(HTTPConnection(address, timeout=20)))
            connection.putrequest("POST", path)
            connection.putheader("Content-Length", str(length))
            connection.endheaders()
            return connection

        def status_of(connection: HTTPConnection) -> int:
            with connection.getresponse() as answer:
                return answer.status

        at_once = {connection.sock: connection for connection in [begin("/site/long") for _ in range(4)]}
        [refused], _, _ = select.select(list(at_once), [], [], 20)
        assert 413 == status_of(at_once.pop(refused))
        assert 413 == status_of(begin("/site/longer"))
        assert [] == select.select(list(at_once), [], [], 0.2)[0], "three wait for the rest"

        assert 413 == status_of(begin("/site/long", 20_000_000))


def test_long_requests_of_strangers_take_no_place_of_those_who_were_shown_the_form(part: Blueprint) -> None:
    senders = Senders("desk")
    senders.admit("secret")
    with (
        ExitStack() as stack,
        listening(
            application(part), "127.0.0.1:0", key="test", remedy="none", long_path="/long", long_senders=senders
        ) as address,
    ):

        def begin(cookies: str) -> HTTPConnection:
            connection = stack.enter_context(closing(HTTPConnection(address, timeout=20)))
            connection.putrequest("POST", "/site/long")
            connection.putheader("Content-Length", str(2 * MAX_BODY_BYTES))
            if cookies:
                connection.putheader("Cookie", cookies)
            connection.endheaders()
            return connection

        for stranger in ("", "desk=", "desk=guess", "other=secret", "desk", "desk=secret2; x"):
            with begin(stranger).getresponse() as answer:
                assert 413 == answer.status
        shown = begin("language=fr; desk=secret")
        assert [] == select.select([shown.sock], [], [], 0.2)[0], "it waits for the rest"


def test_the_browser_that_was_shown_a_form_longest_ago_is_forgotten_first() -> None:
    senders = Senders("desk")
    for number in range(SENDERS):
        senders.admit(f"{number}")
    senders.admit("0")

    senders.admit("new")

    assert [True, False, True] == [senders.know(f"desk={each}") for each in ("0", "1", "new")]


def test_hundreds_of_slow_clients_silence_nobody_and_are_ended(part: Blueprint) -> None:
    with listening(application(part), "127.0.0.1:0", key="test", remedy="none", request_s=0.4) as address:
        host, _, port = address.rpartition(":")
        slow = [socket.create_connection((host, int(port))) for _ in range(500)]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\n")

        asked = HTTPConnection(address, timeout=20)
        asked.request("GET", "/")
        assert b"hello" == asked.getresponse().read()
        asked.close()

        ended: set[socket.socket] = set()
        give_up_at = time.monotonic() + 20
        while len(ended) < len(slow) and time.monotonic() < give_up_at:
            for connection in slow:
                with suppress(BlockingIOError):
                    connection.setblocking(False)
                    with suppress(ConnectionError):  # a byte now and then is no whole request
                        connection.send(b"X")
                    if not _is_open(connection):
                        ended.add(connection)
            time.sleep(0.05)
        assert len(slow) == len(ended)
        for connection in slow:
            connection.close()


@pytest.mark.parametrize(("proxy", "seen"), [("127.0.0.1", "192.0.2.7"), ("", "127.0.0.1"), ("192.0.2.1", "127.0.0.1")])
def test_a_proxy_that_is_named_says_for_whom_it_asks(proxy: str, seen: str) -> None:
    part = Blueprint("mirror", __name__)
    part.add_url_rule("/", view_func=lambda: request.remote_addr or "")
    with listening(application(part), "127.0.0.1:0", key="test", remedy="none", proxy=proxy) as address:
        connection = HTTPConnection(address, timeout=20)
        # the visitor's own claim comes before the address that the proxy adds
        connection.request("GET", "/", headers={"X-Forwarded-For": "203.0.113.1, 192.0.2.7"})
        assert seen == connection.getresponse().read().decode()
        connection.close()


def _is_open(connection: socket.socket) -> bool:
    try:
        return bool(connection.recv(1))
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
