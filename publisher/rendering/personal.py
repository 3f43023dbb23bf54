"""Mails to subscribers: the parts that all subscribers share are rendered and encoded once, and slots are filled with
each subscriber's own words.

While a digest is rendered, each slot contains a mark of letters and digits. The rendered text is cut at the marks, and
each piece is encoded separately; a subscriber's mail is the pieces with his own words between them.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from html import escape

from publisher.model.digests import Digest, Personal
from publisher.model.round_names import READERS
from publisher.model.settings import SubscriberSettings
from publisher.model.site import Site
from publisher.rendering import quoted_printable
from publisher.rendering.addresses import list_host
from publisher.rendering.columns import Block, lay_out
from publisher.rendering.headers import list_id_header, mailbox_header, plain_header, text_header, uri_header
from publisher.rendering.message import NOT_BY_HAND, alternative_headers, boundary_of, in_mailto
from publisher.rendering.urls import mine_url, stop_url
from publisher.rendering.wire_form import WireForm, double_dots, double_dots_once

_STOP, _MINE, _WHY = (f"x{hashlib.sha256(name.encode()).hexdigest()[:26]}x" for name in ("stop", "mine", "why"))
"""Marks in a digest for the places of a subscriber's own words (slots); no item's text contains them."""
_SLOT = re.compile(f"({_STOP}|{_MINE}|{_WHY})")
_STOP_TOKEN, _MINE_TOKEN, _WHY_TEXT, _WHY_HTML = range(4)
"""Indexes of a subscriber's own words among the contents of slots (places for them). Tokens have letters, digits, - and
_ only.
"""
_SOFT_BREAK = b"=\r\n"
"""A line end that decoders of quoted-printable remove."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderMail:
    """The parts of a digest to subscribers that differ between subscribers."""

    address: str
    """The subscriber's mail address as SMTP transmits it: in ASCII."""
    stop_token: str
    mine_token: str
    why: str
    """Why the subscriber gets the mail; one line."""
    message_id: str
    """The Message-ID in its angle brackets."""


def marked_personal(site: Site, settings: SubscriberSettings) -> Personal:
    """Return the personal parts of a digest, with marks in place of each subscriber's own words."""
    return Personal(
        why=_WHY,
        stop_url=stop_url(site, _STOP),
        mine_url=mine_url(site, _MINE),
        privacy_url=settings.privacy_url,
    )


def filled(digest: Digest, *, why: str, token: str) -> Digest:
    """Return a digest that was rendered with `marked_personal`, with the marks replaced for one subscriber.

    `token` becomes part of the link to the subscriber's own page and of the unsubscribe link.
    """
    of_text, of_html = {_WHY: lay_out([Block(text=why)])}, {_WHY: escape(why)}
    text, html = _fill(digest.text, of_text, token), _fill(digest.html, of_html, token)
    return replace(digest, text=text, html=html, text_parts=(), html_parts=())


def _fill(text: str, own: Mapping[str, str], token: str) -> str:
    return _SLOT.sub(lambda found: own.get(found[1], token), text)


