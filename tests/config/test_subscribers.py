"""[subscribers]: values and mistakes."""

from pathlib import Path

import pytest

from publisher.config.config import Config
from publisher.model.errors import ConfigError
from publisher.model.schedules import Schedule
from publisher.model.settings import Pace, SubscriberSettings
from publisher.model.site import Mailbox
from tests.config.test_config import SMALLEST

LEAST = (
    'from = "Harbour news <news@example.org>"',
    'privacy_url = "https://example.org/privacy"',
    'postal_address = "Quay 1, 1000 Brussels"',
)


def load(folder: Path, *lines: str, smtp: str = '[smtp]\nhost = "localhost"') -> SubscriberSettings | None:
    (folder / "config.toml").write_text("\n".join([SMALLEST, smtp, "[subscribers]", *lines]), "utf-8")
    return Config.load(folder / "config.toml", environ={}).subscribers


def test_a_site_without_any_of_its_keys_has_no_subscribers(tmp_path: Path) -> None:
    assert load(tmp_path) is None


def test_the_least_that_can_be_said_has_three_paces(tmp_path: Path) -> None:
    found = load(tmp_path, *LEAST)

    assert found is not None
    assert ("daily", "weekly", "monthly") == found.pace_names
    assert "weekly" == found.default_pace
    assert Mailbox(name="Harbour news", address="news@example.org") == found.from_


def test_paces_are_the_operators_own(tmp_path: Path) -> None:
    found = load(tmp_path, *LEAST, 'paces = { often = "0 * * * *" }', 'default_pace = "often"')

    assert found is not None
    assert (Pace(name="often", schedule=Schedule.parse("0 * * * *", "Europe/Brussels")),) == found.paces


def test_paces_have_words_of_the_operators(tmp_path: Path) -> None:
    found = load(tmp_path, *LEAST, 'pace_words = { weekly = { en = "on Mondays", fr-BE = "le lundi" } }')

    assert found is not None
    assert [{}, {"en": "on Mondays", "fr-BE": "le lundi"}, {}] == [dict(pace.words) for pace in found.paces]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (LEAST[1:], "subscribers.from: expected who sends the mails, but it is missing"),
        ((LEAST[0], LEAST[2]), "subscribers.privacy_url: expected the address of a page"),
        (LEAST[:2], "subscribers.postal_address: expected your address"),
        ((*LEAST, 'default_pace = "dayly"'), "there is no pace 'dayly' in subscribers.paces; did you mean daily?"),
        ((*LEAST, 'paces = { weekly = "at eight" }'), "subscribers.paces.weekly: "),
        ((*LEAST, 'paces = { no = "0 8 * * *" }'), "subscribers.paces.no: 'no' means no mails"),
        ((*LEAST, "paces = {}"), "subscribers.paces: expected a table of names"),
        (
            (*LEAST, 'pace_words = { weakly = { en = "x" } }'),
            "no pace 'weakly' in subscribers.paces; did you mean weekly?",
        ),
        ((*LEAST, 'pace_words = { weekly = "on Mondays" }'), "pace_words.weekly: expected a table of words"),
        ((*LEAST, "max_items = 0"), "subscribers.max_items: expected a number from 1 to 200"),
    ],
)
def test_each_wrong_value_is_named(tmp_path: Path, lines: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, *lines)

    assert problem in str(error.value)
    assert 1 == len(str(error.value).splitlines())


def test_all_wrong_paces_are_named(tmp_path: Path) -> None:
    lines = (
        'paces = { daily = "8", Weekly = "0 8 * * MON", weekly = 5 }',
        'pace_words = { Daily = { en = "", english = "x" }, weekly = { fr = 5 } }',
    )

    with pytest.raises(ConfigError) as error:
        load(tmp_path, *LEAST, *lines)

    fields = "five fields (minute, hour, day of month, month, day of week)"
    name = "a name of lower-case letters, digits and single hyphens, at most 60"
    schedule = "a cron line such as 0 8 * * MON, or RRULE: and a rule of RFC 5545"
    assert (
        f"subscribers.paces.Weekly: expected {name}, got 'Weekly'; did you mean weekly?",
        f"subscribers.paces.daily: expected {fields}, got 1 in '8'",
        f"subscribers.paces.weekly: expected {schedule}, got 5",
        f"subscribers.pace_words.Daily: expected {name}, got 'Daily'; did you mean daily?",
        "subscribers.pace_words.Daily.english: expected a language tag such as en or fr-BE, got 'english'",
        "subscribers.pace_words.Daily.en: expected a text on one line, but it is empty",
        "subscribers.pace_words.weekly.fr: expected a text on one line, got 5",
    ) == error.value.problems


def test_subscribers_need_a_mail_server(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"subscribers: expected smtp\.host as well"):
        load(tmp_path, *LEAST, smtp="")
