"""The next mails to subscribers, as an editor's page shows them, and the editors' decisions about them.

Each subscriber's mail may differ. The page shows the mail of a typical subscriber, who follows one theme, or
everything, at one pace (how often he gets mails), and got the last mail of that pace. Each decision is one transaction;
a decision about an item applies to the mails of all subscribers.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from publisher.admin.hide import find_item
from publisher.admin.mail_checks import JUDGEMENTS, Finding, ParsedDigest, encoded_size
from publisher.admin.mail_trial import send_trial
from publisher.admin.office import Office
from publisher.admin.round_digest import audience_of_round, edition_of_round
from publisher.admin.round_overview import RoundOverview, oversee_round
from publisher.admin.upcoming import Changed, changed_between
from publisher.model.arrangement import Move, home_of, moved
from publisher.model.digests import Digest
from publisher.model.editions import UNTIL_DECIDED, Audience, Edition
from publisher.model.errors import UsageError
from publisher.model.records import Record
from publisher.model.reports import ComposeReport
from publisher.model.rounds import Round, RoundEdit
from publisher.model.schedules import local_day
from publisher.model.settings import SubscriberSettings
from publisher.model.subscribers import EVERYTHING
from publisher.model.themes import ALL_THEMES, Theme
from publisher.model.titles import title_of
from publisher.rendering.letters import follow_word, theme_word, why_word
from publisher.rendering.personal import filled
from publisher.rendering.text import one_line, stripped
from publisher.subscribers.people import People
from publisher.subscribers.rule import Follow, Window, share_of

SAMPLE_ITEMS = 10
_LOOKED_AT = 200
"""How many of the latest mails to subscribers are searched for one of a pace (how often mails come), and how many of
the latest items for items of a theme.
"""
_NO_TOKEN = "test"  # noqa: S105  # of a link that lets nobody in
NO_SUBSCRIBERS = "no one can subscribe, because config.toml has no [subscribers]"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypicalReader:
    """A typical subscriber, whose mail is shown. He follows one theme, or everything, at one pace (how often he gets
    mails), in one language.
    """

    theme: str = EVERYTHING
    """The slug of the theme that he follows."""
    pace: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundItem:
    """An item of the next mail to subscribers, and where an editor may move it."""

    record: Record
    title: str
    own_title: str
    """The title from the item's source. It differs from `title` only if an editor gave the item another title."""
    theme: Theme
    moves: frozenset[Move]
    changed: Changed | None
    """What the item's source changed since the item was added, or `None` if nothing changed."""
    has_room: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutItem:
    """An item that editors left out of mails to subscribers."""

    record: Record
    passed: tuple[str, ...]
    """The names of the paces (how often mails come) whose mails went out since the item was added. If the item is put
    back, these mails lack it all the same.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcomingRound:
    """The next mails to subscribers, as one typical subscriber gets them."""

    overview: RoundOverview
    edit: RoundEdit
    reader: TypicalReader
    is_sample: bool
    """Whether the mail contains the latest items, because nothing is new to the subscriber."""
    digest: Digest | None
    """The digest, or `None` if there are no items."""
    items: tuple[RoundItem, ...]
    left_out: tuple[LeftOutItem, ...]
    """Items that editors left out of mails to subscribers, latest first."""
    findings: tuple[tuple[str, Finding], ...]
    state: str
    """A text that changes when anything changes that editors can decide about."""

    @property
    def size_bytes(self) -> int:
        """The encoded size of the mail's HTML in bytes."""
        return encoded_size(self.digest.html) if self.digest else 0


# --- display ---------------------------------------------------------------------------------------------------------


