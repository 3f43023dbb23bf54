"""Bounces in the forms of common servers, with texts of our own: what failed, why, and whose mail it was."""

from email import message_from_bytes

import pytest

from publisher.deliver.bounces import read_bounce
from publisher.model.bounces import BounceKind

BOUNCES = "bounces@example.org"
MARK = "0f3c5a7b9d1e2f4a6c8e"
OTHER = "ffffffffffffffffffff"
SENT_FROM = f"bounces+{MARK}@example.org"
STOP = "AAAAAAEdQagwpKgqv17sD8A9peto"
HEADERS = f"""\
Return-Path: <{SENT_FROM}>
From: Example news <news@example.org>
To: ada@example.net
Subject: News of the harbour
Message-ID: <round-7.12.20260309T093000Z@news.example.org>
List-Unsubscribe: <https://news.example.org/-/stop/{STOP}>,
 <mailto:{BOUNCES}?subject=unsubscribe%20{STOP}>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
"""


def multipart(head: str, *parts: tuple[str, str], kind: str = "delivery-status") -> str:
    opening = f'Content-Type: multipart/report; report-type={kind}; boundary="cut"\nMIME-Version: 1.0\n'
    bodies = "".join(f"--cut\nContent-Type: {media_type}\n\n{body}\n" for media_type, body in parts)
    return f"{head}{opening}\n{bodies}--cut--\n"


def status(action: str, code: str, diagnostic: str, *, first: str = "Reporting-MTA: dns; mx.example.net") -> str:
    last = f"Final-Recipient: rfc822; ada@example.net\nAction: {action}\nStatus: {code}\n"
    return f"{first}\n\n{last}Diagnostic-Code: {diagnostic}\n"


POSTFIX = multipart(
    f"Return-Path: <>\nDelivered-To: {SENT_FROM}\nFrom: MAILER-DAEMON@mx.example.net (Mail Delivery System)\n"
    f"Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nTo: {SENT_FROM}\n",
    ("text/plain; charset=us-ascii", "The mail system could not hand your message to one recipient."),
    ("message/delivery-status", status("failed", "5.1.1", "smtp; 550 5.1.1 <ada@example.net>: User unknown")),
    ("message/rfc822", f"{HEADERS}\nHello"),
)
EXIM = multipart(
    f"X-Failed-Recipients: ada@example.net\nAuto-Submitted: auto-replied\nFrom: Mail Delivery <d@mx.example.net>\n"
    f"To: {SENT_FROM}\nSubject: Mail delivery failed: returning message to sender\n",
    ("text/plain", "ada@example.net\n  host mx.example.net: SMTP error after RCPT TO: 550 unrouteable address"),
    (
        "message/delivery-status",
        status("failed", "5.0.0", "smtp; 550 unrouteable address", first="Reporting-MTA: dns; relay.example.org"),
    ),
    ("text/rfc822-headers", HEADERS),
)
OLD_EXIM = (
    f"X-Failed-Recipients: ada@example.net\nFrom: Mail Delivery System <daemon@mx.example.net>\nTo: {SENT_FROM}\n"
    "Subject: Mail delivery failed: returning message to sender\n\nThis message was created automatically by mail "
    "delivery software (Exim 4.94.2).\n\nA message that you sent could not be delivered to one or more recipients. "
    "This is a permanent error. The following address(es) failed:\n\n  ada@example.net\n    unrouteable mail domain\n\n"
    f"------ This is a copy of the message, including all the headers. ------\n\n{HEADERS}\nHello\n"
)
QMAIL = (
    f"From: MAILER-DAEMON@mx.example.net\nTo: {SENT_FROM}\nSubject: failure notice\n\n"
    "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the "
    "following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ada@example.net>:\n"
    f"Nobody here is called that. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n{HEADERS}\nHello\n"
)
EXCHANGE = multipart(
    f"From: postmaster@mail.example.net\nTo: {SENT_FROM}\nSubject: Undeliverable: News of the harbour\n"
    "X-MS-Exchange-Message-Is-Ndr:\nAuto-Submitted: auto-replied\n",
    ("text/html; charset=utf-8", "<p>ada@example.net could not be found, or takes no mail from outside.</p>"),
    (
        "message/delivery-status",
        status(
            "failed",
            "5.1.10",
            "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by address lookup",
            first="Reporting-MTA: dns;mail.example.net\nReceived-From-MTA: dns;relay.example.org",
        ),
    ),
    ("message/rfc822", f"{HEADERS}\nHello"),
)
GMAIL = multipart(
    f"From: Mail Delivery Subsystem <mailer-daemon@gmail.example>\nTo: {SENT_FROM}\nAuto-Submitted: auto-replied\n"
    "X-Failed-Recipients: ada@example.net\nSubject: Delivery Status Notification (Failure)\n",
    ("text/plain; charset=utf-8", "The inbox of ada@example.net is full, or gets too much mail at the moment."),
    (
        "message/delivery-status",
        status(
            "failed",
            "5.2.2",
            "smtp; 552-5.2.2 The inbox is full\n 552 5.2.2 make room and try again",
            first="Reporting-MTA: dns; gmail.example\nX-Original-Message-ID: <round-7.12@example.org>\n"
            "Arrival-Date: Mon, 09 Mar 2026 01:00:00 -0800 (PST)",
        ),
    ),
    ("message/rfc822", f"{HEADERS}\nHello"),
)
SES = multipart(
    f"From: MAILER-DAEMON@ses.example\nTo: {SENT_FROM}\nSubject: Delivery Status Notification (Failure)\n",
    ("text/plain", "An error occurred while trying to deliver the mail to the following recipients:\nada@example.net"),
    (
        "message/delivery-status",
        status(
            "failed", "5.1.1", "smtp; 550 5.1.1 user unknown", first="Reporting-MTA: dsn; a1-2.smtp-out.ses.example"
        ),
    ),
    ("message/rfc822", f"{HEADERS}\nHello"),
)
SENDMAIL = multipart(
    f"From: Mail Delivery Subsystem <MAILER-DAEMON>\nTo: <{SENT_FROM}>\nSubject: Returned mail: see transcript\n",
    ("text/plain", "   ----- The following addresses had permanent fatal errors -----\n<ada@example.net>"),
    ("message/delivery-status", status("failed", "5.2.1", "SMTP; 550 5.2.1 mailbox disabled")),
    ("text/rfc822-headers", HEADERS),
)


