"""Decides which network addresses may be fetched from; pure.

An address in a feed, or a redirect, must not make this machine send requests into its own network.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

# IPv6 networks whose addresses contain an IPv4 address that a gateway would contact; the value is how many bits follow
# its 32 bits.
_CARRIERS = {
    IPv6Network("::ffff:0:0/96"): 0,
    IPv6Network("::/96"): 0,
    IPv6Network("64:ff9b::/96"): 0,  # NAT64, RFC 6052
    IPv6Network("2002::/16"): 80,  # 6to4, RFC 3056
}
_REFUSED = (IPv6Network("64:ff9b:1::/48"), IPv6Network("2001::/32"), IPv6Network("fec0::/10"), IPv6Network("100::/64"))
"""Refused networks: local NAT64 (RFC 8215), Teredo, formerly site-local, discard-only. `is_global` is true for some of
these.
"""


def is_public(address: Address) -> bool:
    """Whether an address is public, and the IPv4 address inside it, if there is one, is public, too."""
    if isinstance(address, IPv6Address):
        if any(address in network for network in _REFUSED):
            return False
        for network, shift in _CARRIERS.items():
            if address in network:
                return is_public(IPv4Address(int(address) >> shift & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


def is_allowed(address: Address, host: str, allowed: Collection[str]) -> bool:
    """Whether to connect to `address`, to which `host` resolves: the address is public, or its network or host is in
    `allowed`.
    """
    return is_public(address) or any(_means(each, address, host) for each in allowed)


def _means(allowed: str, address: Address, host: str) -> bool:
    try:
        return address in ip_network(allowed, strict=False)
    except ValueError:
        return allowed.lower().rstrip(".") == host.lower().rstrip(".")


def read_address(text: str) -> Address:
    """Return the address in a name server's answer; a link-local address is returned without its zone."""
    return ip_address(text.partition("%")[0])
