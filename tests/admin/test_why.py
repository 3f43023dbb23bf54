"""What `publisher why` says about an item for each subscription."""

from datetime import UTC, datetime

import pytest

from publisher.admin.why import Relation, relation_of
from publisher.model.rounds import ItemEntry
from publisher.model.subscribers import Subscription, SubscriptionState
from publisher.subscribers.rule import Follow, Window, share_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENTRY = ItemEntry(number=1, added_seq=5, themes={"asylum": 5, "borders": 9}, left={"quays": 6})


def subscription(theme: str, start: int, cursor: int, *, is_active: bool = True) -> Subscription:
    return Subscription(
        number=1,
        theme=theme,
        pace="daily",
        state=SubscriptionState.ACTIVE if is_active else SubscriptionState.ENDED,
        start=start,
        cursor=cursor,
        since=NOON,
    )


@pytest.mark.parametrize(
    ("theme", "start", "cursor", "is_active", "relation"),
    [
        ("ferries", 0, 0, True, Relation.OTHER),
        ("quays", 4, 5, True, Relation.OTHER),
        ("quays", 4, 6, True, Relation.DEALT),
        ("asylum", 5, 5, True, Relation.OLDER),
        ("borders", 5, 5, True, Relation.OLDER),
        ("asylum", 4, 5, True, Relation.DEALT),
        ("asylum", 4, 5, False, Relation.DEALT),
        ("*", 4, 5, True, Relation.DEALT),
        ("*", 4, 4, True, Relation.DUE),
        ("borders", 4, 8, True, Relation.DUE),
        ("borders", 4, 9, True, Relation.DEALT),
        ("asylum", 4, 4, False, Relation.TOO_LATE),
    ],
)
def test_why_agrees_with_what_rounds_send(
    theme: str, start: int, cursor: int, *, is_active: bool, relation: Relation
) -> None:
    assert relation is relation_of(subscription(theme, start, cursor, is_active=is_active), ENTRY)

    share = share_of([Follow(theme, start, cursor, is_due=is_active)], Window([ENTRY], upto=9), limit=9)
    assert (relation is Relation.DUE) == bool(share.items)
