"""Mails in the mailbox for bounces, as servers write them, and what is read from them."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.deliver.bounces import read_bounce
from publisher.model.bounces import Bounce, BounceKind

BOUNCES = "bounces@example.org"
OURS = "<weekly-1.20260304T093000Z.edition@example.org>"


def report(
    status: str, *, returned: str = f"Message-ID: {OURS}\nSubject: news\n", to: str = BOUNCES, kind: str = ""
) -> bytes:
    """Return a report that a mail could not be delivered, in the form of RFC 3464, or of RFC 6533 if `kind` is
    `global`.
    """
    text = f"""\
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <own@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}delivery-status; boundary="b"

--b
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/{kind}delivery-status

{status}
--b
Content-Type: text/rfc822-headers

{returned}
--b--
"""
    return text.encode()


def nested(depth: int) -> bytes:
    """Return a mail with parts within parts."""
    heads = [f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n" for number in range(depth)]
    return f"From: eve@example.org\nTo: {BOUNCES}\n{''.join(heads)}\nhello\n".encode()


@pytest.mark.parametrize("depth", [100, pytest.param(1200, marks=pytest.mark.slow)])
def test_a_mail_made_to_stop_the_reader_is_about_nothing(depth: int) -> None:
    assert Bounce(kind=BounceKind.UNKNOWN) == read_bounce(nested(depth), bounces=BOUNCES)


def test_a_mail_over_which_a_library_stumbles_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert BounceKind.UNKNOWN is read_bounce(b"", bounces=BOUNCES).kind
    assert ("", "") == tuple(capfd.readouterr())


@pytest.mark.slow
def test_a_long_mail_is_read_as_soon_as_a_short_one() -> None:
    """A report without a standard form is read by flufl.bounce, which looks at each line some dozen times. So it gets
    only the beginning of a long mail.
    """
    head = b"From: eve@example.org\nTo: bounces@example.org\n\n"
    before = time.process_time()

    assert BounceKind.UNKNOWN is read_bounce(head + b"x y\n" * 300_000, bounces=BOUNCES).kind

    assert time.process_time() - before < 8


POSTFIX = """\
Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 4F1C
Arrival-Date: Wed,  4 Mar 2026 10:30:00 +0100 (CET)

Final-Recipient: rfc822; readers@lists.example.org
Original-Recipient: rfc822;readers@lists.example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; lists.example.org
Diagnostic-Code: smtp; 550 5.1.1 <readers@lists.example.org>: Recipient
    address rejected: User unknown
"""


def test_a_failure_says_who_why_and_which_mail() -> None:
    found = read_bounce(report(POSTFIX), bounces=BOUNCES)

    assert found == Bounce(
        kind=BounceKind.FAILED,
        message_ids=(OURS,),
        recipient="readers@lists.example.org",
        status="5.1.1",
        words="550 5.1.1 <readers@lists.example.org>: Recipient address rejected: User unknown",
    )


def test_a_delay_is_no_bounce() -> None:
    found = read_bounce(report(POSTFIX.replace("failed", "delayed").replace("5.1.1\n", "4.4.1\n")), bounces=BOUNCES)

    assert (BounceKind.DELAYED, "4.4.1") == (found.kind, found.status)


def test_of_several_recipients_that_who_failed_counts() -> None:
    two = POSTFIX + "\n" + POSTFIX.replace("failed", "delayed").replace("readers@", "others@")

    assert "readers@lists.example.org" == read_bounce(report(two), bounces=BOUNCES).recipient


def test_a_success_is_no_bounce() -> None:
    assert BounceKind.AUTOMATIC == read_bounce(report(POSTFIX.replace("failed", "relayed")), bounces=BOUNCES).kind


def test_the_envelope_names_the_mail_before_its_headers_do() -> None:
    envid = POSTFIX.replace("X-Postfix", "Original-Envelope-Id: weekly-2+2Bx@example.org\nX-Postfix")

    assert ("<weekly-2+x@example.org>", OURS) == read_bounce(report(envid), bounces=BOUNCES).message_ids


def test_a_report_in_other_letters_has_all_its_blocks() -> None:
    status = POSTFIX.replace(
        "Final-Recipient: rfc822; readers@", "Final-Recipient: utf-8; jos\N{LATIN SMALL LETTER E WITH ACUTE}@"
    )
    status = "\n".join(line for line in status.split("\n") if not line.startswith("Original-Recipient"))

    found = read_bounce(report(status, kind="global-"), bounces=BOUNCES)

    assert (BounceKind.FAILED, "5.1.1", (OURS,)) == (found.kind, found.status, found.message_ids)
    assert found.recipient.endswith("@lists.example.org")


def test_the_address_to_which_it_came_names_a_subscriber() -> None:
    assert "Ab-3_x" == read_bounce(report(POSTFIX, to="Bounces <bounces+Ab-3_x@example.org>"), bounces=BOUNCES).token
    assert "" == read_bounce(report(POSTFIX, to="others+Ab-3_x@example.org"), bounces=BOUNCES).token
    delivered = b"Delivered-To: bounces+Xy@example.org\n" + report(POSTFIX)
    assert "Xy" == read_bounce(delivered, bounces=BOUNCES).token


def test_a_list_may_put_the_report_into_another_mail() -> None:
    inner = report(POSTFIX).decode()
    outer = f'From: list@example.org\nContent-Type: multipart/mixed; boundary="o"\n\n--o\n{inner}\n--o--\n'

    assert BounceKind.FAILED == read_bounce(outer.encode(), bounces=BOUNCES).kind


COMPLAINT = f"""\
From: <abuse@mail.example.net>
To: bounces+Xy@example.org
Subject: FW: news
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <ada@example.net>
--b
Content-Type: message/rfc822

