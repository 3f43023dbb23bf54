"""Text as mail carries it: RFC 2045 section 6.7. Rendering measures with it, mail writes with it."""

import binascii
import re


def encode(text: str) -> bytes:
    """UTF-8 in quoted-printable: CRLF line ends, no line over 76 bytes, none that a mail server would change."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    encoded = binascii.b2a_qp(lines.encode(), istext=True).replace(b"\n", b"\r\n")
    # A mailbox file writes ">From " for it, and a signature breaks. The space goes to the next line: that has room.
    return re.sub(rb"(?m)^From ", b"=46rom=\r\n ", encoded)
