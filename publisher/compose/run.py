"""Compose: what the log holds beyond an audience's cursor goes in, at most one edition per audience comes out.

Nothing is lost by a limit. Too few items: no edition, and the cursor stays where it is. Too many: those that waited
longest go, and the cursor stops before the others. Whatever an edition held is never due again, wherever the cursor is.

What a crash leaves, by the moment it struck:

- before the edition is recorded: nothing; the next pass decides the same again;
- after it is recorded, before its folder is in the outbox: an edition without a folder, perhaps with its page on the
  web, which is there before any mail can lead to it and harms nobody alone; the next pass renders both from the
  revisions that were recorded with it, to the same bytes, and puts the folder there;
- after the folder is there, before that is noted: the next pass finds the folder whole and only notes it.

An edition that is held for an editor is recorded and has a folder below outbox/held/, which is written again whenever
it is not what is recorded; it has no page on the web. Its audience gets no other edition meanwhile: what is new waits,
and a tick that passes is made good by the first pass after it. Released, it takes the same way as any recorded edition.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.compose.plan import carried_over, language_rank
from publisher.model.editions import Audience, DigestStyle, Edition, Notice
from publisher.model.errors import PublisherError, TemplateError
from publisher.model.problems import Problem
from publisher.model.records import Record
from publisher.model.reports import ComposeReport
from publisher.model.schedules import is_due, tick_to_record
from publisher.model.site import Mailbox, Site
from publisher.store import AudienceState, Store

if TYPE_CHECKING:  # what renders is imported when there is something to render: a pass with no news stays light
    from publisher.compose.digest import Renderer
    from publisher.model.editions import Digest
    from publisher.rendering.templates import Templates

SAMPLE_ITEMS = 10
LOOKED_AT = 4_000
"""How far back an audience's latest items are looked for, where others are in languages that it does not read."""


@dataclass(frozen=True, kw_only=True)
class Composer:
    """What every edition of a site is made with."""

    site: Site
    templates: "Templates"
    outbox: Path
    style: DigestStyle
    config: Path
    """The site's configuration, as commands name it."""
    show: Callable[[Edition], None] = lambda _edition: None
    """Puts the page of an edition on the web that its mail leads to."""

    def digest(self, edition: Edition, audience: Audience) -> "Digest":
        """The edition as its recipients will read it."""
        return self._renderer.render(edition, audience)

    @cached_property
    def _renderer(self) -> "Renderer":
        from publisher.compose.digest import Renderer

        return Renderer(site=self.site, templates=self.templates, style=self.style)

    def fitted(self, edition: Edition, audience: Audience) -> "tuple[Edition, Digest]":
        """The edition with its digest; without what its mail has no room for, where that waits for the next one."""
        digest = self.digest(edition, audience)
        while digest.left_out and audience.overflow == "next":
            edition = carried_over(edition, keep=len(digest.shown))
            digest = self.digest(edition, audience)
        return edition, digest

    def write(self, edition: Edition, audience: Audience, digest: "Digest") -> None:
        """Put the edition's folder into the outbox, wholly or not at all; harmless when it is there already.

        A held one goes where only the editor looks.
        """
        from publisher.compose import outbox
        from publisher.rendering import message

        mail = message.digest_message(digest, edition, audience=audience, site=self.site)
        if edition.held_until is not None:
            _, told = self.review_notice(edition, audience)
            outbox.hold_edition(self.outbox, edition, digest, mail, audience=audience, site=self.site, told=told)
            return
        outbox.write_edition(self.outbox, edition, digest, mail, audience=audience, site=self.site)
        outbox.forget_held(self.outbox, edition)

    def review_notice(self, edition: Edition, audience: Audience) -> tuple[str, str]:
        """What its editor is told of a held edition: a subject and a text."""
        from publisher.compose import outbox
        from publisher.rendering.notices import review_notice

        folder = outbox.held_folder(self.outbox, edition)
        return review_notice(edition, audience=audience, site=self.site, folder=folder, config=self.config)

    def write_notice(self, notice: Notice) -> None:
        """Put a notice into the outbox."""
        from publisher.compose import outbox
        from publisher.rendering import message

        outbox.write_notice(self.outbox, notice, message.notice_message(notice, site=self.site))

    def try_out(self, edition: Edition, audience: Audience, digest: "Digest", *, to: Mailbox) -> Path:
        """Write the mail as a test for one reader; its folder."""
        from publisher.compose import outbox
        from publisher.rendering import message

        mail = message.message_to_try(digest, edition, audience=audience, site=self.site, to=to)
        return outbox.write_test(self.outbox, edition, digest, mail)

    def forget(self, edition: Edition) -> None:
        """Take away what an editor looked at of an edition that nobody will get."""
        from publisher.compose import outbox

        outbox.forget_held(self.outbox, edition)


