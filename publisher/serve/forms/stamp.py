"""The stamp in a form says when the form was shown. Programs fill in forms at once, or send an old copy."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from itsdangerous import BadData, TimestampSigner

SOONEST = timedelta(seconds=2)
"""The time within which no person can fill in a form. A form that comes back sooner is refused."""
LATEST = timedelta(days=1)
"""The time after which a form is out of date. A form that comes back later is shown again, with what was entered."""
_SAID = b"form"


class _Signer(TimestampSigner):
    """A signer that takes the time as an argument."""

    def __init__(self, keys: Sequence[str], now: datetime) -> None:
        super().__init__([key.encode() for key in reversed(keys)], salt=b"publisher.forms")
        self._now = now

    def get_timestamp(self) -> int:
        return int(self._now.timestamp())


def new_stamp(keys: Sequence[str], *, now: datetime) -> str:
    """Return the stamp for a form that is shown now. `keys` are the keys of the site, the newest first."""
    return _Signer(keys, now).sign(_SAID).decode()


def is_good_stamp(stamp: str, keys: Sequence[str], *, now: datetime) -> bool:
    """Whether one of these keys signed the stamp, and the form was shown neither too short nor too long ago."""
    try:
        _, shown_at = _Signer(keys, now).unsign(stamp.encode("utf-8", "replace"), return_timestamp=True)
    except BadData:
        return False
    # the stamp has whole seconds
    return SOONEST - timedelta(seconds=1) < now - shown_at <= LATEST
