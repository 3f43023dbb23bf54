"""What people do with their subscriptions: subscribe, confirm, change, leave, come back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from publisher.model.deliveries import DeliveryKind, Letter, NewDelivery, Rank
from publisher.model.departures import DepartureKind
from publisher.model.errors import UsageError
from publisher.model.retention import ENDED
from publisher.model.schedules import Schedule
from publisher.model.settings import Pace, SubscriberSettings
from publisher.model.site import Mailbox
from publisher.model.subscribers import DOUBLE_CLICK, EndReason, LetterKind, Request, Subscriber
from publisher.model.themes import ThemeMap
from publisher.store import Store
from publisher.subscribers import tokens
from publisher.subscribers.people import People
from tests.contract.stories import ASYLUM, BORDERS, collect, record, withdraw
from tests.databases import empty_sqlite, sqlite_store
from tests.values import SITE, THEMES

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
SETTINGS = SubscriberSettings(
    paces=tuple(
        Pace(name=name, schedule=Schedule.parse(line, SITE.timezone))
        for name, line in {"daily": "0 8 * * *", "weekly": "0 8 * * MON", "monthly": "0 8 * * MON#1"}.items()
    ),
    default_pace="weekly",
    from_=Mailbox(name="Harbour news", address="news@example.org"),
    reply_to=None,
    privacy_url="https://example.org/privacy",
    postal_address="Quay 1, 1000 Brussels",
    max_items=40,
)
ADA = "ada@example.org"
WORDS = "I agree to get these mails until I unsubscribe."


class Written(NamedTuple):
    kind: LetterKind
    request: Request
    token: str


@dataclass
class Site:
    """A store with two themes, and the letters that were sent."""

    store: Store
    now: datetime = MONDAY
    letters: list["Written"] = field(default_factory=list)
    settings: SubscriberSettings = SETTINGS

    @property
    def people(self) -> People:
        return self.people_of(THEMES)

    def people_of(self, themes: ThemeMap) -> People:
        return People(
            store=self.store, site=SITE, settings=self.settings, themes=themes, letters=lambda: self, now=self.now
        )

    def write(self, kind: LetterKind, request: Request, token: str, *, name: str, now: datetime) -> Letter:
        """Record the arguments, and return a letter."""
        self.letters.append(Written(kind, request, token))
        delivery = NewDelivery(
            kind=DeliveryKind.LETTER,
            name=name,
            recipient=request.address,
            sender="news@example.org",
            message_id=f"<{name}@example.org>",
            dated=now,
            rank=Rank.LETTER,
        )
        return Letter(delivery=delivery, mail=b"Subject: letter\r\n\r\n")

    def ask(self, address: str = ADA, **choices: str) -> None:
        self.people.subscribe(Request(address=address, choices=choices, language="en", words=WORDS))

    def subscribed(self, address: str = ADA, **choices: str) -> Subscriber:
        self.ask(address, **choices)
        found = self.people.confirm(self.letters[-1].token)
        assert found is not None
        return found

    def mine(self, subscriber: Subscriber) -> str:
        return self.people.links.tokens_of(subscriber.number)[1]

    def stop_link(self, subscriber: Subscriber) -> str:
        return self.people.links.tokens_of(subscriber.number)[0]

    def collect(self, name: str, *themes: Any) -> None:
        collect(self.store, record(name, *themes), now=self.now)


@pytest.fixture
def site() -> Iterator[Site]:
    with sqlite_store() as store:
        collect(store, record("a", ASYLUM), record("b", BORDERS))
        yield Site(store)


def test_a_subscriber_who_comes_back_after_deletion_starts_new_and_gets_nothing_twice(site: Site) -> None:
    """28 days after he left, nothing records what he had. Items that are in the log by then are not sent to him."""
    ada = site.subscribed(asylum="daily")
    site.people.stop(site.stop_link(ada))
    site.now += ENDED + timedelta(seconds=1)
    site.collect("while-away", ASYLUM)
    assert 1 == site.store.people.retention.forget(now=site.now).ended

    again = site.subscribed(asylum="daily")

    assert again.number > ada.number
    end = site.store.log.end()
    assert [(end, end)] == [(each.start, each.cursor) for each in again.subscriptions]
    assert site.people.links.holder(site.stop_link(ada)) is None, "an old mail's link is nobody's"


def test_nobody_is_subscribed_before_he_confirms(site: Site) -> None:
    site.ask(asylum="daily", borders="weekly")

    assert site.store.people.subscribers.by_address(ADA) is None
    [letter] = site.letters
    assert (LetterKind.CONFIRM, ADA) == (letter.kind, letter.request.address)

    ada = site.people.confirm(letter.token)

    assert ada == site.store.people.subscribers.by_address(ADA)
    assert ada is not None
    assert {"asylum": "daily", "borders": "weekly"} == ada.choices
    assert {2} == {each.start for each in ada.active} == {each.cursor for each in ada.active}
    [consent] = site.store.people.subscribers.consents(ada.number)
    assert (WORDS, MONDAY, ada.choices) == (consent.words, consent.at, consent.choices)


def test_a_link_to_confirm_is_good_once_and_for_seven_days(site: Site) -> None:
    site.ask(asylum="daily")
    token = site.letters[0].token

    assert site.people.links.requested(token)
    assert site.people.confirm(token)
    assert site.people.links.requested(token) is None
    assert site.people.confirm(token) is None

    site.ask("late@example.org", asylum="daily")
    site.now += timedelta(days=7, seconds=1)
    assert site.people.confirm(site.letters[-1].token) is None
    assert site.store.people.subscribers.by_address("late@example.org") is None


def test_many_requests_for_one_address_are_one_letter_a_day(site: Site) -> None:
    for _ in range(50):
        site.ask(asylum="daily")
    assert 1 == len(site.letters)
    assert 1 == site.store.mail.ledger.count_due(max_age=timedelta(days=3), now=site.now)

    site.now += timedelta(days=1)
    site.ask(borders="weekly")

    assert 2 == len(site.letters)
    assert site.people.links.requested(site.letters[0].token) is None
    found = site.people.links.requested(site.letters[1].token)
    assert found is not None
    assert {"borders": "weekly"} == found.choices


def test_somebody_who_is_subscribed_gets_the_same_letter_and_replaces_his_choices(site: Site) -> None:
    ada = site.subscribed(asylum="daily")
    site.now += timedelta(days=2)

    again = site.subscribed(borders="weekly")

    assert ada.number == again.number
    assert {"borders": "weekly"} == again.choices
    assert 2 == len(site.store.people.subscribers.consents(ada.number))


@pytest.mark.parametrize(
    ("address", "choices", "problem"),
    [
        ("nobody", {"asylum": "daily"}, "expected one address such as news@example.org"),
        (ADA, {"asylums": "daily"}, "no theme 'asylums'; did you mean asylum?"),
        (ADA, {"asylum": "hourly"}, "no pace 'hourly'; there is: daily, weekly, monthly"),
        (ADA, {}, "choose at least one theme"),
    ],
)
def test_impossible_choices_are_refused_with_a_reason(
    site: Site, address: str, choices: dict[str, str], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        site.ask(address, **choices)

    assert [] == site.letters


def test_a_change_of_pace_keeps_the_cursor_and_a_new_theme_begins_now(site: Site) -> None:
    ada = site.subscribed(asylum="weekly")
    site.collect("c", BORDERS)

    changed = site.people.change(
        site.mine(ada), choices={"asylum": "daily", "borders": "weekly"}, language="fr", paused_until=None
    )

    assert changed is not None
    assert changed == site.store.people.subscribers.get(ada.number)
    assert [("asylum", "daily", 2, 2), ("borders", "weekly", 3, 3)] == [
        (each.theme, each.pace, each.start, each.cursor) for each in changed.subscriptions
    ]
    assert "fr" == changed.language


def test_a_theme_that_came_with_everything_goes_on_where_everything_was(site: Site) -> None:
    ada = site.subscribed(**{"*": "weekly"})
    site.collect("c", ASYLUM)

    changed = site.people.change(site.mine(ada), choices={"asylum": "daily"}, language="en")

    assert changed is not None
    [asylum] = changed.active
    assert ("asylum", 2, 2) == (asylum.theme, asylum.start, asylum.cursor)


def test_a_theme_goes_on_beside_everything_as_long_as_it_may_have_more(site: Site) -> None:
    ada = site.subscribed(asylum="weekly")
    site.collect("c", ASYLUM)

    changed = site.people.change(site.mine(ada), choices={"*": "daily"}, language="en")

    assert changed is not None
    assert {("asylum", "daily", 2), ("*", "daily", 3)} == {
        (each.theme, each.pace, each.cursor) for each in changed.active
    }
    assert {"*": "daily"} == changed.choices


def test_leaving_ends_all_at_once_and_is_undone_for_seven_days(site: Site) -> None:
    ada = site.subscribed(asylum="daily", borders="weekly")
    token = site.stop_link(ada)

    assert site.people.stop(token)
    assert site.people.stop(token)

    left = site.store.people.subscribers.get(ada.number)
    assert left is not None
    assert () == left.active
    assert {EndReason.UNSUBSCRIBED} == {each.ended_because for each in left.subscriptions}

    site.now += timedelta(days=7)
    back = site.people.undo(token)
    assert back is not None
    assert ada.subscriptions == back.subscriptions == site.store.people.subscribers.get(ada.number).subscriptions  # type: ignore[union-attr]


def test_undoing_brings_back_what_ended_last_and_nothing_beside_what_was_chosen_since(site: Site) -> None:
    ada = site.subscribed(asylum="daily")
    token = site.stop_link(ada)
    site.people.stop(token)
    site.now += timedelta(days=2)
    site.subscribed(borders="weekly")

    for _ in range(2):
        back = site.people.undo(token)
        assert back is not None
        assert {"borders": "weekly"} == back.choices
        site.now += timedelta(hours=1)
        site.people.stop(token)


def test_leaving_cannot_be_undone_after_that(site: Site) -> None:
    ada = site.subscribed(asylum="daily")
    site.people.stop(site.stop_link(ada))
    site.now += timedelta(days=7, seconds=1)

    back = site.people.undo(site.stop_link(ada))

    assert back is not None
    assert () == back.active


def test_less_is_offered_beside_nothing(site: Site) -> None:
    ada = site.subscribed(asylum="daily", borders="weekly")
    site.people.stop(site.stop_link(ada))

    slowed = site.people.slow_down(site.stop_link(ada))

    assert slowed is not None
    assert {"asylum": "monthly", "borders": "monthly"} == slowed.choices


def test_a_stop_link_works_for_years_and_shows_no_page(site: Site) -> None:
    ada = site.subscribed(asylum="daily")
    stop, mine = site.people.links.tokens_of(ada.number)
    site.now += timedelta(days=3_000)

    assert site.people.links.holder(stop) == ada
    assert site.people.links.mine(stop) is None
    assert site.people.links.mine(mine) is None


@pytest.mark.parametrize("act", ["stop", "undo", "slow_down", "mine", "fresh", "use_fresh", "confirm", "requested"])
def test_a_link_that_is_not_ours_does_nothing(site: Site, act: str) -> None:
    ada = site.subscribed(asylum="daily")

    people = site.people
    call: Callable[[str], object] = getattr(people if hasattr(people, act) else people.links, act)
    assert not call(tokens.stop_token(ada.number, "0c" * 32))
    assert ada == site.store.people.subscribers.get(ada.number)


def test_a_fresh_link_is_for_those_who_are_known_and_good_once_within_an_hour(site: Site) -> None:
    ada = site.subscribed(asylum="daily")
    site.people.ask_for_link("nobody@example.org")
    site.people.ask_for_link(ADA)
    site.people.ask_for_link(ADA)

    letter = site.letters[-1]
    assert 2 == site.store.mail.ledger.count_due(max_age=timedelta(days=3), now=site.now)
    assert LetterKind.LINK == letter.kind
    assert ada == site.people.links.fresh(letter.token)
    assert ada == site.people.links.use_fresh(letter.token)
    assert ada == site.people.links.use_fresh(letter.token), "a second click"
    site.now += DOUBLE_CLICK + timedelta(seconds=1)
    assert site.people.links.use_fresh(letter.token) is None

    site.now += timedelta(days=1)
    site.people.ask_for_link(ADA)
    site.now += timedelta(hours=1, seconds=1)
    assert site.people.links.fresh(site.letters[-1].token) is None


def test_the_operator_adds_and_ends(site: Site) -> None:
    added = site.people.add(ADA, {"asylum": "daily"}, language="en", words="asked at the desk")
    assert {"asylum": "daily"} == added.choices
    assert [] == site.letters

    ended = site.people.end(ADA)
    assert () == ended.active
    assert {EndReason.OPERATOR} == {each.ended_because for each in ended.subscriptions}
    with pytest.raises(UsageError, match="no one is subscribed as other@"):
        site.people.end("other@example.org")


def test_ending_one_who_left_is_recorded_if_the_file_of_departures_lacks_it(tmp_path: Path) -> None:
    """A backup that is restored later may have him as he was before he left."""
    path = tmp_path / "publisher.db"
    path.write_bytes(empty_sqlite())
    with Store.open(f"sqlite:///{path}") as store:
        collect(store, record("a", ASYLUM))
        site = Site(store)
        ada = site.subscribed(asylum="daily")
        site.people.stop(site.stop_link(ada))
        path.with_name("publisher.db.departures").unlink()
        assert store.people.subscribers.departure_of(ADA) is None

        site.people.end(ADA)

        assert DepartureKind.LEFT == store.people.subscribers.departure_of(ADA)


@pytest.mark.parametrize("language", ["zz\nBcc: eve@example.org", "French", ""])
def test_nobody_is_added_in_a_language_that_no_mail_can_be_in(site: Site, language: str) -> None:
    """A single such subscriber would prevent all mails of a round."""
    with pytest.raises(UsageError, match="expected the tag of a language such as en or fr-BE"):
        site.people.add(ADA, {"asylum": "daily"}, language=language, words="asked at the desk")
    assert site.store.people.subscribers.by_address(ADA) is None


def test_a_renamed_theme_is_followed_under_its_new_name(site: Site) -> None:
    ada = site.subscribed(asylum="weekly")
    renamed = replace(THEMES, themes=(*THEMES.themes,), was=(("asylum", "borders"),))

    found = site.people_of(renamed).change(site.mine(ada), choices={"borders": "daily"}, language="en")

    assert found is not None
    assert [("borders", "daily", 2)] == [(each.theme, each.pace, each.cursor) for each in found.subscriptions]
    kept = site.store.people.subscribers.get(ada.number)
    assert kept is not None
    assert ["daily"] == [each.pace for each in kept.subscriptions]


def test_a_theme_that_is_renamed_before_somebody_confirms_goes_on(site: Site) -> None:
    ada = site.subscribed(asylum="weekly")
    site.now += timedelta(days=1)
    site.ask(asylum="daily")
    site.collect("c", ASYLUM)
    renamed = replace(THEMES, was=(("asylum", "borders"),))

    found = site.people_of(renamed).confirm(site.letters[-1].token)

    assert found is not None
    assert [(ada.active[0].cursor, "borders", "daily")] == [
        (each.cursor, each.theme, each.pace) for each in found.active
    ]


def test_a_pace_that_is_gone_before_somebody_confirms_is_the_one_the_form_suggests(site: Site) -> None:
    site.ask(asylum="daily", borders="monthly")

    site.settings = replace(SETTINGS, paces=SETTINGS.paces[1:])
    found = site.people.confirm(site.letters[-1].token)

    assert found is not None
    assert {"asylum": "weekly", "borders": "monthly"} == found.choices


def test_an_older_link_does_not_bring_back_a_subscriber_whom_the_operator_ended(site: Site) -> None:
    ada = site.subscribed(asylum="daily")
    site.people.stop(site.stop_link(ada))
    site.now += timedelta(days=1)
    site.subscribed(borders="daily")
    site.now += timedelta(days=1)
    site.people.end(ADA)

    back = site.people.undo(site.stop_link(ada))

    assert back is not None
    assert () == back.active


def test_a_theme_and_a_pace_that_are_gone_can_still_be_followed(site: Site) -> None:
    ada = site.subscribed(asylum="daily", borders="monthly")
    site.settings = replace(SETTINGS, paces=SETTINGS.paces[1:])
    choices = site.people.present_choices(ada.choices)
    withdraw(site.store, 1, now=site.now)
    emptied = replace(THEMES, themes=())
    assert "asylum" not in [theme.slug for theme in site.people_of(emptied).themes]

    found = site.people_of(emptied).change(site.mine(ada), choices=choices, language="fr")

    assert found is not None
    assert {"asylum": "weekly", "borders": "monthly"} == found.choices