class Rehearsal(Composer):
    """Makes digests, and leaves the outbox alone."""

    def write(self, edition: Edition, audience: Audience, digest: "Digest") -> None:
        """Nothing."""

    def write_notice(self, notice: Notice) -> None:
        """Nothing."""

    def forget(self, edition: Edition) -> None:
        """Nothing."""


def compose(audiences: Sequence[Audience], *, store: Store, composer: Composer, now: datetime) -> ComposeReport:
    """Compose for each audience whatever it has not had yet, whatever its schedule says."""
    report = finish_recorded(audiences, store=store, composer=composer, now=now)
    for audience in audiences:
        if not store.is_held(audience.name):
            report = _with(report, _compose_one(audience, store=store, composer=composer, now=now, tick=None))
    return report


def compose_due(audiences: Sequence[Audience], *, store: Store, composer: Composer, now: datetime) -> ComposeReport:
    """Compose for each audience with a tick of its schedule since the last one; any number of missed ticks is one."""
    report = finish_recorded(audiences, store=store, composer=composer, now=now)
    for audience in audiences:
        if audience.schedule is None:
            continue
        state = store.audience_state(audience.name)
        if state is None or state.last_tick is None:
            # The first time the schedule is watched is where its ticks begin to count.
            state = _state(audience, store, composer.site)
            _pass_over(audience, state, upto=state.cursor, store=store, tick=now)
        elif is_due(audience.schedule, last=state.last_tick, now=now) and not store.is_held(audience.name):
            tick = tick_to_record(last=state.last_tick, now=now)
            report = _with(report, _compose_one(audience, store=store, composer=composer, now=now, tick=tick))
    return report


def next_edition(audience: Audience, *, store: Store, site: Site, now: datetime) -> Edition | None:
    """What `compose` would record for the audience now, were there room for all of it in one mail; None: nothing."""
    if store.is_held(audience.name):
        return None
    state, upto = _state(audience, store, site), store.log_end()
    due = _due(audience, state, upto=upto, store=store, site=site)
    if not due or len(due) < audience.min_items:
        return None
    return _edition(audience, state, due, upto=upto, store=store, now=now)


def sample_edition(audience: Audience, *, store: Store, site: Site, now: datetime) -> Edition | None:
    """An edition of the latest items, for judging how mails look when nothing is new; None: there are no items."""
    records = _latest_read(audience, SAMPLE_ITEMS, store=store, site=site)
    state = _state(audience, store, site)
    return _edition(audience, state, records, upto=state.cursor, store=store, now=now) if records else None


def held_editions(store: Store) -> list[Edition]:
    """The editions that wait for their editor, oldest first."""
    return [edition for edition in store.unwritten_editions() if edition.held_until is not None]


def stranded_editions(audiences: Sequence[Audience], store: Store) -> list[Edition]:
    """The editions not in the outbox yet, held or not, that are for none of these audiences, oldest first."""
    names = {audience.name for audience in audiences}
    return [edition for edition in store.unwritten_editions() if edition.audience not in names]


