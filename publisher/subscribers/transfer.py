"""Exports people from a site and imports people into one. No mail is sent to the people, unless they are asked to
confirm.

The export is CSV, one line per person who follows something. If an export is imported into an empty site, the export of
that site has the same bytes. People are imported in batches of one transaction each. After a crash the same import can
be repeated, because people who are subscribed already are left alone. People who left stay out. A list is read twice,
so that a broken list adds nobody; only the addresses of its people are held in memory.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from itertools import islice

from publisher.model.deliveries import Rank
from publisher.model.errors import UsageError
from publisher.model.progress import Progress, Steps, quiet
from publisher.model.retention import UNCONFIRMED
from publisher.model.subscribers import Choices, Consent, ConsentKind, LetterKind, Request, Subscriber
from publisher.rendering.mail_languages import UnspokenError, checked_language
from publisher.store import Store
from publisher.subscribers.archive import ArchiveReport, Lines, read_archive, write_archive
from publisher.subscribers.choose import choose
from publisher.subscribers.export_lines import HEAD, export_line
from publisher.subscribers.instants import checked_instant, read_instant
from publisher.subscribers.people import People
from publisher.subscribers.roster import SAID_NO, Dialect, ListedPerson, Roster

BATCH = 500
"""How many people are imported in one transaction."""

NO_ADDRESS = "no address that mail servers take"
TWICE = "on an earlier line as well"
SUBSCRIBED = "subscribed already"
LEFT = "left here"
SUPPRESSED = "suppressed here"
LISTED = "in a list of people to leave out"
TO_COME = "agreed on a day in the future"
ASKED = "asked to confirm already"
NO_CONSENT = "nothing says how he agreed"
NEVER_AGREED = "nothing says when he agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDefaults:
    """Values that apply to all people in a list of another program."""

    choices: Choices = field(default_factory=dict)
    agreed: str = ""
    """How people consented, such as by the form of the former newsletter."""
    agreed_at: datetime | None = None
    """When people consented for whom the list does not say it, in UTC."""
    language: str


class OddReason(StrEnum):
    """The kinds of reasons for leaving a person of a list out, where the reason quotes a value of the list."""

    LANGUAGE = "language"
    """Mails cannot be in the person's language."""
    CHOICES = "choices"
    """What the person follows, or the pace (how often he gets mails), does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The result of importing a list of people."""

    dialect: Dialect
    added: int
    asked: int = 0
    """How many people were asked to confirm instead of being added."""
    left_out: dict[str, tuple[int, ...]]
    """The numbers of the lines of people who were left out, by reason."""
    odd: Mapping[str, OddReason] = field(default_factory=dict)
    """The kind of each reason in `left_out` that quotes the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    line: int
    subscriber: Subscriber
    consent: Consent


class UnsaidError(UsageError):
    """Error: it is not known what the people in another program's list consented to."""

    def __init__(self, *, follows: bool, how: bool, when: bool) -> None:
        """Make an error that says which are unknown: what people follow, how they consented, when they consented."""
        options = {"what they follow with --follow THEME=PACE": follows, "how they agreed with --agreed": how}
        options["when with --agreed-at"] = when
        missing = ", ".join(option for option, is_missing in options.items() if is_missing)
        super().__init__(f"another program's list does not say what its people agreed to: give {missing}")
        self.follows = follows
        self.how = how
        self.when = when


