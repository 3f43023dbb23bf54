"""How many forms strangers may send: so nobody makes this site write letters to half the world."""

import threading
from collections import Counter
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

PER_NETWORK = 30
"""Forms that lead to a letter, from one network within an hour. A whole office may sit behind one address."""
IN_ALL = 1_000
"""The same from everywhere: more letters in an hour would make mail servers doubt the sender."""
_PREFIX = {4: 24, 6: 48}
"""How many bits of an address are its network's, by the version of the protocol."""


def network_of(address: str) -> str:
    """The network of a visitor's address, such as 192.0.2.0/24; empty: it is not known.

    A visitor from this machine is a web server in front that did not say for whom it asks.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return ""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped  # a socket for both protocols says ::ffff:192.0.2.1
    return "" if ip.is_loopback else str(ip_network((ip, _PREFIX[ip.version]), strict=False))


class Quota:
    """Counts the forms of each network within the hour of the clock; threads may share it."""

    def __init__(self, *, per_network: int = PER_NETWORK, in_all: int = IN_ALL) -> None:
        self._per_network = per_network
        self._in_all = in_all
        self._lock = threading.Lock()
        self._hour = ""
        self._taken: Counter[str] = Counter()
        """By network. What is refused is not counted, so it holds no more than `in_all` networks."""

    def has_room(self, network: str, *, now: datetime) -> bool:
        """Whether a network did not have its share yet; nothing is counted."""
        with self._lock:
            is_this_hour = f"{now:%Y%m%d%H}" == self._hour
            return not (is_this_hour and bool(network) and self._taken[network] >= self._per_network)

    def take(self, network: str, *, now: datetime) -> bool:
        """Count one form of a network; False: it had its share. Of an unknown one (empty) only the total counts."""
        with self._lock:
            hour = f"{now:%Y%m%d%H}"
            if hour != self._hour:
                self._hour, self._taken = hour, Counter()
            is_too_many = bool(network) and self._taken[network] >= self._per_network
            if is_too_many or self._taken.total() >= self._in_all:
                return False
            self._taken[network] += 1
            return True