@pytest.mark.parametrize(
    ("mail", "code"),
    [
        pytest.param(POSTFIX, "5.1.1", id="Postfix"),
        pytest.param(EXIM, "5.0.0", id="Exim"),
        pytest.param(OLD_EXIM, "", id="older Exim"),
        pytest.param(QMAIL, "5.1.1", id="qmail"),
        pytest.param(EXCHANGE, "5.1.10", id="Exchange"),
        pytest.param(GMAIL, "5.2.2", id="Gmail"),
        pytest.param(SES, "5.1.1", id="Amazon SES"),
        pytest.param(SENDMAIL, "5.2.1", id="Sendmail"),
    ],
)
def test_every_dialect_says_whose_mail_failed_and_why(mail: str, code: str) -> None:
    found = read_bounce(mail.encode(), bounces=BOUNCES)

    assert (BounceKind.FAILED, MARK, STOP) == (found.kind, found.token, found.stop_token)
    assert ("ada@example.net", code) == (found.recipient, found.status)


@pytest.mark.parametrize("mail", [POSTFIX, EXIM, EXCHANGE, GMAIL, SES, SENDMAIL])
def test_a_server_that_answers_to_the_author_returns_the_mark(mail: str) -> None:
    to_author = mail.replace(f"Delivered-To: {SENT_FROM}\n", "").replace(f"To: {SENT_FROM}", "To: news@example.org")
    to_author = to_author.replace(f"To: <{SENT_FROM}>", "To: news@example.org")

    assert MARK == read_bounce(to_author.encode(), bounces=BOUNCES).token


def test_the_address_to_which_it_came_counts_before_what_is_returned() -> None:
    mail = POSTFIX.replace(f"Return-Path: <{SENT_FROM}>\nFrom", f"Return-Path: <bounces+{OTHER}@example.org>\nFrom")

    assert MARK == read_bounce(mail.encode(), bounces=BOUNCES).token


@pytest.mark.parametrize("of", [POSTFIX, EXIM, GMAIL, EXCHANGE])
def test_delays_of_every_dialect_are_no_failures(of: str) -> None:
    mail = of.replace("Action: failed", "Action: delayed").replace("Status: 5", "Status: 4")

    assert BounceKind.DELAYED is read_bounce(mail.encode(), bounces=BOUNCES).kind


