"""Restores a site from a backup, and records the operator's answer to the question which editions went out since the
backup.

A restored store does not know what happened after the backup. So nothing is composed for an audience (a mailing list),
and its mails wait, until the operator says which edition was the last that went out. The outbox and the web archive may
still have editions that the store does not know: their items are not sent again, and all other items are. If an edition
left no such traces, its items are sent again rather than never.

What a crash leaves, by its moment:

- while a backup is unpacked, or its folders are copied into the outbox: the former store, and a folder beside it that
  the next restore removes. Folders that were copied belong to that store too;
- while the store is replaced: no store, but the former one under another name beside it. Repeating the restore
  completes it;
- while the operator's answer is recorded: all of it, or nothing.
"""

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher.admin.office import Office
from publisher.admin.status import unsettled_audiences
from publisher.compose.edition_numbers import highest_number
from publisher.compose.outbox import HELD
from publisher.compose.traces import Trace, find_traces
from publisher.config.config import Config
from publisher.deliver.plan import audience_and_number
from publisher.model.decisions import DecisionLog
from publisher.model.deliveries import NewDelivery
from publisher.model.editions import Audience, Edition
from publisher.model.errors import BusyError, StoreError, UsageError
from publisher.rendering.envelopes import delivery_of
from publisher.store import READERS, AudienceState, Restoration, Store
from publisher.store.backup_file import Backup, add_missing, flush_folder, unpack_backup
from publisher.store.departures import Journal
from publisher.store.disk_errors import explain_errors
from publisher.store.owners import give
from publisher.store.replay import Repeated, repeat_departures
from publisher.store.settlement import Settlement
from publisher.store.snapshot import put_in_place

logger = DecisionLog("subscribers")

WAIT_S = 60.0
"""How many seconds to wait for other work (collect, publish, compose) before the operator's answer is recorded."""
LOCKS = ("service", "pass", "deliver")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """The result of restoring a backup."""

    taken_at: datetime
    """When the backup was made, in UTC."""
    kept: Path | None
    """Where the former store is after a restore, or `None` if there was none."""
    added: int
    """How many files a restore added to the outbox. Files that existed already stayed as they were."""
    repeated: Repeated | None
    """How many people who left or were erased after the backup were removed again, or `None` if there is no file of
    departures.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAudience:
    """An audience for which the operator has not yet said which editions went out."""

    name: str
    known: int
    """The number of the last edition in the store, or 0 if it has none."""
    since: tuple[Trace, ...]
    """Editions that were made after the backup: what remains of each in the outbox and on the web."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What follows for one audience once the operator has said which editions went out since the backup."""

    audience: str
    sent_up_to: int
    next_number: int
    told: tuple[int, ...]
    """The numbers of editions that the store did not know and whose items were found in the outbox or on the web."""
    untold: tuple[int, ...]
    """The numbers of editions that went out and whose items are unknown."""
    left: tuple[int, ...]
    """The numbers of editions in the outbox that the store does not know and that did not go out."""


# --- restoring -------------------------------------------------------------------------------------------------------


def restore_backup(config: Config, file: Path, *, now: datetime) -> RestoreReport:
    """Restore the store of a backup, and the files of its outbox that are missing. Nothing is deleted.

    Raises:
        BusyError: a service or other work is running.
        FilesError: the disk refuses.
        StoreError: the file is no backup, or damaged, or made by a newer publisher.
        UsageError: the store is on a server.
    """
    database = config.store.file
    if database is None:
        raise UsageError(
            "the store is on a server: stop the service, put the database back with pg_restore and the outbox, "
            f"{config.outbox_directory}, beside what is there, then say so: publisher restore --put-back"
        )
    with _at_rest(config), _staging(database) as folder:
        _note_owed_departures(config, database)
        backup = unpack_backup(file, folder)
        with Store.open(f"sqlite:///{backup.database}") as store:
            store.settlements.begin(taken_at=backup.taken_at, at=now)
            departures = Journal(config.departures)
            repeated = repeat_departures(store.database, departures) if departures.size() else None
        added = _put_outbox_back(backup, config.outbox_directory)
        with explain_errors(database):
            kept = put_in_place(backup.database, database)
            flush_folder(database.parent)
        return RestoreReport(taken_at=backup.taken_at, kept=kept, added=added, repeated=repeated)


