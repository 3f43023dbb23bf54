"""Decides whether two web addresses or ids are the same, whatever their spelling; pure. Readers see addresses
unchanged.
"""

import re
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"(?:utm|mtm|pk|matomo|piwik|hsa|oly|vero|at)_.*|(?:fb|g|dc|y|ms|tt|tw)clid|gbraid|wbraid|gclsrc|igshid|mkt_tok|"
    r"mc_[ce]id|_hsenc|_hsmi|__hs[a-z]+|wt_?mc|s_cid|ml_subscriber(?:_hash)?|cmpid|xtor|"
    r"jsessionid|phpsessid|aspsessionid\w*|cftoken|cfid",
    re.IGNORECASE,
)
"""Parameters of an address that track a reader or number his visit, and do not change the page."""
_FROM_FEED = re.compile(r"(?:source|src|ref|from)=(?:rss|atom|feed)(?:[^a-z&][^&]*)?|mod=rss[_-][^&]*", re.IGNORECASE)
"""A parameter of an address that says that a reader came from a feed, and perhaps at which place of the feed the item
stood.
"""
_MOMENT = re.compile(
    r"(?:t|ts|time|timestamp|_|cb|rnd|rand|random|nocache|cachebuster|nonce)=(?:\d{9,16}|[0-9a-f]{16,64})",
    re.IGNORECASE,
)
"""A parameter of an address that a server writes anew at each request, so that no cache answers."""
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
"""The session number that Java servers append to a path."""
_SIGNATURE = re.compile(
    r"x-(?:amz|goog|oss)-.*|(?:aws|google)accesskeyid|googleaccessid|key-pair-id|signature|sig|policy|expires|"
    r"s[evprt]|spr|ske|skoid|sks|skt|sktid|skv|hdnea|hdnts",
    re.IGNORECASE,
)
"""Parameters with which file stores sign an address anew for each reader."""
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_URI = re.compile(r"https?://|urn:[a-z0-9-]+:|tag:[^,\s]+,", re.IGNORECASE)
_START = re.compile(r"(?:/[a-z]{2}(?:[-_][a-z]{2})?)?(?:/(?:index|default|home|start)(?:\.\w{2,5})?)?", re.IGNORECASE)
"""The path of a start page, optionally in one language, without a trailing slash."""
_PORTS = {"http": ":80", "https": ":443"}


def without_tracking(address: str) -> str:
    """Return a web address without tracking parameters; anything else is returned unchanged."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    query, path = _without_pairs(_FROM_FEED, _without(_TRACKING, parts.query)), _SESSION.sub("", parts.path)
    is_same = (query, path) == (parts.query, parts.path)
    return address if is_same else urlunsplit(parts._replace(query=query, path=path))


def _without(names: re.Pattern[str], query: str) -> str:
    return "&".join(pair for pair in query.split("&") if not names.fullmatch(pair.partition("=")[0]))


def _without_pairs(pairs: re.Pattern[str], query: str) -> str:
    return "&".join(pair for pair in query.split("&") if not pairs.fullmatch(pair))


@lru_cache(50_000)  # a pass asks for each link several times
def link_key(address: str) -> str:
    """Return the key by which links are compared; return an empty string if the link leads to a start page and so
    identifies no item.

    Scheme, `www.`, the default port, a trailing slash, tracking and percent-encoding make no difference; the fragment
    does.
    """
    if not _WEB.match(address):
        return address
    try:
        parts = urlsplit(without_tracking(address))
    except ValueError:  # such as http://[ with no closing bracket
        return address
    host = parts.netloc.lower().removesuffix(_PORTS[parts.scheme]).removeprefix("www.")
    query = _without_pairs(_MOMENT, parts.query)
    parts = parts._replace(path=_plain(parts.path), query=_plain(query), fragment=_plain(parts.fragment))
    path = parts.path.rstrip("/")
    if not (parts.query or parts.fragment) and _START.fullmatch(path):
        return ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{path}{query}#{parts.fragment}" if parts.fragment else f"{host}{path}{query}"


def _plain(part: str) -> str:
    """Return a part of an address with uniform percent-encoding (RFC 3986 section 6.2.2)."""
    if part.isascii() and "%" not in part:
        return part
    encoded = quote(part, safe=_ASCII, encoding="utf-8", errors="replace")
    return _ENCODED.sub(lambda match: quote(unquote_to_bytes(match[0]), safe="~"), encoded)


_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def file_key(address: str) -> str:
    """Return the key by which addresses of files and pictures are compared: `link_key` without signatures."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return link_key(urlunsplit(parts._replace(query=_without(_SIGNATURE, parts.query)))) or address


def is_moved(before: str, after: str) -> bool:
    """Whether two web addresses name the same place on two hosts, perhaps in another folder there."""
    try:
        old, new = urlsplit(before), urlsplit(after)
    except ValueError:
        return False
    is_elsewhere = bool(old.netloc and new.netloc) and old.netloc.lower() != new.netloc.lower()
    shorter, longer = sorted((old.path.rstrip("/"), new.path.rstrip("/")), key=len)
    return is_elsewhere and old.query == new.query and longer.endswith(shorter)


def id_key(native_id: str) -> str:
    """Return the key by which ids are compared: `link_key` for an id that is a web address, any other id as it is."""
    return link_key(native_id)


def is_uri(native_id: str) -> bool:
    """Whether an id is globally unique by its form: a web address, a URN (RFC 8141) or a tag (RFC 4151)."""
    return _URI.match(native_id) is not None
