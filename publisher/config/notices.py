"""[notices]: who is notified about failing sources."""

from publisher.config.tables import Table, key
from publisher.config.values import MailboxValue


class NoticesTable(Table):
    """Mails to the operator."""

    to: MailboxValue | None = key(
        "Who is told by mail, once, of a source in trouble; not set: no mail is sent.",
        default=None,
        example="news@example.org",
    )
