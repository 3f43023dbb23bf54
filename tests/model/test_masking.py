"""Addresses in replies of mail servers are masked in any spelling."""

import sys
from base64 import b64encode
from types import FrameType

import pytest

from publisher.model.masking import without_addresses

ADA = "ada@example.org"


@pytest.mark.parametrize(
    ("said", "masked"),
    [
        ("550 5.1.1 <ada@example.org>: unknown", "550 5.1.1 <(address)>: unknown"),
        ("550 'ada@example.org' is unknown", "550 '(address)' is unknown"),
        ("550 no such user:ada@example.org", "550 no such user:(address)"),
        ('550 "ada b"@example.org', "550 (address)"),
        ("550 o'brien@example.org, sorry", "550 (address), sorry"),
        ("550 ada@[192.0.2.1] is unknown", "550 (address) is unknown"),
        ("550 see https://mail.example.org/why?to=ada%40example.org", "550 see https:(address)"),
        ("550 ada%2540example.org", "550 (address)"),
        ("550 ada=40example.org refused", "550 (address) refused"),
        ("550 rfc822;ada+40mail.example.org", "550 rfc822;(address)"),
        ("550 ada&#64;example.org ada&commat;example.org", "550 (address) (address)"),
        ("550 bounces-ada=example.org@lists.example.net", "550 (address)"),
        ("550 SRS0=aB=cD=example.org=ada@relay.example.net", "550 (address)"),
        ("550 prvs=1234abcd=ada@example.org", "550 (address)"),
        ("550 ada\uff20example.org", "550 (address)"),
    ],
)
def test_an_address_is_masked_however_it_is_written(said: str, masked: str) -> None:
    assert masked == without_addresses(said)


@pytest.mark.parametrize(
    "said",
    [
        "552 5.3.4 message size 40960 exceeds size=40960.0",
        "250 2.0.0 Ok: queued as 4F+40B1",
        "550 5.7.1 spf=fail smtp.mailfrom=example.org; dkim=pass",
        "450 100% of 40 connections, load=40.5",
        "nothing here @ all",
    ],
)
def test_what_is_no_address_stays(said: str) -> None:
    assert said == without_addresses(said)


@pytest.mark.parametrize(
    "written",
    [
        "ada=example.org",
        "ADA=Example.org",
        ADA.encode().hex(),
        ADA.encode().hex().upper(),
        b64encode(ADA.encode()).decode(),
    ],
)
def test_the_address_of_a_mail_is_masked_where_nobody_else_would_know_it(written: str) -> None:
    said = f"550 blocked, see https://postmaster.example.net/?e={written}"

    assert "550 blocked, see https://postmaster.example.net/?e=(address)" == without_addresses(said, known=ADA)
    assert "550 blocked" == without_addresses("550 blocked", known=ADA)


def test_letters_that_are_the_same_in_another_case_are_found() -> None:
    """The long s (U+017F) is a small s in another case, and is no ASCII."""
    assert "550 (address)" == without_addresses("550 \u017fam=example.org", known="sam@example.org")
    assert "550 (address) \u017f" == without_addresses("550 SAM=example.org \u017f", known="sam@example.org")


def test_a_reply_that_repeats_no_address_compiles_no_pattern() -> None:
    """Each subscriber has an address of his own. Compiling the patterns for it takes as long as handing
    over his mail.
    """
    modules: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            modules.add(frame.f_globals["__name__"])

    sys.setprofile(note)
    try:
        without_addresses("250 2.0.0 Ok: queued as 4F40B1", known="someone.new@example.org")
    finally:
        sys.setprofile(None)

    assert "publisher.model.masking" in modules
    assert "re._compiler" not in modules


def test_a_long_answer_takes_no_long_time() -> None:
    said = "x" * 10_000 + "=40" * 1_000

    assert said == without_addresses(said)
