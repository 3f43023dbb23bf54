import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.digests import Digest
from publisher.model.editions import Audience, Edition, Notice
from publisher.model.site import Mailbox, Site
from publisher.rendering.message import digest_message, message_to_try, notice_message
from tests.editions import AUDIENCE, SITE, edition_of, record_of

EDITION = edition_of(record_of("One."))
DIGEST = Digest(subject="One", preheader="", html="<p>Ünë</p>\n", text="Ünë\n", shown=())
STOP = "https://news.example.org/stop?list=weekly&reader=" + "x" * 90

lines = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200)


def mail(
    digest: Digest = DIGEST, *, edition: Edition = EDITION, audience: Audience = AUDIENCE, site: Site = SITE
) -> bytes:
    return digest_message(digest, edition, audience=audience, site=site)


def parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def head(data: bytes) -> list[str]:
    return data.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")


def test_every_header_a_list_mail_needs_is_there_and_says_what_it_must() -> None:
    assert [
        "From: Example News <news@example.org>",
        "To: readers@lists.example.org",
        "Subject: One",
        "Date: Mon, 02 Mar 2026 07:00:00 +0000",
        "Message-ID: <weekly-3.20260302T070000Z.edition@news.example.org>",
        'List-Id: "Example News" <weekly.news.example.org>',
        "List-Unsubscribe: <mailto:news@example.org?subject=unsubscribe>",
        "List-Help: <mailto:editor@example.org?subject=help>",
        "List-Archive: <https://news.example.org/>",
        "List-Post: NO",
        "MIME-Version: 1.0",
        "Content-Language: en",
    ] == head(mail())[:-1]


def test_a_new_address_of_the_site_changes_no_name_that_readers_sort_their_mail_by() -> None:
    moved = replace(SITE, base_url="https://elsewhere.example.org/", first_host="news.example.org")

    after = head(mail(site=moved))

    assert 'List-Id: "Example News" <weekly.news.example.org>' in after
    assert "List-Archive: <https://elsewhere.example.org/>" in after


def test_list_archive_is_where_everybody_may_read_the_editions() -> None:
    digest = replace(DIGEST, archive_url="https://news.example.org/archive/weekly/")

    assert "List-Archive: <https://news.example.org/archive/weekly/>" in head(mail(digest=digest))


def test_text_comes_first_and_html_is_its_better_alternative() -> None:
    message = parsed(mail())

    parts = list(message.iter_parts())
    assert "multipart/alternative" == message.get_content_type()
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in parts]
    assert ["quoted-printable"] * 2 == [part["Content-Transfer-Encoding"] for part in parts]
    assert ["Ünë\r\n", "<p>Ünë</p>\r\n"] == [part.get_content() for part in parts if isinstance(part, EmailMessage)]


def test_the_same_edition_is_the_same_bytes_and_another_one_is_not() -> None:
    assert mail() == mail()
    assert head(mail())[-1] != head(mail(edition=replace(EDITION, number=4)))[-1]


def test_a_long_unsubscribe_address_is_neither_encoded_nor_broken() -> None:
    lines = head(mail(audience=replace(AUDIENCE, unsubscribe_url=STOP, unsubscribe_mailto="leave@lists.example.org")))

    at = lines.index(f"List-Unsubscribe: <{STOP}>,")
    assert " <mailto:leave@lists.example.org?subject=unsubscribe>" == lines[at + 1]


def test_no_one_click_is_promised_to_a_list() -> None:
    """The unsubscribe address of a list is the same for all its members: a POST to it would unsubscribe nobody (RFC
    8058 section 3.1).
    """
    assert b"List-Unsubscribe-Post" not in mail(audience=replace(AUDIENCE, unsubscribe_url=STOP))


def test_a_list_server_is_not_told_that_a_program_wrote() -> None:
    """Sympa silently drops a mail with Auto-Submitted, and ezmlm one with Precedence. A test mail may go to
    a list too.
    """
    tried = message_to_try(DIGEST, EDITION, audience=AUDIENCE, site=SITE, to=Mailbox(address="try@lists.example.org"))

    for message in (parsed(mail()), parsed(tried)):
        assert message["Auto-Submitted"] is None
        assert message["Precedence"] is None


