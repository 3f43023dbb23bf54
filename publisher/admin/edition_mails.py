"""The mails of editions as they are when sent: from the outbox, without items withdrawn since.

A mail may wait for hours. If one of its items was withdrawn or hidden meanwhile, the edition is rendered without it,
its folder is replaced, and the new mail keeps the old one's Message-ID and Date. A crash meanwhile leaves either the
old folder or the new one, whole; the next pass checks again.
"""

from collections.abc import Callable, Sequence

from publisher.admin.office import Office
from publisher.compose.outbox import Outbox, edition_files
from publisher.deliver.plan import audience_and_number
from publisher.model.decisions import DecisionLog
from publisher.model.deliveries import Delivery
from publisher.model.editions import Audience, Edition
from publisher.model.errors import PublisherError, UsageError
from publisher.store import Store

logger = DecisionLog("deliver")


class EditionMails:
    """Reads or renders the mails of editions for delivery."""

    def __init__(
        self,
        outbox: Outbox,
        store: Store,
        audiences: Sequence[Audience],
        open_office: Callable[[], Office],
    ) -> None:
        """Prepare to read the mails of editions. `open_office` is called only if an edition must be rendered again."""
        self._outbox = outbox
        self._store = store
        self._audiences = audiences
        self._open_office = open_office

    def __call__(self, claimed: Sequence[Delivery]) -> dict[int, bytes | PublisherError]:
        """Return the mail of each delivery, or the error that prevents it, by delivery id. An edition that has no items
        any more is missing.
        """
        found = {name: self._mail(delivery) for name, delivery in {each.name: each for each in claimed}.items()}
        mails = {each.id: found[each.name] for each in claimed}
        return {number: mail for number, mail in mails.items() if mail is not None}

    def _mail(self, delivery: Delivery) -> bytes | PublisherError | None:
        try:
            mail = self._outbox.mail(delivery)
            edition, audience = self._edition(delivery.name)
            if edition is None or audience is None:
                return mail
            gone = self._outbox.uids(delivery.name) - {record.uid for record in edition.records}
            gone -= {record.uid for record in edition.corrections}
            if not gone:
                return mail
            logger.debug(
                "mail is rendered again", because="items were withdrawn", edition=delivery.name, uids=sorted(gone)
            )
            if not edition.records:
                return None
            return remake(edition, audience, self._open_office())
        except PublisherError as error:
            return error

    def _edition(self, name: str) -> tuple[Edition | None, Audience | None]:
        """Return the edition with this name, without withdrawn and hidden items, and its audience. Return (`None`,
        `None`) if the edition is not in the store, or the audience is not in config.toml.
        """
        try:
            audience, number = audience_and_number(name, self._audiences)
        except UsageError:
            return None, None
        return self._store.editions.get(audience.name, number), audience


def remake(edition: Edition, audience: Audience, office: Office) -> bytes:
    """Render an edition again, with its audience's present address; replace the edition's folder and return its mail.

    Raises:
        FilesError: the folder cannot be written.
        TemplateError: a template of digests cannot be used.
    """
    renderer = office.renderer
    digest = renderer.render(edition, audience)
    mail = renderer.mail(digest, edition, audience)
    office.outbox.renew(edition.name, edition_files(edition, digest, mail, audience=audience, site=renderer.site))
    return mail
