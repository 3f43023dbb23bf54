"""Fetches from the web, politely and within limits. The only module that imports httpx.

Every fetch has one deadline and one size limit, which counts decompressed bytes. Redirects are followed here, so that
each step is checked like the first. A server gets one request at a time. Each request carries the validators of the
server's last answer (ETag, Last-Modified), so that the server can answer "unchanged". Once a day the whole document is
requested without them, because some servers never notice a change.
"""

import hashlib
import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpx

from publisher.collect.sources.answer import Fetched
from publisher.collect.sources.connect import BlockedAddressError, Deadline, Transport, Trust, failures
from publisher.collect.sources.decode import DecodeError, decoded
from publisher.model.errors import SourceError
from publisher.model.sources import LONGEST_WAIT, FailureKind, Fetching

MAX_REDIRECTS = 5

_REDIRECTS = {301: True, 302: False, 303: False, 307: False, 308: True}
"""Status codes of redirects, and whether each is permanent (RFC 9110 section 15.4)."""
_GONE = 410
_NOT_MODIFIED = 304
_OK = 200
_BUSY = (429, 503)
_LONGEST_PROBLEM = 500
"""The most characters of a message about a failed fetch: the address of a redirect may be very long."""
_NO_CACHE = re.compile(r"(?:^|,)\s*no-(?:cache|store)\b", re.IGNORECASE)
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age=(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches for all sources of a site; several threads may use it."""

    settings: Fetching
    user_agent: str
    """The program's name, with an address to which owners of servers can write."""
    _turns: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _trust: Trust = field(default_factory=Trust)

    def allowing(self, private: Sequence[str]) -> "Fetcher":
        """Return a fetcher that may also fetch from the hosts and networks in `private`. Both fetchers share their
        locks per host.
        """
        if not private:
            return self
        return replace(self, settings=replace(self.settings, private=(*self.settings.private, *private)))

    def fetch(self, url: str, *, source: str, validator: str, now: datetime, accept: str = "*/*") -> Fetched:
        """Return the document at `url`.

        Raises:
            SourceError: the document could not be fetched within the limits; the error's `wait` says how long to leave
                the server alone.
        """
        deadline = Deadline(self.settings.timeout_s)
        known = _known(validator)
        is_whole_due = _is_whole_due(known, source, now)
        moved_to, permanent = "", True
        address = url
        for _ in range(MAX_REDIRECTS + 1):
            conditions = {} if is_whole_due else known
            asking = self._request(address, conditions, source=source, deadline=deadline, accept=accept)
            with asking as response:
                target = _target(response, address)
                if target is None:
                    _check_status(response, address, conditions, source=source, now=now)
                    found = self._read(response, address, known, source=source, now=now)
                    return replace(found, moved_to=moved_to)
            if urlsplit(address).scheme == "https" and urlsplit(target).scheme != "https":
                raise _failed(source, f"{address} leads to {target}, which is not encrypted; it was not followed")
            permanent = permanent and _REDIRECTS[response.status_code]
            address = target
            moved_to = address if permanent else moved_to
        raise _failed(source, f"{url} leads on more than {MAX_REDIRECTS} times; correct `url`")

    @contextmanager
    def _request(
        self, address: str, known: Mapping[str, str], *, source: str, deadline: Deadline, accept: str
    ) -> Iterator[httpx.Response]:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _failed(source, f"{address or 'where it leads'} is no web address")
        with self._turn:
            turn = self._turns[parts.hostname]
        headers = {
            "User-Agent": self.user_agent,
            "Accept": accept,
            "Accept-Encoding": "gzip, br",
            **{header: known[name] for name, header in _CONDITIONS.items() if known.get(name)},
        }
        raw = [(name.encode(), value.encode(_BYTES, "replace")) for name, value in headers.items()]
        tls = self._trust.tls if parts.scheme == "https" else None
        transport = Transport(allowed=self.settings.private, deadline=deadline, tls=tls)
        try:
            with _hold_turn(turn, deadline), failures(), httpx.Client(transport=transport, trust_env=False) as client:
                request = client.build_request("GET", address, headers=raw)
                response = client.send(request, stream=True, follow_redirects=False)
                try:
                    yield response
                finally:
                    response.close()
        except BlockedAddressError as error:
            raise _failed(source, f"{error}; add it to `private` of the source if that is meant") from error
        except httpx.TimeoutException as error:
            raise _failed(source, f"{address} took more than {self.settings.timeout_s:g} s") from error
        # UnicodeError: an invalid host name
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            raise _failed(source, f"{address} cannot be fetched: {_words(error)}") from error

    def _read(
        self, response: httpx.Response, address: str, known: Mapping[str, str], *, source: str, now: datetime
    ) -> Fetched:
        fresh_until = _fresh_until(response, now)
        before = json.dumps(known, sort_keys=True) if known else ""
        if response.status_code == _NOT_MODIFIED:
            return Fetched(
                body=b"", url=address, charset="", validator=before, is_unchanged=True, fresh_until=fresh_until
            )
        body = self._body(response, address, source=source)
        digest = hashlib.sha256(body).hexdigest()
        told = {name: _header(response, header) for name, header in _VALIDATORS.items()}
        whole = now.astimezone(UTC).isoformat(timespec="seconds")
        validator = json.dumps({"digest": digest, "whole": whole, **told}, sort_keys=True)
        if known.get("digest") == digest:
            # The old validator is kept: a new ETag for the same bytes is no reason to write to the store.
            kept = validator if _is_whole_due(known, source, now) else before
            return Fetched(
                body=b"", url=address, charset="", validator=kept, is_unchanged=True, fresh_until=fresh_until
            )
        return Fetched(
            body=body,
            url=address,
            charset=response.charset_encoding or "",
            validator=validator,
            fresh_until=fresh_until,
        )

    def _body(self, response: httpx.Response, address: str, *, source: str) -> bytes:
        body = bytearray()
        try:
            for step in decoded(response.iter_raw(), response.headers.get("Content-Encoding", "")):
                body += step
                if len(body) > self.settings.max_bytes:
                    megabytes = self.settings.max_bytes / 1_000_000
                    raise _failed(source, f"{address} is larger than {megabytes:g} MB (fetching.max_megabytes)")
        except DecodeError as error:
            raise _failed(source, f"{address} cannot be read: {error}") from error
        return bytes(body)


_CONDITIONS = {"etag": "If-None-Match", "modified": "If-Modified-Since"}
_VALIDATORS = {"etag": b"etag", "modified": b"last-modified"}
_BELIEVED = timedelta(days=1)
"""A server's answer that a document is unchanged is believed for this time after it last sent the whole document."""
_SPREAD_MINUTES = 60
_BYTES = "latin-1"
"""The encoding with which headers are read. They may contain bytes in any encoding (RFC 9110 section 5.5), and this
encoding preserves the bytes.
"""


@contextmanager
def _hold_turn(turn: threading.Lock, deadline: Deadline) -> Iterator[None]:
    """Hold `turn`, the lock of a host, during a `with`; waiting for the lock does not use up the deadline."""
    with deadline.pause():
        turn.acquire()
    try:
        yield
    finally:
        turn.release()


def _header(response: httpx.Response, name: bytes) -> str:
    return next((value.decode(_BYTES) for key, value in response.headers.raw if key.lower() == name), "")


def _known(validator: str) -> Mapping[str, str]:
    """Return the validators of the last answer, by header; return no validators if the stored `validator` is of another
    form, as after a change of the source's kind.
    """
    try:
        known = json.loads(validator)
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def _is_whole_due(known: Mapping[str, str], source: str, now: datetime) -> bool:
    """Whether it is time to request the whole document, even if the server could answer "unchanged".

    It is time once a day, at a minute derived from the source's name, so that not all sources are fetched whole at
    once.
    """
    if not any(known.get(name) for name in _CONDITIONS):
        return False  # each answer is a whole document anyway
    early = int.from_bytes(hashlib.sha256(source.encode()).digest()[:2]) % _SPREAD_MINUTES
    whole = known.get("whole")
    return not whole or now >= datetime.fromisoformat(whole) + _BELIEVED - timedelta(minutes=early)


def _target(response: httpx.Response, address: str) -> str | None:
    """Return the target of a redirect; return an empty string if the target is no address, and `None` if the answer is
    no redirect.
    """
    location: str = response.headers.get("Location", "")
    if not location or response.status_code not in _REDIRECTS:
        return None
    try:
        return urljoin(address, location)
    except ValueError:  # such as http://[ with no closing bracket
        return ""


def _check_status(
    response: httpx.Response, address: str, known: Mapping[str, str], *, source: str, now: datetime
) -> None:
    status = response.status_code
    if status == _OK or (status == _NOT_MODIFIED and (known.get("etag") or known.get("modified"))):
        return
    if status == _NOT_MODIFIED:
        raise _failed(source, f"{address} says that nothing changed, though it was never read")
    if status == _GONE:
        raise _failed(source, f"{address} is gone for good (410); take the source out or correct `url`", LONGEST_WAIT)
    asked = _retry_after(response, now)
    until = f"; it asks to be left alone for {round(asked.total_seconds())} s" if asked and status in _BUSY else ""
    raise _failed(source, f"{address} answers {status} {response.reason_phrase}".rstrip() + until, asked)


def _retry_after(response: httpx.Response, now: datetime) -> timedelta:
    """Return the pause that an answer asks for (RFC 9110 section 10.2.3: seconds, or a date)."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal() and value.isascii():
        return min(timedelta(seconds=int(value[:9])), LONGEST_WAIT)
    instant = _http_date(value)
    return min(max(instant - now, timedelta(0)), LONGEST_WAIT) if instant else timedelta(0)


def _fresh_until(response: httpx.Response, now: datetime) -> datetime | None:
    """Return until when an answer is fresh, less the time it spent in a cache (RFC 9111 sections 4.2.1 and 5.1)."""
    told = response.headers.get("Cache-Control", "")
    match = None if _NO_CACHE.search(told) else _MAX_AGE.search(told)
    stood = response.headers.get("Age", "").strip()
    seconds = int(match[1]) - (int(stood[:9]) if stood.isascii() and stood.isdecimal() else 0) if match else 0
    return now + min(timedelta(seconds=seconds), LONGEST_WAIT) if seconds > 0 else None


def _http_date(value: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _failed(source: str, problem: str, wait: timedelta = timedelta(0)) -> SourceError:
    words = " ".join(problem.split())
    words = words if len(words) <= _LONGEST_PROBLEM else f"{words[:_LONGEST_PROBLEM]}…"
    return SourceError(source, words, wait=wait, kind=FailureKind.UNREACHABLE)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
