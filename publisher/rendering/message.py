"""A digest as the bytes of one mail: the same edition gives the same bytes, whenever and wherever it is rendered.

Headers are written here rather than by `email.message`: that picks its boundaries at random, and makes an encoded word
of a List-Unsubscribe of 78 characters, which hides the unsubscribe button (cpython issue 85725).
"""

import hashlib
import re
import unicodedata
from dataclasses import replace
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote, urlsplit

from publisher.model.editions import Audience, Digest, Edition, Notice
from publisher.model.site import Mailbox, Site
from publisher.rendering import quoted_printable
from publisher.rendering.addresses import wire_address, wire_domain

MAX_LINE_BYTES = 998
"""RFC 5322 section 2.1.1."""
URI_CHARS = "%:/?#[]@!$&'()*+;=~"
"""What stays as it is between angle brackets; a comma there would split the list of addresses."""


def digest_message(digest: Digest, edition: Edition, *, audience: Audience, site: Site) -> bytes:
    """The whole mail, CRLF line ends: text first, HTML as its better alternative."""
    return _message(digest, edition, message_id_of(edition, site), audience=audience, site=site)


def message_to_try(digest: Digest, edition: Edition, *, audience: Audience, site: Site, to: Mailbox) -> bytes:
    """The same mail for one reader before all others get it: its subject says that it is a test.

    Its Message-ID is its own: a mailbox that has seen the test must not drop the real one, nor the next test.
    """
    marked = replace(digest, subject=f"[Test] {digest.subject}")
    seen = hashlib.sha256(f"{to.address}\n{digest.subject}\n{digest.text}\n{digest.html}".encode()).hexdigest()
    message_id = message_id_of(edition, site).replace(".edition@", f".{seen[:12]}.test@")
    return _message(marked, edition, message_id, audience=replace(audience, to=to), site=site)


def notice_message(notice: Notice, *, site: Site) -> bytes:
    """A notice as a mail of plain text, CRLF line ends. It is no mailing list's, and nobody's autoresponder answers."""
    moment = f"{notice.at:%Y%m%dT%H%M%SZ}"
    headers = [
        _folded("From", _mailbox(site.author)),
        _folded("To", _mailbox(notice.to)),
        _folded("Subject", _one_line(notice.subject)),
        _line("Date", format_datetime(notice.at)),
        _line("Message-ID", f"<{notice.name}.{moment}.notice@{_host(site)}>"),
        _line("Auto-Submitted", "auto-generated"),
        _line("MIME-Version", "1.0"),
        _line("Content-Language", notice.language),
    ]
    return "".join(headers).encode("ascii") + _part("text/plain", notice.text)


def _message(digest: Digest, edition: Edition, message_id: str, *, audience: Audience, site: Site) -> bytes:
    boundary = "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32]  # "=_" cannot occur in quoted-printable
    headers = [
        *_identity(digest, edition, message_id, audience=audience),
        *_list_headers(digest, audience=audience, site=site),
        _line("MIME-Version", "1.0"),
        _line("Content-Language", audience.language_at(site)),
        _line("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    parts = (
        _part("text/plain", digest.text),
        _part("text/html", digest.html),
    )
    opening = f"--{boundary}\r\n".encode()
    body = b"".join(opening + part + b"\r\n" for part in parts)
    return "".join(headers).encode("ascii") + b"\r\n" + body + f"--{boundary}--\r\n".encode()


def message_id_of(edition: Edition, site: Site) -> str:
    """The Message-ID, in its angle brackets. It never changes: servers and readers recognise a repeat by it.

    The moment is in it because a store that was made anew, or restored from an older copy, counts from an older number:
    its edition 3 is another mail than the one that went out, and must not be dropped as a repeat of it.
    """
    return f"<{edition.name}.{edition.composed_at:%Y%m%dT%H%M%SZ}.edition@{_host(site)}>"


def _identity(digest: Digest, edition: Edition, message_id: str, *, audience: Audience) -> list[str]:
    return [
        _folded("From", _mailbox(audience.sender)),
        _folded("To", _mailbox(audience.to)),
        _folded("Subject", _one_line(digest.subject)),
        _line("Date", format_datetime(edition.dated)),
        _line("Message-ID", message_id),
    ]


def _list_headers(digest: Digest, *, audience: Audience, site: Site) -> list[str]:
    """RFC 2369, 2919 and 8058, and the two that keep autoresponders quiet (RFC 3834)."""
    stop = audience.unsubscribe_url
    return [
        _list_id(audience, site),
        _raw("List-Unsubscribe", [*([_uri(stop)] if stop else []), _stop_by_mail(audience)]),
        # RFC 8058 section 3.1: without https the one-click promise must not be made
        *([_line("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")] if stop.startswith("https://") else []),
        _raw("List-Help", [f"<mailto:{_in_mailto(site.author.address)}?subject=help>"]),
        _raw("List-Archive", [_uri(digest.archive_url or site.base_url)]),
        _line("List-Post", "NO"),
        _line("Auto-Submitted", "auto-generated"),
        _line("Precedence", "bulk"),
    ]


def _list_id(audience: Audience, site: Site) -> str:
    """RFC 2919: the phrase may change, the identifier in brackets never does."""
    identifier = f"<{audience.name}.{_host(site)}>"
    # List software compares raw bytes, so the phrase is ASCII: "Actualités" becomes "Actualites", or nothing at all.
    ascii_title = unicodedata.normalize("NFKD", _one_line(audience.title)).encode("ascii", "ignore").decode()
    phrase = " ".join(re.sub(r'["\\<>()\[\],;:@]', " ", ascii_title).split())
    return _line("List-Id", f'"{phrase}" {identifier}' if phrase else identifier)


def _stop_by_mail(audience: Audience) -> str:
    return f"<mailto:{_in_mailto(audience.unsubscribe_mailto or audience.sender.address)}?subject=unsubscribe>"


def _in_mailto(address: str) -> str:
    return quote(wire_address(address), safe="@!$'*+/=^_`|~.-")


def _uri(url: str) -> str:
    """The URL between angle brackets, with nothing in it that could end it, split it or be encoded."""
    return f"<{quote(url, safe=URI_CHARS)}>"


def _host(site: Site) -> str:
    # RFC 2919 section 3: a list keeps its identifier, or its readers' filters break; so a new address changes nothing.
    return wire_domain(site.first_host or urlsplit(site.base_url).hostname or "")


def _mailbox(mailbox: Mailbox) -> str:
    return str(Address(_one_line(mailbox.name), addr_spec=wire_address(mailbox.address)))


def _one_line(text: str) -> str:
    """Text that cannot begin another header: line ends and control characters become spaces."""
    return " ".join("".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text).split())


def _folded(name: str, value: str) -> str:
    """A header with text for people: encoded where it is not ASCII (RFC 2047), folded at 78."""
    return str(SMTP.fold(name, SMTP.header_factory(name, value)))


def _line(name: str, value: str) -> str:
    """A header of fixed or ASCII-only text on one line."""
    line = f"{name}: {value}"
    if not line.isascii() or not line.isprintable() or len(line) > MAX_LINE_BYTES:
        raise ValueError(f"{name} cannot be written as a header: {value!r}")
    return f"{line}\r\n"


def _raw(name: str, uris: list[str]) -> str:
    """A List-* header: never encoded, and folded only between its addresses."""
    first, *others = uris
    return "".join([_line(name, first).rstrip(), *(f",\r\n {uri}" for uri in others), "\r\n"])


def _part(media_type: str, content: str) -> bytes:
    head = f'Content-Type: {media_type}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode() + quoted_printable.encode(content)
