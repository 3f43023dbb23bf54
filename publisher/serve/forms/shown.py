"""The values that templates of forms show, made from people's choices. In: values. Out: values for templates."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from publisher.model.schedules import Schedule, local_day
from publisher.model.settings import SubscriberSettings
from publisher.model.subscribers import EVERYTHING, Choices, Subscriber, Subscription
from publisher.model.themes import Theme
from publisher.rendering.text import scrub
from publisher.serve.forms.entered import NO, THEME_FIELD
from publisher.subscribers.rates import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many items or mails come in a month."""

    number: int
    """The number, rounded. 0 means less than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPace:
    """A pace (how often mails come) that visitors can choose."""

    name: str
    due: date
    """The day of the next mail to those who choose this pace, if there is news until then."""
    rate: Rate | None = None
    """How many mails a month come to somebody who follows everything at this pace, or `None` if there are too few items
    for an estimate.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeRow:
    """A theme, or everything, in the table of themes and paces."""

    slug: str
    title: str
    """The theme's title; empty for everything."""
    field: str
    chosen: str
    """The name of the pace (how often mails come) that the visitor chose for the theme, or `NO`."""
    rate: Rate | None
    """How often items of the theme come, or `None` if there are too few for an estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownChoice:
    """A subscription, as its subscriber's own page shows it."""

    title: str
    """The theme's title; empty for everything."""
    pace: str
    since: date | None = None
    """Since when the subscriber has followed the theme, or `None` if he has not confirmed yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMail:
    """A mail that a subscriber got, as his own page shows it."""

    day: date
    items: int
    themes: tuple[str, ...]
    """The titles of the themes of the mail's items that the subscriber still follows; empty if he follows none of them
    any more.
    """


class Showing:
    """Makes the values for the templates of forms, for one site at one moment."""

    def __init__(
        self,
        *,
        settings: SubscriberSettings,
        themes: Sequence[Theme],
        theme_title: Callable[[str], str],
        rates: Callable[[], Rates],
        timezone: str,
        now: datetime,
    ) -> None:
        """Prepare to make values. `rates` is called only for a page that shows how many items or mails come."""
        self._settings = settings
        self._themes = themes
        self._theme_title = theme_title
        self._rates = rates
        self._timezone = timezone
        self._now = now
        self._schedules: Mapping[str, Schedule] = {pace.name: pace.schedule for pace in settings.paces}

    @property
    def theme_count(self) -> int:
        return len(self._themes)

    def paces(self) -> list[ShownPace]:
        """Return the paces (how often mails come) that visitors can choose, each with how many mails a month it means
        for somebody who follows everything.
        """
        return [
            ShownPace(name=pace.name, due=self._day(pace.schedule), rate=self.mails({EVERYTHING: pace.name}))
            for pace in self._settings.paces
        ]

    def rows(self, choices: Choices, *, has_everything: bool = False) -> list[ThemeRow]:
        """Return the rows of the table of themes, each with the pace (how often mails come) in `choices`. With
        `has_everything`, the first row is the one for everything.

        A theme that is chosen and no longer offered has a row at the end.
        """
        themes = [(theme.slug, scrub(theme.title)) for theme in self._themes]
        offered = {EVERYTHING, *(slug for slug, _ in themes)}
        themes += [(slug, self._title(slug)) for slug in choices if slug not in offered]
        return [
            ThemeRow(
                slug=slug,
                title=title,
                field=f"{THEME_FIELD}{slug}",
                chosen=choices.get(slug, NO),
                rate=_rate(self._rates().items_a_month(slug)),
            )
            for slug, title in ([(EVERYTHING, "")] if has_everything else []) + themes
        ]

    def mails(self, choices: Choices) -> Rate | None:
        """Return how many mails a month somebody with these choices gets, or `None` if there are too few items for an
        estimate.
        """
        return _rate(self._rates().mails_a_month(choices, self._schedules))

    def next_mail(self, choices: Choices, *, paused_until: datetime | None = None) -> date | None:
        """Return the day of the next mail if there is news until then, or `None` if `choices` is empty."""
        after = max(self._now, paused_until) if paused_until else self._now
        due = [self._schedules[pace].next_after(after) for pace in choices.values() if pace in self._schedules]
        return local_day(min(due), self._timezone) if due else None

    def chosen(self, choices: Choices) -> list[ShownChoice]:
        """Return these choices as a page shows them, in the order of the table of themes."""
        return [ShownChoice(title=self._title(slug), pace=pace) for slug, pace in choices.items()]

    def followed(self, subscriber: Subscriber) -> list[ShownChoice]:
        """Return what a subscriber follows, and since when, as a page shows it."""
        return [
            ShownChoice(title=self._title(each.theme), pace=each.pace, since=local_day(each.since, self._timezone))
            for each in _said(subscriber)
        ]

    def mail(self, at: datetime, items: int, themes: Iterable[str], choices: Choices) -> ShownMail:
        """Return a mail that was sent to a subscriber, as his own page shows it; `choices` is what he follows now."""
        place = {theme.slug: number for number, theme in enumerate(self._themes)}
        shown = sorted(themes, key=lambda slug: place.get(slug, len(place)))
        titles = tuple(self._title(slug) for slug in shown if slug in choices or EVERYTHING in choices)
        return ShownMail(day=local_day(at, self._timezone), items=items, themes=titles)

    def _title(self, slug: str) -> str:
        if slug == EVERYTHING:
            return ""
        return scrub(self._theme_title(slug))

    def _day(self, schedule: Schedule) -> date:
        return local_day(schedule.next_after(self._now), self._timezone)


def _said(subscriber: Subscriber) -> Iterable[Subscription]:
    """Yield the active subscriptions of a subscriber, except those that a subscription to everything makes
    redundant.
    """
    return (each for each in subscriber.active if each.theme in subscriber.choices)


def _rate(a_month: float | None) -> Rate | None:
    return None if a_month is None else Rate(number=round(a_month))
