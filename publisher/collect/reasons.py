"""Logs the reason of each change that a reading makes, item by item, for `--verbose`.

Items are named by their uid. The earlier words of known items are fetched from the log only if debug lines are read.
"""

from collections.abc import Iterable, Mapping, Sequence

from publisher.collect.guard import WORD_FOR
from publisher.collect.identity import Reconciliation
from publisher.collect.pairs import Pairing
from publisher.model.changes import Known, NewRecord
from publisher.model.contents import changed_fields
from publisher.model.decisions import DecisionLog
from publisher.model.items import Item
from publisher.model.records import State
from publisher.store.facts import Heir
from publisher.store.log_pass import LogPass

logger = DecisionLog("collect")


def log_new(records: Iterable[NewRecord], *, source: str, is_first: bool) -> None:
    """Log why items are new."""
    because = (
        "its source is read for the first time"
        if is_first
        else "no known item of its source has its id, its content, its link or, on its date, similar words"
    )
    for record in records:
        logger.debug("item is new", because=because, source=source, uid=record.uid)


def log_hidden(records: Iterable[NewRecord], *, source: str, is_discarded: bool) -> None:
    """Log why new items are not shown to readers."""
    because = "the operator discarded it" if is_discarded else "it is older than `since` allows in a first reading"
    for record in records:
        logger.debug("item is kept from readers", because=because, source=source, uid=record.uid)


def log_known(plan: Reconciliation, known: Sequence[Known], log: LogPass, *, source: str, is_discarded: bool) -> None:
    """Log why known items are revised, renamed, withdrawn, unlisted or listed again. Call this before the log is
    changed.
    """
    if not logger.is_heard:
        return
    edited = dict((*plan.revised, *plan.renamed))
    said, before = log.items(list(edited)), {one.number: one for one in known}
    old = (
        "the operator discarded what its source lists now"
        if is_discarded
        else "the listing of its source ends above it"
    )
    no_more = "its source no longer lists it, and lists all items of its date"
    uids = log.uids([*edited, *plan.withdrawn, *plan.unlisted, *plan.relisted])
    drafts = {number: "its source calls it a draft now" for number, _ in plan.taken_back}
    for decision, reasons in (
        ("item is revised", {number: why_revised(before[number], said[number], item) for number, item in plan.revised}),
        ("item is renamed", {number: _why_renamed(before[number]) for number, _ in plan.renamed}),
        ("item is withdrawn", {number: drafts.get(number, no_more) for number in plan.withdrawn}),
        ("item is unlisted", dict.fromkeys(plan.unlisted, f"{old}; readers keep it")),
        ("item is listed again", dict.fromkeys(plan.relisted, "its source lists it again, unchanged")),
    ):
        for number, because in reasons.items():
            logger.debug(decision, because=because, source=source, uid=uids[number])


def log_unread(pairing: Pairing, plan: Reconciliation, log: LogPass, *, source: str) -> None:
    """Log why missing items stay: they may be among the listed items that could not be read."""
    if not (logger.is_heard and pairing.extent):
        return
    edited = dict((*plan.revised, *plan.renamed))
    missing = [old for old in pairing.known.values() if old.state is State.LISTED and old.number not in edited]
    for uid in log.uids([old.number for old in missing if pairing.extent.may_hold(old)]).values():
        because = "it is missing, and may be one that could not be read"
        logger.debug("item stays as it is", because=because, source=source, uid=uid)


def log_heirs(heirs: Mapping[int, Heir], log: LogPass, *, source: str) -> None:
    """Log why items pass to other sources (heirs), which still list them."""
    uids = log.uids(heirs) if logger.is_heard else {}
    for number, uid in uids.items():
        because = f"source {source!r} no longer lists it, and source {heirs[number].source!r} still does"
        logger.debug("item goes to another source", because=because, source=source, uid=uid)


def log_joined(joined: Sequence[tuple[int, Item]], log: LogPass, *, source: str, joined_by: str) -> None:
    """Log why listed items are copies of items of other sources."""
    uids = log.uids([number for number, _ in joined]) if logger.is_heard else {}
    for uid in uids.values():
        shared = {"id": "id", "link": "link"}.get(joined_by, "id, or the same link and title")
        because = f"another source listed it first, under the same {shared}"
        logger.debug("item is a copy", because=because, source=source, uid=uid)


def why_revised(old: Known, said: Item, item: Item) -> str:
    """Return why a known item is revised: the fields that differ, or that it had been withdrawn."""
    fields = [WORD_FOR.get(name, name) for name in changed_fields(said, item)]
    changed = f"changed: {', '.join(fields)}" if fields else ""
    if old.state is State.WITHDRAWN:
        return ", ".join(filter(None, ["it was withdrawn and is listed again", changed]))
    return changed or "its digest differs from the one in the store"


def _why_renamed(old: Known) -> str:
    return "it changed, but no reader sees it" if old.is_unseen else "only its id changed"
