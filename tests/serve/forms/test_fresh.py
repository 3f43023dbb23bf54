"""What a subscriber can do by a fresh link: see his data, change his address, erase everything."""

import json
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from publisher.model.subscribers import DOUBLE_CLICK, ConsentKind
from tests.databases import dump
from tests.visitor import ADA, BEN, FormSite, path_in

NEW = "lovelace@example.net"


def fresh_path(site: FormSite, address: str = ADA) -> str:
    """Return the path of the link in a letter that was requested."""
    site.submit("/-/link", {"email": address})
    [letter] = site.letters()
    return path_in(letter)


def opened(site: FormSite, address: str = ADA) -> str:
    """Return the path of the page that a fresh link, sent to this address, opens."""
    return str(site.visitor().post(fresh_path(site, address), data={"do": "data"}).location)


def held(site: FormSite, page: str) -> Any:
    answer = site.visitor().post(page, data={"do": "download"})
    assert 200 == answer.status_code
    assert 'attachment; filename="news.example.org.json"' == answer.headers["Content-Disposition"]
    return json.loads(answer.text)


def ask_to_move(site: FormSite, page: str, address: str) -> EmailMessage:
    """Request a change of address; return the letter to the new address."""
    answer = site.visitor().post(page, data={"do": "move", "email": address}, buffered=True)
    assert (303, "/-/sent?move&language=en") == (answer.status_code, answer.location)
    [letter] = site.letters()
    return letter


def state(site: FormSite) -> str:
    with site.world.store() as store:
        return dump(store)


# --- the link --------------------------------------------------------------------------------------------------------


def test_a_subscriber_asks_for_the_link_on_his_own_page_and_it_comes_by_mail(site: FormSite) -> None:
    mine = site.subscribe()

    answer = site.visitor().post(mine, data={"do": "link"}, buffered=True)

    assert "/-/sent?link" == answer.location
    [letter] = site.letters()
    assert ADA == letter["To"]
    assert "My data, another address, erase" in site.visitor().get(path_in(letter)).text


def test_the_link_opens_the_page_once_and_the_page_is_good_for_an_hour(site: FormSite) -> None:
    site.subscribe()
    fresh = fresh_path(site)

    page = str(site.visitor().post(fresh, data={"do": "data"}).location)

    assert page.startswith("/-/fresh/")
    assert page == site.visitor().post(fresh, data={"do": "data"}).location, "a second click"
    site.now += DOUBLE_CLICK + timedelta(seconds=1)
    for do in ("data", ""):
        assert 404 == site.visitor().post(fresh, data={"do": do}).status_code
    before = state(site)
    for path in (page, page, page):
        shown = site.visitor().get(path)
        assert 200 == shown.status_code
        assert "ad…@example.org" in shown.text
        assert ADA not in shown.text
    assert before == state(site)
    site.now += timedelta(minutes=61)
    assert [404, 404] == [site.visitor().get(page).status_code, site.visitor().post(page).status_code]


def test_no_link_of_a_digest_or_another_letter_opens_the_page_of_data(site: FormSite) -> None:
    """An ordinary mail may be forwarded, so its links must not open the page."""
    mine = site.subscribe()
    stop = site.stop_path(mine)
    page = opened(site)
    before = state(site)

    for path in (mine, stop):
        token = path.rpartition("/")[2]
        for do in ("data", "download", "erase", "move", "ask-erase", ""):
            assert 404 == site.visitor().post(f"/-/fresh/{token}", data={"do": do, "email": NEW}).status_code
        assert 404 == site.visitor().post(f"/-/move/{token}").status_code
    token = page.rpartition("/")[2]
    assert [404] * 3 == [site.visitor().get(f"/-/{right}/{token}").status_code for right in ("mine", "stop", "move")]
    assert before == state(site)


# --- all data --------------------------------------------------------------------------------------------------------


def test_all_that_is_held_comes_as_json(site: FormSite) -> None:
    site.subscribe(what="some", **{"theme.ferries": "daily"})

    found = held(site, opened(site))

    assert (ADA, "en", "https://example.org/privacy") == (found["address"], found["language"], found["privacy"])
    [subscription] = found["subscriptions"]
    assert ("ferries", "daily", "active") == tuple(subscription[name] for name in ("theme", "pace", "state"))
    [agreed] = found["agreed"]
    assert agreed["words"].startswith("We keep your address and these choices")
    assert ("form", {"ferries": "daily"}) == (agreed["kind"], agreed["choices"])
    assert ["confirm", "link"] == [each["kind"] for each in found["asked_for"]]
    assert 2 == len(found["letters"])
    assert [[], [], []] == [found[name] for name in ("mails", "came_back", "suppressed")]


# --- erase -----------------------------------------------------------------------------------------------------------


