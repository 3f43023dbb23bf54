"""Which addresses a subscriber may have. The rules are stricter than for addresses in config.toml, because anybody may
type an address into a form.
"""

from publisher.model.characters import without_invisible
from publisher.rendering.addresses import wire_address

_FORMULA = ("=", "+", "-")
"""The characters with which a spreadsheet begins a formula."""
_THIS_MACHINE = {"localhost", "localdomain"}
"""Last labels of domains that a mail server takes for its own domain (RFC 6761 section 6.3, and
`localhost.localdomain`).
"""


def reader_address(address: str) -> str:
    """Return a subscriber's address as it is stored: ASCII, in lower case.

    Raises:
        ValueError: mail servers would not accept the address, it is an address of a local network, or a spreadsheet
            would read it as a formula; the message says what to change.
    """
    # RFC 5321 section 2.4 lets servers distinguish Ada@ from ada@. None does, and each would get its own letter.
    wire = wire_address(without_invisible(address).strip()).lower()
    if wire.startswith(_FORMULA):
        raise ValueError(
            f"{wire!r}: a subscriber's address may not begin with {wire[0]!r}: spreadsheets read that as a formula"
        )
    domain = wire.rpartition("@")[2]
    _, dot, last = domain.rpartition(".")
    # Mail to a name of one word or a number is delivered on the mail server itself, or within its network.
    if not dot or not last[0].isalpha() or last in _THIS_MACHINE:
        raise ValueError(f"{wire!r}: a subscriber's address needs a domain such as example.org, not {domain!r}")
    return wire
