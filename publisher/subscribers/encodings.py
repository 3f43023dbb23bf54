"""Finds the character encoding of a file with a list of people."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE

LOOKED_AT = 4096
"""How many bytes at the beginning of a file are examined."""


def codec_of(start: bytes, encoding: str) -> str:
    """Return the codec for a file that begins with `start` and that its user said is encoded as `encoding`.

    UTF-16 is recognised by the byte order mark that spreadsheets write, or by the zeros beside its ASCII letters.
    """
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if start.count(0) * 4 > len(start):
        low, high = start[0::2].count(0), start[1::2].count(0)
        return "utf-16-le" if high > low else "utf-16-be"
    return "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
