"""Lists of people, as this program and others export them."""

import csv
import re
from io import StringIO

import pytest

from publisher.model.errors import UsageError
from publisher.subscribers.roster import (
    BLOCKED,
    DISABLED,
    MISSHAPEN,
    NEVER,
    NO_LIST,
    UNCONFIRMED,
    UNREACHABLE,
    UNSUBSCRIBED,
    Dialect,
    Roster,
    RosterError,
    RosterFlaw,
    read_roster,
)

LISTMONK = """uuid,email,name,attributes,status,created_at,updated_at
u1,ada@example.org,Ada,"{""a"": 1}",enabled,2024-01-02 03:04:05.678901 +0000 UTC,2024-01-02 03:04:05 +0000 UTC
u2,ben@example.org,"Ben
of two lines",{},blocklisted,2024-01-02 03:04:05 +0000 UTC,2024-01-02 03:04:05 +0000 UTC
u3,eve@example.org,Eve,{},disabled,2024-01-02 03:04:05 +0000 UTC,2024-01-02 03:04:05 +0000 UTC
"""
MAILCHIMP = (
    '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,GMTOFF,DSTOFF,TIMEZONE,CC,'
    "REGION,{}LEID,EUID,NOTES,TAGS\n"
    'ada@example.org,Ada,2,"2024-01-02 03:04:05",192.0.2.1,"2024-01-03 04:05:06",192.0.2.1,1,2,Europe/Brussels,BE,BRU,'
    '{}1,e1,,"""press"",""members"""\n'
)
PHPLIST = (
    "id\tEmail\tIs this subscriber confirmed\tIs this subscriber blacklisted\tDid this subscriber manually confirm\t"
    "Number of bounces\tEntered\tLast Modified\tIs this account disabled?\tAdditional data\tList Membership\n"
    "1\tada@example.org\t1\t0\t1\t0\t2024-01-02 03:04:05\t2024-02-02 03:04:05\t0\t\tnewsletter press \n"
    "2\tben@example.org\t1\t1\t1\t0\t2024-01-02 03:04:05\t2024-02-02 03:04:05\t0\t\tnewsletter \n"
    '3\teve@example.org\t0\t0\t0\t0\t2024-01-02 03:04:05\t2024-02-02 03:04:05\t0\tsays "hi"\tnewsletter \n'
    "4\tfay@example.org\t1\t0\t0\t0\t2024-01-02 03:04:05\t2024-02-02 03:04:05\t1\t\tnewsletter \n"
    "5\tgus@example.org\t1\t0\t0\t0\t2024-01-02 03:04:05\t2024-02-02 03:04:05\t0\t\tNo Lists\n"
)


def roster(text: str, name: str = "") -> Roster:
    return read_roster(lambda: StringIO(text, newline=""), name=name)


def reasons(text: str, name: str = "") -> list[tuple[int, str, str]]:
    return [(entry.line, entry.address, entry.because) for entry in roster(text, name).read()]


def test_two_columns_of_addresses_are_refused_and_none_is_chosen() -> None:
    with pytest.raises(UsageError, match="two of its columns are called 'email'"):
        read_roster(lambda: ["email,email\n", "ada@example.org,ben@example.org\n"])


def test_listmonk_says_who_is_blocked_and_on_which_line_each_begins() -> None:
    assert Dialect.LISTMONK is roster(LISTMONK).dialect
    assert [
        (2, "ada@example.org", ""),
        (3, "ben@example.org", BLOCKED),
        (5, "eve@example.org", DISABLED),
    ] == reasons(LISTMONK)


