"""Schedules in words."""

import pytest

from publisher.model.schedules import Schedule
from publisher.rendering.schedule_words import words_of


def said(expression: str, language: str = "en") -> str:
    return words_of(Schedule.parse(expression, "Europe/Brussels"), language)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 8 * * MON", "every Monday at 8:00"),
        ("30 16 * * 0", "every Sunday at 16:30"),
        ("0 8 * * 7", "every Sunday at 8:00"),
        ("5 8 * * *", "every day at 8:05"),
        ("0 8 * * 1-5", "from Monday to Friday at 8:00"),
        ("0 8 * * mon-fri", "from Monday to Friday at 8:00"),
        ("0 8 * * TUE#1", "on the first Tuesday of each month at 8:00"),
        ("RRULE:FREQ=WEEKLY;BYDAY=WE;BYHOUR=9;BYMINUTE=15", "every Wednesday at 9:15"),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=8", "every other Monday at 8:00"),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=8 EXDATE:20261228", "every Monday at 8:00"),
    ],
)
def test_usual_schedules_are_said(expression: str, words: str) -> None:
    assert words == said(expression)


@pytest.mark.parametrize(
    "expression",
    [
        *("*/15 * * * *", "0 8,16 * * MON", "0 8 1 * *", "0 8 1 * MON", "0 8 * 3 MON", "0 8 * * MON,THU", "0 8 * * 5L"),
        *("0 8 * * MON#2", "@daily", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=8", "RRULE:FREQ=MONTHLY;BYDAY=1MO;BYHOUR=8"),
        *("RRULE:FREQ=WEEKLY;INTERVAL=3;BYDAY=MO;BYHOUR=8", "RRULE:FREQ=WEEKLY;BYDAY=MO"),
    ],
)
def test_nothing_is_said_of_others_rather_than_something_wrong(expression: str) -> None:
    assert "" == said(expression)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "chaque lundi à 8:00"),
        ("nl", "elke maandag om 8:00 uur"),
        ("de", "jeden Montag um 8:00 Uhr"),
        ("de-AT", "jeden Montag um 8:00 Uhr"),
        ("ar", "every Monday at 8:00"),
    ],
)
def test_it_is_said_in_the_language_of_the_page_or_english(language: str, words: str) -> None:
    assert words == said("0 8 * * MON", language)
