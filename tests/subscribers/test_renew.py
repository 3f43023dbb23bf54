"""Subscribers who consented long ago are asked whether they still want their mails, in both kinds of database."""

from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.deliveries import DeliveryState, Result
from publisher.model.departures import SuppressionKind
from publisher.model.subscribers import RENEW_WITHIN, ConsentKind, EndReason, LetterKind, Subscriber
from publisher.store import Store
from publisher.subscribers.renew import Renewal, Renewer, end_unanswered
from tests.contract.stories import ASYLUM, BORDERS, collect, record
from tests.subscribers.test_people import ADA, MONDAY, Site

BEN, EVE = "ben@example.org", "eve@example.org"
YEARS = timedelta(days=730)
LONG_AFTER = datetime(2200, 1, 1, tzinfo=UTC)
"""A time later than any at which a server could record a mail as sent."""


@pytest.fixture
def site(store: Store) -> Site:
    """A site on which Ada consented three years ago and Ben a year ago. Neither has got any mail yet."""
    collect(store, record("a", ASYLUM), record("b", BORDERS))
    site = Site(store)
    for address, ago in ((ADA, 3 * 365), (BEN, 365)):
        site.now = MONDAY - timedelta(days=ago)
        site.people.add(address, {"asylum": "weekly"}, language="fr", words="On paper")
    site.now = MONDAY
    site.collect("c", ASYLUM)
    return site


def ask(site: Site, *, limit: int | None = None) -> Renewal:
    renewer = Renewer(
        site.people, site.store, letters=lambda: site, words_in=lambda language: f"I agree, in {language}"
    )
    return renewer.ask(agreed_before=site.now - YEARS, limit=limit)


def found(site: Site, address: str = ADA) -> Subscriber:
    reader = site.people.find(address)
    assert reader is not None
    return reader


def send_letters(site: Site, state: DeliveryState = DeliveryState.SENT) -> list[str]:
    """Send the mails that wait; return their recipients."""
    claimed = site.store.mail.ledger.claim(9, max_age=timedelta(days=3), now=site.now, lease=timedelta(minutes=9))
    site.store.mail.ledger.write(
        [], [Result(delivery=each, state=state, reply="250 ok") for each in claimed], now=site.now
    )
    return [each.recipient for each in claimed]


def end(site: Site, now: datetime = LONG_AFTER) -> int:
    return end_unanswered(site.store, now=now, is_stopping=lambda: False)


def test_a_subscriber_who_agreed_long_ago_is_asked_once(site: Site) -> None:
    assert Renewal(subscribers=2, old_by_year={2023: 1}, waiting=0, asked=1) == ask(site)

    [written] = site.letters
    assert (LetterKind.RENEW, ADA, {"asylum": "weekly"}, "I agree, in fr") == (
        written.kind,
        written.request.address,
        written.request.choices,
        written.request.words,
    )
    assert Renewal(subscribers=2, old_by_year={}, waiting=1, asked=0) == ask(site)
    assert [ADA] == send_letters(site)


def test_subscribers_who_agreed_longest_ago_are_asked_first(site: Site) -> None:
    site.now += timedelta(days=800)

    assert (2, 1) == (sum((renewal := ask(site, limit=1)).old_by_year.values()), renewal.asked)
    assert [ADA] == send_letters(site)


def test_a_subscriber_who_confirms_keeps_his_choices_with_one_more_consent(site: Site) -> None:
    before = found(site)
    ask(site)
    send_letters(site)
    [written] = site.letters
    site.now += timedelta(days=3)
    site.people.add(ADA, {"asylum": "daily", "borders": "monthly"}, language="fr", words="By telephone")
    changed = found(site)
    request = site.people.links.requested(written.token)
    assert request is not None
    assert {"asylum": "daily", "borders": "monthly"} == request.choices

    confirmed = site.people.confirm(written.token)

    assert changed == found(site) == confirmed
    assert before.subscriptions[0].cursor == changed.subscriptions[0].cursor
    last = site.store.people.subscribers.consents(changed.number)[-1]
    assert (ConsentKind.FORM, "I agree, in fr", site.now, dict(request.choices)) == (
        last.kind,
        last.words,
        last.at,
        dict(last.choices),
    )
    assert site.people.confirm(written.token) is None
    assert 3 == len(site.store.people.subscribers.consents(changed.number))
    assert 0 == end(site)
    assert found(site).active


def test_a_subscriber_who_does_not_answer_in_time_is_ended(site: Site) -> None:
    ask(site)
    assert [] == list(site.store.people.renewals.unanswered(now=LONG_AFTER)), "the letter was not sent yet"
    send_letters(site)

    assert 0 == end(site, now=site.now + RENEW_WITHIN)
    assert 1 == end(site)

    assert [EndReason.UNANSWERED] == [each.ended_because for each in found(site).subscriptions]
    assert found(site, BEN).active
    assert site.people.links.requested(site.letters[0].token) is None
    assert site.people.confirm(site.letters[0].token) is None
    assert 0 == end(site)


def test_a_subscriber_who_never_got_his_letter_stays(site: Site) -> None:
    ask(site)
    send_letters(site, DeliveryState.REFUSED)

    assert 0 == end(site)

    assert found(site).active
    assert 1 == ask(site).asked, "long after he may be asked again"


def test_a_subscriber_who_agreed_again_in_a_form_stays(site: Site) -> None:
    ask(site)
    send_letters(site)
    site.now += timedelta(days=2)
    site.subscribed(ADA, borders="daily")

    assert 0 == end(site)

    assert {"borders": "daily"} == found(site).choices


@pytest.mark.parametrize("is_erased", [False, True])
def test_a_subscriber_who_leaves_meanwhile_gets_no_letter_and_its_link_is_invalid(
    site: Site, *, is_erased: bool
) -> None:
    ask(site)
    if is_erased:
        site.people.erase(ADA)
    else:
        site.people.end(ADA)

    assert [] == send_letters(site)
    assert site.people.confirm(site.letters[0].token) is None
    assert 0 == end(site)
    assert is_erased == (site.people.find(ADA) is None)


def test_suppressed_subscribers_and_those_who_left_are_not_asked(site: Site) -> None:
    site.now += timedelta(days=800)
    site.store.people.suppressions.add(ADA, SuppressionKind.COMPLAINT, now=site.now)
    site.people.end(BEN)

    assert 0 == ask(site).asked


def test_after_a_restore_nobody_seems_silent(site: Site) -> None:
    """A subscriber who answered since the backup must not lose his mails."""
    ask(site)
    send_letters(site)

    site.store.settlements.begin(taken_at=None, at=site.now)

    assert 0 == end(site)
    assert found(site).active
