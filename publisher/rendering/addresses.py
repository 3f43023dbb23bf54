"""Addresses, domains and Message-IDs in ASCII, the form that every mail server understands."""

import re
from urllib.parse import urlsplit

from publisher.model.editions import Edition, Notice
from publisher.model.site import Site

LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
"""The local part of an address (before the `@`) as a dot-atom (RFC 5322 section 3.2.3). Quoted local parts are legal,
but half of all list software fails on them.
"""
HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*")

MAX_LOCAL_PART = 64
MAX_LABEL = 63
"""The most characters between two dots of a domain (RFC 1035 section 2.3.4)."""
MAX_ADDRESS = 254
"""The most characters of an address (RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3: 256 with the angle brackets)."""


def wire_address(address: str) -> str:
    """Return the address with its domain in ASCII, for headers and SMTP commands.

    Raises:
        ValueError: the text is no address, or an address that most servers would refuse; the message says what to
            change.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local:
        raise ValueError(f"expected one address such as news@example.org, got {address!r}")
    if not local.isascii():
        # RFC 6531 would allow other letters, but a list server on the way may not, and the mail would be lost there.
        raise ValueError(f"{address!r}: the part before the @ may only have ASCII letters; use another address")
    if not LOCAL_PART.fullmatch(local) or len(local) > MAX_LOCAL_PART:
        raise ValueError(f"{address!r}: {local!r} cannot stand before the @; expected one such as news@example.org")
    wire = f"{local}@{wire_domain(domain)}"
    if len(wire) > MAX_ADDRESS:
        raise ValueError(f"{address!r} is longer than {MAX_ADDRESS} characters")
    return wire


def wire_domain(domain: str) -> str:
    """Return the domain in ASCII and lower case (RFC 5891).

    Raises:
        ValueError: the text is no domain.
    """
    wire = domain.lower() if domain.isascii() else _in_ascii(domain)
    if not HOST.fullmatch(wire) or max(map(len, wire.split("."))) > MAX_LABEL:
        raise ValueError(f"{domain!r} is not a domain such as example.org")
    return wire


def message_id_of(edition: Edition, site: Site) -> str:
    """Return the Message-ID of an edition's mail, in its angle brackets. It never changes, because servers and mail
    programs recognise a repeated mail by its Message-ID.

    The Message-ID contains the time of the edition, because a store that was rebuilt, or restored from an older copy,
    reuses numbers: a second edition 3 is another mail than the first one, and must not be dropped as a repeat.
    """
    return f"<{edition.name}.{edition.composed_at:%Y%m%dT%H%M%SZ}.edition@{list_host(site)}>"


def notice_id_of(notice: Notice, site: Site) -> str:
    """Return the Message-ID of a notice, in its angle brackets."""
    return f"<{notice.name}.{notice.at:%Y%m%dT%H%M%SZ}.notice@{list_host(site)}>"


def list_host(site: Site) -> str:
    """Return the domain that the site's List-Ids and Message-IDs end in."""
    # RFC 2919 section 3: a list keeps its identifier, or its readers' filters break; so a new address of the site
    # changes nothing.
    return wire_domain(site.first_host or urlsplit(site.base_url).hostname or "")


def _in_ascii(domain: str) -> str:
    import idna  # late: its tables cost 12 ms, every command checks addresses, and most domains are ASCII

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError(f"{domain!r} is not a domain: {error}") from error