def test_everything_is_erased_after_a_second_button(site: FormSite) -> None:
    site.subscribe()
    site.subscribe(BEN)
    page = opened(site)

    asked = site.visitor().post(page, data={"do": "ask-erase"}).text
    assert "without saying to whom" in asked
    assert ADA in state(site)
    answer = site.visitor().post(page, data={"do": "erase"})

    assert "/-/erased?language=en" == answer.location
    assert "All is erased" in site.visitor().get(answer.location).text
    assert ADA not in state(site)
    assert BEN in state(site)
    again = site.visitor().post(page, data={"do": "erase"})
    assert (303, "/-/erased") == (again.status_code, again.location), "a second click"
    assert 404 == site.visitor().get(page).status_code
    site.now += timedelta(days=2)
    site.submit("/-/subscribe", {"email": ADA})
    assert ADA in [letter["To"] for letter in site.letters()]


def test_erasing_with_suppression_keeps_only_a_fingerprint(site: FormSite) -> None:
    site.subscribe()

    site.visitor().post(opened(site), data={"do": "erase", "never": "yes"})

    assert ADA not in state(site)
    with site.world.store() as store:
        assert ["erased-on-request"] == [each.kind.value for each in store.people.suppressions.of(ADA)]


# --- another address -------------------------------------------------------------------------------------------------


def test_another_address_is_confirmed_there_first_and_everything_goes_along(site: FormSite) -> None:
    mine = site.subscribe(what="some", **{"theme.ferries": "daily"})
    before = held(site, page := opened(site))

    letter = ask_to_move(site, page, NEW)
    assert (NEW, "Please confirm this address: Example News by mail") == (letter["To"], letter["Subject"])
    move = path_in(letter)
    shown = site.visitor().get(move).text
    assert "lo…@example.net" in shown
    assert ADA in state(site)

    answer = site.visitor().post(move)

    assert "Your mails go to this address from now on." in site.visitor().get(answer.location).text
    [told] = site.letters()
    assert (ADA, "Another address from now on: Example News by mail") == (told["To"], told["Subject"])
    body = told.get_body(("plain",))
    assert body is not None
    assert "/-/" not in body.get_content()
    assert 200 == site.visitor().get(mine).status_code
    after = held(site, page)
    assert NEW == after["address"]
    assert before["subscriptions"] == after["subscriptions"]
    assert before["agreed"] == after["agreed"][:1]
    assert ConsentKind.MOVED.value == after["agreed"][1]["kind"]
    assert after["agreed"][1]["words"].startswith("From now on we send the mails that you follow to this address")
    assert answer.location == site.visitor().post(move).location, "a second click"
    site.now += DOUBLE_CLICK + timedelta(seconds=1)
    assert 404 == site.visitor().post(move).status_code
    assert [] == site.letters()


def test_how_long_the_answer_takes_does_not_tell_which_addresses_get_a_letter(site: FormSite) -> None:
    """The letter is written after the answer, so the answer does not tell who is suppressed, or got a letter."""
    site.subscribe()
    page = opened(site)

    answer = site.visitor().post(page, data={"do": "move", "email": NEW})
    assert (303, []) == (answer.status_code, site.letters())

    answer.close()
    assert [NEW] == [letter["To"] for letter in site.letters()]


def test_an_erased_subscriber_who_had_another_address_leaves_neither(site: FormSite) -> None:
    site.subscribe()
    page = opened(site)
    site.visitor().post(path_in(ask_to_move(site, page, NEW)))
    assert [ADA] == [letter["To"] for letter in site.letters()]
    page = opened(site, NEW)
    site.visitor().post(page, data={"do": "move", "email": "third@example.com"}, buffered=True)
    assert "third@example.com" in state(site)

    site.visitor().post(page, data={"do": "erase"})

    left = state(site)
    assert [] == [address for address in (ADA, NEW, "third@example.com") if address in left]


def test_an_address_that_is_subscribed_is_answered_like_any_other_and_kept_apart(site: FormSite) -> None:
    site.subscribe()
    site.subscribe(BEN)
    letter = ask_to_move(site, opened(site), BEN)

    answer = site.visitor().post(path_in(letter))

    assert 409 == answer.status_code
    assert "This address is subscribed already" in answer.text
    with site.world.store() as store:
        assert [ADA, BEN] == [each.address for each in next(store.people.subscribers.all())]


def test_an_address_gets_one_such_letter_a_day_and_its_link_is_good_as_long(site: FormSite) -> None:
    site.subscribe()
    page = opened(site)
    letter = ask_to_move(site, page, NEW)
    for email in (NEW, NEW.upper()):
        assert 303 == site.visitor().post(page, data={"do": "move", "email": email}, buffered=True).status_code
    assert [] == site.letters()

    site.now += timedelta(days=1, minutes=1)

    assert 404 == site.visitor().get(path_in(letter)).status_code


def test_an_address_that_cannot_be_used_is_told_at_its_field(site: FormSite) -> None:
    site.subscribe()
    page = opened(site)
    for email, words in (
        ("", "Enter your email address."),
        ("lovelace", "Enter an email address such as"),
        ("ADA@example.org", "Your mails go to this address already."),
    ):
        answer = site.visitor().post(page, data={"do": "move", "email": email}, buffered=True)

        assert 400 == answer.status_code, email
        assert "<title>Error: Your data" in answer.text, email
        assert 2 == answer.text.count(words), email
        assert [] == site.letters()