COMPLAINT = multipart(
    "From: feedback@mail.example.net\nTo: abuse@example.org\nSubject: FW: News of the harbour\n",
    ("text/plain", "This is an abuse report for a message that a member of ours got."),
    (
        "message/feedback-report",
        f"Feedback-Type: abuse\nUser-Agent: Some/2\nVersion: 1\nOriginal-Mail-From: <{SENT_FROM}>\n",
    ),
    ("message/rfc822", f"{HEADERS}\nHello"),
    kind="feedback-report",
)


@pytest.mark.parametrize(
    "hidden", [f"Original-Mail-From: <{SENT_FROM}>\n", f"Return-Path: <{SENT_FROM}>\n", "nothing of it"]
)
def test_a_complaint_names_its_subscriber_though_his_address_is_hidden(hidden: str) -> None:
    """A complaint goes to an address for complaints; providers remove data about the subscriber from the complaint."""
    found = read_bounce(COMPLAINT.replace(hidden, "").encode(), bounces=BOUNCES)

    assert (BounceKind.COMPLAINT, MARK, STOP) == (found.kind, found.token, found.stop_token)


def test_a_complaint_without_the_mark_has_the_link_to_unsubscribe() -> None:
    found = read_bounce(COMPLAINT.replace(SENT_FROM, "hidden@mail.example.net").encode(), bounces=BOUNCES)

    assert (BounceKind.COMPLAINT, "", STOP) == (found.kind, found.token, found.stop_token)


def test_links_of_two_subscribers_name_neither() -> None:
    both = COMPLAINT.replace("Hello", f"Hello, see https://news.example.org/-/stop/{STOP[::-1]} too")

    assert "" == read_bounce(both.encode(), bounces=BOUNCES).stop_token


# --- unsubscribing by mail -------------------------------------------------------------------------------------------

WISH = f"From: ada@example.net\nTo: {BOUNCES}\nSubject: unsubscribe {STOP}\n\nSent by a program.\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("", "", id="as it is"),
        pytest.param("unsubscribe ", "Unsubscribe  ", id="capital, two blanks"),
        pytest.param(f"unsubscribe {STOP}", f"unsubscribe\n {STOP}", id="folded"),
        pytest.param("To: ", "Auto-Submitted: no\nTo: ", id="said to be by hand"),
        pytest.param(f"To: {BOUNCES}\nSubject: unsubscribe {STOP}", f"To: bounces+{STOP}@example.org", id="address"),
    ],
)
def test_the_token_of_a_link_unsubscribes_by_mail(old: str, new: str) -> None:
    found = read_bounce(WISH.replace(old, new, 1).encode(), bounces=BOUNCES)

    assert (BounceKind.UNSUBSCRIBE, STOP) == (found.kind, found.stop_token)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("To: ", "Auto-Submitted: auto-replied\nTo: ", BounceKind.AUTOMATIC),
        ("To: ", "X-Autoreply: yes\nTo: ", BounceKind.AUTOMATIC),
        ("To: ", "Precedence: bulk\nTo: ", BounceKind.AUTOMATIC),
        ("unsubscribe", "Re: unsubscribe", BounceKind.UNKNOWN),
        ("unsubscribe", "Out of office: unsubscribe", BounceKind.UNKNOWN),
        (STOP, STOP[1:], BounceKind.UNKNOWN),
        (f" {STOP}", "", BounceKind.UNKNOWN),
        (f"To: {BOUNCES}\nSubject: unsubscribe {STOP}", f"To: {SENT_FROM}", BounceKind.UNKNOWN),
    ],
)
def test_nothing_else_unsubscribes(old: str, new: str, kind: BounceKind) -> None:
    assert kind is read_bounce(WISH.replace(old, new, 1).encode(), bounces=BOUNCES).kind


def test_a_failure_that_quotes_the_subject_does_not_unsubscribe() -> None:
    mail = QMAIL.replace("Subject: failure notice", f"Subject: unsubscribe {STOP}")

    assert BounceKind.FAILED is read_bounce(mail.encode(), bounces=BOUNCES).kind


def test_somebody_who_answers_a_digest_does_not_unsubscribe() -> None:
    mail = f"From: ada@example.net\nTo: news@example.org\nSubject: Re: News\n\nThank you!\n> {HEADERS}"

    assert BounceKind.UNKNOWN is read_bounce(mail.encode(), bounces=BOUNCES).kind


def test_samples_are_mails() -> None:
    for sample in (POSTFIX, EXIM, EXCHANGE, GMAIL, SES, SENDMAIL, COMPLAINT):
        assert 3 <= len(list(message_from_bytes(sample.encode()).walk()))
