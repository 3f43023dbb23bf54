"""Masks mail addresses in texts from others, such as the replies of mail servers, which often contain the recipient's
address.
"""

import re
from base64 import b64encode

_MASK = "(address)"
_AT = r"(?i)@|%(?:25)*40|=(?:3D)*40|\+40|&#(?:0*64|x0*40);|&commat;|\\x40|\\u0040|\uff20|\ufe6b"
"""An at sign, also as encoded in URLs, quoted-printable, the xtext of RFC 3461, HTML and program text, and the wide and
small at signs of Unicode.
"""
_BEGIN_AT = "@%=+&\\\uff20\ufe6b"
"""The first characters of `_AT`. Few replies contain one, and looking for them is quicker."""
_ENDS_LOCAL = frozenset(' \t\r\n<>()[]",;:')
"""Characters that cannot be part of a local part. The local part of an address begins after the last of them before the
at sign.
"""
_DOMAIN = r"\[[^\]\s]*\]|[^\s<>()\"'\[\],;:]+"
_NAME = r"(?:[\w-]+\.)+[^\W\d_]{2,}"
"""What looks like a domain after an encoded at sign."""
_IN_URLS = str.maketrans("+/", "-_")
"""The base64 of URLs has other characters (RFC 4648 section 5)."""


def without_addresses(text: str, *, known: str = "") -> str:
    """Return a text with each mail address replaced by `(address)`, even if its at sign is encoded.

    The `known` address is also found in other forms: as in VERP (`ada=example.org`), in base64 and in hexadecimal.
    """
    told = _without_known(text, known) if known else text
    if not any(each in told for each in _BEGIN_AT):
        return told
    at_sign, domain_of, name_of = map(re.compile, (_AT, _DOMAIN, _NAME))  # compiled once, and not by every command
    pieces, done = list[str](), 0
    for at in at_sign.finditer(told):
        domain = (domain_of if at[0] == "@" else name_of).match(told, at.end())
        if domain is None or at.start() < done:
            continue
        if (start := _start_of_local(told, done, at.start())) < at.start():
            pieces += told[done:start], _MASK
            done = domain.end()
    return "".join((*pieces, told[done:]))


def _start_of_local(text: str, begin: int, end: int) -> int:
    """Return where the local part that ends at `end` begins, but not before `begin`."""
    if end > begin and text[end - 1] == '"':
        return max(text.rfind('"', begin, end - 1), begin)
    start = end
    while start > begin and text[start - 1] not in _ENDS_LOCAL:
        start -= 1
    return start + (text[start:end][:1] == "'")


def _without_known(text: str, address: str) -> str:
    """Return a text with an address replaced in the forms that `without_addresses` does not recognise as addresses."""
    local, _, domain = address.rpartition("@")
    written = address.encode()
    in_any_case = [f"{local}={domain}", written.hex()]
    in_base64 = b64encode(written).decode().rstrip("=")
    exactly = [in_base64, in_base64.translate(_IN_URLS)]
    # Nearly every reply contains none of them, and compiling a pattern takes as long as handing over a mail. Beyond
    # ASCII a pattern that ignores case finds more than lower case does.
    if text.isascii() and address.isascii():
        lowered = text.lower()
        if not any(each.lower() in lowered for each in in_any_case) and not any(each in text for each in exactly):
            return text
    ignored, kept = "|".join(map(re.escape, in_any_case)), "|".join(rf"{re.escape(each)}=*" for each in exactly)
    return re.sub(rf"(?i:{ignored})|(?:{kept})", _MASK, text)
