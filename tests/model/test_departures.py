"""What follows from all lines about an address in the file of departures."""

from datetime import UTC, datetime, timedelta

from publisher.model.departures import Departure, DepartureKind, Standing, SuppressionKind, standings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def line(kind: DepartureKind, hours: int, suppression: SuppressionKind | None = None, mark: str = "ada") -> Departure:
    return Departure(at=NOON + hours * HOUR, kind=kind, mark=mark, suppression=suppression)


def test_the_last_word_counts() -> None:
    left, returned, erased = DepartureKind.LEFT, DepartureKind.RETURNED, DepartureKind.ERASED

    assert {"ada": Standing(left_at=NOON)} == standings([line(left, 0)])
    assert {"ada": Standing()} == standings([line(left, 0), line(returned, 1)])
    assert {"ada": Standing(left_at=NOON, erased_at=NOON)} == standings([line(erased, 0)])
    assert {"ada": Standing(erased_at=NOON)} == standings([line(erased, 0), line(returned, 1)])
    assert {"ada": Standing(left_at=NOON), "ben": Standing()} == standings(
        [line(left, 0), line(returned, 1, mark="ben")]
    )


def test_each_kind_of_suppression_is_lifted_separately() -> None:
    made, lifted = DepartureKind.SUPPRESSED, DepartureKind.LIFTED
    bounces, complaint = SuppressionKind.BOUNCES, SuppressionKind.COMPLAINT

    both = [line(made, 0, bounces), line(made, 1, complaint), line(made, 2, complaint)]

    assert {"ada": Standing(suppressions={bounces: NOON, complaint: NOON + HOUR})} == standings(both)
    assert {"ada": Standing(suppressions={complaint: NOON + HOUR})} == standings([*both, line(lifted, 3, bounces)])
