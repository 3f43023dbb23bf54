"""Dates and times as people and machines write them."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.sources.dates import DateError, read_beside, read_line, read_moment, read_number, round_up

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
        ("Donnerstag, 10.02.2022", date(2022, 2, 10)),
        ("Do., 10.02.2022", date(2022, 2, 10)),
        ("jeudi 10/02/2022", date(2022, 2, 10)),
        ("jeu. 10 févr. 2022", date(2022, 2, 10)),
        ("vr 11 febr. 2022", date(2022, 2, 11)),
        ("10. 02. 2022", date(2022, 2, 10)),
        ("10 - 2 - 2022", date(2022, 2, 10)),
        ("10-Feb-2022", date(2022, 2, 10)),
        ("2022 February 10", date(2022, 2, 10)),
        ("2022/2/10", date(2022, 2, 10)),
        ("10 février 2022 :", date(2022, 2, 10)),
        ("10 February 2022 (Thursday)", date(2022, 2, 10)),
        ("1ᵉʳ février 2022", date(2022, 2, 1)),
        ("1º mars 2022", date(2022, 3, 1)),
        ("10\u00a0février\u202f2022", date(2022, 2, 10)),
        ("Mar 8 2022", date(2022, 3, 8)),
        ("mar. 8 mars 2022", date(2022, 3, 8)),
        ("Sat, 10/01/2022", date(2022, 10, 1)),
        ("Mon 10/01/2022", date(2022, 1, 10)),
        ("Sa, 10.01.2022", date(2022, 1, 10)),
        ("10 02 2022", date(2022, 2, 10)),
        ("February, 10 2022", date(2022, 2, 10)),
        ("10 February 2022.", date(2022, 2, 10)),
        ("[10 February 2022]", date(2022, 2, 10)),
        ("« 10 février 2022 »", date(2022, 2, 10)),
        ("**10 February 2022**", date(2022, 2, 10)),
        ("## 10 February 2022", date(2022, 2, 10)),
        ("--- 10.02.2022 ---", date(2022, 2, 10)),
        ("10\u200b February\u00ad 2022", date(2022, 2, 10)),
        ("29 February 2024", date(2024, 2, 29)),
        ("Thursday,February 10,2022", date(2022, 2, 10)),
    ],
)
def test_a_date_is_read(written: str, meant: date) -> None:
    assert read_line(written) == meant


@pytest.mark.parametrize(
    "words",
    [
        "Date: {}",
        "Datum: {}",
        "Date : {}",
        "Posted on {}",
        "Published: {}",
        "Last updated on {}",
        "Date of publication: {}",
        "Date/Time: {}",
        "Publié le {}",
        "Mis en ligne le {}",
        "Dernière mise à jour : {}",
        "Gepubliceerd op {}",
        "Laatst bijgewerkt op {}",
        "Veröffentlicht am {}",
        "Zuletzt aktualisiert am {}",
        "Stand: {}",
        "{} (updated)",
        "{}, updated 11.02.2022",
        "Published {}, updated on 11 February 2022",
        "{} (mis à jour le 11.02.2022)",
        "{} (morning)",
        "{}, evening",
        "{} (matin)",
        "{} 's ochtends",
        "{}, vormittags",
        "{}, midnight",
        "{} à minuit",
    ],
)
def test_words_around_a_date_say_what_it_is(words: str) -> None:
    assert read_line(words.format("10.02.2022")) == date(2022, 2, 10)


@pytest.mark.parametrize(
    ("words", "hour"),
    [
        ("{}, noon", 12),
        ("{} à midi", 12),
        ("{}, 9 o'clock", 9),
        ("{} at 9 o’clock", 9),
        ("{}, 9 o'clock in the morning", 9),
        ("{} um 3 Uhr nachmittags", 15),
        ("{} om 12 uur 's middags", 12),
        ("{} om 12 uur 's nachts", 0),
        ("{} à 11 heures du soir", 23),
        ("{}, 14 Uhr 00", 14),
        ("{}, 14:00 local time", 14),
        ("{} um 14 Uhr Ortszeit", 14),
        ("Published on {} at 2 p.m.", 14),
    ],
)
def test_times_of_the_day_in_words(words: str, hour: int) -> None:
    assert read_line(words.format("10.02.2022")) == datetime.fromisoformat(f"2022-02-10T{hour:02}:00")


@pytest.mark.parametrize("written", ["2022-02-10T24:00", "2022-02-10 24:00:00", "10.02.2022, 24:00"])
def test_the_end_of_a_day_is_still_that_day(written: str) -> None:
    moment = read_line(written)

    assert isinstance(moment, datetime)
    assert moment.date() == date(2022, 2, 10)
    assert round_up(moment) == datetime.fromisoformat("2022-02-11T00:00")


def test_with_a_zone_the_end_of_a_day_and_a_leap_second_are_instants() -> None:
    assert read_line("2022-02-10T24:00:00Z") == datetime(2022, 2, 11, tzinfo=UTC)
    assert read_line("10 February 2022, 24:00 CET") == datetime(2022, 2, 10, 23, tzinfo=UTC)
    assert read_line("2016-12-31T23:59:60Z") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert read_line("Thu, 10 Feb 2022 24:00:00 GMT") == datetime(2022, 2, 11, tzinfo=UTC)
    assert read_line("Wed, 01 Mai 2024 10:00:00 +0200") == datetime(2024, 5, 1, 8, tzinfo=UTC)
    assert read_line("Sat, 31 Dec 2016 23:59:60 GMT") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("language", MONTHS)
@given(day=st.dates(min_value=date(1000, 1, 1)))
def test_every_month_of_every_language_is_read(language: str, day: date) -> None:
    month = MONTHS[language].split()[day.month - 1]

    assert read_line(f"{day.day} {month} {day.year}") == day


AT_TEN = datetime.fromisoformat("2022-02-10T10:00")
BRUSSELS_AT_TEN = datetime(2022, 2, 10, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "10 February 2022, 10:00",
        "10 February 2022 at 10 a.m.",
        "February 10, 2022 10:00 AM",
        "10/02/2022 - 10:00",
        "Jeudi, 10 Février, 2022 - 10:00",
        "le jeudi 10 février 2022 à 10 h",
        "10 février 2022 à 10h00",
        "10 février 2022 | 10 h 00 min",
        "à 10h le 10 février 2022",
        "do 10 feb 2022 10:00",
        "10 februari 2022, 10.00 uur",
        "10 februari 2022 om 10u00",
        "10.02.2022, 10.00 Uhr",
        "Donnerstag, den 10. Februar 2022 um 10 Uhr",
        "10.00 Uhr, Donnerstag, 10. Februar 2022",
        "Thu Feb 10 10:00:00 2022",
        "2022/2/10 10:00:00",
        "2022-02-10 10:00",
        "2022-02-10T10:00:00.000",
        "20220210T100000",
    ],
)
def test_a_time_without_a_zone_has_none(written: str) -> None:
    assert read_line(written) == AT_TEN


@pytest.mark.parametrize(
    "written",
    [
        "Thu, 10 Feb 2022 10:00:00 +0100",
        "Thu, 10 Feb 22 10:00:00 +0100",
        "Thu, 10 Feb 2022 09:00:00 GMT",
        "Thu, 10 Feb 2022 09:00:00 -0000",
        "Thu, 10 Feb 2022 04:00:00 EST",
        "Thu, 10 Feb 2022 10:00:00 CET",
        "jeu., 10 févr. 2022 10:00:00 +0100",
        "Do, 10 Feb 2022 10:00:00 MEZ",
        "Thu, 10 Feb 2022 11:00:00 EET",
        "Thu, 10 Feb 2022 09:00:00 WET",
        "Thu, 10 Feb 2022 10:00:00 AM CET",
        "Thu, 10 Feb 2022 10:00:00 GMT+1",
        "Thursday, 10-Feb-2022 10:00:00 UTC+01:00",
        "Thu Feb 10 10:00:00 CET 2022",
        "Thu Feb 10 2022 10:00:00 GMT+0100 (Central European Standard Time)",
        "10/Feb/2022:10:00:00 +0100",
        "10. Februar 2022, 10 Uhr (MEZ)",
        "10 February 2022 10:00 Europe/Brussels",
        "2022-02-10T10:00:00+01:00",
        "2022-02-10T10:00:00+0100",
        "2022-02-10 09:00:00Z",
        "2022-02-10t09:00z",
        "2022-02-10T10:00:00[Europe/Brussels]",
        "2022-02-10T10:00:00+01:00[Europe/Brussels]",
        "2022-02-10T10:00:00 CET",
        "2022-02-10T10:00 MEZ",
        "2022-02-10 10:00:00 +0100 CET",
        "Thu,10 Feb 2022 10:00:00 +0100",
        "don, 10 feb 2022 10:00:00 +0100",
        "2022-02-10T10:00:00 Europe/Brussels",
    ],
)
def test_a_time_with_a_zone_is_an_instant(written: str) -> None:
    assert read_line(written) == BRUSSELS_AT_TEN


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("CEST", 2), ("MESZ", 2), ("BST", 1), ("WEST", 1), ("EEST", 3), ("MSK", 3), ("PDT", -7), ("UT", 0), ("Z", 0)],
)
def test_a_zone_means_what_its_name_says(zone: str, hours: int) -> None:
    meant = datetime(2022, 7, 10, 10, tzinfo=UTC) - timedelta(hours=hours)

    assert read_line(f"Sun, 10 Jul 2022 10:00:00 {zone}") == meant


@given(moment=st.datetimes(min_value=datetime.fromisoformat("1000-01-01")))
def test_an_iso_moment_is_read(moment: datetime) -> None:
    assert read_line(moment.isoformat()) == moment


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1644483600", BRUSSELS_AT_TEN),
        ("1644483600000", BRUSSELS_AT_TEN),
        ("/Date(1644483600000)/", BRUSSELS_AT_TEN),
        ("/Date(1644483600000+0100)/", BRUSSELS_AT_TEN),
        ("Thursday, 10-Feb-22 09:00:00 GMT", BRUSSELS_AT_TEN),
        ("1644483600.0", BRUSSELS_AT_TEN),
        ("20220210", date(2022, 2, 10)),
        ("20220210100000", AT_TEN),
        ('<time datetime="2022-02-10T10:00:00+01:00">Thu, 02/10/2022 - 10:00</time>', BRUSSELS_AT_TEN),
        ("<span>10 f&eacute;vrier 2022&nbsp;</span>", date(2022, 2, 10)),
        ("10 February 2022", date(2022, 2, 10)),
    ],
)
def test_dates_in_fields_are_read(written: str, meant: date) -> None:
    assert read_moment(written) == meant


@pytest.mark.parametrize("number", [0, 7, 44602, 99_999_999_999, 10**14, 20221310, 10**400])
def test_a_number_that_is_no_date(number: int) -> None:
    """Excel stores a day as such a number."""
    with pytest.raises(DateError, match="is no date"):
        read_number(number)


@given(day=st.dates(min_value=date(1000, 1, 1)))
def test_an_iso_date_is_read(day: date) -> None:
    assert read_line(day.isoformat()) == day


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
        ("10 February", "the year is missing"),
        ("Thursday 10.2.", "the year is missing"),
        ("10.02.22", "four digits"),
        ("10 Feb '22", "four digits"),
        ("10–12 February 2022", "not understood"),
        ("10 February 2022 – 12 February 2022", "not understood"),
        ("Thursday, 10 Febuary 2022, 10:00", "'Febuary' is no month"),
        ("02/13/2022", "no such day"),
        ("10 February 2022, 10:00 IST", "'IST' is no time zone"),
        ("10 February 2022, 10:00 Europe/Brussel", "Brussel"),
        ("10 February 2022, 25:00", "hour"),
        ("2022-02-10T25:00:00Z", "hour"),
        ("10 February 2022, 10:00 +99:00", "no time zone"),
        ("4 to 6 March 2024", "not understood"),
        ("du 4 au 6 mars 2024", "not understood"),
        ("van 4 tot 6 maart 2024", "not understood"),
        ("vom 4. bis 6. März 2024", "not understood"),
        ("04.-06.03.2024", "not understood"),
        ("04.03.2024 - 06.03.2024", "not understood"),
        ("4 and 5 March 2024", "not understood"),
        ("the sixth of March 2024", "not understood"),
        ("6.III.2024", "no month"),
        ("6 de marzo de 2024", "'marzo' is no month"),
        ("2024年3月6日", "not understood"),
        ("Marhc 6, 2024", "'Marhc' is no month"),
        ("Posted on 6 March", "the year is missing"),
        ("29 February 2023", "no such day"),
        ("2024-3-6 9:5", "not understood"),
        ("3/25/2024", "the day comes before the month"),
        ("Mon, 01 Jan 0001 00:00:00 +0000", "four digits"),
    ],
)
def test_unreadable_dates_are_distinguished_from_text(written: str, problem: str) -> None:
    """A line of text belongs to the item above it; a line with an unreadable date must not be taken for text."""
    with pytest.raises(DateError, match=problem):
        read_line(written)


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
        "Thursday 10 February, 10:00",
        "May I",
        "11:00-13:00 CEST",
        "0470 12 34 56",
        "Until 10 February 2022",
        "6 March 2024 was a good day for the harbour.",
        "Le 6 mars 2024, la ministre",
        "06.03",
        "2024-03",
        "20240306",
        "today",
        "Date: to be told",
        "10 February 2022 " * 1_000,
    ],
)
def test_other_text_is_no_date(written: str) -> None:
    assert read_line(written) is None


@given(
    st.from_regex(r"([a-z]{2,4} )?[0-9]{1,3}[-./ ][0-9a-z]{1,9}[-./ ][0-9]{1,6}", fullmatch=True) | st.text(max_size=60)
)
def test_any_text_is_a_date_or_none_or_a_problem(text: str) -> None:
    with suppress(DateError):
        day = read_line(text)
        assert day is None or day.year >= 1000
    with suppress(DateError):
        assert read_moment(text).year >= 1


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
        ("12. März 2025, 10:30 Uhr", datetime.fromisoformat("2025-03-12T10:30")),
        ("In the winter of 2025 the ferry did not sail on one single day, and on 12 March 2025 it did", None),
        ("a title without a date", None),
        ("", None),
    ],
)
def test_dates_beside_other_words(line: str, meant: date | None) -> None:
    assert read_beside(line) == meant


@pytest.mark.parametrize("tag", ["<p ", "<time ", "<time datetime"])
def test_a_long_text_of_unclosed_tags_is_no_date_and_takes_no_time(tag: str) -> None:
    """If each tag were searched to the end of the text, this would take minutes."""
    with pytest.raises(DateError):
        read_moment(tag * 200_000)
