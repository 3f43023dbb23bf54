"""The wire form of mails, as SMTP transmits them: dots at the beginning of lines doubled, and the end mark appended
(RFC 5321 section 4.5.2).
"""

from functools import lru_cache
from typing import Self

_END = b".\r\n"


class WireForm:
    """A mail as SMTP transmits it."""

    def __init__(self, data: bytes, *, size: int) -> None:
        self.data = data
        """The bytes that are written after the command DATA, with the end mark."""
        self.size = size
        """The size in bytes, as the server counts it (RFC 1870 section 3): without doubled dots and the end mark."""

    @classmethod
    def of(cls, mail: bytes) -> Self:
        """Return the wire form of a mail.

        Raises:
            ValueError: as in `double_dots`.
        """
        whole = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
        return cls(double_dots(whole) + _END, size=len(whole))

    @classmethod
    def of_pieces(cls, pieces: list[bytes], *, size: int) -> Self:
        """Return the wire form of a mail of `size` bytes; `pieces` are results of `double_dots`."""
        return cls(b"".join([*pieces, _END]), size=size)


def double_dots(lines: bytes) -> bytes:
    """Return lines with each dot at the beginning of a line doubled; `lines` start at the beginning of a line.

    Raises:
        ValueError: the lines have a CR or LF alone. Servers disagree on whether that ends a line, so one mail could
            become two.
    """
    if b"\n" not in lines and b"\r" not in lines:
        return b"." + lines if lines.startswith(b".") else lines
    if not lines.count(b"\r\n") == lines.count(b"\r") == lines.count(b"\n"):
        raise ValueError("a line of the mail ends in CR or LF alone")
    if b"\r\n." not in lines and not lines.startswith(b"."):
        return lines
    return (b"\r\n" + lines).replace(b"\r\n.", b"\r\n..")[2:]


double_dots_once = lru_cache(4_096)(double_dots)
"""`double_dots` with a cache, for pieces that many mails share: doubling dots is a tenth of the work for a mail."""
