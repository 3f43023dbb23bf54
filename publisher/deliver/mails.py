"""Reads the mails of deliveries from where each kind is stored, and converts them to the form in which they
are sent.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from publisher.model.deliveries import Delivery, DeliveryKind
from publisher.model.errors import FilesError, PublisherError
from publisher.rendering.wire_form import WireForm

Mails = Callable[[Sequence[Delivery]], Mapping[int, bytes | WireForm | PublisherError]]
"""Returns the whole mails of deliveries of one kind, by delivery id, or for each the error that prevents it.

A delivery that the result lacks has no mail any more, and is cancelled. The function is called shortly before the mails
are handed over, for at most `AT_ONCE` deliveries (see `commits`). Deliveries with the same mail should get the same
bytes object.
"""


class Ready(NamedTuple):
    """A delivery that this process has claimed (reserved), with its mail."""

    delivery: Delivery
    mail: WireForm | None
    """The mail, or `None` if there is none."""
    problem: str = ""
    """Why there is no mail now, or an empty string if there will never be one."""


def read_mails(claimed: Sequence[Delivery], mails_of: Mapping[DeliveryKind, Mails]) -> list[Ready]:
    """Return these deliveries, which this process has claimed (reserved), with their mails, in the order given."""
    found: dict[int, bytes | WireForm | PublisherError] = {}
    by_kind = sorted(claimed, key=lambda each: each.kind)
    for kind, group in groupby(by_kind, key=lambda each: each.kind):
        its = list(group)
        if kind in mails_of:
            found |= mails_of[kind](its)
        else:
            found |= {each.id: FilesError(f"nothing in config.toml says how to write {each.title}") for each in its}
    forms: dict[int, WireForm] = {}
    return [_ready(each, found.get(each.id), forms) for each in claimed]


def _ready(delivery: Delivery, mail: bytes | WireForm | PublisherError | None, forms: dict[int, WireForm]) -> Ready:
    """Return a delivery with its mail. `forms` caches the forms in which mails are sent, by the identity of the bytes
    object that many deliveries share.
    """
    if isinstance(mail, WireForm):
        return Ready(delivery=delivery, mail=mail)
    if not isinstance(mail, bytes):
        return Ready(delivery=delivery, mail=None, problem="" if mail is None else str(mail))
    try:
        form = forms.get(id(mail)) or WireForm.of(mail)
    except ValueError as error:
        return Ready(delivery=delivery, mail=None, problem=str(error))
    forms[id(mail)] = form
    return Ready(delivery=delivery, mail=form)
