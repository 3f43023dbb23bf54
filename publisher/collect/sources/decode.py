"""Decompresses a server's answer in small steps, so that a decompression bomb is stopped early."""

import zlib
from collections.abc import Iterable, Iterator

import brotli

_STEP_BYTES = 65_536
_GZIP = b"\x1f"
"""The byte with which gzip data begins; nothing else that servers send begins so."""


class DecodeError(Exception):
    """The bytes are not in the encoding that the server named."""


def decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield `pieces` decompressed from `encoding` (a Content-Encoding), in small steps.

    Raises:
        DecodeError: the bytes are in another encoding, or the encoding is not one we asked for.
    """
    match encoding.strip().lower():
        case "" | "identity":
            yield from pieces
        case "gzip" | "x-gzip" | "deflate":
            yield from _inflated(pieces)
        case "br":
            yield from _unbrotlied(pieces)
        case other:
            raise DecodeError(f"it came in the encoding {other[:40]!r}, which was not asked for")


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
                raise DecodeError(f"what came is not packed as it says: {error}") from error
            waiting = inflater.unconsumed_tail or inflater.unused_data
    if inflater is not None and not inflater.eof:
        raise DecodeError("what came ends too early")


def _inflater(data: bytes) -> "zlib._Decompress":
    # "deflate" is sent with its header (RFC 9110 section 8.4.1.2), and by some servers without.
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
        raise DecodeError("what came is not packed as it says") from error
    if not unpacker.is_finished():
        raise DecodeError("what came ends too early")
