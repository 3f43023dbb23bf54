"""Reads sources, several at a time. The store is neither read nor written."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from publisher.collect.condition import check_not_empty
from publisher.collect.rules import CollectRules, OnSuspicion
from publisher.collect.sources.base import Fetch, Source
from publisher.model.errors import SourceError
from publisher.model.sources import Filter
from publisher.store import SourceState

_MARK = "policy-"
_USUAL = (Filter(), Filter(), "wait", None, False)
"""The default values of those settings of a source that decide which of its items are published."""
_AT_ONCE = 8
"""How many sources are read at a time; most of the time is spent waiting."""


class Reading(NamedTuple):
    """One reading of a source: its items, or an error."""

    source: str
    state: SourceState
    """What was known about the source before the reading."""
    outcome: Fetch | SourceError
    """What the source gave, its items as a tuple; or the error with which the reading failed."""


def read_sources(due: Sequence[tuple[Source, SourceState]], *, rules: CollectRules, now: datetime) -> Iterator[Reading]:
    """Read the sources and yield a reading of each, in their order."""
    if len(due) <= 1:
        yield from (_read_source(source, state, rules, now) for source, state in due)
        return
    readers = ThreadPoolExecutor(min(len(due), _AT_ONCE), thread_name_prefix="source")
    try:
        yield from readers.map(lambda one: _read_source(one[0], one[1], rules, now), due)
    finally:
        # After the last reading nobody needs the threads; after Ctrl-C a slow server may keep one busy for a minute.
        readers.shutdown(wait=False, cancel_futures=True)


def _read_source(source: Source, state: SourceState, rules: CollectRules, now: datetime) -> Reading:
    # The held listing is known: only a different one is worth a look. When the operator decides, it is read again.
    is_decided = rules.on_suspicion is not OnSuspicion.HOLD
    validator = state.validator if is_decided else state.held_validator or state.validator
    mark = _mark_of(rules, source.name)
    outcome: Fetch | SourceError
    try:
        outcome = source.fetch(validator=_without_mark(validator, mark), now=now)
        outcome = replace(outcome, validator=mark + outcome.validator)
        if not outcome.is_unchanged:
            items = tuple(outcome.items)
            check_not_empty(source.name, (*items, *outcome.withheld), state)
            outcome = replace(outcome, items=items)
    except SourceError as error:
        outcome = error
    return Reading(source=source.name, state=state, outcome=outcome)


def is_policy_new(validator: str, rules: CollectRules, source: str) -> bool:
    """Whether a source was last read under another policy (`rules` may have changed since): the same listing may then
    mean something else now.
    """
    return bool(validator) and not _without_mark(validator, _mark_of(rules, source))


def _mark_of(rules: CollectRules, source: str) -> str:
    """Return the mark of a source's policy, with which its stored validator begins; an empty string for the default
    policy.

    Under another policy the same listing shows other items, or shows them at another time.
    """
    policy = rules.policies[source]
    said: tuple[object, ...] = (
        *(policy.only, policy.exclude, policy.future, policy.settle),
        policy.keep_tracking,
    )
    if said == _USUAL:
        return ""
    if policy.only.themes or policy.exclude.themes:
        said = (*said, rules.gathering.theme_map)
    return f"{_MARK}{sha256(repr(said).encode()).hexdigest()[:12]} "


def _without_mark(validator: str, mark: str) -> str:
    """Return the source's own validator from a stored one; return an empty string if the stored one has another
    policy's mark.
    """
    is_marked = validator.startswith(_MARK)
    return validator.removeprefix(mark) if validator.startswith(mark) and is_marked == bool(mark) else ""
