"""The site: who publishes, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name and an address (RFC 5322 section 3.4)."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who publishes, and where."""

    title: str
    base_url: str
    """The web address at which the folder feeds/ is served; it ends in a slash."""
    language: str
    timezone: str
    """An IANA name such as Europe/Brussels."""
    author: Mailbox
    description: str = ""
    first_host: str = ""
    """The host in permanent ids, which stays after the site moved. If empty, the host of `base_url` is used."""
    languages: tuple[str, ...] = ()
    """BCP 47; languages besides `language` that may be guessed from an item's words. If empty, none is guessed."""
