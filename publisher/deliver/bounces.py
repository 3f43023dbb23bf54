"""Reads the mails in the mailbox for bounces, which report what became of our mails. Pure.

Some of these mails come from subscribers, or their mail programs, to unsubscribe (RFC 2369 section 3.2).

Reports have a standard form: RFC 3464 for failures and delays, RFC 6533 for the same with non-ASCII letters, RFC 5965
for complaints. Older servers use other forms, which flufl.bounce knows. The mail that a bounce is about is found by the
address to which the bounce came, or from which the returned mail was sent (VERP); by the ENVID of its envelope (RFC
3461) or its Message-ID; or by its unsubscribe link. A stranger could guess only the Message-ID, so a Message-ID never
identifies a subscriber.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import getaddresses
from typing import Any, TypeAlias

from flufl.bounce import all_failures

from publisher.model.bounces import Bounce, BounceKind
from publisher.rendering.text import one_line

# it logs a traceback for each mail on which one of its detectors fails
logging.getLogger("flufl.bounce").propagate = False
logging.getLogger("flufl.bounce").addHandler(logging.NullHandler())

_Mail: TypeAlias = "Message[Any, Any]"
_Failures: TypeAlias = tuple[frozenset[bytes], frozenset[bytes]]
"""The recipients whose mail failed for now, and those whose mail failed for good."""
_MOST_BYTES = 1_000_000
"""How many bytes of a mail are read. A report stands before the mail that it returns."""
_MOST_ODD = 50_000
"""How many bytes of a mail without a standard form are given to flufl.bounce, which takes 8 s for a million."""
_MOST_DEEP = 50
_MOST_WORDS = 500
_MOST_TEXT = 20_000
_MESSAGE_ID = re.compile(rb"^[ \t>]*Message-ID:\s*(<[^<>\x00-\x20\x7f]{3,250}>)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_STOP = r"[A-Za-z0-9_-]{28}"
"""The form of a token in links to unsubscribe, as `subscribers.tokens` makes it."""
_STOP_LINK = re.compile(rf"/-/stop/({_STOP})(?![A-Za-z0-9_-])")
_STOP_SUBJECT = re.compile(rf"unsubscribe ({_STOP})", re.IGNORECASE)
_ODD_STATUS = re.compile(r"(?:#|\b[45]\d\d[ -])([45]\.\d{1,3}\.\d{1,3})\b")
"""The form of a status code in a text, after a `#` or a reply code. Without a `#` or code before it, it could be a
version number.
"""
_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_KINDS = {"failed": BounceKind.FAILED, "delayed": BounceKind.DELAYED}
_RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")


def read_bounce(mail: bytes, *, bounces: str) -> Bounce:
    """Return what a mail reports. `bounces` is the site's address for bounces. The address of a single subscriber has a
    `+` and his token before the `@`.
    """
    mail = mail[:_MOST_BYTES]
    message = _parse(mail)
    if message is None:
        return Bounce(kind=BounceKind.UNKNOWN)
    about = _About(
        token=_token_in(message, _TO, bounces) or _returned_token(message, bounces),
        told=tuple(dict.fromkeys(_message_ids(message, mail))),
        stop_token=_returned_stop(mail),
    )
    for report in (part for part in message.walk() if part.get_content_type() == "multipart/report"):
        for part in _children(report):
            found = _read_part(part, about)
            if found is not None:
                return found
    failures = _failures_in(message_from_bytes(mail[:_MOST_ODD]))
    return _read_wish(message, about, failures) or _read_odd(message, about, failures)


def _parse(mail: bytes) -> "_Mail | None":
    """Return the parsed mail, or `None` if its parts are nested so deeply that the mail must be an attack on programs
    that read it.
    """
    try:
        message = message_from_bytes(mail)
    except RecursionError:
        return None
    level = [message]
    for _ in range(_MOST_DEEP):
        level = [part for each in level for part in _children(each)]
    return None if level else message


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """Candidates for what a bounce is about: the mails and subscribers that its text names."""

    token: str
    told: tuple[str, ...]
    """The Message-IDs that the text of the mail names."""
    stop_token: str


def _read_part(part: _Mail, about: _About) -> Bounce | None:
    """Return what the machine-readable part of a report says, or `None` if this part is not the
    machine-readable one.
    """
    match part.get_content_type():
        case "message/delivery-status" | "message/global-delivery-status":
            return _read_status(_blocks_of(part), about)
        case "message/feedback-report":
            fields = next(iter(_blocks_of(part)), None)
            if fields is None or _value(fields, "Feedback-Type").lower() == "not-spam":
                return None
            return Bounce(
                kind=BounceKind.COMPLAINT,
                token=about.token,
                stop_token=about.stop_token,
                message_ids=_with_envid(_value(fields, "Original-Envelope-Id"), about.told),
                recipient=_address(_value(fields, "Original-Rcpt-To")),
                words=f"{_value(fields, 'Feedback-Type')} reported by {_value(fields, 'User-Agent')}".strip(),
            )
        case _:
            return None


def _read_status(blocks: list[_Mail], about: _About) -> Bounce | None:
    """Return what a delivery status report says. Its first block is about the mail, each further block about one
    recipient.
    """
    by_kind = {_KINDS.get(_value(block, "Action").lower()): block for block in reversed(blocks[1:])}
    kind = next((each for each in (BounceKind.FAILED, BounceKind.DELAYED) if each in by_kind), None)
    if kind is None:
        return None
    block, ids = by_kind[kind], _with_envid(_value(blocks[0], "Original-Envelope-Id"), about.told)
    words = _typed(_value(block, "Diagnostic-Code"))
    status = _STATUS.search(_value(block, "Status")) or _STATUS.search(words)
    recipient = _typed(_value(block, "Original-Recipient")) or _typed(_value(block, "Final-Recipient"))
    return Bounce(
        kind=kind,
        token=about.token,
        stop_token=about.stop_token,
        message_ids=ids,
        recipient=recipient,
        status=status[1] if status else "",
        words=words or _value(block, "Status"),
    )


def _read_wish(message: _Mail, about: _About, failures: _Failures) -> Bounce | None:
    """Return the wish to unsubscribe that a mail expresses by an unsubscribe link's token in its subject or recipient
    address, or `None` if it has none.

    No mail of this site has a token there, so an automatic reply has none either.
    """
    said = _STOP_SUBJECT.fullmatch(_subject(message))
    in_address = about.token if re.fullmatch(_STOP, about.token) else ""
    token = said[1] if said else in_address
    if not token or _is_automatic(message) or any(failures):
        return None
    return Bounce(kind=BounceKind.UNSUBSCRIBE, stop_token=token, words="unsubscribed by mail")


def _read_odd(message: _Mail, about: _About, failures: _Failures) -> Bounce:
    """Return what a mail without a standard form reports."""
    temporary, permanent = failures
    failed = sorted(permanent or temporary)
    if failed:
        kind = BounceKind.FAILED if permanent else BounceKind.DELAYED
        return Bounce(
            kind=kind,
            token=about.token,
            stop_token=about.stop_token,
            message_ids=about.told,
            recipient=one_line(_text(failed[0])),
            status=_odd_status(message),
            words=_subject(message),
        )
    kind = BounceKind.AUTOMATIC if _is_automatic(message) else BounceKind.UNKNOWN
    return Bounce(kind=kind, token=about.token, message_ids=about.told, words=_subject(message))


def _odd_status(message: _Mail) -> str:
    """Return the first status code in a text without a standard form, such as qmail's `(#5.1.1)`."""
    texts = (part.get_payload(decode=True) for part in message.walk() if part.get_content_type() == "text/plain")
    for text in texts:
        if isinstance(text, bytes) and (found := _ODD_STATUS.search(_text(text[:_MOST_TEXT]))):
            return found[1]
    return ""


