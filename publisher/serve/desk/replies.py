"""Explains the reply of a mail server in an editor's language. The reply itself is quoted beside it."""

import re

from publisher.model.subscribers import masked
from publisher.serve.desk.texts import Texts

_CODE = re.compile(r"(?:([45])\d\d\b[ -]?)?(?:([45])\.(\d{1,3})\.(\d{1,3})\b)?")
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+[^\s<>()\[\]\"',;:.]")
FULL = 2
"""The detail of a status code that means a full mailbox (RFC 3463 section 3.3)."""


def tell_reply(reply: str, texts: Texts) -> str:
    """Return a sentence about a reply such as `550 5.1.1 unknown`, or about a status such as `5.1.1`, by its class (RFC
    3463).
    """
    found = _CODE.match(reply)
    assert found is not None  # the pattern also matches an empty text
    kind, status_kind, subject, detail = found.groups()
    _ = texts.gettext
    if subject == "2" and int(detail) == FULL:
        return _("The mailbox is full.")
    by_subject = {
        "1": _("There is no such mailbox."),
        "2": _("The mailbox takes no mail at present."),
        "3": _("The recipient’s mail server has trouble."),
        "4": _("The mail servers do not reach each other."),
        "5": _("The mail servers do not understand each other."),
        "6": _("The mail server will not have a mail like this one."),
        "7": _("The mail server refuses it by a rule of its own, such as one against spam."),
    }
    by_code = {"4": _("The mail server will not have it for now."), "5": _("The mail server will not have it.")}
    told = by_subject.get(subject or "") or by_code.get(kind or status_kind or "")
    return told or _("The mail server gave no answer that says more.")


def without_addresses(text: str) -> str:
    """Return a text in which all addresses are masked."""
    return _ADDRESS.sub(lambda found: masked(found[0]), text)
