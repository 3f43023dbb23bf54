"""Plans whom a mail goes to. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from publisher.model.deliveries import NewDelivery
from publisher.model.editions import Audience
from publisher.model.errors import UsageError
from publisher.model.problems import suggestion
from publisher.model.reports import DeliveryTally

_NAME = re.compile(r"(?P<audience>.+)-(?P<number>[1-9][0-9]*)")


def audience_and_number(edition: str, audiences: Sequence[Audience]) -> tuple[Audience, int]:
    """The audience and the number of an edition, by its name such as `weekly-12`.

    Raises:
        UsageError: it is no such name, or the audience is not in config.toml.
    """
    found = _NAME.fullmatch(edition)
    known = {audience.name: audience for audience in audiences}
    if found is None or found["audience"] not in known:
        meant = suggestion(edition.rpartition("-")[0], known)
        raise UsageError(f"no edition {edition!r} of an audience in config.toml; expected one such as weekly-12{meant}")
    return known[found["audience"]], int(found["number"])


def tally_of(delivery: NewDelivery) -> DeliveryTally:
    """Return counts of zero for what a delivery hands over; a reader's address stands in no log."""
    return DeliveryTally(name=delivery.name, to="" if delivery.is_personal else delivery.recipient)


def tally_planned(due: Iterable[NewDelivery]) -> tuple[DeliveryTally, ...]:
    """Return how many mails of each edition, round and letter are due, in the order in which they are due."""
    planned: dict[str, DeliveryTally] = {}
    for each in due:
        before = planned.get(each.name) or tally_of(each)
        planned[each.name] = replace(before, planned=before.planned + 1)
    return tuple(planned.values())


class Tallies:
    """Counts what becomes of the mails of each edition, round and letter."""

    def __init__(self) -> None:
        self._by_name: dict[str, DeliveryTally] = {}

    def add(self, delivery: NewDelivery, **counts: int) -> None:
        """Add to the counts of what the delivery hands over, by their names in `DeliveryTally`."""
        tally = self._by_name.get(delivery.name) or tally_of(delivery)
        self._by_name[delivery.name] = replace(
            tally, **{name: getattr(tally, name) + count for name, count in counts.items()}
        )

    @property
    def all(self) -> tuple[DeliveryTally, ...]:
        """The counts, in the order in which their first deliveries came."""
        return tuple(self._by_name.values())
