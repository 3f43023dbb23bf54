"""Tokens of links in mails: a token says what its holder may do, and with whose subscriptions. Pure.

A *signed* token contains the number of a subscriber and a signature, so it need not be stored: 28 characters for
`STOP`, 31 for `MINE`, which also contains the day on which it was made. A `STOP` token is valid as long as its key is
stored; a `MINE` token is valid for some weeks.

A *single* token, for `CONFIRM`, `FRESH` and `MOVE`, is random. The store keeps its hash, and when it was used. A fresh
link opens a page that has a token of its own. That token is signed, contains the minute in which the link was opened,
and is in no mail.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from publisher.model.subscribers import FRESH_WITHIN, MINE_WITHIN, Right

_NUMBER_BYTES, _DAY_BYTES, _MINUTE_BYTES, _SIGNATURE_BYTES = 5, 2, 4, 16
_FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_KEY_BYTES = 32
_FOREIGN = re.compile(r"[^A-Za-z0-9_-]+")
"""Characters that no token has. Mail programs add some: a line break, or the full stop after a link."""


def new_key() -> str:
    """Return a new random key for signing links."""
    return secrets.token_hex(_KEY_BYTES)


def new_single() -> str:
    """Return a new random token for a link that works once."""
    return secrets.token_urlsafe(21)


def digest_of(token: str) -> str:
    """Return the hash of the token of a link that works once; the hash is stored instead of the token."""
    return hashlib.sha256(_FOREIGN.sub("", token).encode()).hexdigest()


def stop_token(subscriber: int, key: str) -> str:
    """Return the token of a subscriber's link to unsubscribe."""
    return _written(Right.STOP, subscriber.to_bytes(_NUMBER_BYTES, "big"), key)


def mine_token(subscriber: int, key: str, *, now: datetime) -> str:
    """Return the token of the link to a subscriber's own page. It contains the present date."""
    day = (now - _FIRST_DAY).days
    return _written(Right.MINE, subscriber.to_bytes(_NUMBER_BYTES, "big") + day.to_bytes(_DAY_BYTES, "big"), key)


def opened_token(subscriber: int, key: str, *, now: datetime) -> str:
    """Return the token of the page that a fresh link (one that works once) opens now; it contains the time, to the
    minute.
    """
    minute = (now - _FIRST_DAY) // _MINUTE
    said = subscriber.to_bytes(_NUMBER_BYTES, "big") + minute.to_bytes(_MINUTE_BYTES, "big")
    return _written(Right.FRESH, said, key)


def read_stop(token: str, key: str) -> int | None:
    """Return the number of the subscriber whom an unsubscribe link's token names, or `None` if the token is invalid."""
    said = _read(Right.STOP, token, _NUMBER_BYTES, key)
    return None if said is None else int.from_bytes(said, "big")


def read_mine(token: str, key: str, *, now: datetime) -> int | None:
    """Return the number of the subscriber whose own page a token opens, or `None` if the token is wrong or too old."""
    said = _read(Right.MINE, token, _NUMBER_BYTES + _DAY_BYTES, key)
    if said is None:
        return None
    made = _FIRST_DAY + timedelta(days=int.from_bytes(said[_NUMBER_BYTES:], "big"))
    # the exact time on that day is unknown
    is_good = made <= now <= made + timedelta(days=1) + MINE_WITHIN
    return int.from_bytes(said[:_NUMBER_BYTES], "big") if is_good else None


def read_opened(token: str, key: str, *, now: datetime) -> int | None:
    """Return the number of the subscriber who opened a page by a fresh link, or `None` if the token is wrong, or if he
    opened it over an hour ago.
    """
    said = _read(Right.FRESH, token, _NUMBER_BYTES + _MINUTE_BYTES, key)
    if said is None:
        return None
    opened = _FIRST_DAY + int.from_bytes(said[_NUMBER_BYTES:], "big") * _MINUTE
    is_good = opened <= now <= opened + FRESH_WITHIN
    return int.from_bytes(said[:_NUMBER_BYTES], "big") if is_good else None


def _written(right: Right, said: bytes, key: str) -> str:
    return urlsafe_b64encode(said + _signature(right, said, key)).decode().rstrip("=")


def _read(right: Right, token: str, length: int, key: str) -> bytes | None:
    """Return the content of a token if the key signed it for this right; otherwise return `None`."""
    try:
        own = _FOREIGN.sub("", token)
        data = urlsafe_b64decode(own + "=" * (-len(own) % 4))
    except ValueError:
        return None
    said, signature = data[:length], data[length:]
    if len(data) != length + _SIGNATURE_BYTES:
        return None
    return said if hmac.compare_digest(signature, _signature(right, said, key)) else None


def _signature(right: Right, said: bytes, key: str) -> bytes:
    return hmac.digest(bytes.fromhex(key), right.value.encode() + b"\0" + said, "sha256")[:_SIGNATURE_BYTES]
