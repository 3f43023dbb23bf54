"""Digests: editions and readers' selections as rendered, ready to be sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """An item as it is named in a digest's lists of items: `shown`, `corrected` and `left_out`."""

    uid: str
    title: str
    url: str
    themes: tuple[str, ...]
    """Slugs of the item's themes. The item stands under the first theme that the audience follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """An edition as its recipients read it."""

    subject: str
    """The subject, one line."""
    preheader: str
    """The text that mail programs show beside the subject; one line, may be empty."""
    html: str
    """A page with inlined styles. A mail program fetches nothing but pictures, if the audience has `pictures`."""
    text: str
    """Plain text in lines of at most 72 columns; only web addresses and code may be longer."""
    shown: tuple[DigestItem, ...]
    """The items that the mail shows, in the order of the digest."""
    corrected: tuple[DigestItem, ...] = ()
    """Items of earlier editions whose corrections the digest announces."""
    left_out: tuple[DigestItem, ...] = ()
    """Items that do not fit into the mail. The mail gives their number and a link to them on the web."""
    archive_url: str = ""
    """Address of the audience's editions on the web; empty if they are not public."""
    html_parts: tuple[str, ...] = ()
    """`html` in parts, some of which other digests share; empty if it is not split into parts."""
    text_parts: tuple[str, ...] = ()
    """`text` in parts, some of which other digests share; empty if it is not split into parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """The personal texts and links in the foot of a mail to one subscriber."""

    why: str
    """Why the subscriber gets the mail; one line."""
    stop_url: str
    mine_url: str
    """Address of the reader's own page."""
    privacy_url: str
