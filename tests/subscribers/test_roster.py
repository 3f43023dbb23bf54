"""Lists of people, as this program and others export them."""

import pytest

from publisher.model.errors import UsageError
from publisher.subscribers.roster import (
    BLOCKED,
    DISABLED,
    UNCONFIRMED,
    UNREACHABLE,
    UNSUBSCRIBED,
    Dialect,
    read_roster,
)

LISTMONK = """uuid,email,name,attributes,status,created_at,updated_at
u1,ada@example.org,Ada,"{""a"": 1}",enabled,2024-01-02T03:04:05Z,2024-01-02T03:04:05Z
u2,ben@example.org,"Ben
of two lines",{},blocklisted,2024-01-02T03:04:05Z,2024-01-02T03:04:05Z
u3,eve@example.org,Eve,{},disabled,2024-01-02T03:04:05Z,2024-01-02T03:04:05Z
"""
MAILCHIMP = '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,{}LEID,EUID\n'
PHPLIST = (
    "Email\tIs this subscriber confirmed\tIs this subscriber blacklisted\n"
    "ada@example.org\t1\t0\nben@example.org\t1\t1\neve@example.org\t0\t0\n"
)


def reasons(text: str) -> list[tuple[int, str, str]]:
    return [(entry.line, entry.address, entry.because) for entry in read_roster(text).entries]


def test_listmonk_says_who_is_blocked_and_on_which_line_each_begins() -> None:
    assert Dialect.LISTMONK is read_roster(LISTMONK).dialect
    assert [
        (2, "ada@example.org", ""),
        (3, "ben@example.org", BLOCKED),
        (5, "eve@example.org", DISABLED),
    ] == reasons(LISTMONK)


@pytest.mark.parametrize(("column", "because"), [("", ""), ("UNSUB_TIME,", UNSUBSCRIBED), ("CLEAN_TIME,", UNREACHABLE)])
def test_mailchimp_has_a_file_each_for_who_is_subscribed_unsubscribed_and_cleaned(column: str, because: str) -> None:
    cell = "2024-05-06 07:08:09," if column else ""
    text = MAILCHIMP.format(column) + f'ada@example.org,Ada,2,"2024-01-02 03:04:05",{cell}1,e1\n'

    assert Dialect.MAILCHIMP is read_roster(text).dialect
    assert [(2, "ada@example.org", because)] == reasons(text)


def test_phplist_says_who_is_blacklisted_and_who_never_confirmed() -> None:
    assert Dialect.PHPLIST is read_roster(PHPLIST).dialect
    assert ["", BLOCKED, UNCONFIRMED] == [entry.because for entry in read_roster(PHPLIST).entries]


def test_a_list_of_mailman_has_an_address_a_line_perhaps_with_a_name() -> None:
    text = "ada@example.org\n\nLovelace, Ada <ada.l@example.org>\n"

    assert Dialect.MAILMAN is read_roster(text).dialect
    assert [(1, "ada@example.org", ""), (3, "ada.l@example.org", "")] == reasons(text)


@pytest.mark.parametrize("text", ["", "name,city\nAda,London\n", "just words\n"])
def test_what_is_no_list_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="no list of people is recognised"):
        read_roster(text)
