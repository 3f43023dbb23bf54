"""What the replies of a mail server mean."""

from datetime import timedelta

import pytest

from publisher.deliver.answers import JITTER, RETRIES, Fate, Reply, Sign, SmtpStep, meaning_of, wait_before

MAIL, RCPT, DATA, DOT = SmtpStep.MAIL, SmtpStep.RCPT, SmtpStep.DATA, SmtpStep.DOT
ANSWERS = [
    (DOT, "250 2.0.0 queued as 4711", Fate.SENT, Sign.WELL, False),
    (DOT, "250", Fate.SENT, Sign.WELL, False),
    # it closes the connection, at whatever step
    *((step, "421 4.3.2 shutting down", Fate.AGAIN, Sign.BUSY, False) for step in SmtpStep),
    # it asks for less
    (MAIL, "454 Throttling failure: Maximum sending rate exceeded.", Fate.AGAIN, Sign.THROTTLING, False),
    (DOT, "454 Throttling failure", Fate.AGAIN, Sign.THROTTLING, False),
    (MAIL, "452 4.4.5 insufficient disk space", Fate.AGAIN, Sign.THROTTLING, False),
    (MAIL, "450 4.7.1 too much mail from you", Fate.AGAIN, Sign.THROTTLING, False),
    (DATA, "451 4.7.500 server busy", Fate.AGAIN, Sign.THROTTLING, False),
    (DOT, "432 4.3.2 concurrent connections limit exceeded", Fate.AGAIN, Sign.THROTTLING, False),
    # greylisting, a full mailbox, a temporary failure
    (RCPT, "450 4.7.1 greylisted", Fate.LATER, Sign.WELL, False),
    (RCPT, "451 4.7.1 try again later", Fate.LATER, Sign.WELL, False),
    (RCPT, "454 4.7.1 relay access denied for now", Fate.LATER, Sign.WELL, False),
    (DOT, "451 4.7.1 greylisted", Fate.LATER, Sign.WELL, False),
    (DOT, "450 4.2.1 the list is busy", Fate.LATER, Sign.WELL, False),
    (RCPT, "452 4.2.2 mailbox full", Fate.LATER, Sign.WELL, False),
    (MAIL, "451 4.3.0 local error", Fate.LATER, Sign.WELL, False),
    # refused for good
    (RCPT, "550 5.1.1 no such user", Fate.REFUSED, Sign.WELL, True),
    (RCPT, "550 5.1.2 no such host", Fate.REFUSED, Sign.WELL, True),
    (RCPT, "550 5.1.10 null mx", Fate.REFUSED, Sign.WELL, True),
    (RCPT, "550 no such user", Fate.REFUSED, Sign.WELL, False),
    (RCPT, "552 5.2.2 over quota", Fate.REFUSED, Sign.WELL, False),
    (RCPT, "554 5.7.1 not a member of the list", Fate.REFUSED, Sign.SUSPICIOUS, False),
    (DOT, "554 5.7.1 looks like spam", Fate.REFUSED, Sign.SUSPICIOUS, False),
    (DOT, "552 5.3.4 too large", Fate.REFUSED, Sign.WELL, False),
    (DOT, "550 5.1.1 no such user", Fate.REFUSED, Sign.WELL, False),
    # our configuration, not the mailbox
    (MAIL, "550 5.1.8 sender rejected", Fate.AGAIN, Sign.OUR_FAULT, False),
    (DATA, "554 5.5.1 no", Fate.AGAIN, Sign.OUR_FAULT, False),
    (RCPT, "550 5.7.26 unauthenticated", Fate.AGAIN, Sign.OUR_FAULT, False),
    (DOT, "550 5.7.515 access denied, the domain does not meet", Fate.AGAIN, Sign.OUR_FAULT, False),
]


def reply(text: str) -> Reply:
    return Reply(code=int(text[:3]), text=text[4:])


@pytest.mark.parametrize(("step", "text", "fate", "sign", "is_gone"), ANSWERS)
def test_an_answer_means_what_the_table_says(step: SmtpStep, text: str, fate: Fate, sign: Sign, is_gone: bool) -> None:
    meaning = meaning_of(step, reply(text))

    assert (fate, sign, is_gone) == (meaning.fate, meaning.sign, meaning.is_gone)


@pytest.mark.parametrize(
    ("text", "status"), [("550 5.1.1 x", "5.1.1"), ("550 5.1.1", "5.1.1"), ("550 5.1.1x", ""), ("550 see 5.1.1", "")]
)
def test_an_enhanced_status_directly_follows_the_code(text: str, status: str) -> None:
    assert status == reply(text).status


def test_waits_grow_with_each_failure_and_differ_between_mails() -> None:
    assert list(RETRIES) == [wait_before(attempts, luck=0.5) for attempts in range(1, 7)]
    assert RETRIES[-1] == wait_before(70, luck=0.5) == timedelta(hours=8)
    assert RETRIES[0] * (1 - JITTER) == wait_before(1, luck=0)
    assert RETRIES[0] * (1 + JITTER) == wait_before(1, luck=1)
