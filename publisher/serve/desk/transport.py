"""Whether a request to the editors' desk may be answered. The contents of the desk must not travel where others can
read them. Pure.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

_PROXIED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_VIA")
"""Headers of proxies. If the proxy that config.toml names did not set one of these headers, another proxy did, so the
visitor is on another machine.
"""
_OF_PROXIES = "HTTP/1.0"
_SAME_PLACE = ("same-origin", "none")


class Headers(Protocol):
    """The headers of a request, by name in any case."""

    def get(self, key: str, default: str) -> str: ...


def is_confidential(environ: Mapping[str, object]) -> bool:
    """Whether a WSGI request came by https, or from this machine to its own name, so that nobody on the way can read
    it.

    A request counts as https if the proxy in the setting `service.proxy` says so; the server itself speaks plain HTTP.
    """
    if environ["wsgi.url_scheme"] == "https":
        return True
    # no browser uses HTTP/1.0, but some proxies do unless configured otherwise
    is_direct = environ["SERVER_PROTOCOL"] != _OF_PROXIES and not any(name in environ for name in _PROXIED)
    return is_direct and _is_loopback(str(environ["REMOTE_ADDR"])) and _is_loopback(_host_in(environ))


def is_own_form(headers: Headers, *, scheme: str, hosts: tuple[str, ...]) -> bool:
    """Whether a form was sent from a page of these hosts, as far as the browser's headers tell.

    A request without an `Origin` header is accepted here, and the form's token decides. A browser sends the origin
    `null` for a page that hides its origin.
    """
    origin = headers.get("Origin", "")
    is_own = not origin or origin.lower() in [f"{scheme}://{host}".lower() for host in hosts]
    return is_own and headers.get("Sec-Fetch-Site", "none") in _SAME_PLACE


def _host_in(environ: Mapping[str, object]) -> str:
    """Return the host that a request names, or an empty string if it names no valid one."""
    try:
        return urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or ""
    except ValueError:  # such as [::1
        return ""


def _is_loopback(host: str) -> bool:
    """Whether a host is `localhost` or an address of this machine for itself. Other names do not count, because anybody
    can make a name point to this machine (DNS rebinding).
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
