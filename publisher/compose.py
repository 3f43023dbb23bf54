"""Compose: what the log holds beyond an audience's cursor goes in, at most one edition per audience comes out.

What a crash leaves, by the moment it struck:

- before the edition is recorded: nothing; the next pass decides the same again;
- after it is recorded, before its folder is in the outbox: an edition without a folder; the next pass renders it from
  the revisions that were recorded with it, to the same bytes, and puts it there;
- after the folder is there, before that is noted: the next pass finds the folder whole and only notes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import planning
from publisher.errors import FilesError, PublisherError, TemplateError
from publisher.model import Audience, ComposeReport, Edition, Problem, Site
from publisher.store import AudienceState, Store

if TYPE_CHECKING:  # what renders is imported when there is something to render: a pass with no news stays light
    from publisher.model import Digest
    from publisher.rendering.templates import Templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """What every edition of a site is made with."""

    site: Site
    templates: "Templates"
    outbox: Path

    def digest(self, edition: Edition, audience: Audience) -> "Digest":
        """The edition as its recipients will read it."""
        from publisher.rendering import digest

        return digest.render(edition, audience=audience, site=self.site, templates=self.templates)

    def write(self, edition: Edition, audience: Audience, digest: "Digest") -> None:
        """Put the edition's folder into the outbox, wholly or not at all; harmless when it is there already."""
        from publisher.mail import message, outbox

        mail = message.digest_message(digest, edition, audience=audience, site=self.site)
        outbox.write_edition(self.outbox, edition, digest, mail, audience=audience, site=self.site)


class Rehearsal(Composer):
    """Makes digests, and leaves the outbox alone."""

    def write(self, edition: Edition, audience: Audience, digest: "Digest") -> None:
        """Nothing."""


def compose(audiences: Sequence[Audience], *, store: Store, composer: Composer, now: datetime) -> ComposeReport:
    """Compose for each audience whatever it has not had yet, whatever its schedule says."""
    report = _finish_recorded(audiences, store=store, composer=composer, now=now)
    for audience in audiences:
        report = _with(report, _compose_one(audience, store=store, composer=composer, now=now, tick=None))
    return report


def compose_due(audiences: Sequence[Audience], *, store: Store, composer: Composer, now: datetime) -> ComposeReport:
    """Compose for each audience with a tick of its schedule since the last one; any number of missed ticks is one."""
    report = _finish_recorded(audiences, store=store, composer=composer, now=now)
    for audience in audiences:
        if audience.schedule is None:
            continue
        state = store.audience_state(audience.name)
        if state is None or state.last_tick is None:
            # The first time the schedule is watched is where its ticks begin to count.
            state = _state(audience, store)
            _pass_over(audience, state, upto=state.cursor, store=store, tick=now)
        elif planning.is_due(audience.schedule, last=state.last_tick, now=now):
            tick = planning.tick_to_record(last=state.last_tick, now=now)
            report = _with(report, _compose_one(audience, store=store, composer=composer, now=now, tick=tick))
    return report


def next_edition(audience: Audience, *, store: Store, now: datetime) -> Edition | None:
    """What `compose` would record for the audience now; None: nothing is new to it."""
    return _next_edition(audience, _state(audience, store), upto=store.log_end(), store=store, now=now)


def _next_edition(
    audience: Audience, state: AudienceState, *, upto: int, store: Store, now: datetime
) -> Edition | None:
    records = store.due_records(
        audience.name, themes=_themes_of(audience), after=state.cursor, upto=upto, start=state.start
    )
    if not records:
        return None
    return Edition(
        audience=audience.name,
        number=state.last_number + 1,
        after=state.cursor,
        upto=upto,
        composed_at=now,
        records=tuple(sorted(records, key=lambda record: (record.published, record.added_seq), reverse=True)),
    )


def _state(audience: Audience, store: Store) -> AudienceState:
    return store.audience_state(audience.name) or _start(audience, store)


def _start(audience: Audience, store: Store) -> AudienceState:
    """Where an audience that was never composed begins, by its `first` setting: only the log decides, not the clock."""
    if audience.first is None:
        start = 0
    elif audience.first == 0:
        start = store.log_end()
    else:
        latest = store.latest_records(_themes_of(audience), limit=audience.first)
        start = min((record.added_seq for record in latest), default=1) - 1
    return AudienceState(cursor=start, start=start, last_number=0, last_tick=None)


def _themes_of(audience: Audience) -> tuple[str, ...] | None:
    return None if audience.themes == ("*",) else audience.themes


def _compose_one(
    audience: Audience, *, store: Store, composer: Composer, now: datetime, tick: datetime | None
) -> ComposeReport:
    state = _state(audience, store)
    upto = store.log_end()  # read once: what is collected from here on waits for the next edition
    edition = _next_edition(audience, state, upto=upto, store=store, now=now)
    if edition is None:
        _pass_over(audience, state, upto=upto, store=store, tick=tick)
        return ComposeReport()
    try:
        # Rendered before it is recorded: a broken template costs no edition.
        digest = composer.digest(edition, audience)
    except TemplateError as error:
        return ComposeReport(problems=(Problem.of(f"audience {audience.name!r}", error),))
    store.record_edition(edition, start=state.start, tick=tick or state.last_tick)
    return _write(edition, audience, digest, store=store, composer=composer, now=now)


def _pass_over(audience: Audience, state: AudienceState, *, upto: int, store: Store, tick: datetime | None) -> None:
    """Move the cursor past changes that do not concern the audience; writes nothing when there are none."""
    moved = replace(state, cursor=max(state.cursor, upto), last_tick=tick or state.last_tick)
    if moved != store.audience_state(audience.name):
        store.pass_over(audience.name, moved)


def _write(
    edition: Edition, audience: Audience, digest: "Digest", *, store: Store, composer: Composer, now: datetime
) -> ComposeReport:
    try:
        composer.write(edition, audience, digest)
    except FilesError as error:
        return ComposeReport(problems=(Problem.of(f"edition {edition.name}", error),))
    store.mark_written(edition.audience, edition.number, at=now)
    return ComposeReport(editions=(edition,))


def _finish_recorded(
    audiences: Sequence[Audience], *, store: Store, composer: Composer, now: datetime
) -> ComposeReport:
    """Write the editions that an earlier pass recorded but could not put into the outbox."""
    by_name: Mapping[str, Audience] = {audience.name: audience for audience in audiences}
    report = ComposeReport()
    for edition in store.unwritten_editions():
        if audience := by_name.get(edition.audience):
            try:
                digest = composer.digest(edition, audience)
            except PublisherError as error:
                report = _with(report, ComposeReport(problems=(Problem.of(f"edition {edition.name}", error),)))
            else:
                report = _with(report, _write(edition, audience, digest, store=store, composer=composer, now=now))
    return report


def _with(total: ComposeReport, one: ComposeReport) -> ComposeReport:
    return ComposeReport(editions=(*total.editions, *one.editions), problems=(*total.problems, *one.problems))
