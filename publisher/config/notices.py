"""[notices]: who is notified about failing sources."""

from publisher.config.tables import Table, key
from publisher.config.values import MailboxValue


class NoticesTable(Table):
    """Mails to the operator."""

    to: MailboxValue | None = key(
        "Who gets a mail, once, about a source with a problem. If not set, no mail is sent.",
        default=None,
        example="news@example.org",
    )
