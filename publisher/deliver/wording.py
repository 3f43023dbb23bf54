"""How logs and reports name a delivery (a mail to one recipient), without the address of any subscriber."""

from publisher.deliver.answers import Reply
from publisher.deliver.wire import Dropped
from publisher.model.deliveries import Delivery
from publisher.model.masking import without_addresses


def facts_of(delivery: Delivery) -> dict[str, object]:
    """Return the facts about a delivery for the log: its name, its attempt, and the recipient unless he is a
    subscriber.
    """
    told = {} if delivery.is_personal else {"recipient": delivery.recipient}
    return {delivery.kind.value: delivery.name, **told, "attempt": delivery.attempts}


def addressee(delivery: Delivery) -> str:
    """Return the recipient followed by a colon, to put before a problem. Return an empty string for a subscriber, whose
    address is not shown.
    """
    return "" if delivery.is_personal else f"{delivery.recipient}: "


def words_said(delivery: Delivery, reply: Reply | Dropped) -> str:
    """Return the server's reply about a mail without the subscriber's address, which servers often repeat."""
    return without_addresses(str(reply), known=delivery.recipient) if delivery.is_personal else str(reply)
