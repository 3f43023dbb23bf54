"""How a delivery is named in logs and reports, where no address of a reader may stand."""

from publisher.deliver.answers import Reply
from publisher.deliver.wire import Dropped
from publisher.model.decisions import without_addresses
from publisher.model.deliveries import Delivery


def facts_of(delivery: Delivery) -> dict[str, object]:
    """Return what a line of the log names: the delivery, its attempt, and the recipient unless it is a reader."""
    told = {} if delivery.is_personal else {"recipient": delivery.recipient}
    return {delivery.kind.value: delivery.name, **told, "attempt": delivery.attempts}


def addressee(delivery: Delivery) -> str:
    """Return a problem's address with a colon, to put before the problem; empty for a reader, whose address is not
    shown.
    """
    return "" if delivery.is_personal else f"{delivery.recipient}: "


def words_said(delivery: Delivery, reply: Reply | Dropped) -> str:
    """Return what the server said about a mail. A reader's address, which servers repeat, is taken out."""
    return without_addresses(str(reply)) if delivery.is_personal else str(reply)
