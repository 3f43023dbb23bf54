"""Decompresses a server's answer in small steps, so that a decompression bomb is stopped early."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

import brotli

_STEP_BYTES = 65_536
_GZIP = b"\x1f"
"""The byte with which gzip data begins; no feed or page begins with it."""
_PLAIN = b"<{ \t\r\n\xef"
"""The bytes with which feeds and pages begin. No gzip data begins with any of them."""
_NO_PACKING = frozenset({"", "identity", "none", "binary", "8bit", "utf-8", "utf8", "iso-8859-1", "windows-1252"})
"""Values of Content-Encoding that servers send for uncompressed data; some servers write the charset there."""


class DecodeError(Exception):
    """The bytes are not in the encoding (a Content-Encoding such as gzip) that the server named."""


def decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield `pieces` decompressed from `encoding` (a Content-Encoding), in small steps.

    Data that clearly is gzip is decompressed even if the server does not declare gzip, and data that clearly is not
    gzip stays as it is even if the server declares gzip: servers compress files that are compressed already, or
    decompress files on the way.

    Raises:
        DecodeError: the bytes are in another encoding, or the encoding is not one we asked for.
    """
    named = encoding.strip().lower()
    if named in _NO_PACKING:
        yield from _unless_gzip(pieces)
        return
    match named:
        case "gzip" | "x-gzip":
            yield from _unless_gzip(_unzipped(pieces))
        case "deflate":
            yield from _inflated(pieces)
        case "br":
            yield from _unbrotlied(pieces)
        case other:
            raise DecodeError(f"it came in the encoding {other[:40]!r}, which was not asked for")


def _unless_gzip(steps: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes, decompressed if they are gzip."""
    rest = iter(steps)
    for step in rest:
        if step:
            every = chain([step], rest)
            yield from _inflated(every) if step[:1] == _GZIP else every
            return
        yield step  # the caller checks the deadline


def _unzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield data declared as gzip, decompressed unless it begins like a document."""
    rest = iter(pieces)
    for piece in rest:
        if piece:
            every = chain([piece], rest)
            yield from every if piece[:1] in _PLAIN else _inflated(every)
            return


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    inflater: zlib._Decompress | None = None
    for piece in pieces:
        waiting = piece
        while waiting:
            # A gzip file may have further members (RFC 1952 section 2.2); anything else after its end is not read.
            if inflater is None or (inflater.eof and waiting[:1] == _GZIP):
                inflater = _inflater(waiting)
            if inflater.eof:
                return
            try:
                yield inflater.decompress(waiting, _STEP_BYTES)
            except zlib.error as error:
                raise DecodeError(f"the answer is not compressed as it says: {error}") from error
            waiting = inflater.unconsumed_tail or inflater.unused_data
    if inflater is not None and not inflater.eof:
        raise DecodeError("the answer ends too early")


def _inflater(data: bytes) -> "zlib._Decompress":
    # Data in "deflate" has a zlib header (RFC 9110 section 8.4.1.2); some servers send it without.
    is_bare = data[:1] != _GZIP and data[0] & 0x0F != zlib.DEFLATED
    return zlib.decompressobj(-zlib.MAX_WBITS if is_bare else zlib.MAX_WBITS | 32)


def _unbrotlied(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = brotli.Decompressor()
    try:
        for piece in pieces:
            step = unpacker.process(piece, output_buffer_limit=_STEP_BYTES)
            while step:
                yield step
                step = b"" if unpacker.is_finished() else unpacker.process(b"", output_buffer_limit=_STEP_BYTES)
    except brotli.error as error:
        raise DecodeError("the answer is not compressed as it says") from error
    if not unpacker.is_finished():
        raise DecodeError("the answer ends too early")
