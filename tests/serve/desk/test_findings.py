"""Findings about a mail, and the reasons for refusals, are in the editor's language."""

import pytest

from publisher.admin.mail_checks import Finding, MailFlaw
from publisher.model.errors import BusyError, FilesError, MailServerError, PublisherError, StoreError, UsageError
from publisher.rendering import languages
from publisher.serve.desk.findings import tell_finding
from publisher.serve.desk.refusals import tell_refusal

NAMED: dict[str, str | int | float] = {
    "text": "A",
    "ratio": 2.5,
    "needed": 4.5,
    "picture": "p.png",
    "size": 110,
    "limit": 100,
    "num": 2,
    "link": "#l",
    "better": "https://a.org/",
    "host": "h.org",
    "address": "https://a.org/p",
    "marks": "!!",
    "element": "form",
    "way": "mailto:a@example.org",
}


@pytest.mark.parametrize("language", ["fr", "nl", "de"])
def test_every_flaw_of_a_mail_is_told_in_each_language(language: str) -> None:
    for flaw in MailFlaw:
        finding = Finding(what="as check prints it", flaw=flaw, values=NAMED)

        english = tell_finding(finding, languages.translations("en", "desk"))
        told = tell_finding(finding, languages.translations(language, "desk"))

        assert told not in (english, finding.what), flaw
        assert "%(" not in told, flaw


def test_a_finding_says_what_it_is_about() -> None:
    finding = Finding(what="", flaw=MailFlaw.NO_ROOM, values={"num": 1})

    assert "1 of its items has no room" in tell_finding(finding, languages.translations("en", "desk"))


@pytest.mark.parametrize(
    "error",
    [
        BusyError("now"),
        FilesError("/srv/feeds: no space"),
        MailServerError("mail.example.org", "no connection"),
        PublisherError("else"),
        StoreError("it is locked"),
        UsageError("no such edition"),
    ],
)
def test_why_nothing_was_done_is_told_in_each_language(error: PublisherError) -> None:
    told = {tell_refusal(error, languages.translations(language, "desk")) for language in ("en", "fr", "nl", "de")}

    assert 4 == len(told)
    assert not [words for words in told if str(error) in words]
