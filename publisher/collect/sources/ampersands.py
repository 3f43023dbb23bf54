"""Escapes bare ampersands in XML (`R&D`, `?a=1&b=2`); pure.

XML allows `&` only before the name or number of a character. Many programs forget that, and a lenient parser takes the
letters behind it for a name: `D&D` becomes `D&D;`, and `&copy=2` in an address a copyright sign.
"""

import re

_BARE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)",
    re.DOTALL,
)
"""What may hold ampersands as they are, or one that begins no name."""


def escape_ampersands(document: str) -> str:
    """Return a document with `&amp;` for each ampersand that names no character; CDATA and comments stay."""
    return _BARE.sub(lambda found: "&amp;" if found[0] == "&" else found[0], document)