class Skeleton:
    """A digest to subscribers without the parts that differ between subscribers."""

    def __init__(
        self, digest: Digest, *, name: str, dated: datetime, language: str, site: Site, settings: SubscriberSettings
    ) -> None:
        """Cut a digest that was rendered with `marked_personal` into pieces."""
        boundary_id = hashlib.sha256(f"{name}\n{digest.subject}\n{digest.html}".encode()).hexdigest()
        answers_to = settings.stop_by_mail or (settings.reply_to or settings.from_).address
        self._stop = stop_url(site, "")
        self._stop_by_mail = f"mailto:{in_mailto(answers_to)}?subject=unsubscribe%20"
        self._head = "".join(
            [
                mailbox_header("From", settings.from_),
                *([mailbox_header("Reply-To", settings.reply_to)] if settings.reply_to else []),
                text_header("Subject", digest.subject),
                plain_header("Date", format_datetime(dated)),
                list_id_header(site.title, f"{READERS}.{list_host(site)}"),
                plain_header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                NOT_BY_HAND,
                plain_header("Precedence", "bulk"),
                *alternative_headers(boundary_id, language),
            ]
        ).encode("ascii")
        opening = f"\r\n--{boundary_of(boundary_id)}\r\n"
        self._pieces: list[list[bytes]] = [[]]
        """The digest's pieces before the first slot (a place for a subscriber's words), between slots, and after the
        last slot.
        """
        self._slots: list[int] = []
        """Which of the subscriber's own words (`_STOP_TOKEN` and so on) each slot gets."""
        self._add_part(opening, "text/plain", digest.text_parts or [digest.text], why=_WHY_TEXT)
        self._add_part(opening, "text/html", digest.html_parts or [digest.html], why=_WHY_HTML)
        self._pieces[-1].append(f"\r\n--{boundary_of(boundary_id)}--\r\n".encode())
        self._on_wire: list[list[bytes]] = []
        """The digest's pieces as SMTP transmits them, the shared headers first; empty until they are prepared."""
        self._size = 0
        """The number of bytes that the mails to all subscribers share, once the pieces are prepared."""

    def _add_part(self, opening: str, media_type: str, parts: Iterable[str], *, why: int) -> None:
        words = {_STOP: _STOP_TOKEN, _MINE: _MINE_TOKEN, _WHY: why}
        head = f'Content-Type: {media_type}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
        self._pieces[-1].append((opening + head).encode())
        texts: list[str] = []
        for part in parts:
            first, *rest = _SLOT.split(part)
            texts.append(first)
            for mark, text in zip(rest[::2], rest[1::2], strict=True):
                self._pieces[-1] += quoted_printable.encode_parts(texts)
                self._slots.append(words[mark])
                self._pieces.append([])
                texts = [text]
        self._pieces[-1] += quoted_printable.encode_parts(texts)

    def wire_form_to(self, reader: ReaderMail) -> WireForm:
        """Return the mail to a subscriber as SMTP transmits it. The pieces that all subscribers share are prepared only
        once.
        """
        if not self._on_wire:
            self._on_wire = [[double_dots_once(each) for each in pieces] for pieces in self._pieces]
            self._on_wire[0].insert(0, double_dots(self._head))
            pieces_bytes = sum(len(each) for pieces in self._pieces for each in pieces)
            self._size = len(self._head) + pieces_bytes + 2 * len(_SOFT_BREAK) * len(self._slots)
        own_head, why = self._own_head(reader), _encoded_why(reader.why)
        tokens = reader.stop_token.encode(), reader.mine_token.encode()
        words, on_wire = (*tokens, *why.parts), (*tokens, *why.on_wire)
        first, *others = self._on_wire
        pieces = _fill_slots([double_dots(own_head), *first], [on_wire[slot] for slot in self._slots], others)
        own_bytes = len(own_head) + sum([len(words[slot]) for slot in self._slots])
        return WireForm.of_pieces(pieces, size=self._size + own_bytes)

    def _own_head(self, reader: ReaderMail) -> bytes:
        # RFC 8058 section 3.1: the address to post to is https; the other one is for people and programs that cannot
        # post.
        stop = [f"<{self._stop}{reader.stop_token}>", f"<{self._stop_by_mail}{reader.stop_token}>"]
        return "".join(
            [
                plain_header("To", reader.address),
                plain_header("Message-ID", reader.message_id),
                uri_header("List-Unsubscribe", stop),
            ]
        ).encode("ascii")


def _fill_slots(before: list[bytes], fills: Sequence[bytes], after: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Return a mail's pieces before the first slot (a place for a subscriber's words), then each slot's content with
    the pieces after it.
    """
    for filled, pieces in zip(fills, after, strict=True):
        before += [_SOFT_BREAK, filled, _SOFT_BREAK, *pieces]
    return before


@dataclass(frozen=True, slots=True)
class _EncodedWhy:
    """The reason why a subscriber gets a mail, encoded for the text part and for the HTML part."""

    parts: tuple[bytes, bytes]
    on_wire: tuple[bytes, bytes]
    """`parts` in the form that SMTP transmits. The reason is at the beginning of a line, after a soft line break."""


def _encoded_why(why: str) -> _EncodedWhy:
    """Encode the reason for a subscriber's mail."""
    text, html = quoted_printable.encode(lay_out([Block(text=why)])), quoted_printable.encode(escape(why))
    return _EncodedWhy((text, html), (double_dots(text), double_dots(html)))
