"""Writes the headers of a mail so that every reader decodes the same words.

Python's `email` mixes raw text with encoded words in one value, and readers then lose or double spaces between them.
Here a value is either all raw or all encoded words. `email` also begins some headers with an empty line, which spam
filters count, and encodes long List-Unsubscribe addresses, which hides the unsubscribe button (cpython issue 85725).
Every function returns whole lines of ASCII, each ended by CRLF.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from publisher.model.site import Mailbox
from publisher.rendering.addresses import wire_address
from publisher.rendering.text import one_line

LINE_CHARS = 78
"""The most characters of a header's raw (unencoded) line, where it can be folded (RFC 5322 section 2.1.1)."""
ENCODED_LINE_CHARS = 76
ENCODED_WORD_CHARS = 75
"""The most characters of an encoded word, and of a line with one (RFC 2047 section 2)."""
MAX_LINE_BYTES = 998
"""The most bytes of any line (RFC 5322 section 2.1.1)."""
MAX_RAW_WORD_CHARS = 400
"""The most characters of a raw word; a longer word is encoded, because a raw word cannot be folded, and quoting may
double its length.
"""
LATIN_SHARE = 2 / 3
"""From this share of ASCII letters on, a text is encoded by Q (RFC 2047), which people and plain searches can still
read; other texts by B, which is base64.
"""

_AROUND = len("=?utf-8?q??=")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
"""Words of a display name that need no quotes (RFC 5322 section 3.2.3)."""
_Q_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
"""Characters that stay unencoded in Q (RFC 2047 section 5 (3)): characters allowed in a display name are allowed
everywhere.
"""
_SPECIAL = re.compile(r'["\\<>()\[\],;:@]+')


def text_header(name: str, text: str) -> str:
    """Return a header whose value is words for people, such as Subject."""
    words = one_line(text)
    return _folded(name, words.split(" ")) if _is_raw(words) else _encoded(name, words)


def mailbox_header(name: str, mailbox: Mailbox) -> str:
    """Return a header with one mailbox.

    Raises:
        ValueError: mail servers do not accept the mailbox's address.
    """
    address = wire_address(mailbox.address)
    words = one_line(mailbox.name)
    if not words:
        return plain_header(name, address)
    if not _is_raw(words):
        return _encoded(name, words, then=f"<{address}>")
    return _folded(name, [*(words if _ATOMS.fullmatch(words) else _quoted(words)).split(" "), f"<{address}>"])


def list_id_header(phrase: str, identifier: str) -> str:
    """Return a List-Id header (RFC 2919): a phrase for people, which may change, and the identifier in angle brackets,
    which never does.
    """
    words = one_line(_SPECIAL.sub(" ", phrase))  # some programs look for the brackets in the decoded text
    if not words:
        return plain_header("List-Id", f"<{identifier}>")
    if not _is_raw(words):
        return _encoded("List-Id", words, then=f"<{identifier}>")
    return _folded("List-Id", [*_quoted(words).split(" "), f"<{identifier}>"])


def uri_header(name: str, uris: Sequence[str]) -> str:
    """Return a List-* header (RFC 2369) with addresses in angle brackets; it is never encoded, and folded only between
    addresses.

    Raises:
        ValueError: an address is not ASCII, or too long for a line.
    """
    first, *others = uris
    return "".join([plain_header(name, first).rstrip(), *(f",\r\n {uri}" for uri in others), "\r\n"])


def plain_header(name: str, value: str) -> str:
    """Return a header of fixed or ASCII text on one line.

    Raises:
        ValueError: the value is not ASCII, has control characters, or is too long for a line.
    """
    line = f"{name}: {value}"
    if not line.isascii() or not line.isprintable() or len(line) > MAX_LINE_BYTES:
        raise ValueError(f"{name} cannot be written as a header: {value!r}")
    return f"{line}\r\n"


def _is_raw(words: str) -> bool:
    """Whether the words can stay raw (unencoded): they are ASCII, none looks like an encoded word, and none is too long
    for a line.
    """
    return words.isascii() and "=?" not in words and len(max(words.split(" "), key=len)) <= MAX_RAW_WORD_CHARS


def _quoted(words: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", words) + '"'


def _folded(name: str, words: Iterable[str]) -> str:
    """Return a header of raw (unencoded) words, separated by single spaces, in lines of at most `LINE_CHARS` where the
    words are short enough.
    """
    lines = [f"{name}:"]
    for word in words:
        # a fold right after the colon would begin the header with an empty line
        if len(lines[-1]) + 1 + len(word) <= LINE_CHARS or lines == [f"{name}:"]:
            lines[-1] += f" {word}".rstrip()
        else:
            lines.append(f" {word}")
    return "\r\n".join(lines) + "\r\n"


def _encoded(name: str, text: str, *, then: str = "") -> str:
    """Return a header with the text as encoded words (RFC 2047), one per line, followed by `then` unencoded."""
    begun = f"{name}: "
    first, *others = _encoded_words(text, min(ENCODED_LINE_CHARS - len(begun), ENCODED_WORD_CHARS))
    lines = [f"{begun}{first}", *(f" {word}" for word in others)]
    if then and len(lines[-1]) + 1 + len(then) <= ENCODED_LINE_CHARS:
        lines[-1] += f" {then}"
    elif then:
        lines.append(f" {then}")
    return "\r\n".join(lines) + "\r\n"


def _encoded_words(text: str, first_chars: int) -> list[str]:
    """Return encoded words (RFC 2047 section 4); the first has at most `first_chars`, because the header's name
    precedes it.
    """
    is_latin = sum(map(str.isascii, text)) >= LATIN_SHARE * len(text)
    pieces = [] if is_latin else _cut_for_b(text, first_chars)
    if pieces:
        return [f"=?utf-8?b?{b64encode(piece.encode()).decode()}?=" for piece in pieces]
    return [f"=?utf-8?q?{word}?=" for word in _words_in_q(text, first_chars)]


def _words_in_q(text: str, first_chars: int) -> Iterator[str]:
    word, room = "", first_chars - _AROUND
    for encoded in map(_char_in_q, text):
        if len(word) + len(encoded) > room:
            yield word
            word, room = "", ENCODED_WORD_CHARS - _AROUND
        word += encoded
    yield word


def _char_in_q(char: str) -> str:
    if char in _Q_SAFE:
        return char
    return "_" if char == " " else "".join(f"={byte:02X}" for byte in char.encode())


def _cut_for_b(text: str, first_chars: int) -> list[str]:
    """Return the text cut into pieces for the encoding B: the byte count of each piece, except the last, is a multiple
    of three. Return an empty list if the text cannot be cut so.

    Programs that use GMime decode neighbouring encoded words as one, and stop at the first padding (`=`).
    """
    pieces, most_bytes = [], (first_chars - _AROUND) // 4 * 3
    while len(text.encode()) > most_bytes:
        taken = _chars_in_threes(text, most_bytes)
        if not taken:
            return []
        pieces.append(text[:taken])
        text, most_bytes = text[taken:], (ENCODED_WORD_CHARS - _AROUND) // 4 * 3
    return [*pieces, text]


def _chars_in_threes(text: str, most_bytes: int) -> int:
    """Return the number of characters that fit into `most_bytes` and whose byte count is a multiple of three; return 0
    if there is no such number.
    """
    sizes = accumulate(len(char.encode()) for char in text[:most_bytes])
    return max((chars for chars, size in enumerate(sizes, 1) if size <= most_bytes and size % 3 == 0), default=0)
