"""The effects of decisions about a source whose listing is held, as an editor sees them."""

from datetime import UTC, datetime

import pytest

from publisher.admin.source_overview import DecisionEffect, held_of, outcome_of
from publisher.collect.rules import OnSuspicion
from publisher.model.sources import HeldChange, HoldReason
from publisher.store import SourceState

CHANGE = HeldChange(added=3, revised=4, withdrawn=5, new=("A new one",), gone=("One that is gone",))


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [
        (OnSuspicion.RELEASE, DecisionEffect(added=3, revised=4, withdrawn=5)),
        (OnSuspicion.DISCARD, DecisionEffect(never_shown=3, not_revised=4, kept=5)),
        (OnSuspicion.HOLD, DecisionEffect()),
    ],
)
def test_each_decision_says_what_it_would_do_to_readers(decision: OnSuspicion, outcome: DecisionEffect) -> None:
    assert outcome_of(CHANGE, decision) == outcome


def test_a_source_that_is_not_held_waits_for_no_decision() -> None:
    assert held_of(SourceState(listed=3, changed_at=datetime(2026, 3, 2, tzinfo=UTC))) is None


def test_a_held_source_says_why_and_what_it_is_about() -> None:
    state = SourceState(
        hold_reason=HoldReason.LOSS,
        held="5 of the 8 items it had are gone",
        held_added=3,
        held_revised=4,
        held_withdrawn=5,
        held_new=("A new one",),
        held_gone=("One that is gone",),
    )

    held = held_of(state)

    assert held is not None
    assert (held.reason, held.words, held.change) == (HoldReason.LOSS, state.held, CHANGE)
    assert (held.release.withdrawn, held.discard.kept) == (5, 5)