def left_behind(audience: Audience, edition: Edition | None, *, store: Store, site: Site) -> list[tuple[Record, str]]:
    """What is new and not in `edition`, the next one of the audience, each with the reason."""
    state = _state(audience, store, site)
    new = store.due_records(audience.name, themes=None, after=state.cursor, upto=store.log_end(), start=state.start)
    inside = {record.number for record in edition.records} if edition else set()
    return [(record, _why_not(audience, record, edition, site)) for record in new if record.number not in inside]


def _why_not(audience: Audience, record: Record, edition: Edition | None, site: Site) -> str:
    if "*" not in audience.themes and not {theme.slug for theme in record.themes} & set(audience.themes):
        return "none of its themes is among the audience's themes"
    if not _is_read_by(audience, record, site):
        return f"its language, {record.item.language or site.language}, is not among the audience's languages"
    if edition is None:
        return f"waits until there are {audience.min_items} items (min_items)"
    return "waits for the edition after this one"


def waiting(audience: Audience, *, store: Store, site: Site) -> int:
    """How many items the audience has not had yet."""
    return len(_due(audience, _state(audience, store, site), upto=store.log_end(), store=store, site=site))


def _due(audience: Audience, state: AudienceState, *, upto: int, store: Store, site: Site) -> list[Record]:
    """What is new to the audience, in a language it reads."""
    themes = _themes_of(audience)
    records = store.due_records(audience.name, themes=themes, after=state.cursor, upto=upto, start=state.start)
    return [record for record in records if _is_read_by(audience, record, site)]


def _is_read_by(audience: Audience, record: Record, site: Site) -> bool:
    """Whether the item is in a language of the audience."""
    return language_rank(record.item.language or site.language, audience.languages) is not None


def _edition(
    audience: Audience, state: AudienceState, due: Sequence[Record], *, upto: int, store: Store, now: datetime
) -> Edition:
    edition = Edition(
        audience=audience.name,
        number=state.last_number + 1,
        after=state.cursor,
        upto=upto,
        composed_at=now.astimezone(UTC),  # as the store gives it back, so that a repeat has the same bytes
        records=tuple(sorted(due, key=lambda record: (record.published, record.added_seq), reverse=True)),
        corrections=tuple(store.corrected_records(audience.name, upto=upto)),
        held_until=None if audience.review is None else now.astimezone(UTC) + audience.review,
    )
    return edition if audience.max_items is None else carried_over(edition, keep=audience.max_items)


def _state(audience: Audience, store: Store, site: Site) -> AudienceState:
    return store.audience_state(audience.name) or _start(audience, store, site)


def _start(audience: Audience, store: Store, site: Site) -> AudienceState:
    """Where an audience that was never composed begins, by its `first` setting: only the log decides, not the clock."""
    if audience.first is None:
        start = 0
    elif audience.first == 0:
        start = store.log_end()
    else:
        latest = _latest_read(audience, audience.first, store=store, site=site)
        start = latest[0].added_seq - 1 if latest else store.log_end()
    return AudienceState(cursor=start, start=start, last_number=0, last_tick=None)


def _latest_read(audience: Audience, most: int, *, store: Store, site: Site) -> list[Record]:
    """The `most` items in a language of the audience that were added last, in the order they were.

    Fewer when there are no more, or none among the latest `LOOKED_AT` of all.
    """
    looked_at = most
    while True:
        latest = store.latest_records(_themes_of(audience), limit=looked_at)
        read = [record for record in latest if _is_read_by(audience, record, site)]
        if len(read) >= most or len(latest) < looked_at or looked_at >= LOOKED_AT:
            return read[-most:]
        looked_at = min(4 * looked_at, LOOKED_AT)


def _themes_of(audience: Audience) -> tuple[str, ...] | None:
    return None if audience.themes == ("*",) else audience.themes


