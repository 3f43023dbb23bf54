"""The reception: what the forms of a site with subscribers are given, at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from publisher.model.editions import Audience
from publisher.model.schedules import local_day
from publisher.publish.page_values import SiteLook
from publisher.publish.plan import last_shown
from publisher.rendering import urls
from publisher.store import Store
from publisher.subscribers import tokens
from publisher.subscribers.people import People
from publisher.subscribers.rates import Rates

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What forms show and do."""

    people: People
    look: SiteLook
    """Of the pages of the site."""
    keys: Sequence[str]
    """To sign forms with, the newest first."""
    rates: Rates
    latest_digest: str
    """Where the latest digest is on the web; empty: there is none."""


def open_reception(people: People, look: SiteLook, store: Store) -> Reception:
    """What the forms are given, as of `people.now`.

    Raises:
        StoreError: the store cannot be used.
    """
    return Reception(
        people=people,
        look=look,
        keys=store.subscribers.keys(proposed=tokens.new_key(), now=people.now),
        rates=_rates(people, store),
        latest_digest=_latest_digest(look.audiences, people.site.base_url, store),
    )


def _rates(people: People, store: Store) -> Rates:
    today = local_day(people.now, people.site.timezone)
    first = store.calendar.first_day()
    if first is None:
        return Rates(moments=(), days=0)
    moments = store.calendar.moments(today - _YEAR, today)
    return Rates(moments=moments, days=min((today - first).days, _YEAR.days))


def _latest_digest(audiences: Sequence[Audience], base_url: str, store: Store) -> str:
    """The page of the latest edition of all audiences that have pages."""
    found = [
        (place.composed_at, urls.edition_file(audience.name, place.number))
        for audience in audiences
        for place in store.editions.past.latest(audience.name, upto=last_shown(store, audience), limit=1)
    ]
    return base_url + max(found)[1] if found else ""