@pytest.mark.parametrize(
    ("columns", "cells", "because"),
    [
        ("LAST_CHANGED,", '"2024-01-04 05:06:07",', ""),
        ("UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON,", '"2024-05-06 07:08:09",March,NORMAL,', UNSUBSCRIBED),
        ("CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,", '"2024-05-06 07:08:09",March,c1,', UNREACHABLE),
        ("UNSUB_TIME,", ",", UNSUBSCRIBED),
        ("UNSUB_TIME,LAST_CHANGED,", ',"2024-01-04 05:06:07",', ""),
        ("UNSUB_TIME,LAST_CHANGED,", '"2024-05-06 07:08:09","2024-05-06 07:08:09",', UNSUBSCRIBED),
    ],
)
def test_mailchimp_has_a_file_each_for_who_is_subscribed_unsubscribed_and_cleaned(
    columns: str, cells: str, because: str
) -> None:
    text = MAILCHIMP.format(columns, cells)

    assert Dialect.MAILCHIMP is roster(text).dialect
    assert [(2, "ada@example.org", because)] == reasons(text)


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("subscribed_email_audience_export_3f2a.csv", ""),
        ("unsubscribed_members_export_3f2a.csv", UNSUBSCRIBED),
        ("cleaned_email_audience_export_3f2a.csv", UNREACHABLE),
        ("nonsubscribed_members_export_3f2a.csv", NEVER),
    ],
)
def test_the_name_of_a_file_of_mailchimp_says_who_is_in_it(name: str, because: str) -> None:
    assert [(2, "ada@example.org", because)] == reasons(MAILCHIMP.format("LAST_CHANGED,", ","), name)


@pytest.mark.parametrize("label", ["Adresse e-mail", "Email", "Dirección de correo electrónico", "Courriel"])
def test_an_audience_of_mailchimp_may_call_addresses_otherwise(label: str) -> None:
    text = MAILCHIMP.format("LAST_CHANGED,", ",").replace("Email Address", label)

    assert Dialect.MAILCHIMP is roster(text).dialect
    assert [(2, "ada@example.org", "")] == reasons(text)


def test_an_audience_that_asks_for_a_place_has_its_columns_too() -> None:
    text = MAILCHIMP.format("LAST_CHANGED,", ",").replace("CONFIRM_IP,GMTOFF", "CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF")
    text = text.replace("192.0.2.1,1,2,", "192.0.2.1,50.85,4.35,1,2,").replace("Ada,", '"Lovelace, Ada",')

    assert [(2, "ada@example.org", "")] == reasons(text)


@pytest.mark.parametrize("hint", ["sep=;\r\n", '"sep=;"\n', "sep=,\n"])
def test_the_separator_line_of_excel_is_no_row(hint: str) -> None:
    delimiter = hint.strip().strip('"')[-1]
    table = f'{hint}email;agreed;agreed_at\nada@example.org;"a form; on paper";2024-01-02\n'.replace(";", delimiter)

    assert Dialect.PLAIN is roster(table).dialect
    assert [(3, "ada@example.org", "")] == reasons(table)
    assert [f"a form{delimiter} on paper"] == [entry.agreed for entry in roster(table).read()]


def test_phplist_says_who_is_blacklisted_disabled_on_no_list_or_never_confirmed() -> None:
    assert Dialect.PHPLIST is roster(PHPLIST).dialect
    assert ["", BLOCKED, UNCONFIRMED, DISABLED, NO_LIST] == [entry.because for entry in roster(PHPLIST).read()]
    excel = PHPLIST.replace("\t", ",")
    assert ["", BLOCKED, UNCONFIRMED, DISABLED, NO_LIST] == [entry.because for entry in roster(excel).read()]


@pytest.mark.parametrize("column", ["Is this subscriber confirmed", "Is this subscriber blacklisted"])
def test_an_export_of_phplist_that_does_not_say_who_left_is_not_read(column: str) -> None:
    with pytest.raises(UsageError, match=f"export again with the column '{column}'"):
        roster(PHPLIST.replace(column, "Password"))


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (
            "ada@example.org\n\nLovelace, Ada <ada.l@example.org>\n",
            [(1, "ada@example.org", ""), (3, "ada.l@example.org", "")],
        ),
        ('"Hop, Ada ""the first""" <ada@example.org>\n', [(1, "ada@example.org", "")]),
        ("ada@example.org\r\nben@example.org\r\n", [(1, "ada@example.org", ""), (2, "ben@example.org", "")]),
        ('"ada@example.org"\n', [(1, "ada@example.org", "")]),
    ],
    ids=["Mailman 2", "Mailman 3", "Postorius", "quoted"],
)
def test_a_list_of_mailman_has_an_address_a_line_perhaps_with_a_name(
    text: str, people: list[tuple[int, str, str]]
) -> None:
    assert Dialect.MAILMAN is roster(text).dialect
    assert people == reasons(text)


