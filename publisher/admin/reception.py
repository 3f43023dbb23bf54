"""The reception: what the forms of a site with subscribers show and do, as of one moment."""

from datetime import timedelta
from functools import cached_property

from publisher.model.schedules import local_day
from publisher.model.subscribers import Consent, ConsentKind, LetterKind, Subscriber
from publisher.publish.page_values import SiteLook
from publisher.publish.plan import last_shown
from publisher.rendering import urls
from publisher.store import Store
from publisher.store.people import SentMail
from publisher.subscribers.own_data import OwnData
from publisher.subscribers.people import People
from publisher.subscribers.rates import Rates

_YEAR = timedelta(days=365)
_LAST_MAILS = 5
_BY_FORM = (LetterKind.CONFIRM, LetterKind.LINK, LetterKind.MOVE)


class Reception:
    """The data that subscribers' forms show, and the changes that they make. What a form needs from the store is
    fetched once.
    """

    def __init__(self, people: People, look: SiteLook, store: Store) -> None:
        """Prepare for forms at the moment `people.now`, on pages with the `look` of the site."""
        self.people = people
        self.own_data = OwnData(people, store)
        self.look = look
        self._store = store

    @cached_property
    def key(self) -> str:
        """The key with which forms are signed."""
        return self.people.links.key

    def letters_of_this_hour(self) -> int:
        """Return how many letters were queued because of forms in this hour of the clock."""
        hour = self.people.now.replace(minute=0, second=0, microsecond=0)
        return self._store.people.subscribers.asked_since(hour, kinds=_BY_FORM)

    @cached_property
    def rates(self) -> Rates:
        """The items of the last year, to estimate how many mails and items come in a month."""
        today = local_day(self.people.now, self.people.site.timezone)
        first = self._store.calendar.first_day()
        if first is None:
            return Rates(moments=(), days=0)
        moments = self._store.calendar.moments(today - _YEAR, today)
        return Rates(moments=moments, days=min((today - first).days, _YEAR.days))

    def last_mails(self, subscriber: Subscriber) -> list[tuple[SentMail, tuple[str, ...]]]:
        """Return the last mails to a subscriber, newest first, each with the present slugs of the themes of its
        items.
        """
        sent = self._store.people.histories.sent(subscriber.number, subscriber.address, most=_LAST_MAILS)
        numbers = sorted({number for mail in sent for number in mail.items})
        records = {record.number: record for record in self._store.items.by_number(numbers)}

        def themes_of(mail: SentMail) -> tuple[str, ...]:
            its = (records[number] for number in mail.items if number in records)
            return tuple(dict.fromkeys(self.people.current(theme.slug) for record in its for theme in record.themes))

        return [(mail, themes_of(mail)) for mail in sent]

    def consent(self, subscriber: Subscriber) -> Consent | None:
        """Return a subscriber's last consent, given by him or recorded by the operator. The confirmation of a new
        address is no consent.
        """
        agreed = self._store.people.subscribers.consents(subscriber.number)
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
