"""The stamp of a form says when it was shown: programs that fill in forms do it at once, or with an old copy."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from itsdangerous import BadData, TimestampSigner

SOONEST = timedelta(seconds=2)
"""A form that comes back sooner was not filled in by a person."""
LATEST = timedelta(days=1)
"""A page that was open for longer is shown once more, with what was entered."""
_SAID = b"form"


class _Signer(TimestampSigner):
    """Signs by a clock that is given."""

    def __init__(self, keys: Sequence[str], now: datetime) -> None:
        super().__init__([key.encode() for key in reversed(keys)], salt=b"publisher.forms")
        self._now = now

    def get_timestamp(self) -> int:
        return int(self._now.timestamp())


def new_stamp(keys: Sequence[str], *, now: datetime) -> str:
    """The stamp of a form that is shown now; the newest key comes first."""
    return _Signer(keys, now).sign(_SAID).decode()


def is_good_stamp(stamp: str, keys: Sequence[str], *, now: datetime) -> bool:
    """Whether one of these keys signed it, and the form was shown neither just now nor long ago."""
    try:
        _, shown_at = _Signer(keys, now).unsign(stamp.encode("utf-8", "replace"), return_timestamp=True)
    except BadData:
        return False
    # The stamp has whole seconds.
    return SOONEST - timedelta(seconds=1) < now - shown_at <= LATEST
