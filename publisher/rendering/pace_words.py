"""Words for a pace (how often mails come) in subscribers' languages, such as `weekly`."""

from collections.abc import Callable, Iterable

from publisher.model.settings import Pace
from publisher.rendering.languages import translations
from publisher.rendering.schedule_words import words_of

DOMAIN = "letters"
_USUAL = ("hourly", "daily", "weekly", "monthly")


def pace_word(name: str, paces: Iterable[Pace], language: str) -> str:
    """Return the word that subscribers see for a pace, for the middle of a sentence; `paces` are the paces in
    config.toml.
    """
    pace = next((each for each in paces if each.name == name), None)
    return (pace and own_words(pace, language)) or _usual_word(name, translations(language, DOMAIN).gettext)


def _usual_word(name: str, gettext: Callable[[str], str]) -> str:
    """Return the word for a pace to which the operator gave no words."""
    match name:
        case "hourly":
            return gettext("hourly")
        case "daily":
            return gettext("daily")
        case "weekly":
            return gettext("weekly")
        case "monthly":
            return gettext("monthly")
        case _:
            return name.replace("-", " ")


def own_words(pace: Pace, language: str) -> str:
    """Return the operator's words for a pace in a language, or the pace's schedule in words; return an empty string if
    the pace's name is a usual one, such as `weekly`.
    """
    words = pace.words.get(language) or pace.words.get(language.partition("-")[0], "")
    if words or pace.name in _USUAL:
        return words
    return words_of(pace.schedule, language) or next(iter(pace.words.values()), "")
