"""Envelopes: from whom and to whom a mail goes, and its Message-ID and date."""

from publisher.model.deliveries import DeliveryKind, NewDelivery, Rank
from publisher.model.editions import Audience, Edition, Notice
from publisher.model.site import Site
from publisher.rendering.addresses import message_id_of, notice_id_of, wire_address


def delivery_of(edition: Edition, audience: Audience, site: Site) -> NewDelivery:
    """Return the delivery of an edition to the mailing list of its audience."""
    return NewDelivery(
        kind=DeliveryKind.EDITION,
        name=edition.name,
        recipient=wire_address(audience.to.address),
        sender=wire_address(audience.from_.address),
        message_id=message_id_of(edition, site),
        dated=edition.dated,
        audience=edition.audience,
    )


def notice_delivery(notice: Notice, site: Site) -> NewDelivery:
    """Return the delivery of a notice to the operator or an editor."""
    return NewDelivery(
        kind=DeliveryKind.LETTER,
        name=notice.name,
        recipient=wire_address(notice.to.address),
        sender=wire_address(site.author.address),
        message_id=notice_id_of(notice, site),
        dated=notice.at,
        rank=Rank.NOTICE,
    )
