"""Other programs judge the digest: a browser's accessibility engine, validators, a spam filter, and mail readers."""

import email
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from publisher.model.digests import Digest
from publisher.model.editions import Audience, Edition
from publisher.model.themes import Theme
from publisher.rendering.message import digest_message
from tests.browser import HEIGHT_PX, SCHEMES, Reader, Scheme, address_of, barriers
from tests.digests import Shown, digests, records_of_listing, shown_of
from tests.editions import (
    ASYLUM,
    AUDIENCE,
    BORDERS,
    GENERAL,
    RICH_HTML,
    RICH_HTML_IN_ARABIC,
    SITE,
    TEMPLATES,
    edition_of,
    record_of,
    render,
)
from tests.judges import node_module, program, run, run_on_a_terminal
from tests.values import STYLE

CORRECTED = record_of("An older item. It reads otherwise now.", number=9, corrected=datetime(2026, 3, 1, tzinfo=UTC))
PLAIN = edition_of(
    record_of("A question? And an answer.", themes=[ASYLUM, BORDERS], keywords=("video", "médias sociaux")),
    record_of("Words enough for a second line of the title, whatever the width. " * 6, number=2, themes=[BORDERS]),
    record_of("One paragraph.\n\nFrom here on another one – “quoted”.", number=3, title="A title", themes=[GENERAL]),
    record_of("عنوان قصير. نص.", number=4, themes=[GENERAL], language="ar"),
    corrections=[CORRECTED],
)
HOSTILE = edition_of(
    record_of(
        "</div></td></table><script>alert(1)</script><style>*{display:none}</style><img src=x onerror=alert(1)>"
        "<!-- <![endif]--> <!--[if mso]> {{ 7 * 7 }} @import url(x); \u202eevil\u2066 " + "x" * 10_000,
        title="Win\r\nBcc: eve@example.org \u202egpj.exe <b>",
        keywords=("<i>", "\x00k"),
        link="javascript:alert(1)",
        language="x y",
    ),
    record_of("An honest item. With words. " * 70_000, number=2),
)
RICH = edition_of(
    record_of("The report has figures.", title="A title", html=RICH_HTML, themes=[ASYLUM]),
    record_of("أرقام", title="عنوان قصير", html=RICH_HTML_IN_ARABIC, number=2, language="ar", themes=[BORDERS]),
)
EDITIONS = {"plain": PLAIN, "rich": RICH, "hostile": HOSTILE}
KINDS: dict[str, Edition | Shown] = {**EDITIONS, **digests()}
STYLE = replace(STYLE, logo="assets/logo.png", logo_alt="Example News")

pytestmark = pytest.mark.slow


def digest_of(edition: Edition | Shown, *, audience: Audience = AUDIENCE) -> Digest:
    if isinstance(edition, Shown):
        return edition.digest
    return render(edition, audience=audience, site=SITE, templates=TEMPLATES, style=STYLE)


def mail_of(edition: Edition | Shown, *, audience: Audience = AUDIENCE) -> bytes:
    if isinstance(edition, Shown):
        return edition.mail
    return digest_message(digest_of(edition, audience=audience), edition, audience=audience, site=SITE)


def parts_of(mail: bytes) -> tuple[EmailMessage, str, str]:
    """Return the mail as Python's `email` parses it, its text, and its HTML."""
    message = email.message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    text, html = (part.get_content() for part in message.iter_parts() if isinstance(part, EmailMessage))
    return message, text.replace("\r\n", "\n"), html.replace("\r\n", "\n")


WITH_PICTURES = replace(AUDIENCE, pictures=True)
WIDTHS_PX = (320, 640)