def _failures_in(message: _Mail) -> _Failures:
    """Return the recipients whose mail failed for now, and those whose mail failed for good, as flufl.bounce finds them
    in a mail.
    """
    try:
        return all_failures(message)
    except Exception:  # noqa: BLE001  (its detectors stumble over mails without a sender, and strangers write them)
        return frozenset(), frozenset()


def _is_automatic(message: _Mail) -> bool:
    """Whether a program sent the mail, according to RFC 3834 or to older conventions."""
    submitted = _value(message, "Auto-Submitted").lower()
    precedence = _value(message, "Precedence").lower()
    others = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
    is_old = precedence in ("auto_reply", "bulk", "junk") or any(name in message for name in others)
    return submitted not in ("", "no") or is_old


# --- which mail it is about ------------------------------------------------------------------------------------------


def _token_in(message: _Mail, fields: Iterable[str], bounces: str) -> str:
    """Return the text after the `+` in a bounce address in these fields, or an empty string if there is none."""
    local, _, domain = bounces.rpartition("@")
    pattern = re.compile(rf"{re.escape(local)}\+([A-Za-z0-9_-]+)@{re.escape(domain)}", re.IGNORECASE)
    values = [str(value) for name in fields for value in message.get_all(name, [])]
    found = (pattern.fullmatch(address.strip()) for _, address in getaddresses(values))
    return next((each[1] for each in found if each), "") if local else ""