def typical_reader(
    people: People, office: Office, *, theme: str = "", pace: str = "", language: str = ""
) -> TypicalReader:
    """Return the typical subscriber with this theme, pace (how often mails come) and language. An empty choice means
    everything, the default pace, or the site's language.

    Raises:
        UsageError: nobody can subscribe, or there is no such theme, pace or language.
    """
    settings = _settings(office)
    offered = {
        "theme": (theme or EVERYTHING, [EVERYTHING, *(each.slug for each in people.themes)]),
        "pace": (pace or settings.default_pace, [each.name for each in settings.paces]),
        "language": (language or office.config.site.language, list(languages_of(office))),
    }
    for name, (chosen, known) in offered.items():
        if chosen not in known:
            raise UsageError(f"no {name} {chosen!r}; there is: {', '.join(known)}")
    return TypicalReader(**{name: chosen for name, (chosen, _) in offered.items()})


def languages_of(office: Office) -> tuple[str, ...]:
    """Return the languages in which subscribers get their mails."""
    site = office.config.site
    return tuple(dict.fromkeys((site.language, *site.languages)))


def upcoming_round(reader: TypicalReader, people: People, office: Office) -> UpcomingRound:
    """Return what is known of the next mails to subscribers, and the mail that this typical subscriber gets.

    Raises:
        TemplateError: a template of digests cannot be used.
        UsageError: nobody can subscribe.
    """
    settings, edit = _settings(office), office.store.people.rounds.next.edit()
    new = _new_to(reader, settings, office)
    records = new or _sample(reader, office)
    edition, audience, digest = _render(reader, records, edit, office) if records else (None, None, None)
    shown = digest and filled(digest, why=_why(reader, people, office), token=_NO_TOKEN)
    overview = oversee_round(office)
    assert overview is not None, "there are settings of subscribers"
    mail = ParsedDigest(shown, audience=audience, site=office.renderer.site) if shown and audience else None
    return UpcomingRound(
        overview=overview,
        edit=edit,
        reader=reader,
        is_sample=not new,
        digest=shown,
        items=tuple(_items(edition, audience, digest, office)) if edition and audience and digest else (),
        left_out=tuple(_left_out(edit, office)),
        findings=tuple((name, finding) for name, judge in JUDGEMENTS for finding in judge(mail)) if mail else (),
        state=state_of_round(office),
    )


def state_of_round(office: Office) -> str:
    """Return a short text that changes when anything changes that editors can decide about mails to subscribers."""
    edit, last = office.store.people.rounds.next.edit(), office.store.people.rounds.last()
    decided = (edit.postponed_until, edit.subject, edit.introduction, edit.key, sorted(edit.left_out))
    return hashlib.sha256(repr((last.number if last else 0, decided)).encode()).hexdigest()[:16]


def send_round_test(reader: TypicalReader, people: People, office: Office, *, to: str) -> str | None:
    """Send the next mail of this typical subscriber, or a mail with the latest items if nothing is new, as a test to
    one address. Return the server's reply.

    Return `None` if there are no items. Nothing is recorded.

    Raises:
        MailServerError: the server cannot be used, or refused the mail.
        SecretError: the server's password could not be read.
        TemplateError: a template of digests cannot be used.
        UsageError: config.toml names no mail server, or `to` is no mail address.
    """
    records = _new_to(reader, _settings(office), office) or _sample(reader, office)
    if not records:
        return None
    edition, audience, digest = _render(reader, records, office.store.people.rounds.next.edit(), office)
    digest = filled(digest, why=_why(reader, people, office), token=_NO_TOKEN)
    return send_trial(digest, edition, audience, office, to=to)


def _new_to(reader: TypicalReader, settings: SubscriberSettings, office: Office) -> list[Record]:
    """Return the items that are new to the typical subscriber, at most as many as one mail may have."""
    rounds, end = office.store.people.rounds, office.store.log.end()
    its = next((each for each in rounds.latest(limit=_LOOKED_AT) if reader.pace in each.paces), None)
    lowest = its.upto if its else rounds.lowest_cursor([reader.pace], now=office.now)
    after = end if lowest is None else lowest
    window = Window(rounds.new_items(after, end), upto=end)
    share = share_of([Follow(reader.theme, after, after, is_due=True)], window, limit=settings.max_items)
    return office.store.items.by_number(list(window.numbers(share.items)))


