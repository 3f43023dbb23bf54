"""A mail to a subscriber: the same pieces for all, with words for him alone between them."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from publisher.model.digests import Digest
from publisher.model.settings import SubscriberSettings
from publisher.model.site import Mailbox
from publisher.rendering.personal import ReaderMail, Skeleton, marked_personal
from publisher.rendering.wire_form import WireForm
from tests.subscribers.test_people import SETTINGS
from tests.values import SITE

MARKED = marked_personal(SITE, SETTINGS)
TEXT = f"Été: news.\n\nFrom here to there.\n-- \n{MARKED.why}\n{MARKED.stop_url}\n{MARKED.mine_url}\nend.\n"
HTML = (
    f"<p>Été &amp; more {'x' * 200}</p>\n<p>{MARKED.why}</p>\n"
    f'<a href="{MARKED.stop_url}">Unsubscribe</a><a href="{MARKED.mine_url}#why">Why</a>\n'
)
DIGEST = Digest(subject="Été: a ferry", preheader="", html=HTML, text=TEXT, shown=())
ADA = ReaderMail(
    address="ada@example.org",
    stop_token="stop" * 7,
    mine_token="mine" * 7 + "abc",
    why="You follow: Cranes & Quays daily since 4 March; Ferries, which are many and sail twice a day, weekly.",
    message_id="<round-1.1@example.org>",
)


def skeleton_of(digest: Digest = DIGEST, settings: SubscriberSettings = SETTINGS) -> Skeleton:
    dated = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return Skeleton(digest, name="round-1", dated=dated, language="fr", site=SITE, settings=settings)


def received(form: WireForm) -> bytes:
    """Return a mail as a mail server keeps it: without doubled dots and the end mark (RFC 5321 section 4.5.2)."""
    lines = form.data.removesuffix(b".\r\n")
    return (b"\r\n" + lines).replace(b"\r\n..", b"\r\n.")[2:]


def mail_to(reader: ReaderMail, digest: Digest = DIGEST) -> bytes:
    return received(skeleton_of(digest).wire_form_to(reader))


def read(mail: bytes) -> tuple[EmailMessage, str, str]:
    """Return the parsed mail, its text and its HTML."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return message, text.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


def test_each_slot_is_filled_with_the_subscribers_own_text() -> None:
    message, text, html = read(mail_to(ADA))

    assert "Été: news.\n\nFrom here to there.\n-- \nYou follow: Cranes & Quays daily" in text
    assert 72 >= max(len(line) for line in text.splitlines() if not line.startswith("https"))
    assert f"weekly.\nhttps://news.example.org/-/stop/{ADA.stop_token}\n" in text
    assert f"https://news.example.org/-/mine/{ADA.mine_token}\nend.\n" in text
    assert "<p>You follow: Cranes &amp; Quays daily since 4 March;" in html
    assert f'<a href="https://news.example.org/-/stop/{ADA.stop_token}">' in html
    assert f'<a href="https://news.example.org/-/mine/{ADA.mine_token}#why">' in html
    assert ("ada@example.org", "Été: a ferry", "fr") == (message["To"], message["Subject"], message["Content-Language"])
    assert f"<https://news.example.org/-/stop/{ADA.stop_token}>" in message["List-Unsubscribe"]


def test_mails_to_two_subscribers_differ_only_in_the_slots() -> None:
    other = replace(ADA, address="bob@example.org", stop_token="pots" * 7, mine_token="enim" * 7 + "cba")

    first, second = (mail_to(each) for each in (ADA, other))

    for one, two in (("ada@", "bob@"), (ADA.stop_token, other.stop_token), (ADA.mine_token, other.mine_token)):
        first = first.replace(one.encode(), two.encode())
    assert first == second


@pytest.mark.parametrize("why", [ADA.why, ".NET and more"])
def test_on_the_wire_its_pieces_have_the_dots_and_the_size_of_the_whole_mail(why: str) -> None:
    text = TEXT.replace("Été", ".Été").replace("end.\n", "..\n")
    digest = replace(DIGEST, text=text, text_parts=(text[:20], text[20:]))
    reader = replace(ADA, why=why)
    skeleton = skeleton_of(digest)

    forms = [skeleton.wire_form_to(reader) for _ in range(2)]

    _, plain, _ = read(received(forms[0]))
    assert plain.startswith(".Été: news.\n")
    assert "\n..\n" in plain
    assert b"\r\n.." in forms[0].data
    for form in forms:
        whole = WireForm.of(received(form))
        assert (whole.data, whole.size) == (form.data, form.size)


def test_its_lines_are_such_as_mail_servers_take() -> None:
    lines = mail_to(ADA).split(b"\r\n")

    assert max(map(len, lines)) <= 160, "the addresses in List-Unsubscribe are the longest"
    body = lines[lines.index(b"") :]
    assert max(map(len, body)) <= 76
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert not any(line.startswith(b"From ") for line in lines)


@pytest.mark.parametrize("left_out", [MARKED.why, MARKED.stop_url, MARKED.mine_url])
def test_a_template_may_leave_a_slot_out_or_have_it_twice(left_out: str) -> None:
    digest = replace(DIGEST, html=HTML.replace(left_out, ""), text=f"{TEXT}{TEXT}")

    _, text, html = read(mail_to(ADA, digest))

    assert 2 == text.count(ADA.stop_token)
    assert (left_out == MARKED.stop_url) == (ADA.stop_token not in html)


def test_answers_go_where_the_site_says() -> None:
    settings = replace(SETTINGS, reply_to=Mailbox(address="desk@example.org"))

    message, _, _ = read(received(skeleton_of(settings=settings).wire_form_to(ADA)))

    assert "desk@example.org" == message["Reply-To"]
    assert f"<mailto:desk@example.org?subject=unsubscribe%20{ADA.stop_token}>" in message["List-Unsubscribe"]
