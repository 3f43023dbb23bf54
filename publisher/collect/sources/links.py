"""Corrects web addresses and makes them absolute; pure.

An address is corrected once, when an item is collected, so that feeds, pages and mails can use it unchanged: the
corrections are those a browser makes when somebody follows a link (URL Standard, section 4.4).
"""

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from publisher.rendering.addresses import wire_domain

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
WEB_SCHEMES = frozenset({"http", "https"})

_AROUND = "".join(map(chr, range(0x21)))
_WITHIN = re.compile("[\t\n\r]")
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_STRAY = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9a-fA-F:.]+")
_PATH, _QUERY = "/:@!$&'()*+,;=~%", "/?:@!$&'()*+,;=~%"
"""Characters that may stay unencoded in a path and in a query (RFC 3986 sections 3.3 and 3.4), besides letters and
digits.
"""
_AMPERSAND = re.compile(r"&(?:amp;)+", re.IGNORECASE)
_BEGIN = re.compile(r"https?:[\\/]{2}[^?#]*", re.IGNORECASE)
_TWICE = re.compile(r"(?:https?://)+(?=https?://)", re.IGNORECASE)
_WWW = re.compile(r"www\.[^\s/?#.]+(?:\.[^\s/?#.]+)+(?=[/?#]|\Z)", re.IGNORECASE)
"""A host without a scheme, as people type it; no folder has such a name."""
_NAMED = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def absolute(address: str, base: str = "") -> str:
    """Return an address resolved against `base` and corrected. Return an empty string if it is no address, stays
    relative, or has a scheme that is not allowed.

    Spaces and letters that are not ASCII are percent-encoded, hosts become IDNA (RFC 5891). A result of this function
    is returned unchanged.
    """
    # browsers remove line ends and tabs anywhere in an address, so these hide no scheme
    bare = _as_meant(_UNFIT.sub("", _trimmed(address)))
    try:
        joined = urljoin(base, _with_scheme(bare, base))
        return _right(joined) if bare and urlsplit(joined).scheme in SCHEMES else ""
    except ValueError:  # such as http://[ with no closing bracket, or an invalid host
        return ""


def web_address(address: str, base: str = "") -> str:
    """Return `absolute` of an address if that is a web address; otherwise return an empty string."""
    found = absolute(address, base)
    return found if found.partition(":")[0] in WEB_SCHEMES else ""


def seen_from(address: str, base: str) -> str:
    """Return `address` resolved against `base`; unchanged if the result is no address, so that the problem can be
    reported.
    """
    return absolute(address, base) or _trimmed(address)


def is_relative(address: str) -> bool:
    """Whether an address needs a base URL."""
    return not _NAMED.match(address)


def _as_meant(address: str) -> str:
    """Return an address with common typing slips corrected: a missing scheme, two schemes, backslashes, `&amp;`."""
    whole = _AMPERSAND.sub("&", address)
    if begin := _BEGIN.match(whole):
        whole = begin[0].replace("\\", "/") + whole[begin.end() :]
        twice = _TWICE.match(whole)
        return whole[twice.end() :] if twice else whole
    return f"https://{whole}" if _WWW.match(whole) else whole


def _with_scheme(address: str, base: str) -> str:
    """Return an address `//host/…` with the scheme https, or with the scheme of `base` if both have the same host,
    because the host may offer only http.
    """
    if not re.match("//[^/]", address):
        return address
    whole = f"https://{address[2:]}"
    return address if base and urlsplit(whole).hostname == urlsplit(base).hostname else whole


def _trimmed(address: str) -> str:
    return _WITHIN.sub("", address.strip(_AROUND)).strip()


def _right(address: str) -> str:
    parts = urlsplit(address)
    path, query = parts.path, parts.query
    netloc = parts.netloc
    if parts.scheme in WEB_SCHEMES:
        netloc = _right_host(netloc, parts.hostname or "")
        path = path.replace("\\", "/")
        _ = parts.port  # raises ValueError if the port is no number
    kept = {"path": _encoded(path, _PATH), "query": _encoded(query, _QUERY), "netloc": netloc}
    return urlunsplit(parts._replace(**kept, fragment=_encoded(parts.fragment, _QUERY)))


def _right_host(netloc: str, host: str) -> str:
    if host.isascii():
        if not _HOST.fullmatch(host):
            raise ValueError(f"{host!r} is no host")
        return netloc
    around, at, after = netloc.rpartition("@")
    port = after.rpartition(":")[2] if ":" in after else ""
    return f"{_encoded(around, _PATH)}{at}{wire_domain(host)}" + (f":{port}" if port else "")


def _encoded(text: str, safe: str) -> str:
    return quote(_STRAY.sub("%25", text), safe=safe, encoding="utf-8", errors="replace")
