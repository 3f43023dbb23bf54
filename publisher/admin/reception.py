"""The reception: the data and acts that the forms of a site with subscribers use, at one moment."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

from publisher.model.schedules import local_day
from publisher.model.subscribers import Consent, ConsentKind, LetterKind, Subscriber
from publisher.publish.page_values import SiteLook
from publisher.publish.plan import last_shown
from publisher.rendering import urls
from publisher.store import SentMail, Store
from publisher.subscribers.own_data import OwnData
from publisher.subscribers.people import People
from publisher.subscribers.rates import Rates

_YEAR = timedelta(days=365)
_LAST_MAILS = 5
_BY_FORM = (LetterKind.CONFIRM, LetterKind.LINK, LetterKind.MOVE)


class Reception:
    """The data and acts of subscribers' forms. What a form needs from the store is fetched once."""

    def __init__(self, people: People, look: SiteLook, store: Store) -> None:
        """Serve forms at `people.now`, on pages with the `look` of the site."""
        self.people = people
        self.own_data = OwnData(people, store)
        self.look = look
        self._store = store

    @cached_property
    def keys(self) -> Sequence[str]:
        """The keys for signing forms, newest first."""
        return self.people.links.keys

    def letters_of_this_hour(self) -> int:
        """Return how many letters forms have led to in this hour of the clock."""
        hour = self.people.now.replace(minute=0, second=0, microsecond=0)
        return self._store.subscribers.asked_since(hour, kinds=_BY_FORM)

    @cached_property
    def rates(self) -> Rates:
        """The items and mails of the last year, for estimates."""
        today = local_day(self.people.now, self.people.site.timezone)
        first = self._store.calendar.first_day()
        if first is None:
            return Rates(moments=(), days=0)
        moments = self._store.calendar.moments(today - _YEAR, today)
        return Rates(moments=moments, days=min((today - first).days, _YEAR.days))

    def last_mails(self, subscriber: Subscriber) -> list[tuple[SentMail, tuple[str, ...]]]:
        """Return the last mails to a reader, newest first, each with the present slugs of its items' themes."""
        sent = self._store.histories.sent(subscriber.number, subscriber.address, most=_LAST_MAILS)
        numbers = sorted({number for mail in sent for number in mail.items})
        records = {record.number: record for record in self._store.items.by_number(numbers)}

        def themes_of(mail: SentMail) -> tuple[str, ...]:
            its = (records[number] for number in mail.items if number in records)
            return tuple(dict.fromkeys(self.people.current(theme.slug) for record in its for theme in record.themes))

        return [(mail, themes_of(mail)) for mail in sent]

    def consent(self, subscriber: Subscriber) -> Consent | None:
        """Return a reader's last consent, given by the reader or by the operator; a change of address does not
        count.
        """
        agreed = self._store.subscribers.consents(subscriber.number)
        return next((each for each in reversed(agreed) if each.kind is not ConsentKind.MOVED), None)

    @cached_property
    def latest_digest(self) -> str:
        """The address of the latest edition's page, or an empty string if no audience has pages."""
        found = [
            (place.composed_at, urls.edition_file(audience.name, place.number))
            for audience in self.look.audiences
            for place in self._store.editions.past.latest(
                audience.name, upto=last_shown(self._store, audience), limit=1
            )
        ]
        return self.people.site.base_url + max(found)[1] if found else ""
