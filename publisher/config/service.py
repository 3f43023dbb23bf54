"""[service]: settings of `publisher serve`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from publisher.config.tables import Table, Value, key
from publisher.config.values import Interval, matching, read_line


def _proxy(value: object) -> str:
    try:
        return str(ip_address(read_line(value)))
    except ValueError:
        raise ValueError from None


def _listen(value: object) -> str:
    text = str(value) if type(value) is int else read_line(value)
    if port_alone := re.fullmatch(r"(localhost|\*)?:?([0-9]{1,5})", text):
        raise ValueError(f"expected {LISTEN.expected}, got {value!r}; did you mean 127.0.0.1:{port_alone[2]}?")
    parts = urlsplit(f"//{text}")
    try:
        ip_address(parts.hostname or "")  # a host name is refused, because it may stand for several addresses
        port = parts.port
    except ValueError:
        raise ValueError from None
    if port is None or parts.netloc != value:
        raise ValueError
    return parts.netloc


LISTEN = Value("an IP address and a port such as 127.0.0.1:8000", _listen, matching(r"[0-9a-fA-F.:\[\]]+:[0-9]+"))


PROXY = Value("an IP address such as 127.0.0.1", _proxy, matching(r"[0-9a-fA-F.:]+"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Settings of `publisher serve`."""

    collect_every: timedelta
    listen: str = ""
    """Host and port of the web server. If empty, there is no web server."""
    proxy: str = ""
    """IP address of the reverse proxy, whose X-Forwarded-For is trusted. If empty, the header is ignored."""


class ServiceTable(Table):
    """What `publisher serve` does."""

    collect_every: Interval = key("How often the service looks for news.", default="15m")
    listen: Annotated[str, LISTEN] | None = key(
        "Where the service serves the public folder; no other web server is needed then.",
        default=None,
        example="127.0.0.1:8000",
    )
    proxy: Annotated[str, PROXY] | None = key(
        "The address of the web server in front, if it names the visitor in X-Forwarded-For. Forms need it to limit "
        "the letters of one network.",
        default=None,
        example="127.0.0.1",
    )

    def settings(self) -> ServiceSettings:
        """Return the settings as the program uses them."""
        return ServiceSettings(collect_every=self.collect_every, listen=self.listen or "", proxy=self.proxy or "")
