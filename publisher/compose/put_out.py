"""Records planned editions, and puts recorded ones out: writes their mails into the outbox. `run` says what a crash
leaves.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.compose.edition_numbers import highest_number
from publisher.compose.outbox import Outbox, edition_files
from publisher.compose.plan import Plan
from publisher.model.deliveries import NewDelivery
from publisher.model.editions import Audience, Edition
from publisher.model.errors import PublisherError, TemplateError
from publisher.model.problems import Problem
from publisher.model.reports import ComposeReport
from publisher.rendering.envelopes import delivery_of
from publisher.store import Store

if TYPE_CHECKING:  # the caller imports it, once there is something to render
    from publisher.compose.digest import Renderer


def number_apart(plans: Sequence[Plan], *, outbox: Path, feeds: Path) -> list[Plan]:
    """Return the plans, in which an audience's first edition has a number above all numbers found in `outbox` and
    `feeds`.

    These folders have earlier editions if a store was lost, or if another audience had the name before.
    """
    return [_number_apart(plan, outbox=outbox, feeds=feeds) for plan in plans]


def _number_apart(plan: Plan, *, outbox: Path, feeds: Path) -> Plan:
    if plan.edition is None or plan.edition.number > 1:
        return plan
    highest = highest_number(plan.audience.name, outbox=outbox, feeds=feeds)
    return replace(plan, edition=replace(plan.edition, number=highest + 1))


def record(plans: Sequence[Plan], *, store: Store, renderer: "Renderer") -> list[Problem]:
    """Record the planned editions, each with as many items as its mail can hold; return a problem for each that failed.

    An edition is rendered before it is recorded, so that its items stay due if a template is broken.
    """
    problems: list[Problem] = []
    for plan in plans:
        if plan.edition is None:
            continue
        try:
            edition, _ = renderer.fit(plan.edition, plan.audience)
        except TemplateError as error:
            problems.append(Problem.of(f"audience {plan.audience.name!r}", error))
        else:
            store.editions.record(edition, start=plan.state.start, tick=plan.tick or plan.state.last_tick)
    return problems


def put_out(
    editions: Sequence[tuple[Edition, Audience]],
    *,
    store: Store,
    renderer: "Renderer",
    outbox: Outbox,
    config: Path,
    is_sent: bool = False,
    now: datetime,
) -> ComposeReport:
    """Write recorded editions into the outbox, without items that were withdrawn since.

    An edition that waits for its editor gets its items' latest content, and a folder where only he finds it. `config`
    is the path of config.toml, for commands in the mail to the editor. With `is_sent`, the deliveries of an edition are
    queued in the transaction that records it as written.
    """
    written: list[Edition] = []
    emptied: list[str] = []
    problems: list[Problem] = []
    for recorded, audience in editions:
        store.editions.held.follow(recorded.audience, recorded.number, at=now)
        edition = store.editions.drop_withdrawn(recorded.audience, recorded.number)
        if edition is None:
            continue
        try:
            if not edition.records:
                store.editions.held.return_corrections(edition.audience, edition.number)
                give_up(edition, store=store, outbox=outbox, now=now)
                emptied.append(edition.name)
                continue
            _write(edition, audience, renderer=renderer, outbox=outbox, config=config)
        except PublisherError as error:
            problems.append(Problem.of(f"edition {edition.name}", error))
            continue
        deliveries = [delivery_of(edition, audience, renderer.site)] if is_sent else []
        _mark(edition, deliveries, store=store, now=now)
        written.append(edition)
    return ComposeReport(editions=tuple(written), emptied=tuple(emptied), problems=tuple(problems))


def _mark(edition: Edition, deliveries: Sequence[NewDelivery], *, store: Store, now: datetime) -> None:
    """Record that the files of an edition are written: with its deliveries, or, if it waits for its editor, for him
    alone.
    """
    if edition.held_until is None:
        store.editions.mark_written(edition.audience, edition.number, at=now, deliveries=deliveries)
    else:
        store.editions.held.mark_shown(edition.audience, edition.number, at=now)


def give_up(edition: Edition, *, store: Store, outbox: Outbox, now: datetime) -> None:
    """Finish a recorded edition that has no items left, without a mail; its number is not reused.

    Raises:
        FilesError: the folder that showed the edition to its editor cannot be removed.
    """
    outbox.forget(edition.name)
    store.editions.mark_written(edition.audience, edition.number, at=now)


def _write(edition: Edition, audience: Audience, *, renderer: "Renderer", outbox: Outbox, config: Path) -> None:
    digest = renderer.render(edition, audience)
    mail = renderer.mail(digest, edition, audience)
    files = edition_files(edition, digest, mail, audience=audience, site=renderer.site)
    if edition.held_until is None:
        outbox.put(edition.name, files)
        return
    folder = outbox.held_folder(edition.name)
    _, told = renderer.review_notice(edition, audience, folder=folder, config=config)
    outbox.hold(edition.name, files, told=told)
