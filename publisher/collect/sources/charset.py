"""Finds the encoding of a document, and distrusts a declaration that the bytes contradict; pure.

What the bytes show comes first: a byte order mark, the zeros of UTF-16, and text that is valid UTF-8, which text in
another encoding almost never is by chance. Then come the declarations, the server's before the document's own (RFC 7303
section 3), and UTF-8, the default of XML (XML 1.0 section 4.3.3). If the bytes are not UTF-8 then, they are read as
Windows-1252, as browsers do.
"""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ZEROS = ((b".\0\0\0", "utf-32-le"), (b"\0\0\0.", "utf-32-be"), (b".\0", "utf-16-le"), (b"\0.", "utf-16-be"))
"""The first bytes of a document in UTF-16 or UTF-32 that begins with ASCII characters."""
_BEGINNING = 4_096
_DECLARED_IN = {
    "xml": re.compile(rb"\A\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE),
    "html": re.compile(rb"<meta\b[^>]{0,500}?\bcharset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE),
}
_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*>", re.IGNORECASE)
_SEVERAL_BYTES = re.compile(r"shift_?jis|euc|gb|big5|iso2022|cp9\d\d|johab")
"""Multi-byte encodings: a declared one is believed even if a few characters could be UTF-8."""
_UNUSABLE = re.compile(r"utf|ascii|hz|idna|punycode|undefined|escape|mbcs|oem")
"""Encodings that are never tried: UTF-8 and UTF-16 are recognised by the bytes, and the other encodings can hide text.
"""


def decode(body: bytes, *, server: str, kind: str) -> str:
    """Return the text of a document, without its XML declaration. `kind` is a key of `_DECLARED_IN`.

    `server` is the encoding that the document's server declares; empty if it declares none.
    """
    return _DECLARATION.sub("", _decoded(body, server, kind), count=1)


def _decoded(body: bytes, server: str, kind: str) -> str:
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, errors="replace")
    if codec := _by_zeros(body):
        return body.decode(codec, errors="replace")
    declared = _DECLARED_IN[kind].search(body[:_BEGINNING])
    named = [_codec(name) for name in (server, declared[1].decode("ascii", "replace") if declared else "")]
    is_utf8 = _is_in(body, "utf-8")
    for codec in filter(None, named):
        if (_SEVERAL_BYTES.match(codec) or not is_utf8) and _is_in(body, codec):
            return body.decode(codec)
    return body.decode("utf-8", errors=_AS_WINDOWS)


def _by_zeros(body: bytes) -> str:
    beginning = body[:4]
    for pattern, codec in _ZEROS:
        pairs = zip(pattern, beginning, strict=False)
        if len(beginning) >= len(pattern) and all((expected == 0) == (byte == 0) for expected, byte in pairs):
            return codec
    return ""


def _codec(name: str) -> str:
    """Return Python's name of an encoding; return an empty string if the encoding is not worth trying."""
    try:
        codec = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        return ""
    if _UNUSABLE.search(codec):
        return ""
    return "cp1252" if codec == "iso8859-1" else codec  # as all browsers read it


def _is_in(body: bytes, codec: str) -> bool:
    try:
        body.decode(codec)
    except (UnicodeError, LookupError):  # LookupError: a codec that gives no text
        return False
    return True


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


_AS_WINDOWS = "publisher-windows-1252"
codecs.register_error(_AS_WINDOWS, _as_windows)
