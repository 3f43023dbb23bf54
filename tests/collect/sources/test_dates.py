"""Dates as people write them."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.sources.dates import DateError, read_beside, read_date

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("10 February 2022", date(2022, 2, 10)),
        ("01 July 2021", date(2021, 7, 1)),
        ("February 10, 2022", date(2022, 2, 10)),
        ("Thursday, 10 February 2022", date(2022, 2, 10)),
        ("the 3rd of May 2020", date(2020, 5, 3)),
        ("25 octobre 2019", date(2019, 10, 25)),
        ("1er mars 2021", date(2021, 3, 1)),
        ("le lundi 3 mai 2021", date(2021, 5, 3)),
        ("1 AOÛT 2020", date(2020, 8, 1)),
        ("1 aout 2020", date(2020, 8, 1)),
        ("10 déc. 2020", date(2020, 12, 10)),
        ("2 mei 2018", date(2018, 5, 2)),
        ("2de maart 2018", date(2018, 3, 2)),
        ("3. März 2020", date(2020, 3, 3)),
        ("3.März 2020", date(2020, 3, 3)),
        ("am 3. März 2020", date(2020, 3, 3)),
        ("Montag, den 3. Februar 2020", date(2020, 2, 3)),
        ("2022-02-10", date(2022, 2, 10)),
        ("10.02.2022", date(2022, 2, 10)),
        ("10/2/2022", date(2022, 2, 10)),
    ],
)
def test_a_date_is_read(written: str, meant: date) -> None:
    assert read_date(written) == meant


@pytest.mark.parametrize("language", MONTHS)
@given(day=st.dates(min_value=date(1000, 1, 1)))
def test_every_month_of_every_language_is_read(language: str, day: date) -> None:
    month = MONTHS[language].split()[day.month - 1]

    assert read_date(f"{day.day} {month} {day.year}") == day


@given(day=st.dates(min_value=date(1000, 1, 1)))
def test_an_iso_date_is_read(day: date) -> None:
    assert read_date(day.isoformat()) == day


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("31 February 2022", "no such day"),
        ("February 30, 2022", "no such day"),
        ("2022-13-01", "no such day"),
        ("0 mars 2021", "no such day"),
        ("8 Febuary 2022", "'Febuary' is no month"),
        ("10 February 202", "four digits"),
        ("10 February 20222", "four digits"),
        ("0000-01-01", "four digits"),
        ("février 2022", "the day is missing"),
    ],
)
def test_what_is_written_like_a_date_but_is_none_is_told_apart(written: str, problem: str) -> None:
    """Taken for text, it would end up in another item."""
    with pytest.raises(DateError, match=problem):
        read_date(written)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2022",
        "On 10 June 2021, the agency published its report",
        "Deadline 10 February 2022",
        "10 February 2022 in Brussels",
        "10 or 11 February 2022",
        "Covid 19 2021",
        "1.10.3",
        "10.02.22",
        "11:00-13:00 CEST",
        "0470 12 34 56",
        "10 February 2022 " * 1_000,
    ],
)
def test_other_text_is_no_date(written: str) -> None:
    assert read_date(written) is None


@given(
    st.from_regex(r"([a-z]{2,4} )?[0-9]{1,3}[-./ ][0-9a-z]{1,9}[-./ ][0-9]{1,6}", fullmatch=True) | st.text(max_size=60)
)
def test_any_text_is_a_date_or_none_or_a_problem(text: str) -> None:
    with suppress(DateError):
        day = read_date(text)
        assert day is None or day.year >= 1000


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("12 March 2025 – a title", date(2025, 3, 12)),
        ("12 mars 2025: un titre : avec deux points", date(2025, 3, 12)),
        ("A title (12.03.2025)", date(2025, 3, 12)),
        ("Nieuws | 12 maart 2025", date(2025, 3, 12)),
        ("Posted on 12 March 2025", date(2025, 3, 12)),
        ("Mis en ligne le 12 mars 2025", date(2025, 3, 12)),
        ("Veröffentlicht am 12. März 2025", date(2025, 3, 12)),
        ("12. März 2025, 10:30 Uhr", date(2025, 3, 12)),
        ("In the winter of 2025 the ferry did not sail on one single day, and on 12 March 2025 it did", None),
        ("a title without a date", None),
        ("", None),
    ],
)
def test_dates_beside_other_words(line: str, meant: date | None) -> None:
    assert read_beside(line) == meant
