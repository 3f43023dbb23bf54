"""The reception: what the forms of a site with subscribers are given, at one moment."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

from publisher.model.schedules import local_day
from publisher.publish.page_values import SiteLook
from publisher.publish.plan import last_shown
from publisher.rendering import urls
from publisher.store import Store
from publisher.subscribers.own_data import OwnData
from publisher.subscribers.people import People
from publisher.subscribers.rates import Rates

_YEAR = timedelta(days=365)


class Reception:
    """What forms show and do. The store is asked for what a form needs, once."""

    def __init__(self, people: People, look: SiteLook, store: Store) -> None:
        """Receive visitors at `people.now`, on pages with the `look` of the site."""
        self.people = people
        self.own_data = OwnData(people, store)
        self.look = look
        self._store = store

    @cached_property
    def keys(self) -> Sequence[str]:
        """The keys that forms are signed with, the newest first."""
        return self.people.keys

    @cached_property
    def rates(self) -> Rates:
        """What came in the last year."""
        today = local_day(self.people.now, self.people.site.timezone)
        first = self._store.calendar.first_day()
        if first is None:
            return Rates(moments=(), days=0)
        moments = self._store.calendar.moments(today - _YEAR, today)
        return Rates(moments=moments, days=min((today - first).days, _YEAR.days))

    @cached_property
    def latest_digest(self) -> str:
        """The page of the latest edition of all audiences that have pages; empty: there is none."""
        found = [
            (place.composed_at, urls.edition_file(audience.name, place.number))
            for audience in self.look.audiences
            for place in self._store.editions.past.latest(
                audience.name, upto=last_shown(self._store, audience), limit=1
            )
        ]
        return self.people.site.base_url + max(found)[1] if found else ""