def _sample(reader: TypicalReader, office: Office) -> list[Record]:
    latest = office.store.items.latest(ALL_THEMES, limit=_LOOKED_AT)
    in_theme = [each for each in latest if reader.theme in (EVERYTHING, *(theme.slug for theme in each.themes))]
    return in_theme[-SAMPLE_ITEMS:]


def _render(
    reader: TypicalReader, records: Sequence[Record], edit: RoundEdit, office: Office
) -> tuple[Edition, Audience, Digest]:
    settings, site, last = _settings(office), office.renderer.site, office.store.people.rounds.last()
    round_ = Round(
        number=last.number + 1 if last else 1,
        paces=(reader.pace,),
        upto=office.store.log.end(),
        begun_at=office.now,
        subject=edit.subject,
        introduction=edit.introduction,
    )
    edition, audience = edition_of_round(round_, records, edit), audience_of_round(reader.language, site, settings)
    return edition, audience, office.renderer.render(edition, audience)


def _why(reader: TypicalReader, people: People, office: Office) -> str:
    """Return the words with which a mail tells the typical subscriber why he gets it."""
    today, paces = local_day(office.now, office.config.site.timezone), _settings(office).paces
    theme = theme_word(reader.theme, reader.language, people.theme_title)
    return why_word([follow_word(theme, reader.pace, today, paces, reader.language)], reader.language)


def _items(edition: Edition, audience: Audience, digest: Digest, office: Office) -> Iterator[RoundItem]:
    by_uid = {record.uid: record for record in edition.records}
    records = [by_uid[item.uid] for item in (*digest.shown, *digest.left_out)]
    read = [(record.number, home_of(record, audience).slug) for record in records]
    own = {each.number: each for each in office.store.items.by_number([number for number, _ in read])}
    before = office.store.items.as_added(list(own))
    for place, record in enumerate(records):
        yield RoundItem(
            record=record,
            title=title_of(record.item),
            own_title=title_of(own[record.number].item),
            theme=home_of(record, audience),
            moves=frozenset(move for move in Move if moved(read, record.number, move) is not None),
            changed=changed_between(was, own[record.number].item) if (was := before.get(record.number)) else None,
            has_room=place < len(digest.shown),
        )


def _left_out(edit: RoundEdit, office: Office) -> Iterator[LeftOutItem]:
    """Yield the items that editors left out of mails to subscribers, the latest first."""
    records, rounds = (
        office.store.items.by_number(sorted(edit.left_out)),
        office.store.people.rounds.latest(limit=_LOOKED_AT),
    )
    paces = [each.name for each in _settings(office).paces]
    for record in sorted(records, key=lambda each: each.added_seq, reverse=True):
        since = {pace for each in rounds if each.upto >= record.added_seq for pace in each.paces}
        yield LeftOutItem(record=record, passed=tuple(pace for pace in paces if pace in since))


# --- decisions -------------------------------------------------------------------------------------------------------


def postpone(delay: timedelta | None, office: Office) -> ComposeReport:
    """Postpone all mails to subscribers by `delay` from now, or, if it is `None`, until an editor decides."""
    _settings(office)
    office.store.people.rounds.next.postpone(UNTIL_DECIDED if delay is None else office.now + delay)
    return ComposeReport()


def resume(office: Office) -> ComposeReport:
    """End the postponement of mails to subscribers: they are made as scheduled again, and those that became due
    meanwhile are made next.

    Raises:
        UsageError: the mails are not postponed.
    """
    if not office.store.people.rounds.next.edit().is_postponed(office.now):
        raise UsageError("mails to subscribers are not postponed")
    office.store.people.rounds.next.postpone(None)
    return ComposeReport()


