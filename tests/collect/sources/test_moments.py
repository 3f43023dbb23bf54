"""Dates that were never set, and the forms of embargoes and expiries."""

from datetime import UTC, date, datetime

import pytest

from publisher.collect.sources.moments import date_of, embargo_of, expiry_of, says_date
from publisher.collect.sources.values import FieldError


@pytest.mark.parametrize(
    "never_set",
    [
        None,
        "",
        "0",
        0,
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0001-01-01",
        "0001-01-01T00:00:00Z",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "1970-01-01T00:00:00Z",
        "Thu, 01 Jan 1970 00:00:00 +0000",
        date.min,
    ],
)
def test_a_date_that_was_never_set_is_none(never_set: object) -> None:
    assert date_of(never_set) is None


@pytest.mark.parametrize("text", ["9999-12-31", "1066-10-14", "31 February 2024", "soon", ""])
def test_implausible_dates_are_refused(text: str) -> None:
    assert not says_date(text)
    assert says_date("4 March 2024")


@pytest.mark.parametrize(
    "text",
    [
        "4 March 2024, 17:00",
        "until 4 March 2024, 5 p.m.",
        "not before 4 March 2024, 17:00",
        "jusqu’au 4 mars 2024 à 17h",
        "tot 4 maart 2024, 17.00 uur",
        "bis 4. März 2024, 17 Uhr",
    ],
)
def test_an_embargo_may_begin_with_its_word(text: str) -> None:
    assert embargo_of(text) == expiry_of(text) == datetime.fromisoformat("2024-03-04T17:00")


@pytest.mark.parametrize("text", ["none", "no", "-", "n/a", "keine", "geen", "aucun", "0000-00-00"])
def test_there_may_be_no_embargo(text: str) -> None:
    assert embargo_of(text) is expiry_of(text) is None


@pytest.mark.parametrize("text", ["to be told", "after the vote", "31 February 2024"])
def test_an_embargo_that_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(FieldError, match="its embargo cannot be read"):
        embargo_of(text)


def test_the_end_of_a_day_is_exact() -> None:
    assert embargo_of("2024-03-04T24:00") == expiry_of("2024-03-04 24:00") == datetime.fromisoformat("2024-03-05T00:00")
    assert embargo_of("2024-03-04T24:00Z") == datetime(2024, 3, 5, tzinfo=UTC)
    assert (date_of("2024-03-04 24:00") or date.min).day == 4
