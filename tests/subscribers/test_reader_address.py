"""Which addresses subscribers may have."""

import pytest

from publisher.subscribers.reader_address import reader_address


@pytest.mark.parametrize(
    ("address", "stored"),
    [
        (" Ada@Example.ORG\n", "ada@example.org"),
        ("\u200bada@exam\u00adple.org\u00a0\ufeff", "ada@example.org"),
        ("a+news@example.org", "a+news@example.org"),
        ("a-b=c@example.org", "a-b=c@example.org"),
        ("ada@1.example.org", "ada@1.example.org"),
        ("ada@café.example", "ada@xn--caf-dma.example"),
        ("ada@example.xn--p1ai", "ada@example.xn--p1ai"),
    ],
)
def test_an_address_is_stored_in_one_spelling(address: str, stored: str) -> None:
    assert stored == reader_address(address)


@pytest.mark.parametrize(
    "domain",
    ["localhost", "127.0.0.1", "example", "0x7f.0x1", "a.localhost", "LOCALHOST.localdomain", "example.1com"],
)
def test_a_domain_of_a_local_network_is_refused(domain: str) -> None:
    """Otherwise a form could make the mail server write into its own mailboxes."""
    with pytest.raises(ValueError, match=rf"needs a domain such as example\.org, not '{domain.lower()}'"):
        reader_address(f"root@{domain}")


@pytest.mark.parametrize("local", ["=cmd|'/Ccalc'!A0", "+32470", "-f"])
def test_an_address_that_a_spreadsheet_reads_as_a_formula_is_refused(local: str) -> None:
    with pytest.raises(ValueError, match=rf"may not begin with '\{local[0]}': spreadsheets read that as a formula"):
        reader_address(f"{local}@evil.example")