From: news@example.org
Message-ID: {OURS}
Subject: news

Hello
--b--
""".encode()


def test_a_complaint_is_told_from_a_failure() -> None:
    found = read_bounce(COMPLAINT, bounces=BOUNCES)

    assert found == Bounce(
        kind=BounceKind.COMPLAINT,
        token="Xy",
        message_ids=(OURS,),
        recipient="ada@example.net",
        words="abuse reported by SomeGenerator/1.0",
    )


def test_that_a_mail_is_no_spam_is_no_complaint() -> None:
    kept = COMPLAINT.replace(b"Feedback-Type: abuse", b"Feedback-Type: not-spam")

    assert BounceKind.UNKNOWN == read_bounce(kept, bounces=BOUNCES).kind


QMAIL = f"""\
From: MAILER-DAEMON@mx.example.net
To: bounces@example.org
Subject: failure notice

Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<readers@lists.example.org>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <bounces@example.org>
From: news@example.org
Message-ID: {OURS}
Subject: news

Hello
""".encode()


def test_servers_that_write_as_they_like_are_understood() -> None:
    found = read_bounce(QMAIL, bounces=BOUNCES)

    assert (BounceKind.FAILED, "readers@lists.example.org", (OURS,)) == (
        found.kind,
        found.recipient,
        found.message_ids,
    )


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("Auto-Submitted: auto-replied", BounceKind.AUTOMATIC),
        ("Precedence: bulk", BounceKind.AUTOMATIC),
        ("X-Autoreply: yes", BounceKind.AUTOMATIC),
        ("Auto-Submitted: no", BounceKind.UNKNOWN),
        ("X-Mailer: Something", BounceKind.UNKNOWN),
    ],
)
def test_automatic_answers_and_letters_of_people_are_no_bounces(head: str, kind: BounceKind) -> None:
    mail = f"From: ada@example.net\nTo: {BOUNCES}\nSubject: Away\n{head}\n\nI am away. > Message-ID: <x@y>\n"

    assert kind == read_bounce(mail.encode(), bounces=BOUNCES).kind


@pytest.mark.parametrize(
    "mail", [b"", b"\xff\xfe\x00", b"Content-Type: multipart/report; boundary=b\n\n--b\n", b"\n\n\n"]
)
def test_a_file_that_is_no_mail_is_unknown(mail: bytes) -> None:
    assert BounceKind.UNKNOWN == read_bounce(mail, bounces=BOUNCES).kind


def test_no_value_of_a_report_has_a_character_that_a_database_refuses() -> None:
    """PostgreSQL takes no NUL: one such mail, which anybody may send, would end each reading of the mailbox."""
    to, returned = "bounces+01\x0023@example.org", "Message-ID: <a\0b@example.org>\n"
    samples = [report(POSTFIX, to=to, returned=returned), report(POSTFIX), COMPLAINT, QMAIL]
    mails = [each.replace(b"550 ", b"550\0 ") for each in samples]
    mails += [each.replace(b"@", b"\0@") for each in samples]
    mails.append(f"From: eve@example.net\nTo: {to}\nSubject: \0 Away\n\n{returned}".encode())

    found = [read_bounce(each, bounces=BOUNCES) for each in mails]

    assert [] == [each for each in found if r"\x00" in repr(each)]


@settings(max_examples=settings().max_examples * 5 // 2)
@given(sample=st.sampled_from([report(POSTFIX), COMPLAINT, QMAIL]), data=st.data())
def test_no_mail_however_broken_ends_the_reading(sample: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(sample)))
    broken = sample[:start] + data.draw(st.binary(max_size=40)) + sample[start + data.draw(st.integers(0, 60)) :]

    assert isinstance(read_bounce(broken, bounces=BOUNCES).kind, BounceKind)