class _LeftOutError(Exception):
    """Error: a person is left out of an import; the message is the reason."""

    def __init__(self, reason: str, kind: OddReason | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        """Why the person is left out, as a kind; `None` if the message quotes nothing from the list."""


class Transfer:
    """Exports the people of one site, and imports people into it."""

    def __init__(
        self,
        people: People,
        store: Store,
        *,
        words_in: Callable[[str], str],
        progress: Progress = quiet,
    ) -> None:
        """Serve a store. `words_in` returns the words of consent in a language, for people who are asked to confirm."""
        self._words_in = words_in
        self._people = people
        self._store = store
        self._progress = progress

    # --- export ------------------------------------------------------------------------------------------------------

    def export(self) -> Iterator[str]:
        """Yield CSV of all people who follow something, in the order in which they subscribed: the header line, then
        one line per person.
        """
        yield HEAD
        for batch in self._people.all():
            active = [each for each in batch if each.active]
            consents = self._store.people.subscribers.last_consents([each.number for each in active])
            for each in active:
                if (consent := consents.get(each.number)) is not None:  # None: erased since the batch was read
                    yield export_line(each, consent)

    def export_all(self) -> Iterator[str]:
        """Yield an archive of all data about people, line by line, in the format described in `archive`."""
        return write_archive(self._store, progress=self._progress)

    # --- import ------------------------------------------------------------------------------------------------------

    def bring_in(self, roster: Roster, terms: ImportDefaults, *, without: Iterable[Roster] = ()) -> Imported:
        """Subscribe the people of a list, except those who are subscribed, have left, or may not be asked again.

        People in the lists of `without` are left out too.

        Raises:
            UsageError: a list is broken; or a list is another program's, and the terms do not say what its people
                follow, or how and when they consented; or a theme or pace does not exist. Nobody is added.
        """
        reading = self._reading(roster, terms, without)
        steps = Steps(self._progress, "people", reading.count(roster.read()))
        people = reading.people(roster.read(), self._store.log.end(), is_ours=roster.dialect is Dialect.OURS)
        gone, added = self._store.people.subscribers.gone(), 0
        while some := list(islice(people, BATCH)):
            suppressed = self._store.people.suppressions.among([each.subscriber.address for each in some])
            new = [(each.subscriber, each.consent) for each in some]
            known = self._store.people.subscribers.add_new(new, gone=gone, now=self._people.now)
            added += len(some) - len(known)
            for each in some:
                if (reason := _reason_of(each.subscriber.address, suppressed, known)) is not None:
                    reading.leave_out(each.line, reason)
            steps.reach(reading.seen)
        steps.reach(steps.total)
        return Imported(dialect=roster.dialect, added=added, left_out=reading.lines(), odd=reading.odd)

    def ask_in(self, roster: Roster, terms: ImportDefaults, *, without: Iterable[Roster] = ()) -> Imported:
        """Send the people in another program's list a letter that asks them to confirm, except those whom `bring_in`
        leaves out.

        A person who confirms is subscribed as by the form; a consent that was given elsewhere does not count.

        Raises:
            UsageError: a list is broken, or from this program; or a theme or pace does not exist. Nobody is asked.
        """
        if roster.dialect is Dialect.OURS:
            raise UsageError("an export of Publisher says how its people agreed: import it without asking them again")
        now = self._people.now
        reading = self._reading(roster, replace(terms, agreed="to be confirmed", agreed_at=now), without)
        steps = Steps(self._progress, "people", reading.count(roster.read()))
        people = reading.people(roster.read(), self._store.log.end(), is_ours=False)
        gone, asked = self._store.people.subscribers.gone(), 0
        while some := list(islice(people, BATCH)):
            addresses = [each.subscriber.address for each in some]
            suppressed = self._store.people.suppressions.among(addresses)
            known = self._store.people.subscribers.known(addresses, gone=gone)
            for each in some:
                if (reason := _reason_of(each.subscriber.address, suppressed, known)) is None:
                    reason = None if self._ask(each) else ASKED
                    asked += reason is None
                if reason is not None:
                    reading.leave_out(each.line, reason)
            steps.reach(reading.seen)
        steps.reach(steps.total)
        return Imported(dialect=roster.dialect, added=0, asked=asked, left_out=reading.lines(), odd=reading.odd)

    def _ask(self, person: _Person) -> bool:
        """Queue a letter that asks a person to confirm; return False if he got one before and may still answer."""
        language = person.consent.language
        request = Request(
            address=person.subscriber.address,
            choices=person.consent.choices,
            language=language,
            words=self._words_in(language),
        )
        return self._people.send_letter(LetterKind.CONFIRM, request, rank=Rank.RENEWAL, every=UNCONFIRMED)

    def bring_back(self, lines: Lines) -> ArchiveReport:
        """Import the people of an archive (a file with all data about people) into this site, which must have none.

        Raises:
            UsageError: the lines are no whole archive of this version.
            StoreError: the site has subscribers already.
        """
        return read_archive(self._store, lines, progress=self._progress)

    def _checked(self, terms: ImportDefaults, roster: Roster) -> Choices:
        if terms.agreed_at is not None and checked_instant(terms.agreed_at) > self._people.now:
            day = f"{terms.agreed_at:%Y-%m-%d}"
            raise UsageError(f"{day} is in the future; give the day on which people agreed")
        if roster.dialect is Dialect.OURS:
            return {}
        follows, how = not terms.choices, not (terms.agreed.strip() or roster.says_how)
        when = terms.agreed_at is None and not roster.says_when
        if follows or how or when:
            raise UnsaidError(follows=follows, how=how, when=when)
        return self._people.checked(terms.choices)

    def _reading(self, roster: Roster, terms: ImportDefaults, without: Iterable[Roster]) -> "_Reading":
        terms = replace(terms, language=checked_language(terms.language, self._people.site))
        return _Reading(self._people, terms, self._checked(terms, roster), self._addresses(without))

    def _addresses(self, rosters: Iterable[Roster]) -> set[str]:
        """Return the addresses in some lists; entries that are no addresses are skipped."""
        found = {_wire(entry.address, self._people) for roster in rosters for entry in roster.read()}
        return found - {""}


class _Reading:
    """Decides which people in a list may be imported, and records who is left out and why."""

    def __init__(self, people: People, terms: ImportDefaults, checked: Choices, without: Collection[str]) -> None:
        self.left_out: dict[str, list[int]] = {}
        self.odd: dict[str, OddReason] = {}
        self.seen = 0
        """How many entries were read."""
        self._people = people
        self._terms = terms
        self._checked = checked
        self._without = without
        # many people follow the same
        self._follows: Callable[[str], Choices] = cache(self._choices)
        self._addresses: set[str] = set()
        self._said_no: dict[str, str] = {}

    def count(self, entries: Iterable[ListedPerson]) -> int:
        """Count the entries of a list, and record the people who said no in any entry. They are left out even if their
        other entries do not say so.
        """
        number = 0
        for number, entry in enumerate(entries, start=1):  # noqa: B007  (the last one is the count)
            if entry.because in SAID_NO and (address := _wire(entry.address, self._people)):
                self._said_no[address] = entry.because
        return number

    def people(self, entries: Iterable[ListedPerson], log_end: int, *, is_ours: bool) -> Iterator[_Person]:
        """Yield the people in these entries of a list who may be imported, as they will be stored."""
        for entry in entries:
            self.seen += 1
            try:
                address = self._address(entry)
                consent = self._own_consent(entry.values) if is_ours else self._consent(entry)
                subscriber = Subscriber(
                    number=0,
                    address=address,
                    language=consent.language,
                    since=self._past(entry.values.get("since", "")) if is_ours else consent.at,
                    paused_until=_instant(paused) if is_ours and (paused := entry.values.get("paused_until")) else None,
                    subscriptions=choose((), consent.choices, log_end=log_end, now=consent.at),
                )
            except _LeftOutError as error:
                self.leave_out(entry.line, str(error))
                if error.kind is not None:
                    self.odd[str(error)] = error.kind
            else:
                yield _Person(line=entry.line, subscriber=subscriber, consent=consent)

    def leave_out(self, line: int, reason: str) -> None:
        """Record that the person on a line of the list is left out."""
        self.left_out.setdefault(reason, []).append(line)

    def lines(self) -> dict[str, tuple[int, ...]]:
        """Return the numbers of the lines of people who are left out, by reason."""
        return {reason: tuple(sorted(some)) for reason, some in sorted(self.left_out.items())}

    def _address(self, entry: ListedPerson) -> str:
        if entry.because:
            raise _LeftOutError(entry.because)
        address = _wire(entry.address, self._people)
        if not address:
            raise _LeftOutError(NO_ADDRESS)
        if address in self._said_no:
            raise _LeftOutError(self._said_no[address])
        if address in self._without:
            raise _LeftOutError(LISTED)
        if address in self._addresses:
            raise _LeftOutError(TWICE)
        self._addresses.add(address)
        return address

    def _consent(self, entry: ListedPerson) -> Consent:
        """Return the consent of a person in another program's list."""
        terms = self._terms
        words = entry.agreed or terms.agreed
        if not words.strip():
            raise _LeftOutError(NO_CONSENT)
        return Consent(
            kind=ConsentKind.OPERATOR,
            at=self._agreed_at(entry.agreed_at),
            language=self._language(entry.language) if entry.language else terms.language,
            choices=self._checked,
            words=words,
        )

    def _agreed_at(self, written: str) -> datetime:
        agreed_at = self._terms.agreed_at
        try:
            if written or agreed_at is None:
                return self._past(written)
        except _LeftOutError as error:
            if agreed_at is None or str(error) == TO_COME:
                raise _LeftOutError(str(error) if written else NEVER_AGREED) from None
        return agreed_at

    def _past(self, written: str) -> datetime:
        instant = _instant(written)
        if instant > self._people.now:
            raise _LeftOutError(TO_COME)
        return instant

    def _own_consent(self, values: Mapping[str, str]) -> Consent:
        """Return the consent of a person in this program's own export."""
        try:
            kind = ConsentKind(values.get("consent", ""))
        except ValueError:
            raise _LeftOutError(NO_CONSENT) from None
        return Consent(
            kind=kind,
            at=self._past(values.get("consent_at", "")),
            language=self._language(values.get("language", "") or self._people.site.language),
            choices=self._follows(values.get("follows", "")),
            words=values.get("consent_words", ""),
        )

    def _language(self, written: str) -> str:
        """Return the language of a person's mails: `written`, if mails can be in it, otherwise the default one."""
        try:
            return checked_language(written, self._people.site)
        except UnspokenError:
            return self._terms.language
        except UsageError as error:
            raise _LeftOutError(str(error), OddReason.LANGUAGE) from None

    def _choices(self, written: str) -> Choices:
        pairs = [each.rpartition("=") for each in written.split()]
        try:
            return self._people.checked({theme: pace for theme, _, pace in pairs})
        except UsageError as error:
            raise _LeftOutError(str(error), OddReason.CHOICES) from None


def _reason_of(address: str, suppressed: Collection[str], known: Mapping[str, bool]) -> str | None:
    """Return why this address is left out, or `None` if nothing that the site knows forbids the import."""
    if address in suppressed:
        return SUPPRESSED
    follows = known.get(address)
    return None if follows is None else SUBSCRIBED if follows else LEFT


def _wire(address: str, people: People) -> str:
    """Return an address as it is stored, or an empty string if the text is no valid address."""
    try:
        return people.wire_address(address)
    except UsageError:
        return ""  # the message contains the address, which must not be in a report


def _instant(written: str) -> datetime:
    try:
        return read_instant(written)
    except UsageError as error:
        raise _LeftOutError(str(error)) from None
