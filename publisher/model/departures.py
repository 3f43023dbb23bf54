"""Departures: which addresses get no more mail, and since when, without the addresses themselves."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SuppressionKind(StrEnum):
    """Why an address gets no mail, whatever a form or an import says."""

    BOUNCES = "bounces"
    """Mails to it came back, and so did a probe. A form that is confirmed lifts it."""
    COMPLAINT = "complaint"
    """The reader reported a mail as spam. Only the operator lifts it."""
    OPERATOR = "operator"
    """The operator said so, and he alone lifts it."""
    ERASED = "erased-on-request"
    """The reader had his data erased and wants no mail again. Only the operator lifts it."""

    @property
    def is_lifted_by_form(self) -> bool:
        """Whether the address is free again once its reader confirms in a form."""
        return self is SuppressionKind.BOUNCES


LIFTED_BY_FORM = frozenset(kind for kind in SuppressionKind if kind.is_lifted_by_form)


class DepartureKind(StrEnum):
    """What a line in the file of departures says about an address."""

    LEFT = "left"
    """The reader follows nothing any more: he unsubscribed, or the operator or a failure ended his subscriptions."""
    RETURNED = "returned"
    """He follows something (again)."""
    ERASED = "erased"
    """All that was held of him was erased, by a word of his or the operator's."""
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"
    """A suppression was taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One line of the file of departures."""

    at: datetime
    """UTC."""
    kind: DepartureKind
    mark: str
    """The HMAC of the address, as `Suppressions.mark_of` gives it."""
    suppression: SuppressionKind | None = None
    """The suppression that was made or lifted; None: the line is about none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A rule that an address gets no mail."""

    kind: SuppressionKind
    at: datetime
    """UTC."""
    reason: str = ""
    """The operator's words; they name no address."""


@dataclass(slots=True, kw_only=True)
class Standing:
    """The result of all lines about one address, in their order."""

    left_at: datetime | None = None
    """UTC; since when he follows nothing. None: he follows something, or was never noted to leave."""
    erased_at: datetime | None = None
    """UTC; when he was erased last. None: he never was. He may have come back since."""
    suppressions: dict[SuppressionKind, datetime] = field(default_factory=dict)
    """The suppressions in force, each with the time at which it was made."""


def standings(departures: Iterable[Departure]) -> dict[str, Standing]:
    """Return what a file of departures says in all, by the mark of each address."""
    found: dict[str, Standing] = {}
    for each in departures:
        standing = found.setdefault(each.mark, Standing())
        match each.kind:
            case DepartureKind.LEFT:
                standing.left_at = each.at
            case DepartureKind.RETURNED:
                standing.left_at = None
            case DepartureKind.ERASED:
                standing.left_at = standing.erased_at = each.at
            case DepartureKind.SUPPRESSED if each.suppression is not None:
                standing.suppressions.setdefault(each.suppression, each.at)
            case DepartureKind.LIFTED if each.suppression is not None:
                standing.suppressions.pop(each.suppression, None)
    return found
