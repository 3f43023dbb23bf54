"""The lines of an export of people: CSV that an import turns into the same subscribers."""

import csv
from collections.abc import Sequence
from io import StringIO

from publisher.model.subscribers import Consent, Subscriber

_COLUMNS = ("address", "language", "since", "paused_until", "follows", "consent", "consent_at", "consent_words")


def export_line(subscriber: Subscriber, consent: Consent) -> str:
    """Return the CSV line of a subscriber, with his last consent."""
    return _csv_line(_row_of(subscriber, consent))


def _row_of(subscriber: Subscriber, consent: Consent) -> Sequence[str]:
    paused = subscriber.paused_until
    return (
        subscriber.address,
        subscriber.language,
        subscriber.since.isoformat(),
        paused.isoformat() if paused else "",
        " ".join(f"{theme}={pace}" for theme, pace in subscriber.choices.items()),
        consent.kind.value,
        consent.at.isoformat(),
        consent.words,
    )


def _csv_line(values: Sequence[str]) -> str:
    line = StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


HEAD = _csv_line(_COLUMNS)
"""The first line of an export, with the names of the columns."""
