"""How many forms one network may send."""

from datetime import timedelta

import pytest

from publisher.serve.forms.quota import IN_ALL, Quota, network_of
from tests.world import NOW


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("127.0.0.1", ""),
        ("::ffff:127.0.0.1", ""),
        ("::1", ""),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert network == network_of(address)


def test_each_network_has_its_share_and_all_have_one_together() -> None:
    quota = Quota(per_network=2, in_all=12)

    assert [True, True, False] == [quota.take("a", now=NOW) for _ in range(3)]
    assert [True] * 10 + [False] == [quota.take("", now=NOW) for _ in range(11)], "unknown ones count together only"
    assert not quota.take("b", now=NOW)
    assert (12, 3) == (quota.total, quota.refused)
    assert quota.take("b", now=NOW + timedelta(hours=1))
    assert (1, 0) == (quota.total, quota.refused)


def test_a_flood_from_some_hundred_networks_does_not_close_the_form_for_others() -> None:
    quota = Quota()

    for _ in range(100):
        for network in range(300):
            quota.take(f"flood {network}", now=NOW)

    assert quota.refused > 20_000
    assert quota.take("a visitor", now=NOW)
    assert not quota.take("a visitor", now=NOW), "one for each is what is left"


def test_more_letters_than_mail_servers_would_take_are_asked_for_by_nobody() -> None:
    quota = Quota()

    assert IN_ALL == sum(quota.take(f"{number}", now=NOW) for number in range(2 * IN_ALL))


def test_letters_that_others_queued_count_in_all() -> None:
    """A restart, or a second process, does not start from zero."""
    quota = Quota(per_network=10, in_all=100)

    assert [True, False] == [quota.take("a", queued=80, now=NOW) for _ in range(2)], "one for each is what is left"
    assert not quota.take("b", queued=100, now=NOW)
    assert quota.take("b", queued=99, now=NOW)