def _note_owed_departures(config: Config, database: Path) -> None:
    """Write departures that could not be written before to the file of departures, because only the store that is about
    to be replaced has them.
    """
    if not database.exists():
        return
    try:
        with Store.open(config.store.url, departures=config.departures) as store:
            store.people.owed_departures.note()
    except StoreError as error:  # the reason for the restore may be that it is damaged
        logger.debug("departures are not looked for", because=str(error))


@contextmanager
def _at_rest(config: Config) -> Iterator[None]:
    try:
        with Store.locked(config.store.url, LOCKS, wait_s=0):
            yield
    except BusyError as error:
        raise BusyError(f"{error}; a restore needs the service stopped, and no other command at work") from error


@contextmanager
def _staging(database: Path) -> Iterator[Path]:
    """Yield a new folder beside the database, on the same disk, so that a file in it can be renamed to the database's
    path.
    """
    folder = database.with_name(f"{database.name}.restoring")
    with explain_errors(folder):
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        give(folder, folder=folder.parent)
    try:
        yield folder
    finally:
        with explain_errors(folder):
            shutil.rmtree(folder)


def _put_outbox_back(backup: Backup, outbox: Path) -> int:
    """Copy the folders that are missing from a backup's outbox, except folders of editions that waited for an editor
    and went out since; return the number of files.
    """
    if not backup.outbox.is_dir():
        return 0
    held = backup.outbox / HELD
    for folder in held.iterdir() if held.is_dir() else ():
        if folder.is_dir() and (outbox / folder.name).exists():
            shutil.rmtree(folder)
    return add_missing(backup.outbox, outbox)


# --- the operator's answer -------------------------------------------------------------------------------------------


def note_put_back(office: Office) -> None:
    """Record that another program than publisher restored the database, so that the operator is asked what went out
    since the backup.
    """
    with office.store.exclusive("pass", wait_s=WAIT_S):
        office.store.settlements.begin(taken_at=None, at=office.now)
        office.store.repeat_departures()


def open_audiences(office: Office) -> list[OpenAudience]:
    """Return the audiences for which the operator has not yet said what went out since the backup."""
    config, store = office.config, office.store
    unsettled = unsettled_audiences(config, store)
    return [_open_audience(audience, config, store) for audience in config.audiences if audience.name in unsettled]


def _open_audience(audience: Audience, config: Config, store: Store) -> OpenAudience:
    state = store.editions.audience(audience.name)
    known = state.last_number if state else 0
    since = tuple(trace for number, trace in _traces(audience, config).items() if number > known)
    return OpenAudience(name=audience.name, known=known, since=since)


def waits_for_readers(office: Office) -> bool:
    """Whether, after a restore, no mails to subscribers are made until the operator says what they got since the
    backup.
    """
    restoration = office.store.restorations.current()
    return office.config.subscribers is not None and restoration is not None and restoration.holds(READERS)


def settle(
    sent_up_to: Sequence[str], office: Office, *, had_rounds: bool = False, is_rest_unsent: bool
) -> list[Settled]:
    """Record which editions, such as `weekly-12`, were the last to go out, and whether subscribers got mails since the
    backup (`had_rounds`).

    `is_rest_unsent` says that nothing went out since the backup to the other audiences, nor to subscribers, unless
    `had_rounds` is true.

    Raises:
        BusyError: other work took too long.
        UsageError: no restore waits for this answer, or a name is no edition of an audience that waits.
    """
    config, store = office.config, office.store
    with store.exclusive("pass", wait_s=WAIT_S):
        restoration = store.restorations.current()
        is_about_readers = waits_for_readers(office) and (had_rounds or is_rest_unsent)
        if restoration is None or (had_rounds and not is_about_readers):
            raise UsageError("no audience waits for you to say what went out: nothing was restored since you said so")
        last = _last_numbers(sent_up_to, config.audiences, restoration)
        chosen = [each for each in config.audiences if restoration.holds(each.name)]
        if not is_rest_unsent:
            chosen = [each for each in chosen if each.name in last]
        decided = [_decide(each, last.get(each.name, 0), office, log_end=restoration.log_end) for each in chosen]
        names = [*(audience.name for audience in config.audiences), *([READERS] if config.subscribers else [])]
        recorded = [settlement for settlement, _ in decided]
        finished = [_finished(settlement, store) for settlement in recorded]
        store.settlements.settle(
            recorded,
            audiences_of_site=names,
            had_rounds=had_rounds if is_about_readers else None,
            now=office.now,
        )
        for name in (name for names in finished for name in names):
            office.outbox.forget(name)
        return [settled for _, settled in decided]


