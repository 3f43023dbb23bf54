import pytest

from publisher.rendering.addresses import wire_address, wire_domain


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("news@example.org", "news@example.org"),
        ("News+weekly@Example.ORG", "News+weekly@example.org"),
        ("news@straße.example", "news@xn--strae-oqa.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_a_domain_is_ascii_on_the_wire_and_the_local_part_is_the_owners_business(address: str, wire: str) -> None:
    assert wire == wire_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "news",
        "@example.org",
        "news@",
        "two words@example.org",
        "a@b@example.org",
        "news@exa mple.org",
        "news@example.org\r\nBcc: eve@example.org",
        "a\n@example.org",
        "news@-example.org",
        "news@..",
        "x" * 65 + "@example.org",
    ],
)
def test_an_invalid_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"expected one address|cannot stand before the @|is not a domain"):
        wire_address(address)


def test_a_local_part_beyond_ascii_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="before the @ may only have ASCII letters"):
        wire_address("actualités@example.org")


def test_an_address_longer_than_smtp_allows_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 254"):
        wire_address("a@" + "b" * 63 + ".example" * 30)


def test_a_label_longer_than_the_dns_allows_is_refused() -> None:
    assert "b" * 63 + ".example" == wire_domain("B" * 63 + ".example")
    with pytest.raises(ValueError, match="is not a domain"):
        wire_domain("b" * 64 + ".example")


def test_a_domain_that_cannot_be_written_in_ascii_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a domain"):
        wire_domain("exa☃\u200b mple.org")
