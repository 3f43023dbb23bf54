"""Findings about the senders' domains, from given DNS records."""

import pytest

from publisher.admin.mail_domains import Level, judge_domains

GOOD = {
    ("example.org", "TXT"): ["google-site-verification=x", "v=spf1 mx include:_spf.example.net -all"],
    ("example.org", "MX"): ["10 mx.example.org."],
    ("default._domainkey.example.org", "TXT"): ["v=DKIM1; k=rsa; p=MIGf"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=reject"],
}
SPF, DKIM, DMARC = ("example.org", "TXT"), ("default._domainkey.example.org", "TXT"), ("_dmarc.example.org", "TXT")


def judged(
    records: dict[tuple[str, str], list[str]], *, author: str = "example.org", envelope: str = "example.org"
) -> dict[str, list[str]]:
    """Return the findings about the senders' domains, by level."""
    found = judge_domains([author], [envelope], selectors=["default"], ask=lambda *asked: records.get(asked, []))
    by_level: dict[str, list[str]] = {}
    for each in found:
        by_level.setdefault(each.level, []).append(f"{each.where}: {each.what}")
    return by_level


def test_a_domain_that_is_well_has_nothing_to_fix() -> None:
    found = judged(GOOD)

    assert ({Level.WELL}, 3) == (set(found), len(found[Level.WELL]))


@pytest.mark.parametrize(
    ("asked", "texts", "level", "words"),
    [
        (SPF, [], Level.FIX, "SPF of example.org: there is none"),
        (SPF, ["v=spf1 mx -all", "v=spf1 a -all"], Level.FIX, "there are several"),
        (SPF, ["v=spf1 +all"], Level.FIX, "it lets everybody send as you"),
        (SPF, ["v=spf1 all"], Level.FIX, "it lets everybody send as you"),
        (SPF, ["v=spf1 mx ?all"], Level.HINT, "it does not say what others may do"),
        (SPF, ["v=spf1 redirect=example.net"], Level.WELL, "see that it names your mail server"),
        (DKIM, [], Level.HINT, "no key under default"),
        (DKIM, ["v=DKIM1; p="], Level.HINT, "is withdrawn"),
        (DMARC, [], Level.FIX, "DMARC of example.org: there is none"),
        (DMARC, ["v=DMARC1; p=none"], Level.HINT, "others may send as you"),
        (("example.org", "MX"), [], Level.FIX, "no mail server takes mail for it"),
    ],
)
def test_missing_and_weak_records_are_found(asked: tuple[str, str], texts: list[str], level: Level, words: str) -> None:
    found = judged({**GOOD, asked: texts})

    assert [True] == [words in each for each in found[level] if words in each]


def test_a_policy_of_the_domain_above_counts() -> None:
    records = {**GOOD, ("default._domainkey.news.example.org", "TXT"): ["p=x"]}

    assert any("p=reject" in each for each in judged(records, author="news.example.org")[Level.WELL])


def test_with_bounces_at_another_domain_only_dkim_counts() -> None:
    records = {**GOOD, ("relay.example", "TXT"): ["v=spf1 a -all"], ("relay.example", "A"): ["192.0.2.1"]}

    found = judged(records, envelope="relay.example")

    assert ["example.org: failures are reported to relay.example, so SPF says nothing for it; only DKIM does"] == found[
        Level.HINT
    ]