def _last_numbers(
    sent_up_to: Sequence[str], audiences: Sequence[Audience], restoration: Restoration
) -> Mapping[str, int]:
    last: dict[str, int] = {}
    for name in sent_up_to:
        audience, number = audience_and_number(name, audiences)
        if audience.name in last:
            raise UsageError(f"audience {audience.name!r} is named twice; name the last edition that went out")
        if not restoration.holds(audience.name):
            raise UsageError(f"audience {audience.name!r}: you said already what went out")
        last[audience.name] = number
    return last


def _decide(audience: Audience, upto: int, office: Office, *, log_end: int) -> tuple[Settlement, Settled]:
    """Return what to record about an audience whose editions went out up to number `upto`, and what to tell the
    operator.
    """
    config, store = office.config, office.store
    state, traces = store.editions.audience(audience.name), _traces(audience, config)
    known = state.last_number if state else 0
    unwritten = [edition for edition in store.editions.unwritten() if edition.audience == audience.name]
    gone = [trace for number, trace in traces.items() if known < number <= upto]
    folders = {
        each.number: traces[each.number].had or frozenset()
        for each in unwritten
        if each.number in traces and traces[each.number].composed_at == each.composed_at
    }
    waiting = [each for each in unwritten if each.number in folders and each.number > upto]
    highest = highest_number(audience.name, outbox=config.outbox_directory, feeds=config.feeds_directory)
    last_number = max(known, upto, highest)
    told = [trace for trace in gone if trace.had is not None]
    settlement = Settlement(
        audience=audience.name,
        sent_up_to=upto,
        last_number=last_number,
        start=0 if audience.first is None else log_end,
        last_tick=max((trace.composed_at for trace in gone if trace.composed_at), default=None),
        had=frozenset[str]().union(*(trace.had or () for trace in gone)),
        in_outbox=folders,
        deliveries=_deliveries(waiting, audience, office),
    )
    settled = Settled(
        audience=audience.name,
        sent_up_to=upto,
        next_number=last_number + 1,
        told=tuple(trace.number for trace in told),
        untold=_missing({trace.number for trace in told}, state, upto),
        left=tuple(number for number, trace in traces.items() if number > max(known, upto) and trace.is_in_outbox),
    )
    return settlement, settled


def _deliveries(editions: Sequence[Edition], audience: Audience, office: Office) -> tuple[NewDelivery, ...]:
    if office.config.smtp is None:
        return ()
    return tuple(delivery_of(edition, audience, office.renderer.site) for edition in editions)


def _missing(told: Collection[int], state: AudienceState | None, upto: int) -> tuple[int, ...]:
    first = (state.last_number if state else 0) + 1
    return tuple(number for number in range(first, upto + 1) if number not in told)


def _finished(settlement: Settlement, store: Store) -> list[str]:
    """Return the names of the editions that no longer wait for their editor, because the operator has said what went
    out.
    """
    return [
        edition.name
        for edition in store.editions.unwritten()
        if edition.audience == settlement.audience
        and (edition.number <= settlement.sent_up_to or edition.number in settlement.in_outbox)
    ]


def _traces(audience: Audience, config: Config) -> dict[int, Trace]:
    return find_traces(audience.name, outbox=config.outbox_directory, feeds=config.feeds_directory)
