"""Limits how many forms strangers may send, so that nobody makes this site write letters to thousands of people."""

import threading
from collections import Counter
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

PER_NETWORK = 30
"""Forms that lead to a letter, from one network within an hour. A whole office may sit behind one address."""
IN_ALL = 1_000
"""The limit for all networks together: more letters in an hour would make mail servers doubt the sender."""
_PREFIX = {4: 24, 6: 48}
"""How many bits of an address are its network's, by the version of the protocol."""


def network_of(address: str) -> str:
    """Return the network of a visitor's address, such as 192.0.2.0/24; empty: unknown.

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
    """Counts the forms of each network within the hour of the clock; threads may share it.

    The more forms come, the fewer a network may send: a tenth of its share once a quarter of what is taken in all came,
    and one once three quarters did. So a flood from some hundred networks does not keep out those that did not ask yet.
    Letters that were queued in this hour count in all, so that neither a restart nor a second process begins anew; no
    network is kept in the store.
    """

    def __init__(self, *, per_network: int = PER_NETWORK, in_all: int = IN_ALL) -> None:
        self._shares = ((in_all // 4, per_network), (in_all * 3 // 4, max(per_network // 10, 1)), (in_all, 1))
        """Limits by how many forms were taken in all: while at most the first number, a network may have the second."""
        self._lock = threading.Lock()
        self._hour = ""
        self._queued = 0
        """How many letters this hour's forms led to, here and elsewhere."""
        self._taken: Counter[str] = Counter()
        """Taken forms by network. Refused ones are not counted, so it has no more networks than forms are taken in all.
        """
        self.refused = 0
        """How many were refused in this hour."""

    @property
    def total(self) -> int:
        """Return how many forms were taken in this hour, as far as it is known."""
        return max(self._taken.total(), self._queued)

    def has_room(self, network: str, *, now: datetime) -> bool:
        """Whether a network may still send a form; nothing is counted."""
        with self._lock:
            return f"{now:%Y%m%d%H}" != self._hour or self._is_in_share(network)

    def take(self, network: str, *, queued: int = 0, now: datetime) -> bool:
        """Count one form of a network; return False if it has had its share. For an unknown one (empty) only the total
        counts.

        `queued` letters were queued for forms since the hour began, by all processes.
        """
        with self._lock:
            hour = f"{now:%Y%m%d%H}"
            if hour != self._hour:
                self._hour, self._taken, self.refused = hour, Counter(), 0
            self._queued = queued
            is_taken = self._is_in_share(network)
            if is_taken:
                self._taken[network] += 1
            else:
                self.refused += 1
            return is_taken

    def _is_in_share(self, network: str) -> bool:
        share = next((share for upto, share in self._shares if self.total < upto), 0)
        return self._taken[network] < share if network else share > 0
