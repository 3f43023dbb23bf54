"""The forms of a running service: a letter is sent at once, its link confirms, and thousands of forms for one address
lead to one mail.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.journey.test_deliver import smtp
from tests.journey.test_service import Service, services, wait_until
from tests.journey.test_subscribers import read, text_of
from tests.sink import Sink, Taken
from tests.visitor import ADA, FORMS_CONFIG, LISTING, READING, SMTP, FormSite, stamp_of
from tests.world import BASE_URL, NOW, World, news, run_main

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 3, 9, 8, tzinfo=UTC)
FORMS = 10_000
AN_HOUR = 1_000
"""How many forms a site accepts in an hour, from all networks together."""


@pytest.fixture
def world(tmp_path: Path, sink: Sink) -> World:
    return World(tmp_path / "site", LISTING, config=FORMS_CONFIG.replace(SMTP, smtp(sink.port)))


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    with services() as start:
        yield start


def mails_to(sink: Sink, address: str) -> list[Taken]:
    return [taken for taken in sink.taken if (address,) == taken.recipients]


def ask(address: str, method: str, path: str, **fields: str) -> tuple[int, str, str]:
    """Return the status, the target of the redirect, and the text of an answer."""
    connection = HTTPConnection(address, timeout=30)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        connection.request(method, path, urlencode(fields) or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", ""), answer.read().decode()
    finally:
        connection.close()


def test_a_service_sends_the_letter_at_once_and_takes_its_link(
    world: World, sink: Sink, serve: Callable[..., Service]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    world.config.write_text(f'{world.config.read_text("utf-8")}\n[service]\nlisten = "{address}"\n', "utf-8")
    service = serve(world)
    service.wait_until_told("published")

    _, _, page = ask(address, "GET", "/-/subscribe")
    [stamp] = re.findall(r'name="stamp" value="([^"]+)"', page)
    time.sleep(2.5)  # nobody fills in a form sooner
    assert (303, "/-/sent") == ask(address, "POST", "/-/subscribe", email=ADA, stamp=stamp, pace="daily")[:2]
    wait_until(lambda: bool(mails_to(sink, ADA)))

    [letter] = mails_to(sink, ADA)
    [link] = re.findall(rf"{re.escape(BASE_URL)}(-/confirm/\S+)", text_of(letter))
    status, welcome, _ = ask(address, "POST", f"/{link}")
    assert 303 == status
    assert "You are subscribed" in ask(address, "GET", welcome)[2]
    listed = run_main("subscribers", "list", "--config", str(world.config), "--json").json
    assert [(ADA, {"*": "daily"})] == [(each["address"], each["choices"]) for each in listed]
    assert ADA not in "".join(service.lines), "logs hold no address"


def test_the_links_of_a_digest_lead_to_its_subscribers_forms(world: World, sink: Sink) -> None:
    world.publisher("run", at=NOW)
    site = FormSite(world)
    site.submit("/-/subscribe", {"email": ADA})
    world.publisher("deliver", at=site.now)
    [letter] = mails_to(sink, ADA)
    [link] = re.findall(rf"{re.escape(BASE_URL)}(-/confirm/\S+)", text_of(letter))
    site.visitor().post(f"/{link}")
    world.list_above(news("4 March 2026", "The bridge is open.", theme="Ferries"))

    site.now = MONDAY
    world.publisher("run", at=MONDAY)

    _, digest = mails_to(sink, ADA)
    assert "The bridge is open" in text_of(digest)
    [mine] = {*re.findall(rf"{re.escape(BASE_URL)}(-/mine/[\w-]+)", text_of(digest))}
    assert "Your mails" in site.visitor().get(f"/{mine}").text
    [stop] = re.findall(rf"<{re.escape(BASE_URL)}(-/stop/[^>]+)>", str(read(digest)["List-Unsubscribe"]))
    answer = site.visitor().post(f"/{stop}", data={"List-Unsubscribe": "One-Click"})
    assert (200, True) == (answer.status_code, "You are unsubscribed" in answer.text)
    assert "gets nothing at present" in site.visitor().get(f"/{mine}").text
    site.close()


def test_ten_thousand_forms_for_one_address_are_one_mail(world: World, sink: Sink) -> None:
    world.publisher("run", at=NOW)
    site = FormSite(world)
    stamp = stamp_of(site.visitor().get("/-/subscribe"))
    site.now += READING
    form = {"email": ADA, "stamp": stamp}
    for number in range(FORMS):
        if number % AN_HOUR == 0:
            site.now += timedelta(hours=1)
        network = f"10.{number // 250}.{number % 250}.1"
        somewhere = {"REMOTE_ADDR": network}
        answer = site.visitor().post("/-/subscribe", data=form, environ_overrides=somewhere, buffered=True)
        assert 303 == answer.status_code, number
    site.close()

    world.publisher("deliver", at=site.now)

    assert 1 == len(mails_to(sink, ADA))
