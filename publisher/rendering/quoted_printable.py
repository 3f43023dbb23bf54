"""Encodes text as quoted-printable (RFC 2045 section 6.7), to measure and to write the parts of mails."""

import binascii
import re
from collections.abc import Iterable
from functools import lru_cache


def encode(text: str) -> bytes:
    """Return the text as UTF-8 in quoted-printable: CRLF line ends, no line over 76 bytes, and no line that a mail
    server would change.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    encoded = binascii.b2a_qp(lines.encode(), istext=True).replace(b"\n", b"\r\n")
    if b"From " not in encoded:  # most texts; looking at each line takes as long as encoding it
        return encoded
    # A mailbox file would change "From " at the beginning of a line to ">From ", which breaks a signature. The space
    # goes to the next line, which has room.
    return re.sub(rb"(?m)^From ", b"=46rom=\r\n ", encoded)


def encode_parts(parts: Iterable[str]) -> list[bytes]:
    """Return pieces that together are all parts joined and encoded by `encode`.

    A part that consists of whole lines, and begins a line, is a piece of its own; such pieces are cached.
    """
    encoded: list[bytes] = []
    unfinished = ""
    for part in parts:
        if not unfinished and part.endswith("\n"):
            encoded.append(_encode_lines(part))
            continue
        unfinished += part
        if unfinished.endswith("\n"):
            encoded.append(encode(unfinished))
            unfinished = ""
    return [*encoded, encode(unfinished)] if unfinished else encoded


_encode_lines = lru_cache(4_096)(encode)
