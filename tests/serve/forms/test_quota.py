"""What one network may ask for."""

from datetime import timedelta

import pytest

from publisher.serve.forms.quota import Quota, network_of
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
    quota = Quota(per_network=2, in_all=5)

    assert [True, True, False] == [quota.take("a", now=NOW) for _ in range(3)]
    assert [True, True, True, False] == [quota.take("", now=NOW) for _ in range(4)], "unknown ones count together only"
    assert not quota.take("b", now=NOW)
    assert quota.take("b", now=NOW + timedelta(hours=1))
