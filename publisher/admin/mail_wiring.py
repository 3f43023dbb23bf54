"""Makes the objects that sending mails and reading bounces need, and sends what is due.

It is imported on a site that names a mail server or mailboxes, when mails are to be sent or bounces to be read.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from publisher.admin.deliveries import DeliverySetup, letter_mails, queue_from
from publisher.admin.edition_mails import EditionMails
from publisher.admin.mail_notices import tell_bounces, tell_mails
from publisher.admin.office import Office
from publisher.admin.subscribers_wiring import SubscribersWiring
from publisher.admin.wiring import Wiring
from publisher.compose.outbox import Outbox
from publisher.deliver.mails import Mails
from publisher.deliver.pace import Throttle
from publisher.model.deliveries import DeliveryKind
from publisher.model.errors import UsageError
from publisher.model.mail_reports import DeliverReport
from publisher.model.progress import Progress
from publisher.model.reports import RunReport
from publisher.model.settings import BounceSettings

if TYPE_CHECKING:
    from publisher.admin.bounces import BounceReader


class MailWiring:
    """Makes the objects that sending mails and reading bounces need. One object knows how fast the site may send, so it
    is used for all deliveries.
    """

    def __init__(
        self, wiring: Wiring, subscribers: SubscribersWiring, outbox: Outbox, open_office: Callable[[], Office]
    ) -> None:
        self._wiring = wiring
        self._subscribers = subscribers
        self._outbox = outbox
        self._open_office = open_office
        self._config = wiring.config
        self._store = wiring.store
        self._clock = wiring.clock
        self._pace = Throttle(wiring.config.smtp) if wiring.config.smtp else None

    def deliver(
        self,
        hand_over: Callable[[DeliverySetup], DeliverReport],
        *,
        start: str | None,
        progress: Progress,
        is_stopping: Callable[[], bool],
    ) -> RunReport:
        """Send every mail that is due by `hand_over`, count refusals, and notify the operator. With `start`, an
        edition's name, first queue that edition and later ones again.

        Raises:
            BusyError: another process is delivering.
            UsageError: config.toml names no mail server, or there is no such edition in the outbox.
        """
        config, store = self._config, self._store
        setup = self._setup(progress, is_stopping)
        if start is not None:
            site, now = self._wiring.site, self._clock()
            queue_from(start, audiences=config.audiences, store=store, site=site, now=now)
        report = hand_over(setup)
        self._subscribers.count_refusals()
        notices = tell_mails(report, config, store, now=self._clock(), open_office=self._open_office)
        return RunReport(deliver=report, notices=notices)

    @property
    def bounces(self) -> "BounceReader":
        """An object that reads and records bounces, and notifies the operator."""
        from publisher.admin.bounces import BounceDesk, BounceReader  # late: importing it takes 40 ms; bounces are rare

        config, store, now = self._config, self._store, self._clock()
        desk = BounceDesk(
            store=store,
            bounces=config.smtp.bounces if config.smtp else "",
            reach=self._subscribers.reach(now) if config.subscribers else None,
            now=now,
        )
        return BounceReader(
            desk=desk,
            configured=config.bounces or BounceSettings(),
            tell=lambda: tell_bounces(config, store, now=self._clock(), open_office=self._open_office),
        )

    def _setup(self, progress: Progress, is_stopping: Callable[[], bool]) -> DeliverySetup:
        if self._pace is None or self._config.smtp is None:
            raise UsageError("nothing is sent, because config.toml names no mail server in smtp.host")
        mails_of: dict[DeliveryKind, Mails] = {
            DeliveryKind.EDITION: EditionMails(self._outbox, self._store, self._config.audiences, self._open_office),
            DeliveryKind.LETTER: partial(letter_mails, self._store),
        }
        if self._config.subscribers is not None:
            mails_of[DeliveryKind.ROUND] = self._subscribers.round_mails
        return DeliverySetup(
            settings=self._config.smtp,
            store=self._store,
            mails_of=mails_of,
            pace=self._pace,
            clock=self._clock,
            progress=progress,
            is_stopping=is_stopping,
        )
