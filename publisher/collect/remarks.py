"""Puts problems and notes about a listing into words: what readers lose, and what only `publisher check` shows.

The functions are pure.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from publisher.collect.clean import name_of
from publisher.collect.embargo import Timing
from publisher.collect.identity import Reconciliation
from publisher.collect.intake import Listing
from publisher.model.problems import Problem, counted
from publisher.model.sources import Suspicion

_LONG = timedelta(days=366)


def tell_run(listing: Listing, timing: Timing, *, now: datetime) -> list[Problem]:
    """Return the problems for `publisher run`: everything that readers lose."""
    return [
        *listing.problems,
        *_taken_from_readers(timing.plan, listing.source),
        *_losses(listing, timing),
        *_long_waits(timing, listing.source, now),
    ]


def tell_check(listing: Listing, timing: Timing) -> list[Problem]:
    """Return the notes for `publisher check`: everything else that is left out, by intent or without loss."""
    return [*_shared_ids(listing), *_repeats(listing), *_filtered(listing), *_unseen(timing, listing.source)]


def tell_hold(source: str, suspicion: Suspicion) -> Problem:
    """Return the problem that says why a suspicious listing is held, and what the operator may do."""
    remedy = f"`publisher source release {source}` if that is right, `publisher source discard {source}` if not"
    return Problem(where=f"source {source!r}", what=f"held: {suspicion.words}; {remedy}")


def _taken_from_readers(plan: Reconciliation, source: str) -> Iterator[Problem]:
    """Yield a problem for each item that readers no longer get, or never get, although its source has it."""
    for item in plan.doubtful:
        what = (
            "its words are like those of an item that an editor hid, so it stays hidden; `publisher item show` shows it"
        )
        yield Problem(where=name_of(item, source), what=what, exit_code=0)
    for number, item in plan.taken_back:
        if number not in plan.unlisted:  # otherwise the operator discarded an item that its source lists
            is_gone = number in plan.withdrawn
            so = "so it was withdrawn from readers" if is_gone else "but readers keep it: another source lists it"
            yield Problem(where=name_of(item, source), what=f"its source calls it a draft now, {so}", exit_code=0)


def _losses(listing: Listing, timing: Timing) -> list[Problem]:
    """Return problems that name the parts of new and edited items that readers do not get; unchanged items were
    reported before.
    """
    revised, waiting = ({item for _, item in timing.plan.revised}, {item for item, _ in timing.waiting})
    news = {*timing.plan.added, *revised, *waiting}
    pairs = zip(listing.items, listing.remarks, strict=True)
    wordings = [
        Problem(
            where=name_of(item, listing.source),
            what=f"{counted(count, 'other wording')} of that day {'is' if count == 1 else 'are'} left out",
            exit_code=0,
        )
        for item, count in listing.left_out_wordings.items()
        if item in news
    ]
    return wordings + [remark for item, remarks in pairs if remarks and item in news for remark in remarks]


def _long_waits(timing: Timing, source: str, now: datetime) -> Iterator[Problem]:
    """Yield a problem for each new item that waits for more than a year, probably because of a wrong figure."""
    why = dict(timing.unseen)
    for item, wakes in timing.waiting:
        if wakes and wakes - now > _LONG:
            what = f"it {why[item]}, more than a year; correct its date if that is a mistake"
            yield Problem(where=name_of(item, source), what=what, exit_code=0)


def _shared_ids(listing: Listing) -> Iterator[Problem]:
    """Yield a note for each id that identifies no item, because several items share the id."""
    for key, count in sorted(listing.shared.items()):
        what = f"{count} of its items have the id {key!r}, or had it before, so that it names none of them"
        yield Problem(where=f"source {listing.source!r}", what=what)


def _repeats(listing: Listing) -> Iterator[Problem]:
    if listing.repeats:
        what = f"{listing.repeats} of its entries repeat others, and count once"
        yield Problem(where=f"source {listing.source!r}", what=what)


def _filtered(listing: Listing) -> Iterator[Problem]:
    """Yield a note for each filter list that left items out."""
    for name, count in sorted(listing.left_out.items()):
        what = f"{count} of its items that are not known are left out by `{name}`"
        yield Problem(where=f"source {listing.source!r}", what=what)


def _unseen(timing: Timing, source: str) -> Iterator[Problem]:
    """Yield a note for each listed item that readers do not see because of its time."""
    yield from (Problem(where=name_of(item, source), what=why, exit_code=0) for item, why in timing.unseen)
