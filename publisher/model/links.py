"""How web addresses and ids compare: two spellings of one address are one; pure. Readers see them as they came."""

import re
from urllib.parse import urlsplit, urlunsplit

_TRACKING = re.compile(
    r"(?:utm|mtm|pk|matomo|piwik|hsa|oly|vero|at)_.*|(?:fb|g|dc|y|ms|tt|tw)clid|gbraid|wbraid|gclsrc|igshid|mkt_tok|"
    r"mc_[ce]id|_hsenc|_hsmi|__hs[a-z]+|wt_?mc|s_cid|ml_subscriber(?:_hash)?|cmpid|xtor",
    re.IGNORECASE,
)
"""Parameters that say how a reader came to a page, and do not decide what it shows."""
_WEB = re.compile(r"https?://", re.IGNORECASE)
_URI = re.compile(r"https?://|urn:[a-z0-9-]+:|tag:[^,\s]+,", re.IGNORECASE)
_START = re.compile(r"(?:/[a-z]{2}(?:[-_][a-z]{2})?)?(?:/(?:index|default|home|start)(?:\.\w{2,5})?)?", re.IGNORECASE)
"""The path of a site's start page, perhaps of one of its languages, without a slash at the end."""
_PORTS = {"http": ":80", "https": ":443"}


def without_tracking(address: str) -> str:
    """Return a web address without the parameters that tell readers apart; any other is returned as it is."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    kept = [pair for pair in parts.query.split("&") if not _TRACKING.fullmatch(pair.partition("=")[0])]
    query = "&".join(kept)
    return address if query == parts.query else urlunsplit(parts._replace(query=query))


def link_key(address: str) -> str:
    """Return the key by which links are compared; empty: the link leads to a site's start page, so it names no item.

    Scheme, `www.`, the usual port, a slash at the end and tracking make no difference; the fragment does.
    """
    if not _WEB.match(address):
        return address
    try:
        parts = urlsplit(without_tracking(address))
    except ValueError:  # such as http://[ with no closing bracket
        return address
    host = parts.netloc.lower().removesuffix(_PORTS[parts.scheme]).removeprefix("www.")
    path = parts.path.rstrip("/")
    if not (parts.query or parts.fragment) and _START.fullmatch(path):
        return ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{path}{query}#{parts.fragment}" if parts.fragment else f"{host}{path}{query}"


def id_key(native_id: str) -> str:
    """Return the key by which ids are compared: `link_key` for an id that is a web address, any other id as it is."""
    return link_key(native_id)


def is_uri(native_id: str) -> bool:
    """Whether an id is meant to be the same everywhere: a web address, a URN (RFC 8141) or a tag (RFC 4151)."""
    return _URI.match(native_id) is not None
