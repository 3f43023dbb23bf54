"""How commands print the deliveries of an edition or a round."""

from zoneinfo import ZoneInfo

from publisher.cli.formats import local_time
from publisher.model.deliveries import DeliveryCounts


def mails_words(mails: DeliveryCounts, zone: ZoneInfo) -> str:
    """Return counts such as `3 sent, 1 refused`, and the server's last answer about a mail that is not sent."""
    later = f"later (next {local_time(mails.next_at, zone)})" if mails.next_at else "later"
    counts = {
        "queued": mails.queued,
        "sent": mails.sent,
        "refused": mails.refused,
        later: mails.later,
        "held, older than smtp.max_age": mails.held,
        "taken back": mails.cancelled,
        "doubtful": mails.doubtful,
    }
    words = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"{words}: {mails.reply}" if mails.reply else words