@pytest.mark.parametrize(
    "written", ["Ada Lovelace <ada@example.org>", "<ada@example.org>", "mailto:ada@example.org", "'ada@example.org'"]
)
def test_an_address_of_a_table_may_have_a_name_too(written: str) -> None:
    text = f"email,agreed,agreed_at\n{written},by telephone,2024-05-06\n"

    assert [(2, "ada@example.org", "")] == reasons(text)


def test_a_plain_table_says_how_when_and_in_which_language_each_agreed() -> None:
    text = "E-mail;Name;Agreed;Agreed_at;Language\n ada@example.org ;Ada;by telephone;2024-05-06;fr\n"

    assert Dialect.PLAIN is roster(text).dialect
    assert (True, True) == (roster(text).says_how, roster(text).says_when)
    [ada] = roster(text).read()
    assert ("ada@example.org", "by telephone", "2024-05-06", "fr") == (
        ada.address,
        ada.agreed,
        ada.agreed_at,
        ada.language,
    )


def test_when_people_agreed_is_read_from_the_columns_of_each_program() -> None:
    mailchimp = MAILCHIMP.format("LAST_CHANGED,", ",")

    assert "2024-01-02 03:04:05.678901 +0000 UTC" == next(roster(LISTMONK).read()).agreed_at
    assert "2024-01-03 04:05:06" == next(roster(mailchimp).read()).agreed_at
    without_confirmation = mailchimp.replace("2024-01-03 04:05:06", "")
    assert "2024-01-02 03:04:05" == next(roster(without_confirmation).read()).agreed_at
    assert "2024-01-02 03:04:05" == next(roster(PHPLIST).read()).agreed_at
    assert not roster("ada@example.org\n").says_when


def test_a_line_with_fewer_or_more_cells_than_the_first_one_says_nothing_for_sure() -> None:
    text = "email,name\nada@example.org\nben@example.org,Ben,\neve@example.org,Eve,1\n"

    assert [MISSHAPEN, "", MISSHAPEN] == [because for _, _, because in reasons(text)]


def test_a_quotation_mark_that_is_not_closed_swallows_nobody() -> None:
    text = 'email,name\nada@example.org,"Ada\nben@example.org,Ben\n'

    with pytest.raises(UsageError, match="line 2 cannot be read as CSV"):
        reasons(text)


@pytest.mark.parametrize("text", ["{endless}", "email,{endless}\neve@example.org,\n"])
def test_a_first_line_that_no_program_writes_is_said(text: str) -> None:
    endless = "x" * (csv.field_size_limit() + 1)  # CSV sources raise the limit once they are imported
    with pytest.raises(UsageError, match="line 1 cannot be read as CSV: field larger than field limit"):
        roster(text.format(endless=endless))


@pytest.mark.parametrize("text", ["", "name,city\nAda,London\n", "just words\n", "email,city\na@example.org,Ghent\n"])
def test_a_file_that_is_no_list_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match="no list of people is recognised") as raised:
        roster(text)

    assert repr(text.partition("\n")[0]) in str(raised.value)


@pytest.mark.parametrize(
    ("first", "named"),
    [
        ("email,Organisation,agreed", "the column 'Organisation'"),
        ("E-mail;Name;City;Tel. no.;", "the columns 'City', 'Tel. no.'"),
        ("uuid\temail", "the column 'uuid'"),
        ("email," + ",".join("abcdefghi"), "the columns 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '…'"),
    ],
)
def test_columns_that_a_table_may_not_have_are_named(first: str, named: str) -> None:
    with pytest.raises(RosterError, match=re.escape(f"recognised: {named} cannot be read; a table has")) as raised:
        roster(f"{first}\n")

    assert RosterFlaw.UNKNOWN is raised.value.flaw