@pytest.mark.browser
@pytest.mark.parametrize("edition", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_nothing_in_it_is_wider_than_the_mail(
    edition: Edition | Shown, width_px: int, reader: Reader, tmp_path: Path
) -> None:
    html = digest_of(edition, audience=WITH_PICTURES).html
    page = reader.open(address_of(html, tmp_path), width_px=width_px)

    assert width_px == page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("edition", KINDS.values(), ids=KINDS)
def test_axe_finds_no_barrier(edition: Edition | Shown, scheme: Scheme, reader: Reader, tmp_path: Path) -> None:
    html = digest_of(edition).html
    page = reader.open(address_of(html, tmp_path), scheme=scheme)

    # the site's picture is missing: its alternative text is measured like text
    passes, found = barriers(page)

    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
    assert {"color-contrast", "heading-order", "html-has-lang", "link-name"} <= passes
    assert ("image-alt" in passes) == ("<img" in html)
    assert [] == found


@pytest.mark.browser
def test_the_contents_lead_to_the_headings(reader: Reader, tmp_path: Path) -> None:
    themes = [ASYLUM, BORDERS, GENERAL]
    text = "Words enough for some lines. " * 20
    records = [record_of(text, number=number, themes=[themes[number % 3]]) for number in range(1, 13)]
    records.append(record_of(text, number=13, themes=[Theme(slug="lead", title="Lead")]))
    page = reader.open(address_of(digest_of(edition_of(*records)).html, tmp_path), width_px=600)
    contents = page.get_by_role("navigation").get_by_role("link")
    assert {theme.title for theme in themes} | {"Lead"} == set(contents.all_inner_texts())

    for link in contents.all():
        link.click()
        headings = page.get_by_role("heading", level=2)
        # if the lead is the only item of its theme, its title stands for the theme
        is_lead = link.inner_text() == "Lead"
        heading = (
            headings.first if is_lead else page.get_by_role("heading", level=2, name=link.inner_text(), exact=True)
        )
        assert page.url.rpartition("#")[2] == heading.locator("xpath=preceding-sibling::a").get_attribute("name")
        box = heading.bounding_box()
        assert box, "it is shown"
        assert 0 <= box["y"] < HEIGHT_PX / 2 or page.evaluate("scrollY + innerHeight == document.body.scrollHeight")


ALLOWED = {
    "no-inline-style": "many mail programs drop <style>",
    "no-deprecated-attr": "Outlook for Windows takes widths, sides and grounds from attributes",
    "no-conditional-comment": "only Outlook for Windows reads them, and needs a column of fixed width",
    "prefer-native-element": "<main>, <nav> and <footer> are dropped by half of the mail programs, roles are kept",
}


@pytest.mark.parametrize("edition", KINDS.values(), ids=KINDS)
def test_html_validate_says_nothing(edition: Edition | Shown, tmp_path: Path) -> None:
    judge = node_module("html-validate") / "bin" / "html-validate.mjs"
    (tmp_path / "digest.html").write_text(digest_of(edition).html, "utf-8")
    rules = {"root": True, "extends": ["html-validate:recommended"], "rules": dict.fromkeys(ALLOWED, "off")}
    (tmp_path / "rules.json").write_text(json.dumps(rules), "utf-8")

    said = run(
        ["node", judge, "--config", tmp_path / "rules.json", "--formatter", "json", tmp_path / "digest.html"],
        may_fail=True,
    )

    messages = [message for file in json.loads(said) for message in file["messages"]]
    assert [] == [(message["line"], message["ruleId"], message["message"]) for message in messages]


HARMLESS = {"NO_RECEIVED", "NO_RELAYS", "HTML_MESSAGE", "MAILING_LIST_MULTI"}
"""Rules that a mail meets because it has not been sent, has HTML, or is for a mailing list."""


@pytest.mark.parametrize("stop", ["", "https://news.example.org/stop"], ids=["by mail", "by a page"])
@pytest.mark.parametrize("language", ["en", "fr", "nl", "de"])
def test_spamassassin_has_nothing_against_it(language: str, stop: str, tmp_path: Path) -> None:
    audience = replace(AUDIENCE, language=language, unsubscribe_url=stop)

    rules, score = judge_as_spam(mail_of(PLAIN, audience=audience), tmp_path)

    assert rules <= HARMLESS
    assert score <= -1.0


@pytest.mark.parametrize("shown", digests().values(), ids=digests())
def test_spamassassin_has_nothing_against_any_kind(shown: Shown, tmp_path: Path) -> None:
    rules, score = judge_as_spam(shown.mail, tmp_path)

    assert rules <= HARMLESS
    assert score <= -1.0


def test_the_judges_pass_the_real_listing(real_listing: Path, reader: Reader, tmp_path: Path) -> None:
    shown = shown_of(records_of_listing(real_listing.read_text("utf-8")))

    rules, score = judge_as_spam(shown.mail, tmp_path)
    _, found = barriers(reader.open(address_of(shown.digest.html, tmp_path)))

    assert rules <= HARMLESS
    assert score <= -1.0
    assert [] == found


def judge_as_spam(mail: bytes, home: Path) -> tuple[set[str], float]:
    """Return the rules of SpamAssassin that a mail meets, and the mail's points."""
    command = [program("spamassassin"), "--local", "--test-mode"]
    judged = run(command, given=mail, environ={"HOME": str(home)})
    report = judged.rpartition("Content analysis details:")[2]
    score = re.search(r"\((-?[\d.]+) points", report)
    assert score, judged[-2000:]
    return set(re.findall(r"(?m)^\s*-?[\d.]+ ([A-Z][A-Z0-9_]+)", report)), float(score[1])


DISPENSABLE = {
    "@media": "dark mode and narrow screens are extras: light is good alone, and one column narrows by itself",
    "<style> element": "all rules but those extras are inlined",
    "<body> element": "its ground is repeated on the tables inside",
    "display:none": "the preheader is then a first line of small consequence",
    "overflow": "belongs to the preheader, hidden by mso-hide in Outlook",
    "role attribute": "headings and tables are real ones without it",
    "aria-label attribute": "names the contents list, which is plain without",
    "lang attribute": "for screen readers; the text is the same",
    "Local anchors": "the contents list still says what is there",
    "text-decoration": "titles are then underlined",
    "width attribute": "max-width says the same",
    "height attribute": "the bar at the top has its height as a style, too",
    "height property": "of the logo, which keeps its shape by its width alone",
    "white-space": "a figure is then broken where its cell is too narrow",
    "<code> element": "its lines are then set as the text is",
    "mailto: links": "the address stands there in words",
}


LAID_OUT = {name: edition for name, edition in KINDS.items() if name != "hostile"}


@pytest.mark.parametrize("edition", LAID_OUT.values(), ids=LAID_OUT)
def test_the_layout_leans_on_nothing_a_mail_program_lacks(edition: Edition | Shown, tmp_path: Path) -> None:
    module = node_module("caniemail") / "dist" / "index.js"
    # the validator stumbles over these because its data is incomplete; without them a mail would only be wider
    html = re.sub(r"((word|overflow)-wrap:[a-z-]+|table-layout:fixed)(; )?", "", digest_of(edition).html)
    (tmp_path / "digest.html").write_text(html, "utf-8")
    script = (
        "import {readFileSync} from 'node:fs';"
        f"const {{caniemail}} = await import({json.dumps(module.as_uri())});"
        f"const html = readFileSync({json.dumps(str(tmp_path / 'digest.html'))}, 'utf8');"
        "const found = {};"
        "for (const [client, list] of caniemail({clients: ['*'], html}).issues.errors)"
        " for (const {title} of list) (found[title] ??= []).push(client);"
        "console.log(JSON.stringify(found));"
    )

    unsupported = json.loads(run(["node", "--input-type=module", "--eval", script]))

    assert "@media" in unsupported, "it did not read the page"
    assert {} == {title: clients for title, clients in unsupported.items() if title not in DISPENSABLE}


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=EDITIONS)
def test_notmuch_reads_what_python_reads(edition: Edition, tmp_path: Path) -> None:
    judge = program("notmuch")
    mail = mail_of(edition)
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "mail" / folder).mkdir(parents=True)
    (tmp_path / "mail" / "cur" / "1:2,").write_bytes(mail)
    (tmp_path / "config").write_text(
        f"[database]\npath={tmp_path / 'mail'}\n[user]\nname=A\nprimary_email=a@b.example\n"
    )
    environ = {"NOTMUCH_CONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)}
    run([judge, "new", "--quiet"], environ=environ)

    shown = json.loads(run([judge, "show", "--format=json", "--include-html", "*"], environ=environ))

    seen = shown[0][0][0]
    message, text, html = parts_of(mail)
    headers = ("Subject", "From", "To", "Date")
    assert [" ".join(str(message[name]).split()) for name in headers] == [seen["headers"][name] for name in headers]
    assert f"<{seen['id']}>" == message["Message-ID"]
    (alternative,) = seen["body"]
    assert "multipart/alternative" == alternative["content-type"]
    assert [("text/plain", text), ("text/html", html)] == [
        (part["content-type"], part["content"]) for part in alternative["content"]
    ]


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=EDITIONS)
def test_mutt_shows_the_text_part_as_it_was_written(edition: Edition, tmp_path: Path) -> None:
    judge = program("mutt")
    mail = mail_of(edition)
    (tmp_path / "mbox").write_bytes(
        b"From a@b.example Mon Mar  2 07:00:00 2026\n" + mail.replace(b"\r\n", b"\n") + b"\n"
    )
    shown = tmp_path / "shown.txt"
    (tmp_path / "muttrc").write_text(
        f'set charset=utf-8 pipe_decode wait_key=no quit=yes folder="{tmp_path}" spoolfile="{tmp_path}/mbox"\n'
        "alternative_order text/plain\nignore *\nunignore subject\n"
        f'push "<pipe-message>cat > {shown}<enter><exit>"\n'
    )

    run_on_a_terminal([judge, "-n", "-R", "-F", str(tmp_path / "muttrc"), "-f", str(tmp_path / "mbox")], until=shown)

    message, text, _ = parts_of(mail)
    seen = email.message_from_string(shown.read_text("utf-8"), policy=default)
    assert str(message["Subject"]) == seen["Subject"]
    assert text.rstrip("\n") == str(seen.get_payload()).rstrip("\n")


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=EDITIONS)
def test_no_address_but_the_site_s_own_is_in_any_part(edition: Edition) -> None:
    message, text, html = parts_of(mail_of(edition))

    headers = "\n".join(f"{name}: {value}" for name, value in message.items())
    found = re.findall(r"""(?:https?:|//|www\.)[^\s"'<>()]+""", f"{headers}\n{text}\n{html}")
    assert found
    assert [] == [url for url in found if not url.removeprefix("https:").startswith("//news.example.org/")]
