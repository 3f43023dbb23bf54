"""Moves people out of a site and into one. Nothing is sent to them.

Out comes CSV, one line a person who follows something; it goes into an empty site and comes out of that one equal.
People come in in batches of one transaction each: after a crash the same import goes on, because those who are there
already are left alone. Those who left stay out.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from io import StringIO

from publisher.model.errors import UsageError
from publisher.model.subscribers import Choices, Consent, ConsentKind, Subscriber
from publisher.store import Store
from publisher.subscribers.choose import choose
from publisher.subscribers.people import People
from publisher.subscribers.roster import Dialect, Entry, Roster

COLUMNS = ("address", "language", "since", "paused_until", "follows", "consent", "consent_at", "consent_words")
BATCH = 500
"""How many people come in in one transaction."""

NO_ADDRESS = "no address that mail servers take"
TWICE = "on an earlier line as well"
SUBSCRIBED = "subscribed already"
LEFT = "left here"
NO_DATE = "no date such as 2026-03-02T08:00:00+00:00"
NO_CONSENT = "nothing says how he agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is said of all people of a list of another program."""

    choices: Choices = field(default_factory=dict)
    agreed: str = ""
    """How they agreed, such as the form of the former newsletter."""
    agreed_at: datetime | None = None
    """UTC."""
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a list of people."""

    dialect: Dialect
    added: int
    left_out: dict[str, tuple[int, ...]]
    """By reason, the lines of those who were left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """Somebody who may come in."""

    line: int
    subscriber: Subscriber
    consent: Consent


class _LeftOutError(Exception):
    """Somebody stays out; the message is the reason."""


class Transfer:
    """Moves the people of one site."""

    def __init__(self, people: People, store: Store) -> None:
        self._people = people
        self._store = store

    # --- out ---------------------------------------------------------------------------------------------------------

    def export(self) -> Iterator[str]:
        """CSV of all who follow something, in the order in which they came: its first line, then one a person."""
        yield _csv_line(COLUMNS)
        for batch in self._people.all():
            active = [each for each in batch if each.active]
            consents = self._store.subscribers.last_consents([each.number for each in active])
            for each in active:
                yield _csv_line(_row_of(each, consents[each.number]))

    # --- in ----------------------------------------------------------------------------------------------------------

    def bring_in(self, roster: Roster, terms: Terms) -> Imported:
        """Subscribe the people of a list, but for those who are there, left, or may not be asked again.

        Raises:
            UsageError: the list is of another program, and the terms do not say what its people follow, how and when
                they agreed; or there is no such theme or pace.
        """
        is_ours = roster.dialect is Dialect.OURS
        checked = {} if is_ours else self._checked(terms)
        left_out: dict[str, list[int]] = {}
        found: list[_Person] = []
        seen: set[str] = set()
        for entry in roster.entries:
            try:
                found.append(self._person(entry, terms, checked, seen, is_ours=is_ours))
            except _LeftOutError as error:
                left_out.setdefault(str(error), []).append(entry.line)
        added = 0
        for start in range(0, len(found), BATCH):
            some = found[start : start + BATCH]
            known = self._store.subscribers.add_new([(each.subscriber, each.consent) for each in some])
            added += len(some) - len(known)
            for each in some:
                if (follows := known.get(each.subscriber.address)) is not None:
                    left_out.setdefault(SUBSCRIBED if follows else LEFT, []).append(each.line)
        lines = {reason: tuple(sorted(some)) for reason, some in sorted(left_out.items())}
        return Imported(dialect=roster.dialect, added=added, left_out=lines)

    def _checked(self, terms: Terms) -> Choices:
        if not terms.choices or not terms.agreed.strip() or terms.agreed_at is None:
            raise UsageError(
                "another program's list does not say what its people agreed to: give --follow THEME=PACE, how they "
                "agreed with --agreed, and when with --agreed-at"
            )
        if terms.agreed_at > self._people.now:
            raise UsageError(f"nobody can have agreed at {terms.agreed_at.isoformat()}, which is to come")
        self._people.checked_language(terms.language)
        return self._people.checked(terms.choices)

    def _person(self, entry: Entry, terms: Terms, checked: Choices, seen: set[str], *, is_ours: bool) -> _Person:
        if entry.because:
            raise _LeftOutError(entry.because)
        try:
            address = self._people.wire_address(entry.address)
        except UsageError:
            raise _LeftOutError(NO_ADDRESS) from None  # the message has the address, which belongs in no report
        if address in seen:
            raise _LeftOutError(TWICE)
        seen.add(address)
        if is_ours:
            return self._own(entry, address)
        assert terms.agreed_at is not None
        consent = Consent(
            kind=ConsentKind.OPERATOR,
            at=terms.agreed_at,
            language=terms.language,
            choices=checked,
            words=terms.agreed,
        )
        return self._new(entry.line, address, consent, since=terms.agreed_at)

    def _own(self, entry: Entry, address: str) -> _Person:
        """A person as an export of this program has him."""
        values = entry.values
        try:
            kind = ConsentKind(values.get("consent", ""))
        except ValueError:
            raise _LeftOutError(NO_CONSENT) from None
        consent = Consent(
            kind=kind,
            at=_instant(values.get("consent_at", "")),
            language=self._language(values.get("language") or self._people.site.language),
            choices=self._follows(values.get("follows", "")),
            words=values.get("consent_words", ""),
        )
        paused = values.get("paused_until")
        return self._new(
            entry.line,
            address,
            consent,
            since=_instant(values.get("since", "")),
            paused_until=_instant(paused) if paused else None,
        )

    def _new(
        self, line: int, address: str, consent: Consent, *, since: datetime, paused_until: datetime | None = None
    ) -> _Person:
        subscriber = Subscriber(
            number=0,
            address=address,
            language=consent.language,
            since=since,
            paused_until=paused_until,
            subscriptions=choose((), consent.choices, log_end=self._log_end, now=consent.at),
        )
        return _Person(line=line, subscriber=subscriber, consent=consent)

    @cached_property
    def _log_end(self) -> int:
        return self._store.log.end()

    def _language(self, written: str) -> str:
        try:
            return self._people.checked_language(written)
        except UsageError as error:
            raise _LeftOutError(str(error)) from None

    def _follows(self, written: str) -> Choices:
        pairs = [each.rpartition("=") for each in written.split()]
        try:
            return self._people.checked({theme: pace for theme, _, pace in pairs})
        except UsageError as error:
            raise _LeftOutError(str(error)) from None


def _row_of(subscriber: Subscriber, consent: Consent) -> Sequence[str]:
    paused = subscriber.paused_until
    return (
        subscriber.address,
        subscriber.language,
        subscriber.since.isoformat(),
        paused.isoformat() if paused else "",
        " ".join(f"{theme}={pace}" for theme, pace in subscriber.choices.items()),
        consent.kind.value,
        consent.at.isoformat(),
        consent.words,
    )


def _csv_line(values: Sequence[str]) -> str:
    line = StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def _instant(written: str) -> datetime:
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise _LeftOutError(NO_DATE) from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
