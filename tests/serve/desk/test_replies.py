"""Replies of mail servers are explained in words, by their class; a quoted reply shows no address."""

import pytest

from publisher.rendering import languages
from publisher.serve.desk.replies import tell_reply, without_addresses

ENGLISH = languages.translations("en", "desk")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("550 5.1.1 <ada@example.org>: unknown", "There is no such mailbox."),
        ("5.1.10", "There is no such mailbox."),
        ("552 5.2.2 over quota", "The mailbox is full."),
        ("452 4.2.2 over quota", "The mailbox is full."),
        ("550 5.2.1 disabled", "The mailbox takes no mail at present."),
        ("451 4.3.0 try later", "The recipient’s mail server has trouble."),
        ("4.4.1", "The mail servers do not reach each other."),
        ("501 5.5.2 what?", "The mail servers do not understand each other."),
        ("554 5.6.0 no", "The mail server will not have a mail like this one."),
        ("550-5.7.1 spam", "The mail server refuses it by a rule of its own, such as one against spam."),
        ("450 later", "The mail server will not have it for now."),
        ("550", "The mail server will not have it."),
        ("5.9.9", "The mail server will not have it."),
        ("connection lost", "The mail server gave no answer that says more."),
        ("", "The mail server gave no answer that says more."),
    ],
)
def test_an_answer_is_told_by_its_class(reply: str, told: str) -> None:
    assert told == tell_reply(reply, ENGLISH)
    assert told != tell_reply(reply, languages.translations("fr", "desk"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("550 <ada@example.org>: no", "550 <ad…@example.org>: no"),
        ("no ada.byron+x@mail.example.org. Sorry", "no ad…@mail.example.org. Sorry"),
        ("nothing here @ all", "nothing here @ all"),
    ],
)
def test_addresses_in_it_are_masked(text: str, shown: str) -> None:
    assert shown == without_addresses(text)
