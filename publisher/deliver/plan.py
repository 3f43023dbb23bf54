"""Finds the audience and number in an edition's name, and counts deliveries for reports. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from publisher.model.deliveries import NewDelivery
from publisher.model.editions import Audience, parse_name
from publisher.model.errors import UsageError
from publisher.model.mail_reports import DeliveryTally
from publisher.model.problems import suggestion


def audience_and_number(edition: str, audiences: Sequence[Audience]) -> tuple[Audience, int]:
    """Return the audience and the number in an edition's name, such as `weekly-12`.

    Raises:
        UsageError: `edition` is no name of an edition, or its audience is not in config.toml.
    """
    parts = parse_name(edition)
    known = {audience.name: audience for audience in audiences}
    if parts is None or parts[0] not in known:
        meant = suggestion(edition.rpartition("-")[0], known)
        raise UsageError(f"no edition {edition!r} of an audience in config.toml; expected one such as weekly-12{meant}")
    return known[parts[0]], parts[1]


def tally_of(delivery: NewDelivery) -> DeliveryTally:
    """Return counts of zero for the edition, round (mails due at one moment) or letter of a delivery. The counts do not
    name the address of a subscriber.
    """
    return DeliveryTally(name=delivery.name, to="" if delivery.is_personal else delivery.recipient)


def tally_planned(due: Iterable[NewDelivery]) -> tuple[DeliveryTally, ...]:
    """Return how many mails of each edition, round (mails to subscribers due at one moment) and letter are due, in the
    order in which they are due.
    """
    planned: dict[str, DeliveryTally] = {}
    for each in due:
        before = planned.get(each.name) or tally_of(each)
        planned[each.name] = replace(before, planned=before.planned + 1)
    return tuple(planned.values())


class Tallies:
    """Counts the results of mails by edition, by round (mails to subscribers due at one moment) and by letter."""

    def __init__(self) -> None:
        self._firsts: dict[str, NewDelivery] = {}
        self._counts: dict[str, Counter[str]] = {}

    def add(self, delivery: NewDelivery, **counts: int) -> None:
        """Add to the counts of the edition, round (mails due at one moment) or letter of a delivery. The arguments are
        named as the fields of `DeliveryTally`.
        """
        if delivery.name not in self._counts:
            self._firsts[delivery.name], self._counts[delivery.name] = delivery, Counter()
        counter = self._counts[delivery.name]
        for name, count in counts.items():
            counter[name] += count

    @property
    def all(self) -> tuple[DeliveryTally, ...]:
        """Return the counts of each edition, round (mails due at one moment) or letter, in the order of their first
        deliveries.
        """
        return tuple(_summed(self._firsts[name], counts) for name, counts in self._counts.items())


def _summed(delivery: NewDelivery, counts: Mapping[str, Any]) -> DeliveryTally:
    return replace(tally_of(delivery), **counts)
