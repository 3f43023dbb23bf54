"""Signing in at the editors' desk: by a link that works once, and a button. Nobody gets in without a link."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.serve.public import public_pages
from publisher.serve.web import application
from tests.editor import DESK, DESK_CONFIG, EDITH, OTTO, DeskSite, desk_site, hidden_in
from tests.visitor import SMTP, path_in
from tests.world import BASE_URL

MINUTE = timedelta(minutes=1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with desk_site(tmp_path / "site") as site:
        yield site


def ask(site: DeskSite, address: str, *, visitor: str = "127.0.0.1") -> tuple[int, str, str]:
    """Ask for a link to sign in. Return the status of the answer, the address to which it redirects, and the page
    there.
    """
    browser = site.browser()
    answer = browser.post(
        f"{DESK}/sign-in", data={"email": address}, buffered=True, environ_overrides={"REMOTE_ADDR": visitor}
    )
    return answer.status_code, answer.location or "", browser.get(answer.location).text if answer.location else ""


def test_a_link_by_mail_lets_its_person_in(site: DeskSite) -> None:
    assert (303, f"{DESK}/sent-link") == ask(site, f" {EDITH.upper()} ")[:2]
    [letter] = site.letters()
    assert EDITH == letter["To"]
    browser, path = site.browser(), path_in(letter)

    assert EDITH in browser.get(path).text
    assert f"{DESK}/sign-in" == browser.get(DESK).location, "opening a link lets nobody in"
    answer = browser.post(path)

    assert (303, DESK) == (answer.status_code, answer.location)
    assert "Next edition" in browser.get(f"{DESK}/acts").text
    for path in (DESK, f"{DESK}/acts"):
        assert browser.get(path).status_code == browser.get(f"{path}/").status_code, "as some type it"
    assert site.woken, "the delivery loop looks for the letter at once"


def test_every_address_is_answered_alike_and_only_people_of_the_desk_get_a_letter(site: DeskSite) -> None:
    answers = {ask(site, address) for address in (EDITH, "stranger@example.org", "", "x" * 10_000, "a@b\r\nBcc: c@d")}

    assert 1 == len(answers)
    assert [EDITH] == [letter["To"] for letter in site.letters()]


def test_a_link_is_good_once_and_for_a_quarter_of_an_hour(site: DeskSite) -> None:
    used, old = site.link(), site.link()
    assert 303 == site.browser().post(used).status_code
    assert 404 == site.browser().post(used).status_code, "reused"
    assert 404 == site.browser().get(used).status_code

    site.now += 14 * MINUTE
    assert 200 == site.browser().get(old).status_code
    site.now += MINUTE

    assert 404 == site.browser().get(old).status_code
    assert 404 == site.browser().post(old).status_code


def test_a_session_ends_by_its_button_everywhere(site: DeskSite) -> None:
    editor = site.editor()
    stolen = {cookie.key: cookie.value for cookie in [editor.browser.get_cookie("desk", path=DESK)] if cookie}
    thief = site.browser()
    thief.set_cookie("desk", stolen["desk"], path=DESK)
    assert 200 == thief.get(f"{DESK}/acts").status_code

    answer = editor.browser.post(f"{DESK}/sign-out", data=hidden_in(editor.look(f"{DESK}/acts")))

    assert f"{DESK}/sign-in?out" == answer.location
    assert 303 == editor.browser.get(DESK).status_code
    assert 303 == thief.get(f"{DESK}/acts").status_code


def test_a_session_ends_after_a_week_and_when_its_person_leaves_the_desk(site: DeskSite) -> None:
    edith, otto = site.editor(EDITH), site.editor(OTTO)
    site.now += timedelta(days=7) - MINUTE
    assert 200 == edith.browser.get(f"{DESK}/acts").status_code
    site.world.configure(f', "{OTTO}"', "")
    site.now += MINUTE / 2
    assert 303 == otto.browser.get(DESK).status_code
    site.now += MINUTE / 2
    assert 303 == edith.browser.get(DESK).status_code


def test_the_cookie_is_for_the_desk_alone(site: DeskSite) -> None:
    afar = site.browser().post(site.link(), base_url="https://news.example.org").headers["Set-Cookie"]
    here = site.browser().post(site.link()).headers["Set-Cookie"]

    assert re.fullmatch(r"desk=[\w-]{28}; Secure; HttpOnly; Path=/-/desk; SameSite=Strict", _timeless(afar))
    assert re.fullmatch(r"desk=[\w-]{28}; HttpOnly; Path=/-/desk; SameSite=Strict", _timeless(here))
    assert "Max-Age=604800" in here


def _timeless(cookie: str) -> str:
    return "; ".join(part for part in cookie.split("; ") if not part.startswith(("Expires=", "Max-Age=")))


def test_one_person_gets_five_links_an_hour_and_one_network_asks_twenty_times(site: DeskSite) -> None:
    asked = [ask(site, EDITH, visitor="127.0.0.1")[0] for _ in range(7)]
    assert [303] * 7 == asked
    assert 5 == len(site.letters())

    site.now += timedelta(hours=1)
    asked = [ask_from_afar(site, f"192.0.2.{number}") for number in range(21)]

    assert [303] * 20 + [429] == asked
    assert 303 == ask_from_afar(site, "198.51.100.1")


def ask_from_afar(site: DeskSite, visitor: str) -> int:
    answer = site.browser().post(
        f"{DESK}/sign-in",
        base_url="https://news.example.org",
        data={"email": "stranger@example.org"},
        environ_overrides={"REMOTE_ADDR": visitor},
    )
    return answer.status_code


@pytest.mark.parametrize("broken", ["in", "in/", "in/x"])
def test_a_link_that_lost_its_end_says_so_and_offers_another(site: DeskSite, broken: str) -> None:
    page = site.browser().get(f"{DESK}/{broken}", base_url="https://news.example.org")

    assert (404, True) == (page.status_code, "a part of it is missing" in page.text)
    assert f'href="{DESK}/sign-in"' in page.text


def test_a_network_that_guesses_links_has_none_looked_at(site: DeskSite) -> None:
    good = site.link()

    def look(path: str, visitor: str) -> int:
        environ = {"REMOTE_ADDR": visitor}
        return site.browser().get(path, base_url="https://news.example.org", environ_overrides=environ).status_code

    assert {404} == {look(f"{DESK}/in/{number:028}", "192.0.2.1") for number in range(20)}
    assert 404 == look(good, "192.0.2.2")
    assert 200 == look(good, "198.51.100.1")
    site.now += timedelta(minutes=10)
    assert 404 == look(good, "192.0.2.2")


@pytest.mark.parametrize("path", ["", "/acts", "/style.css", "/sign-in", "/in/token", "/sign-out"])
def test_without_people_there_is_no_desk(tmp_path: Path, path: str) -> None:
    browser = application(public_pages(tmp_path, base_url="https://news.example.org/")).test_client()

    assert 404 == browser.get(f"{DESK}{path}").status_code


def test_a_site_that_sends_no_mail_says_who_gives_links(tmp_path: Path) -> None:
    with desk_site(tmp_path / "site", config=DESK_CONFIG.replace(SMTP, "")) as site:
        assert "publisher desk link" in site.browser().get(f"{DESK}/sign-in").text
        assert 303 == ask(site, EDITH)[0]
        assert [] == site.letters()
        printed = site.world.publisher_desk("link", EDITH, at=site.now)
        path = f"/{printed.out.strip().removeprefix(BASE_URL)}"

        assert 303 == site.browser().post(path).status_code
        assert 2 == site.world.publisher_desk("link", "stranger@example.org", at=site.now).exit_code


def test_the_session_of_somebody_who_left_the_desk_is_gone_for_good(site: DeskSite) -> None:
    editor, unused = site.editor(OTTO), site.link(OTTO)
    config = site.world.config.read_text("utf-8")
    site.world.config.write_text(config.replace(f', "{OTTO}"', ""), "utf-8")
    site.now += MINUTE
    assert f"{DESK}/sign-in" == editor.browser.get(DESK).location

    site.world.config.write_text(config, "utf-8")
    site.now += MINUTE

    assert f"{DESK}/sign-in" == editor.browser.get(DESK).location
    assert 404 == site.browser().post(unused).status_code
