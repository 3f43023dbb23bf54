"""Writes a digest as one mail: the same edition always gives the same bytes.

It does not use `email.message`, which picks its boundaries at random.
"""

import hashlib
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from publisher.model.digests import Digest
from publisher.model.editions import Audience, Edition, Notice
from publisher.model.site import Mailbox, Site
from publisher.rendering import quoted_printable
from publisher.rendering.addresses import list_host, message_id_of, notice_id_of, wire_address
from publisher.rendering.headers import list_id_header, mailbox_header, plain_header, text_header, uri_header

NOT_BY_HAND = plain_header("Auto-Submitted", "auto-generated")
"""The header of mails that no person wrote (RFC 3834); programs that answer mails do not answer such a mail."""
URI_CHARS = "%:/?#[]@!$&'()*+;=~"
"""Characters that stay unencoded in an address between angle brackets; a comma would split the list of addresses, and
is encoded.
"""


def digest_message(digest: Digest, edition: Edition, *, audience: Audience, site: Site) -> bytes:
    """Return the whole mail to a mailing list, with CRLF line ends: text first, HTML as the better alternative.

    The mail has no header that marks it as automatic: the list servers Sympa and ezmlm would drop it silently. A list
    server adds such a header itself.
    """
    return _message(digest, edition, message_id_of(edition, site), audience=audience, site=site)


def message_to_try(digest: Digest, edition: Edition, *, audience: Audience, site: Site, to: Mailbox) -> bytes:
    """Return an edition's mail as a test for one recipient; its subject says that it is a test.

    A test may also go to a mailing list, so the test has the real mail's headers. But the test has a Message-ID of its
    own: a mailbox that has got the test must drop neither the real mail nor the next test as a repeat.
    """
    marked = replace(digest, subject=f"[Test] {digest.subject}")
    seen = hashlib.sha256(f"{to.address}\n{digest.subject}\n{digest.text}\n{digest.html}".encode()).hexdigest()
    message_id = message_id_of(edition, site).replace(".edition@", f".{seen[:12]}.test@")
    return _message(marked, edition, message_id, audience=replace(audience, to=to), site=site)


def notice_message(notice: Notice, *, site: Site) -> bytes:
    """Return a notice as a plain-text mail with CRLF line ends. Its headers name no mailing list, and tell programs not
    to answer it.
    """
    headers = [
        mailbox_header("From", site.author),
        mailbox_header("To", notice.to),
        text_header("Subject", notice.subject),
        plain_header("Date", format_datetime(notice.at)),
        plain_header("Message-ID", notice_id_of(notice, site)),
        NOT_BY_HAND,
        plain_header("MIME-Version", "1.0"),
        plain_header("Content-Language", notice.language),
    ]
    return "".join(headers).encode("ascii") + _part("text/plain", notice.text)


def letter_message(
    *,
    subject: str,
    text: str,
    html: str,
    from_: Mailbox,
    to: Mailbox,
    reply_to: Mailbox | None,
    message_id: str,
    dated: datetime,
    language: str,
) -> bytes:
    """Return a single mail to one recipient, with CRLF line ends. Its headers tell programs not to answer it."""
    headers = [
        mailbox_header("From", from_),
        *([mailbox_header("Reply-To", reply_to)] if reply_to else []),
        mailbox_header("To", to),
        text_header("Subject", subject),
        plain_header("Date", format_datetime(dated)),
        plain_header("Message-ID", message_id),
        NOT_BY_HAND,
        *alternative_headers(message_id, language),
    ]
    return _alternative("".join(headers).encode("ascii"), message_id, text, html)


def _message(digest: Digest, edition: Edition, message_id: str, *, audience: Audience, site: Site) -> bytes:
    headers = [
        *_identity(digest, edition, message_id, audience=audience),
        *_list_headers(digest, audience=audience, site=site),
        *alternative_headers(message_id, audience.language_at(site)),
    ]
    return _alternative("".join(headers).encode("ascii"), message_id, digest.text, digest.html)


def alternative_headers(message_id: str, language: str) -> list[str]:
    """Return the headers of a mail that has a text and an HTML part."""
    return [
        plain_header("MIME-Version", "1.0"),
        plain_header("Content-Language", language),
        plain_header("Content-Type", f'multipart/alternative; boundary="{boundary_of(message_id)}"'),
    ]


def _alternative(headers: bytes, message_id: str, text: str, html: str) -> bytes:
    """Return a mail with these headers: text first, HTML as the better alternative."""
    opening = f"--{boundary_of(message_id)}\r\n".encode()
    parts = (_part("text/plain", text), _part("text/html", html))
    body = b"".join(opening + part + b"\r\n" for part in parts)
    return headers + b"\r\n" + body + f"--{boundary_of(message_id)}--\r\n".encode()


def boundary_of(message_id: str) -> str:
    """Return the MIME boundary between the parts of a mail, which is made from the Message-ID."""
    return "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32]  # "=_" cannot occur in quoted-printable


def _identity(digest: Digest, edition: Edition, message_id: str, *, audience: Audience) -> list[str]:
    return [
        mailbox_header("From", audience.from_),
        *([mailbox_header("Reply-To", audience.reply_to)] if audience.reply_to else []),
        mailbox_header("To", audience.to),
        text_header("Subject", digest.subject),
        plain_header("Date", format_datetime(edition.dated)),
        plain_header("Message-ID", message_id),
    ]


def _list_headers(digest: Digest, *, audience: Audience, site: Site) -> list[str]:
    """Return the list headers (RFC 2369 and 2919).

    No header promises unsubscribing by one click: RFC 8058 section 3.1 requires an address that identifies recipient
    and list, and all people on a list get the same bytes.
    """
    stop = audience.unsubscribe_url
    return [
        list_id_header(audience.title, f"{audience.name}.{list_host(site)}"),
        uri_header("List-Unsubscribe", [*([_uri(stop)] if stop else []), _stop_by_mail(audience)]),
        uri_header("List-Help", [f"<mailto:{in_mailto(site.author.address)}?subject=help>"]),
        uri_header("List-Archive", [_uri(digest.archive_url or site.base_url)]),
        plain_header("List-Post", "NO"),
    ]


def _stop_by_mail(audience: Audience) -> str:
    return f"<mailto:{in_mailto(audience.unsubscribe_mailto or audience.from_.address)}?subject=unsubscribe>"


def in_mailto(address: str) -> str:
    """Return an address encoded for a `mailto:` address."""
    return quote(wire_address(address), safe="@!$'*+/=^_`|~.-")


def _uri(url: str) -> str:
    """Return the URL in angle brackets, without characters that could end or split it or cause encoding."""
    return f"<{quote(url, safe=URI_CHARS)}>"


def _part(media_type: str, content: str) -> bytes:
    head = f'Content-Type: {media_type}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode() + quoted_printable.encode(content)
