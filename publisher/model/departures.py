"""Departures: who left and which addresses are suppressed, since when. Keyed hashes (HMAC) stand for addresses."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from publisher.model.subscribers import EndReason


class SuppressionKind(StrEnum):
    """Why an address is suppressed: gets no mail. A suppression wins over forms and imports."""

    BOUNCES = "bounces"
    """Mails to the address came back, and so did a probe (a letter that tests the address). A confirmed form lifts the
    suppression.
    """
    COMPLAINT = "complaint"
    """The subscriber reported a mail as spam. Only the operator lifts the suppression."""
    OPERATOR = "operator"
    """The operator suppressed the address. Only the operator lifts the suppression."""
    ERASED = "erased-on-request"
    """The subscriber had his data erased and wants no mail. Only the operator lifts the suppression."""

    @property
    def is_lifted_by_form(self) -> bool:
        """Whether the suppression ends when the subscriber confirms in a form."""
        return self is SuppressionKind.BOUNCES


LIFTED_BY_FORM = frozenset(kind for kind in SuppressionKind if kind.is_lifted_by_form)


class DepartureKind(StrEnum):
    """What a line in the file of departures (who left, returned, was suppressed or erased) says about an address."""

    LEFT = "left"
    """The subscriber follows nothing now: he unsubscribed, or the operator or a failure ended his subscriptions."""
    RETURNED = "returned"
    """The subscriber follows something, for the first time or again."""
    ERASED = "erased"
    """All data about the subscriber was erased, at his request or by the operator."""
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"
    """A suppression was lifted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One line of the file of departures."""

    at: datetime
    """UTC; when the subscriber left, came back, or was erased or suppressed."""
    kind: DepartureKind
    mark: str
    """The HMAC of the address, as `Suppressions.mark_of` gives it."""
    suppression: SuppressionKind | None = None
    """The suppression that began or was lifted; `None` if this line of the file is about no suppression."""
    because: EndReason | None = None
    """Why the subscriber's last subscription ended; `None` if this line of the file is about something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A rule that no mail goes to an address."""

    kind: SuppressionKind
    at: datetime
    """UTC; when the suppression began."""
    reason: str = ""
    """The operator's reason; it contains no address."""


@dataclass(slots=True, kw_only=True)
class Standing:
    """What all lines about one address in the file of departures (who left, returned, was suppressed or erased) amount
    to.
    """

    left_at: datetime | None = None
    """UTC; since when the subscriber follows nothing. `None` if he follows something, or if no line of the file says
    that he left.
    """
    left_because: EndReason | None = None
    """Why the subscriber follows nothing; `None` if no line of the file says why."""
    erased_at: datetime | None = None
    """UTC; when the subscriber's data was last erased; he may have come back since. `None` if it never was."""
    suppressions: dict[SuppressionKind, datetime] = field(default_factory=dict)
    """The suppressions of the address in force, each with the time at which it began."""

    def is_erased(self, *, since: datetime) -> bool:
        """Whether the data about the subscriber that is older than `since` must be erased, even if he came back."""
        is_out = self.left_at is not None  # of an erasure and a return at the same time, the erasure came last
        return self.erased_at is not None and (self.erased_at > since or (is_out and self.erased_at == since))


def standings(departures: Iterable[Departure]) -> dict[str, Standing]:
    """Return the standing of each address in the file of departures, by its mark (an HMAC)."""
    found: dict[str, Standing] = {}
    for each in departures:
        standing = found.setdefault(each.mark, Standing())
        match each.kind:
            case DepartureKind.LEFT:
                standing.left_at, standing.left_because = each.at, each.because
            case DepartureKind.RETURNED:
                standing.left_at = standing.left_because = None
            case DepartureKind.ERASED:
                standing.left_at = standing.erased_at = each.at
            case DepartureKind.SUPPRESSED if each.suppression is not None:
                standing.suppressions.setdefault(each.suppression, each.at)
            case DepartureKind.LIFTED if each.suppression is not None:
                standing.suppressions.pop(each.suppression, None)
    return found
