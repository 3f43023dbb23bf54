"""The operator's commands about mails: pause, resume, recall, send again.

Each command is one transaction of the ledger (the table of all mails), and takes effect from the next mail on, in every
process that delivers. Commands are recorded, and `publisher status` shows them for a month.
"""

from dataclasses import dataclass
from datetime import timedelta

from publisher.admin.edition_mails import remake
from publisher.admin.office import Office, audiences_named
from publisher.deliver.plan import audience_and_number
from publisher.model.deliveries import DeliveryCounts, DeliveryKind, DeliveryState, KnownDelivery, Order
from publisher.model.editions import Audience, Edition
from publisher.model.errors import UsageError
from publisher.model.problems import counted
from publisher.rendering.addresses import wire_address
from publisher.rendering.envelopes import delivery_of

NO_SERVER = "nothing is sent, because config.toml names no mail server in smtp.host"
SHOWN = timedelta(days=30)
"""How long `publisher status` shows a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """An edition to be sent again, with its deliveries so far."""

    edition: Edition
    audience: Audience
    recipient: str
    """The audience's present address."""
    known: tuple[KnownDelivery, ...]

    @property
    def same(self) -> KnownDelivery | None:
        """The edition's former delivery to the audience's present address, or `None` if there was none."""
        return next((each for each in self.known if each.recipient == self.recipient), None)


def pause(audience: str | None, office: Office) -> bool:
    """Pause the mails of an audience, or all; return False if they were paused already.

    Raises:
        UsageError: there is no such audience.
    """
    name = _name_of(audience, office)
    is_new = office.store.mail.ledger.pauses.begin(name, now=office.now)
    if is_new:
        _keep("pause", name, office)
    return is_new


def resume(audience: str | None, office: Office) -> list[str]:
    """End the pause of an audience's mails, or all pauses. Return the names of the audiences whose mails were paused;
    an empty name means all mails.

    Raises:
        UsageError: there is no such audience, or all mails are paused.
    """
    pauses = office.store.mail.ledger.pauses
    if audience is not None and audience not in pauses.current():
        _name_of(audience, office)
        if "" in pauses.current():
            raise UsageError("all mails are paused, not those of one audience: `publisher deliver --resume` sends them")
    ended = pauses.end(audience)
    if ended:
        _keep("resume", audience or "", office)
    return ended


def recall(name: str, office: Office) -> int:
    """Cancel the mails of an edition, or of a round (mails to subscribers due at one moment), that are not handed over
    yet; return how many were cancelled.

    Raises:
        UsageError: no mail of an edition or round with that name was ever queued.
    """
    known = office.store.mail.ledger.known(name, limit=1)  # a round has one delivery for each subscriber
    if not known:
        raise UsageError(f"{name!r} has no mails; see `publisher edition list`")
    taken_back = office.store.mail.ledger.cancel(known[0].kind, name, now=office.now)
    _keep("recall", name, office, mails=taken_back)
    return taken_back


def find_again(name: str, office: Office) -> Again:
    """Return an edition to be sent again, with its deliveries so far.

    Raises:
        UsageError: the edition is not in the outbox, its audience is gone, this site sends no mails, or the edition's
            mail is being sent.
    """
    if office.config.smtp is None:
        raise UsageError(NO_SERVER)
    audience, number = audience_and_number(name, office.config.audiences)
    edition = office.store.editions.get(audience.name, number)
    if edition is None or number not in office.store.editions.written_numbers(audience.name, start=number):
        raise UsageError(f"edition {name} is not in the outbox; see `publisher edition list`")
    if not edition.records:
        raise UsageError(f"edition {name}: all its items were withdrawn, so nothing is left to send")
    known = tuple(each for each in office.store.mail.ledger.known(name) if each.kind is DeliveryKind.EDITION)
    if any(each.is_at_work for each in known):
        raise UsageError(f"edition {name} is on its way to the mail server now; see `publisher status`")
    return Again(edition=edition, audience=audience, recipient=wire_address(audience.to.address), known=known)


def send_again(again: Again, office: Office) -> None:
    """Queue an edition again: its former delivery if the audience's address is still the same, otherwise a new mail to
    the present address.

    Raises:
        UsageError: the edition's mail is being sent by now.
        FilesError: the new mail cannot be written.
    """
    ledger, edition = office.store.mail.ledger, again.edition
    if office.outbox.recipient(edition.name) != again.audience.to.address:
        remake(edition, again.audience, office)
    ledger.cancel(DeliveryKind.EDITION, edition.name, now=office.now, but=again.recipient)
    if again.same is None:
        ledger.queue([delivery_of(edition, again.audience, office.renderer.site)], now=office.now)
    elif not ledger.send_again(again.same, now=office.now):
        raise UsageError(f"edition {edition.name} is on its way to the mail server now; see `publisher status`")
    _keep("again", edition.name, office, mails=1)


def find_round_again(name: str, office: Office) -> DeliveryCounts:
    """Return the counts of a round (the mails to subscribers due at one moment) whose cancelled mails, and those that
    grew too old, are to be sent.

    Raises:
        UsageError: this site sends no mails, or the round has none of these mails.
    """
    settings = office.config.smtp
    if settings is None:
        raise UsageError(NO_SERVER)
    counts = office.store.mail.ledger.counts([name], max_age=settings.max_age, now=office.now)
    if name not in counts:
        raise UsageError(f"round {name!r} has no mails")
    return counts[name]


def send_round_again(name: str, office: Office) -> int:
    """Queue the mails of a round (mails to subscribers due at one moment) that were cancelled or grew too old; return
    how many were queued. Subscribers who have left meanwhile get none.
    """
    mails = office.store.mail.ledger.send_rest(DeliveryKind.ROUND, name, now=office.now)
    _keep("again", name, office, mails=mails)
    return mails


def words_of_known(known: KnownDelivery) -> str:
    """Return the state of a delivery in words for the operator."""
    said = f" ({known.reply})" if known.reply else ""
    what = {
        DeliveryState.SENT: "the mail server took it",
        DeliveryState.REFUSED: "the mail server refused it",
        DeliveryState.CANCELLED: "it was taken back",
        DeliveryState.QUEUED: "it waits",
    }.get(known.state, "it is on its way")
    tried = f"tried {counted(known.attempts, 'time')}"
    doubt = "; it may have come all the same, for the server once did not answer" if known.doubts else ""
    return f"to {known.recipient}: {what}{said}, {tried}{doubt}"


def _name_of(audience: str | None, office: Office) -> str:
    """Return the name by which the store knows a pause: the audience's, or an empty string for the pause of all
    mails.
    """
    if audience is not None:
        audiences_named(audience, office.config)
    return audience or ""


def _keep(verb: str, about: str, office: Office, *, mails: int = 0) -> None:
    office.store.mail.ledger.orders.record(Order(verb=verb, about=about, at=office.now, mails=mails))
