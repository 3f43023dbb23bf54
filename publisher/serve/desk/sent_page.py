"""The desk's page of sent mails: editions and mails to subscribers with their counts, and buttons to pause, resume and
recall.
"""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from flask import Response

from publisher.admin import mail_orders
from publisher.admin.sent_mails import SentMails, oversee_sent
from publisher.model.errors import OutrunError, UsageError
from publisher.serve.desk.deskpage import DeskPage, Done
from publisher.serve.desk.replies import tell_reply, without_addresses
from publisher.serve.desk.visit import Visit

_T = TypeVar("_T")


def _overview(visit: Visit) -> SentMails:
    return oversee_sent(visit.office, orders_since=visit.now - mail_orders.SHOWN)


def _show(visit: Visit) -> Response:
    overview = _overview(visit)
    is_all_paused = "" in overview.paused
    return visit.page(
        "desk/sent.html",
        section="sent",
        state=_state_of(overview),
        overview=overview,
        is_all_paused=is_all_paused,
        is_personal=visit.publisher.config.subscribers is not None,
        title_of=partial(_title_of, visit),
        audiences={each.name: each for each in visit.publisher.config.audiences},
        tell_reply=lambda reply: tell_reply(reply, visit),
        without_addresses=without_addresses,
    )


def _state_of(overview: SentMails) -> str:
    """Return a text that changes when mails are paused or resumed."""
    return hashlib.sha256(repr(sorted(overview.paused.items())).encode()).hexdigest()[:16]


# --- acts ------------------------------------------------------------------------------------------------------------


def _pause(visit: Visit) -> Done:
    audience = visit.argument or None
    _order(lambda: mail_orders.pause(audience, visit.office))
    said = visit.gettext("The mails of %(audience)s wait until you let them go on.") if audience else ""
    said = said or visit.gettext("All mails wait until you let them go on.")
    return Done(said=said % {"audience": _title_of(visit, audience or "")}, about=audience or "*")


def _resume(visit: Visit) -> Done:
    audience = visit.argument
    _order(lambda: mail_orders.resume(audience, visit.office))
    said = visit.gettext("The mails of %(audience)s go on.") if audience else visit.gettext("All mails go on.")
    if audience and "" in visit.office.store.mail.ledger.pauses.current():
        said = visit.gettext("The mails of %(audience)s still wait, because all mails are paused.")
    return Done(said=said % {"audience": _title_of(visit, audience)}, about=audience or "*")


def _title_of(visit: Visit, audience: str) -> str:
    """Return an audience's title, or its name if it is not in config.toml any more."""
    return next((each.title for each in visit.publisher.config.audiences if each.name == audience), audience)


def _recall(visit: Visit) -> Done:
    name = visit.argument
    number = _order(lambda: mail_orders.recall(name, visit.office))
    if not number:
        return Done(said=visit.gettext("Nothing of %(name)s waits any more.") % {"name": name}, about=name)
    said = visit.ngettext("%(name)s: %(num)s mail is taken back.", "%(name)s: %(num)s mails are taken back.", number)
    return Done(said=said % {"num": number, "name": name}, about=name)


def _again(visit: Visit) -> Done:
    """Send an edition to its mailing list again, or send the mails to subscribers that were not sent."""
    name, office = visit.argument, visit.office
    sent = next((each for each in _overview(visit).sent if each.name == name), None)
    if sent is None or not sent.may_go_again:
        raise OutrunError("it waits, is on its way, or has arrived")
    if sent.audience:
        _order(lambda: mail_orders.send_again(mail_orders.find_again(name, office), office))
        return Done(said=visit.gettext("%(name)s is sent to its list once more.") % {"name": name}, about=name)
    number = _order(lambda: mail_orders.send_round_again(name, office))
    said = visit.ngettext(
        "%(name)s: %(num)s mail is sent after all.", "%(name)s: %(num)s mails are sent after all.", number
    )
    return Done(said=said % {"num": number, "name": name}, about=name)


def _order(order: Callable[[], _T]) -> _T:
    """Do what an editor ordered about mails, such as to pause them. If that is refused, the page showed an outdated
    state, which the error says.
    """
    try:
        return order()
    except UsageError as error:  # somebody else was quicker, or config.toml changed
        raise OutrunError(str(error)) from error


SENT = DeskPage(
    name="sent",
    rule="sent",
    show=_show,
    acts={"pause": _pause, "resume": _resume, "recall": _recall, "again": _again},
    state=lambda visit: _state_of(_overview(visit)),
)
