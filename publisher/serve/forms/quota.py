"""Limits how many forms strangers may send, so that nobody can make this site send letters to thousands of people."""

import threading
from collections import Counter
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

PER_NETWORK = 30
"""How many forms that lead to a letter one network may send within an hour. A whole office may share one address."""
IN_ALL = 1_000
"""The limit of forms in an hour for all networks together. With more letters in an hour, mail servers would distrust
this site.
"""
_PREFIX = {4: 24, 6: 48}
"""How many bits of an IP address identify the visitor's network, by IP version."""


def network_of(address: str) -> str:
    """Return the network of a visitor's IP address, such as 192.0.2.0/24, or an empty string if it is unknown.

    The network is unknown if the request comes from this machine, because then a web server passed it on without saying
    who the visitor is.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return ""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped  # a socket for both protocols reports ::ffff:192.0.2.1
    return "" if ip.is_loopback else str(ip_network((ip, _PREFIX[ip.version]), strict=False))


class Quota:
    """Counts the forms of each network within an hour of the clock. Several threads may use it.

    The more forms come in total, the fewer a network may send: a tenth of its limit once a quarter of the total limit
    is used, and one form once three quarters are used. So a flood from some hundred networks does not exclude networks
    that have not sent a form yet. Letters that were queued in this hour count towards the total, so that neither a
    restart nor a second process starts from zero; networks are not stored.
    """

    def __init__(self, *, per_network: int = PER_NETWORK, in_all: int = IN_ALL) -> None:
        self._in_all = in_all
        self._shares = ((in_all // 4, per_network), (in_all * 3 // 4, max(per_network // 10, 1)), (in_all, 1))
        """The limits, as pairs: while the total of accepted forms is at most the first number, a network may send as
        many as the second.
        """
        self._lock = threading.Lock()
        self._hour = ""
        self._queued = 0
        """How many letters were queued for forms in this hour, in all processes."""
        self._taken: Counter[str] = Counter()
        """How many forms of each network were accepted. Refused forms are not counted, so there are no more networks
        than accepted forms.
        """
        self.refused = 0
        """How many forms were refused in this hour."""
        self.refused_to_all = 0
        """How many of these were refused because all networks together had reached the total limit."""

    @property
    def total(self) -> int:
        """How many forms all networks together have sent in this hour, as far as this process knows."""
        return max(self._taken.total(), self._queued)

    def has_room(self, network: str, *, now: datetime) -> bool:
        """Whether a network may send another form. Asking this does not count as a form."""
        with self._lock:
            return f"{now:%Y%m%d%H}" != self._hour or self._is_in_share(network)

    def take(self, network: str, *, queued: int = 0, now: datetime) -> bool:
        """Count one form of a network; return False if the network may send no more. For an unknown network (an empty
        string), only the total counts.

        `queued` is how many letters all processes have queued for forms in this hour.
        """
        with self._lock:
            hour = f"{now:%Y%m%d%H}"
            if hour != self._hour:
                self._hour, self._taken, self.refused, self.refused_to_all = hour, Counter(), 0, 0
            self._queued = queued
            is_taken = self._is_in_share(network)
            if is_taken:
                self._taken[network] += 1
            else:
                self.refused += 1
                self.refused_to_all += self.total >= self._in_all
            return is_taken

    def _is_in_share(self, network: str) -> bool:
        share = next((share for upto, share in self._shares if self.total < upto), 0)
        return self._taken[network] < share if network else share > 0
