"""What a visitor entered in a form, and the mistakes in it. Pure.

A form is untrusted: each value becomes a choice that exists, or a `Mistake`. A theme or pace that does not exist is
ignored, because it may have existed when the form was shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from publisher.model.schedules import instant_of, local_day
from publisher.model.settings import SubscriberSettings
from publisher.model.subscribers import EVERYTHING, LONGEST_PAUSE
from publisher.rendering.addresses import MAX_ADDRESS
from publisher.subscribers.reader_address import reader_address

NO = "no"
"""The value in a form for no mails of a theme."""
THEME_FIELD = "theme."
"""The beginning of the name of a theme's field, before the theme's slug."""
TRAP = "website"
"""The name of a field that people do not see and programs fill in."""
SHOWN = MAX_ADDRESS + 50
"""How many characters of an entered address are shown again."""


class Mistake(StrEnum):
    """A mistake in a form. Templates have the words for it."""

    NO_ADDRESS = "no address"
    BAD_ADDRESS = "bad address"
    LETTERS = "letters"
    """The part of the address before the @ has letters that few mail servers accept."""
    SAME_ADDRESS = "same address"
    """The new address that a subscriber entered is his present one."""
    NO_THEME = "no theme"
    STALE = "stale"
    """The form was sent too quickly, or was open for too long."""
    NO_DAY = "no day"
    PAST_DAY = "past day"
    LATE_DAY = "late day"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeForm:
    """The values of the form to subscribe."""

    email: str
    """The address as entered, cut to the length that a page may show again."""
    is_everything: bool
    """Whether everything is wanted, at one pace (how often mails come). If not, the themes in `themes` are wanted."""
    pace: str
    themes: Mapping[str, str]
    """The chosen paces (how often mails come), by the slugs of themes."""
    language: str
    """The language of the mails."""

    @property
    def choices(self) -> dict[str, str]:
        return {EVERYTHING: self.pace} if self.is_everything else dict(self.themes)

    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes in the form's values, in the order of the form's fields."""
        problem = address_mistake(self.email)
        return tuple(filter(None, (problem, None if self.choices else Mistake.NO_THEME)))


def first_order(settings: SubscriberSettings, *, language: str, theme: str = "") -> SubscribeForm:
    """Return the initial values of the form to subscribe: everything at the default pace (how often mails come), or
    only `theme` if the page of a theme led to the form.
    """
    pace = settings.default_pace
    themes = {theme: pace} if theme else {}
    return SubscribeForm(email="", is_everything=not theme, pace=pace, themes=themes, language=language)


def read_order(
    fields: Mapping[str, str],
    settings: SubscriberSettings,
    slugs: Collection[str],
    *,
    languages: Collection[str],
    language: str,
) -> SubscribeForm:
    """Return what was entered in the form to subscribe. `language` is the language of the page."""
    pace, wanted = fields.get("pace", ""), fields.get("language", "")
    return SubscribeForm(
        email=fields.get("email", "").strip()[:SHOWN],
        is_everything=fields.get("what") != "some",
        pace=pace if pace in settings.pace_names else settings.default_pace,
        themes=read_choices(fields, settings, slugs),
        language=wanted if wanted in languages else language,
    )


def read_choices(fields: Mapping[str, str], settings: SubscriberSettings, slugs: Collection[str]) -> dict[str, str]:
    """Return the chosen paces (how often to get mails), by theme or `EVERYTHING`. Themes and paces that do not exist
    are left out.
    """
    chosen = {slug: fields.get(f"{THEME_FIELD}{slug}", NO) for slug in slugs}
    return {slug: pace for slug, pace in chosen.items() if pace in settings.pace_names}


def read_changes(
    fields: Mapping[str, str], settings: SubscriberSettings, slugs: Collection[str], followed: Mapping[str, str]
) -> dict[str, str]:
    """Return the paces (how often to get mails) chosen on a subscriber's own page. A theme whose field is missing or
    invalid keeps the pace that it has in `followed`.
    """
    said = read_choices(fields, settings, slugs)
    left = {slug for slug in followed if fields.get(f"{THEME_FIELD}{slug}") == NO}
    return {slug: pace for slug, pace in {**followed, **said}.items() if slug not in left}


def address_mistake(email: str) -> Mistake | None:
    """Return the mistake in a mail address, or `None` if a letter can be sent to it."""
    local, _, domain = email.rpartition("@")
    if not email:
        return Mistake.NO_ADDRESS
    if local and domain and not local.isascii():
        return Mistake.LETTERS
    try:
        reader_address(email)
    except ValueError:
        return Mistake.BAD_ADDRESS
    return None


def read_pause(text: str, *, timezone: str, now: datetime) -> datetime | Mistake | None:
    """Return until when to send no mail, in UTC: the first instant of the day in `text`. Return `None` if `text` asks
    for no pause, or a `Mistake` if it is wrong.
    """
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return Mistake.NO_DAY
    today = local_day(now, timezone)
    if day <= today:
        return Mistake.PAST_DAY
    if day - today > LONGEST_PAUSE:
        return Mistake.LATE_DAY
    return instant_of(datetime.combine(day, time()), timezone)