def write_words(subject: str | None, introduction: str | None, office: Office) -> ComposeReport:
    """Set the subject of the next mails to subscribers, and the introduction above their items. `None` leaves a text
    unchanged, and an empty text removes it.
    """
    _settings(office)
    edit = office.store.people.rounds.next.edit()
    office.store.people.rounds.next.write_words(
        subject=edit.subject if subject is None else stripped(one_line(subject)),
        introduction=edit.introduction if introduction is None else stripped(introduction),
    )
    return ComposeReport()


def retitle(item: str, title: str, reader: TypicalReader, office: Office) -> ComposeReport:
    """Give an item of the shown mail another title in all mails to subscribers; an empty title restores the
    item's own.
    """
    record = _named(item, reader, office)
    office.store.people.rounds.next.retitle(record.number, stripped(title))
    to = f"“{one_line(title)}”" if stripped(title) else "its own title"
    return ComposeReport(decided=(f"retitled: {_called(record)} to {to}",))


def move(item: str, to: Move, reader: TypicalReader, office: Office) -> ComposeReport:
    """Move an item of the shown mail up or down within its theme, or to the very top, in all mails to subscribers.

    Raises:
        UsageError: the item cannot move further, or the mail has no such item.
    """
    record = _named(item, reader, office)
    read = [(each.record.number, each.theme.slug) for each in _shown(reader, office)]
    if record.number not in [number for number, _ in read]:
        raise UsageError(f"{_called(record)} is not in this mail; `publisher round show` names its items")
    numbers = moved(read, record.number, to)
    if numbers is None:
        raise UsageError(f"{_called(record)} cannot move {to}: its theme ends there")
    office.store.people.rounds.next.order(numbers)
    return ComposeReport(decided=(f"moved {to}: {_called(record)}",))


def drop(item: str, reader: TypicalReader, office: Office) -> ComposeReport:
    """Leave an item out of all mails to subscribers, also out of mails that are queued."""
    record = _named(item, reader, office)
    office.store.people.rounds.next.leave_out(record.number)
    return ComposeReport(decided=(f"left out: {_called(record)}",))


def restore(item: str, office: Office) -> ComposeReport:
    """Undo that an item was left out of mails to subscribers. Subscribers who were sent mails without the item will not
    get it.

    Raises:
        UsageError: no item of that name was left out.
    """
    left_out = office.store.items.by_number(sorted(office.store.people.rounds.next.edit().left_out))
    record = next((each for each in left_out if item in (each.uid, each.short_id, each.path)), None)
    if record is None:
        there = "; ".join(f"{each.short_id} ({each.item.date})" for each in left_out) or "nothing"
        raise UsageError(f"{item!r} is not left out of mails to subscribers; left out: {there}")
    office.store.people.rounds.next.restore(record.number)
    return ComposeReport(restored=1, decided=(f"restored: {_called(record)}",))


def _shown(reader: TypicalReader, office: Office) -> list[RoundItem]:
    """Return the items of the typical subscriber's mail, in the order of the mail."""
    records = _new_to(reader, _settings(office), office) or _sample(reader, office)
    if not records:
        return []
    return list(_items(*_render(reader, records, office.store.people.rounds.next.edit(), office), office))


def _named(item: str, reader: TypicalReader, office: Office) -> Record:
    """Return the item of the typical subscriber's mail that `item` names: by its number in the mail, its address or its
    id.
    """
    if item.isdecimal():
        numbered = {str(number): each.record for number, each in enumerate(_shown(reader, office), start=1)}
        if item in numbered:
            return numbered[item]
    return find_item(item, office.store, office.config.site)


def _called(record: Record) -> str:
    return f"“{one_line(title_of(record.item))}” ({record.short_id})"


def _settings(office: Office) -> SubscriberSettings:
    if office.config.subscribers is None:
        raise UsageError(NO_SUBSCRIBERS)
    return office.config.subscribers
