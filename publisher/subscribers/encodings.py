"""In which encoding a list of people is."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE

LOOKED_AT = 4096
"""How many bytes at the beginning of a file tell."""


def codec_of(start: bytes, encoding: str) -> str:
    """Return the codec that reads a file which begins with `start`, and is said to be in `encoding`.

    UTF-16 is told by the mark with which spreadsheets begin it, or without one by the zeros beside its ASCII letters.
    """
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if start.count(0) * 4 > len(start):
        low, high = start[0::2].count(0), start[1::2].count(0)
        return "utf-16-le" if high > low else "utf-16-be"
    return "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