def _returned_token(message: _Mail, bounces: str) -> str:
    """Return the text after the `+` in the address from which the returned mail was sent, or an empty string if there
    is none.

    Complaints, and failure reports to the author, need it, because these are not sent to the bounce address.
    """
    for part in message.walk():
        is_report = part.get_content_type() == "message/feedback-report"
        if part is not message and (is_report or part.get_content_type() in _RETURNED):
            for fields in _blocks_of(part):
                if token := _token_in(fields, ("original-mail-from", "return-path"), bounces):
                    return token
    return ""


def _returned_stop(mail: bytes) -> str:
    """Return the token of the unsubscribe link in a mail, or an empty string if there is none, or if there are links of
    several subscribers.
    """
    found = {each[1] for each in _STOP_LINK.finditer(mail.decode("latin-1"))}
    return found.pop() if len(found) == 1 else ""


def _message_ids(message: _Mail, mail: bytes) -> Iterator[str]:
    """Yield the Message-IDs of the mails that a report returns or quotes."""
    for part in message.walk():
        if part is not message and part.get_content_type() in _RETURNED:
            for returned in _blocks_of(part):
                if own := _value(returned, "Message-ID"):
                    yield own
    own = _value(message, "Message-ID")
    yield from (said for each in _MESSAGE_ID.findall(mail) if (said := _text(each)) != own)


def _with_envid(envid: str, told: tuple[str, ...]) -> tuple[str, ...]:
    """Return the Message-IDs `told`, after the one that `envid` contains in xtext. (The envelope of each of our mails
    has the mail's Message-ID as ENVID.)
    """
    said = re.sub(r"\+([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), envid)
    return tuple(dict.fromkeys((*([f"<{said}>"] if said else ()), *told)))


# --- parts -----------------------------------------------------------------------------------------------------------


def _children(part: _Mail) -> list[_Mail]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _blocks_of(part: _Mail) -> list[_Mail]:
    """Return the blocks of fields in a part. In a status report, empty lines separate the blocks."""
    blocks = _children(part)
    if not blocks:
        data = part.get_payload(decode=True)
        text = data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
        return _split(text)
    if len(blocks) == 1 and part.get_content_type() == "message/global-delivery-status":
        # The standard library parses it as a mail: the blocks after the first are that mail's text.
        return [blocks[0], *_split(str(blocks[0].get_payload()))]
    return blocks


def _split(text: str) -> list[_Mail]:
    blocks = re.split(r"\r?\n[ \t]*\r?\n", text.strip())
    return [message_from_string(f"{block}\n\n") for block in blocks if block.strip()]


def _value(fields: _Mail, name: str) -> str:
    """Return the value of a header field on one line, without control characters, or an empty string if there is no
    such field.
    """
    return one_line(str(fields.get(name, "")))[:_MOST_WORDS]


def _typed(value: str) -> str:
    """Return the value of a report's field without its type: `ada@example.org` for `rfc822; ada@example.org`."""
    return value.partition(";")[2].strip() if ";" in value else value


def _address(value: str) -> str:
    return value.strip("<> ")


def _text(data: bytes | str) -> str:
    return data if isinstance(data, str) else data.decode("utf-8", "replace")


def _subject(message: _Mail) -> str:
    return _value(message, "Subject")