def test_autoresponders_do_not_answer_a_notice() -> None:
    ada = Mailbox(address="ada@example.org")
    told = Notice(
        about="news", kind="failing", at=EDITION.composed_at, to=ada, language="en", subject="It fails", text="Look.\n"
    )

    assert "auto-generated" == parsed(notice_message(told, site=SITE))["Auto-Submitted"]


def test_answers_go_where_the_audience_says() -> None:
    desk = Mailbox(address="desk@example.org", name="Rédaction")

    assert parsed(mail())["Reply-To"] is None
    assert "Reply-To: =?utf-8?q?R=C3=A9daction?= <desk@example.org>" in head(
        mail(audience=replace(AUDIENCE, reply_to=desk))
    )


def test_an_unsubscribe_address_cannot_end_its_brackets_or_split_the_list() -> None:
    data = mail(audience=replace(AUDIENCE, unsubscribe_url="https://é.example/a>,<b c%20d\r\nX: y"))

    assert "List-Unsubscribe: <https://%C3%A9.example/a%3E%2C%3Cb%20c%20d%0D%0AX:%20y>," in head(data)


def test_an_edition_of_the_same_number_from_a_store_made_anew_is_another_mail() -> None:
    again = replace(EDITION, composed_at=EDITION.composed_at + timedelta(weeks=1))

    assert parsed(mail())["Message-ID"] != parsed(mail(edition=again))["Message-ID"]


def test_domains_are_ascii_everywhere() -> None:
    site = replace(SITE, base_url="https://nachrichten.straße.example:8443/")
    audience = replace(AUDIENCE, from_=Mailbox(address="news@straße.example", name="Größe, Straße & Co"))

    message = parsed(mail(audience=audience, site=site))

    assert "Größe, Straße & Co" == message["From"].addresses[0].display_name
    assert "news@xn--strae-oqa.example" == message["From"].addresses[0].addr_spec
    assert "<weekly-3.20260302T070000Z.edition@nachrichten.xn--strae-oqa.example>" == message["Message-ID"]
    assert '"Example News" <weekly.nachrichten.xn--strae-oqa.example>' == message["List-Id"]


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ('News: the "net" <x>', '"News the net x" <weekly.news.example.org>'),
        ("Actualités", "=?utf-8?q?Actualit=C3=A9s?= <weekly.news.example.org>"),
        ("Новости", "=?utf-8?b?0J3QvtCy0L7RgdGC0Lg=?= <weekly.news.example.org>"),
        ("<>", "<weekly.news.example.org>"),
    ],
)
def test_a_list_is_called_as_its_digest_is_and_known_by_its_identifier(title: str, value: str) -> None:
    assert f"List-Id: {value}" in head(mail(audience=replace(AUDIENCE, title=title)))


@given(subject=lines, name=lines, title=lines)
def test_no_text_can_add_a_header_or_change_another(subject: str, name: str, title: str) -> None:
    sender = Mailbox(address="news@example.org", name=name)
    data = mail(replace(DIGEST, subject=subject), audience=replace(AUDIENCE, from_=sender, title=title))

    message = parsed(data)
    assert [line.partition(":")[0] for line in head(mail())] == message.keys()
    assert "news@example.org" == message["From"].addresses[0].addr_spec
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=120))
def test_a_subject_is_read_back_as_it_was(subject: str) -> None:
    words = " ".join(subject.split())

    assert words == parsed(mail(replace(DIGEST, subject=words)))["Subject"]


@given(lines, lines)
def test_both_parts_are_read_back_as_they_were(text: str, html: str) -> None:
    text, html = (re.sub("\r\n?", "\n", part) + "\n" for part in (text, html))

    message = parsed(mail(replace(DIGEST, text=text, html=html)))

    contents = [part.get_payload(decode=True) for part in message.iter_parts()]
    assert [text, html] == [part.decode().replace("\r\n", "\n") for part in contents if isinstance(part, bytes)]


def test_the_date_is_the_editions_whatever_the_clock_says() -> None:
    edition = replace(EDITION, composed_at=datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC))

    assert "Date: Fri, 31 Dec 1999 23:59:59 +0000" in head(mail(edition=edition))


def test_an_address_no_server_would_take_is_refused() -> None:
    with pytest.raises(ValueError, match="ASCII letters"):
        mail(audience=replace(AUDIENCE, to=Mailbox(address="liste-à-moi@example.org")))
