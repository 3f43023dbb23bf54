"""The records of the editors' desk: links that work once, sessions that end, and who did what."""

from datetime import timedelta

import pytest

from publisher.model.desk import ACTS_WITHIN, LINK_WITHIN, SESSION_WITHIN, ActOutcome
from publisher.store import Store
from tests.world import NOW

EDITH, OTTO = "edith@example.org", "otto@example.org"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def add_link(store: Store, digest: str, person: str = EDITH, *, minutes: int = 0, most: int = 99) -> bool:
    now = NOW + minutes * MINUTE
    return store.desk.add_link(digest, person, letters=(), most=most, since=now - HOUR, now=now)


def test_a_link_begins_one_session_within_its_time(store: Store) -> None:
    add_link(store, "link")
    add_link(store, "old")

    assert EDITH == store.desk.link("link", now=NOW)
    assert "" == store.desk.link("other", now=NOW)
    assert EDITH == store.desk.begin_session("link", "session", now=NOW + MINUTE)
    assert "" == store.desk.begin_session("link", "second", now=NOW + MINUTE)
    assert "" == store.desk.link("link", now=NOW + MINUTE)
    assert "" == store.desk.begin_session("old", "third", now=NOW + LINK_WITHIN)
    assert store.desk.session("second", now=NOW + MINUTE) is None


def test_a_session_ends_in_its_time_or_before(store: Store) -> None:
    for name in ("a", "b"):
        add_link(store, name)
        store.desk.begin_session(name, f"session {name}", now=NOW)

    store.desk.end_session("session a")

    assert store.desk.session("session a", now=NOW) is None
    kept = store.desk.session("session b", now=NOW + SESSION_WITHIN - MINUTE)
    assert kept is not None
    assert (EDITH, NOW) == (kept.person, kept.begun_at)
    assert store.desk.session("session b", now=NOW + SESSION_WITHIN) is None


def test_one_person_is_signed_out_everywhere(store: Store) -> None:
    for name, person in (("a", EDITH), ("b", EDITH), ("c", OTTO), ("unused", EDITH)):
        add_link(store, name, person)
    for name in ("a", "b", "c"):
        store.desk.begin_session(name, f"session {name}", now=NOW)
    assert 2 == store.desk.count_sessions(EDITH, now=NOW)

    store.desk.forget_person(EDITH)

    assert [None, None] == [store.desk.session(f"session {name}", now=NOW) for name in ("a", "b")]
    assert (0, "") == (store.desk.count_sessions(EDITH, now=NOW), store.desk.link("unused", now=NOW))
    assert store.desk.session("session c", now=NOW) is not None


@pytest.mark.parametrize(("person", "is_kept"), [(EDITH, False), (OTTO, True)])
def test_one_person_has_only_so_many_links_at_a_time(store: Store, person: str, is_kept: bool) -> None:
    assert [True, True, False] == [add_link(store, f"link {number}", most=2) for number in range(3)]

    assert is_kept == add_link(store, "one more", person, most=2)
    assert add_link(store, "later", minutes=60, most=2)


def test_an_act_is_noted_before_it_is_done_and_after(store: Store) -> None:
    begun = store.desk.begin_act("release", "weekly", person=EDITH, language="en", now=NOW)
    done = store.desk.begin_act("drop", "weekly-2", person=OTTO, language="fr", now=NOW + MINUTE)

    store.desk.end_act(done, ActOutcome.DONE, "It is done.", about="weekly-3")

    assert [(done, ActOutcome.DONE, "weekly-3", "It is done."), (begun, ActOutcome.BEGUN, "weekly", "")] == [
        (each.number, each.outcome, each.about, each.words) for each in store.desk.acts(limit=9)
    ]
    assert [(OTTO, "fr")] == [(each.person, each.language) for each in store.desk.acts(limit=9, about="weekly-3")]
    assert [done] == [each.number for each in store.desk.acts(limit=1)]
    late = store.desk.begin_act("release", "weekly", person=EDITH, language="en", now=NOW + ACTS_WITHIN + HOUR)
    assert [late] == [each.number for each in store.desk.acts(limit=9)]
    assert late > done


def test_a_store_that_is_put_back_lets_nobody_in(store: Store) -> None:
    add_link(store, "link")
    add_link(store, "other")
    store.desk.begin_session("link", "session", now=NOW)

    store.settlements.begin(taken_at=NOW, at=NOW)

    assert store.desk.session("session", now=NOW) is None
    assert "" == store.desk.link("other", now=NOW)
