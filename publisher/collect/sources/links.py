"""Web addresses as sources give them, made absolute and rid of what tells readers apart; pure."""

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

from publisher.collect.sources.text import fit

SCHEMES = frozenset({"http", "https", "mailto", "tel"})

_TRACKING = re.compile(
    r"(?:utm|mtm|pk|matomo|piwik|hsa|oly|vero|at)_.*|(?:fb|g|dc|y|ms|tt|tw)clid|gbraid|wbraid|gclsrc|igshid|mkt_tok|"
    r"mc_[ce]id|_hsenc|_hsmi|__hs[a-z]+|wt_?mc|s_cid|ml_subscriber(?:_hash)?|cmpid|xtor",
    re.IGNORECASE,
)
"""Parameters that say how a reader came, and none that says what is shown."""


def without_tracking(address: str) -> str:
    """Return a web address without the parameters that tell readers apart; any other is returned as it is."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    kept = [pair for pair in parts.query.split("&") if not _TRACKING.fullmatch(pair.partition("=")[0])]
    query = "&".join(kept)
    return address if query == parts.query else urlunsplit(parts._replace(query=query))


def absolute(address: str, base: str) -> str:
    """Return `address` as seen from `base`; empty when it is none, stays relative or is of no scheme in `SCHEMES`."""
    try:
        # Browsers take out line ends and tabs wherever they stand (URL Standard, section 4.4): they hide no scheme.
        bare = re.sub("[\t\n\r]", "", fit(address)).strip()
        joined = urljoin(base, bare)
        return joined if bare and urlsplit(joined).scheme in SCHEMES else ""
    except ValueError:  # such as http://[ with no closing bracket
        return ""