def _compose_one(
    audience: Audience, *, store: Store, composer: Composer, now: datetime, tick: datetime | None
) -> ComposeReport:
    state = _state(audience, store, composer.site)
    upto = store.log_end()  # what is collected from here on is for the next edition
    due = _due(audience, state, upto=upto, store=store, site=composer.site)
    if not due:
        _pass_over(audience, state, upto=upto, store=store, tick=tick)
        return ComposeReport()
    if len(due) < audience.min_items:
        _pass_over(audience, state, upto=state.cursor, store=store, tick=tick)  # the cursor stays: all of it stays new
        return ComposeReport()
    edition = _edition(audience, state, due, upto=upto, store=store, now=now)
    try:
        # Rendered before it is recorded: a broken template costs no edition.
        edition, digest = composer.fitted(edition, audience)
    except TemplateError as error:
        return ComposeReport(problems=(Problem.of(f"audience {audience.name!r}", error),))
    store.record_edition(edition, start=state.start, tick=tick or state.last_tick)
    return _finish(edition, audience, digest, store=store, composer=composer, now=now)


def _pass_over(audience: Audience, state: AudienceState, *, upto: int, store: Store, tick: datetime | None) -> None:
    """Move the cursor past changes that do not concern the audience; writes nothing when there are none."""
    moved = replace(state, cursor=max(state.cursor, upto), last_tick=tick or state.last_tick)
    if moved != store.audience_state(audience.name):
        store.pass_over(audience.name, moved)


def _finish(
    edition: Edition,
    audience: Audience,
    digest: "Digest | None",
    *,
    store: Store,
    composer: Composer,
    now: datetime,
) -> ComposeReport:
    """Put a recorded edition into the outbox, less what was withdrawn until this moment; `digest` is of all of it."""
    left = store.drop_withdrawn(edition.audience, edition.number)
    if left is None:
        return ComposeReport()
    if not left.records:
        return give_up(left, store=store, composer=composer, now=now)
    try:
        whole = digest if digest is not None and left == edition else composer.digest(left, audience)
        if left.held_until is None:
            composer.show(left)  # first: nobody shall get a mail that leads nowhere
        composer.write(left, audience, whole)
    except PublisherError as error:
        return ComposeReport(problems=(Problem.of(f"edition {edition.name}", error),))
    if left.held_until is not None:
        store.mark_shown(left.audience, left.number, at=now)
    else:
        store.mark_written(left.audience, left.number, at=now)
    return ComposeReport(editions=(left,))


def give_up(edition: Edition, *, store: Store, composer: Composer, now: datetime) -> ComposeReport:
    """Be done with a recorded edition without items: nobody wants an empty mail, and its number is not given again."""
    try:
        composer.forget(edition)
    except PublisherError as error:
        return ComposeReport(problems=(Problem.of(f"edition {edition.name}", error),))
    store.mark_written(edition.audience, edition.number, at=now)
    return ComposeReport()


def finish_recorded(audiences: Sequence[Audience], *, store: Store, composer: Composer, now: datetime) -> ComposeReport:
    """Write the editions that are recorded but not in the outbox yet: a pass could not, or an editor let them go."""
    by_name: Mapping[str, Audience] = {audience.name: audience for audience in audiences}
    report = ComposeReport()
    for edition in store.unwritten_editions():
        audience = by_name.get(edition.audience)
        if audience and _is_to_write(edition, audience, store=store, now=now):
            report = _with(report, _finish(edition, audience, None, store=store, composer=composer, now=now))
    return report


def _is_to_write(edition: Edition, audience: Audience, *, store: Store, now: datetime) -> bool:
    """Whether something is to be done about a recorded edition; a held one whose time has come is let go."""
    if edition.held_until is None:
        return True
    if edition.held_until <= now and audience.on_silence == "send":
        return store.release(edition.audience, edition.number, at=now)
    return not store.is_shown(edition.audience, edition.number)


def _with(total: ComposeReport, one: ComposeReport) -> ComposeReport:
    return ComposeReport(editions=(*total.editions, *one.editions), problems=(*total.problems, *one.problems))
