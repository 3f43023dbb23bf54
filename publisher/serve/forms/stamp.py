"""The stamp in a form says when the form was shown. It reveals programs, which fill in forms at once or send an old
copy.
"""

from datetime import datetime, timedelta

from itsdangerous import BadData, TimestampSigner

SOONEST = timedelta(seconds=2)
"""The time within which no person can fill in a form. A form that comes back sooner is refused."""
LATEST = timedelta(days=1)
"""The time after which a form is out of date. A form that comes back later is shown again, with what was entered."""
_SAID = b"form"


class _Signer(TimestampSigner):
    """A signer that takes the time as an argument."""

    def __init__(self, key: str, now: datetime) -> None:
        super().__init__(key.encode(), salt=b"publisher.forms")
        self._now = now

    def get_timestamp(self) -> int:
        return int(self._now.timestamp())


def new_stamp(key: str, *, now: datetime) -> str:
    """Return the stamp for a form that is shown now."""
    return _Signer(key, now).sign(_SAID).decode()


def is_good_stamp(stamp: str, key: str, *, now: datetime) -> bool:
    """Whether the key signed the stamp, and the form was shown neither too short nor too long ago."""
    try:
        _, shown_at = _Signer(key, now).unsign(stamp.encode("utf-8", "replace"), return_timestamp=True)
    except BadData:
        return False
    # the stamp has whole seconds
    return SOONEST - timedelta(seconds=1) < now - shown_at <= LATEST
