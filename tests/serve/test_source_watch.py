"""When each source was last read, and when it last answered."""

from datetime import timedelta

from publisher.model.reports import SourceReading
from publisher.serve.source_watch import SourceTimes, SourceWatch
from tests.world import NOW

LATER = NOW + timedelta(minutes=15)


def reading(source: str, *, has_answered: bool, later: bool = False) -> SourceReading:
    return SourceReading(source=source, at=LATER if later else NOW, has_answered=has_answered)


def test_a_source_that_fails_keeps_when_it_answered_last() -> None:
    watch = SourceWatch()
    assert {} == watch.times()

    watch.note([reading("news", has_answered=True), reading("partners", has_answered=False)])
    watch.note([reading("news", has_answered=False, later=True)])

    assert {
        "news": SourceTimes(asked_at=LATER, answered_at=NOW),
        "partners": SourceTimes(asked_at=NOW, answered_at=None),
    } == watch.times()
