"""Subjects and names in every script, as mail programs show them."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.model.digests import Digest
from publisher.model.site import Mailbox
from publisher.rendering.message import digest_message
from tests.editions import AUDIENCE, SITE, edition_of, record_of
from tests.headers import WORDS
from tests.judges import program, run, run_on_a_terminal

MAILS = 400

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written() -> list[tuple[str, str, bytes]]:
    """Return mails with their subjects and the names of their senders. They are always the same."""
    chance = random.Random(13)
    # both programs drop quotes and backslashes from a decoded name
    named = [word for word in WORDS if word not in ('"', "\\")]
    pairs = [
        (
            " ".join(chance.choices(WORDS, k=chance.randint(1, 14))),
            " ".join(chance.choices(named, k=chance.randint(1, 9))),
        )
        for _ in range(MAILS)
    ]
    return [(subject, name, mail_with(subject, name, number)) for number, (subject, name) in enumerate(pairs, start=1)]


def mail_with(subject: str, name: str, number: int) -> bytes:
    digest = Digest(subject=subject, preheader="", html="<p>One</p>\n", text="One\n", shown=())
    audience = replace(AUDIENCE, from_=Mailbox(address="news@example.org", name=name))
    return digest_message(digest, edition_of(record_of("One."), number=number), audience=audience, site=SITE)


def name_in(mailbox: str) -> str:
    """Return the name before the address, without quotes that a program put around it."""
    return mailbox.rpartition(" <")[0].strip('"')


def test_notmuch_shows_every_subject_and_name(written: list[tuple[str, str, bytes]], tmp_path: Path) -> None:
    judge = program("notmuch")
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "mail" / folder).mkdir(parents=True)
    for number, (_, _, mail) in enumerate(written, start=1):
        (tmp_path / "mail" / "cur" / f"{number:03}:2,").write_bytes(mail)
    (tmp_path / "config").write_text(
        f"[database]\npath={tmp_path / 'mail'}\n[user]\nname=A\nprimary_email=a@b.example\n"
    )
    environ = {"NOTMUCH_CONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)}
    run([judge, "new", "--quiet"], environ=environ)

    shown = json.loads(run([judge, "show", "--format=json", "--body=false", "*"], environ=environ))

    headers = {mail[0]["filename"][0][-7:-3]: mail[0]["headers"] for thread in shown for mail in thread}
    assert MAILS == len(headers)
    for number, (subject, name, _) in enumerate(written, start=1):
        seen = headers[f"/{number:03}"]
        assert subject == seen["Subject"]
        assert name == name_in(seen["From"])


def test_mutt_shows_every_subject_and_name(written: list[tuple[str, str, bytes]], tmp_path: Path) -> None:
    judge = program("mutt")
    begins = b"From a@b.example Mon Mar  2 07:00:00 2026\n"
    (tmp_path / "mbox").write_bytes(b"".join(begins + mail.replace(b"\r\n", b"\n") + b"\n" for _, _, mail in written))
    shown = tmp_path / "shown.txt"
    (tmp_path / "muttrc").write_text(
        f'set charset=utf-8 pipe_decode wait_key=no quit=yes folder="{tmp_path}" spoolfile="{tmp_path}/mbox"\n'
        "ignore *\nunignore subject from\n"
        f'push "<tag-pattern>~A<enter><tag-prefix><pipe-message>cat > {shown}<enter><exit>"\n'
    )

    run_on_a_terminal([judge, "-n", "-R", "-F", str(tmp_path / "muttrc"), "-f", str(tmp_path / "mbox")], until=shown)

    mails = shown.read_text("utf-8").split(begins.decode())[1:]
    assert MAILS == len(mails)
    for (subject, name, _), mail in zip(written, mails, strict=True):
        seen = dict(line.split(": ", 1) for line in mail.partition("\n\n")[0].replace("\n ", " ").split("\n"))
        assert subject == seen["Subject"]
        assert name == name_in(seen["From"])
