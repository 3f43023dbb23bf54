"""Readers are told when an item was added long after its date."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from publisher.model.lateness import late_day_of
from tests.values import record


@pytest.mark.parametrize(
    ("added_at", "late"),
    [
        (datetime(2026, 2, 2, 22, 59, tzinfo=UTC), None),  # 30 days later in Brussels
        (datetime(2026, 2, 2, 23, 0, tzinfo=UTC), date(2026, 2, 3)),
        (datetime(2025, 12, 1, tzinfo=UTC), None),
        (None, None),  # added with a whole archive
    ],
)
def test_an_item_is_late_if_it_is_dated_more_than_thirty_days_before(
    added_at: datetime | None, late: date | None
) -> None:
    dated = record("News.")
    dated = replace(dated, item=replace(dated.item, date=date(2026, 1, 3)), added_at=added_at)

    assert late == late_day_of(dated, timezone="Europe/Brussels")
