import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

import pytest
from hypothesis import given

from publisher.model.site import Mailbox
from publisher.rendering.headers import list_id_header, mailbox_header, plain_header, text_header, uri_header
from tests.headers import texts

ADDRESS = "readers@lists.example.org"
ENCODED_WORD = re.compile(r"=\?utf-8\?([qb])\?[!->@-~]+\?=")


def parsed(header: str) -> EmailMessage:
    message = message_from_bytes(header.encode("ascii") + b"\r\n", policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def subject_in(header: str) -> str:
    return str(parsed(header)["Subject"])


def without_blanks(text: str) -> str:
    return "".join(text.split())


def address_in(header: str) -> Address:
    (address,) = parsed(header)["To"].addresses
    assert isinstance(address, Address)
    return address


@pytest.mark.parametrize(
    "subject",
    [
        "report café the résumé area naïve for – “quoted”",
        "– area “quoted” unveiled and 2020 asylum “quoted” – its report and its",
        "Belgium – réseau migration Belgium café naïve “quoted” asylum report asylum plan",
        "EMN Belgium news : 14 actualités – All of Belgium’s asylum figures for 2020…",
    ],
)
def test_no_blank_of_a_subject_is_lost_or_doubled(subject: str) -> None:
    """Python's own folding loses or doubles a space in each of these subjects."""
    assert subject == subject_in(text_header("Subject", subject))


@pytest.mark.parametrize("name", ["figures plan plan report migration unveiled plan", "Dr. café unveiled", "x" * 80])
def test_no_header_begins_with_an_empty_line(name: str) -> None:
    """Spam filters count an empty first line of a header against a mail. Python's own folding writes one for these
    names.
    """
    for header in (text_header("Subject", name), mailbox_header("To", Mailbox(address=ADDRESS, name=name))):
        assert re.match(r"(Subject|To): [!-~]", header)


@given(texts)
def test_every_subject_is_read_back(subject: str) -> None:
    header = text_header("Subject", subject)

    assert subject == subject_in(header)
    value = header.removeprefix("Subject:").strip().replace("\r\n", "")
    assert subject == str(make_header(decode_header(value)))


@given(texts)
def test_every_name_is_read_back_beside_its_address(name: str) -> None:
    header = mailbox_header("To", Mailbox(address=ADDRESS, name=name))

    # with Python's older parser: the newer one puts a space between the encoded words of a name
    phrase, address = parseaddr(header.removeprefix("To: ").replace("\r\n", ""))
    assert (name, ADDRESS) == (str(make_header(decode_header(phrase))), address)
    assert ADDRESS == address_in(header).addr_spec
    assert without_blanks(name) == without_blanks(address_in(header).display_name)


@given(texts)
def test_the_phrase_of_a_list_never_touches_its_identifier(phrase: str) -> None:
    value = str(parsed(list_id_header(phrase, "weekly.news.example.org"))["List-Id"])

    assert value.endswith("<weekly.news.example.org>")
    assert value.count("<") == value.count(">") == 1


@given(texts)
def test_a_value_is_raw_or_encoded_throughout_in_lines_any_program_takes(text: str) -> None:
    mailbox = Mailbox(address=ADDRESS, name=text)
    headers = (text_header("Subject", text), mailbox_header("Reply-To", mailbox), list_id_header(text, "weekly.a.org"))
    for header in headers:
        assert header.isascii()
        assert header.endswith("\r\n")
        lines = header.removesuffix("\r\n").split("\r\n")
        assert all(line.isprintable() and len(line) <= 998 for line in lines)
        assert all(re.match(r" [!-~]", line) for line in lines[1:])
        words = [word for line in lines for word in line.split(" ")[1:] if not re.fullmatch(r"<[^<> ]+>", word)]
        encoded = [match for word in words if (match := ENCODED_WORD.fullmatch(word))]
        if not encoded:
            assert all(len(line) <= 78 or " " not in re.sub(r"^[A-Za-z-]*:? ", "", line) for line in lines)
            continue
        assert len(words) == len(encoded)
        assert all(len(word) <= 75 for word in words)
        assert all(len(line) <= 76 and line.count("=?utf-8?") <= 1 for line in lines)


@given(texts)
def test_an_encoded_word_is_whole_characters_and_only_the_last_one_is_padded(subject: str) -> None:
    words = [word.strip() for word in text_header("Subject", subject).partition(":")[2].strip().split("\r\n")]
    if not all(map(ENCODED_WORD.fullmatch, words)):
        return
    assert subject == "".join(str(make_header(decode_header(word))) for word in words)
    assert not any(word.endswith("=?=") for word in words[:-1])


def test_latin_words_can_be_read_as_they_travel() -> None:
    assert "Subject: =?utf-8?q?Le_r=C3=A9seau?=\r\n" == text_header("Subject", "Le réseau")
    assert "Subject: =?utf-8?b?0J3QvtCy0L7RgdGC0Lg=?=\r\n" == text_header("Subject", "Новости")


def test_words_that_look_encoded_are_read_as_they_are() -> None:
    trap = "=?utf-8?q?Bcc:_eve=40example.org?="

    assert trap == subject_in(text_header("Subject", trap))
    assert trap == address_in(mailbox_header("To", Mailbox(address=ADDRESS, name=trap))).display_name


def test_no_text_can_begin_another_header() -> None:
    hostile = "News\r\nBcc: eve@example.org\x0b\u2028x\x85\x00"

    header = text_header("Subject", hostile)

    assert ["Subject"] == parsed(header).keys()
    assert "News Bcc: eve@example.org" in subject_in(header)


def test_a_mailbox_without_a_name_is_its_address() -> None:
    assert f"To: {ADDRESS}\r\n" == mailbox_header("To", Mailbox(address=ADDRESS))


def test_addresses_of_a_list_are_never_encoded_and_fold_between_them_only() -> None:
    long = "<https://news.example.org/stop?" + "x" * 90 + ">"

    assert f"List-Unsubscribe: {long},\r\n <mailto:a@b.example>\r\n" == uri_header(
        "List-Unsubscribe", [long, "<mailto:a@b.example>"]
    )


@pytest.mark.parametrize("value", ["é", "a\r\nb", "a\x00", "x" * 998])
def test_an_impossible_header_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="cannot be written as a header"):
        plain_header("List-Post", value)
