"""Real list servers (Mailman 3 and mlmmj), configured as in the how-to, pass a digest on."""

import email
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from publisher.admin.mail_checks import JUDGEMENTS, ParsedDigest
from publisher.model.digests import Digest
from publisher.model.editions import Edition
from publisher.rendering.message import digest_message
from tests.editions import ASYLUM, AUDIENCE, BORDERS, SITE, TEMPLATES, edition_of, record_of, render
from tests.judges import program, run
from tests.sink import Sink, Taken, mail_sink
from tests.values import STYLE

LIST = AUDIENCE.to.address
EVERYTHING = replace(AUDIENCE, content="full")
READERS = ("ada@example.net", "bob@example.net")
SETTINGS = Path(__file__).with_name("mailman_settings.py")
SMALL = edition_of(
    record_of("Le réseau s’agrandit : deux observateurs de plus. Ils viennent de loin.", themes=[ASYLUM, BORDERS]),
    record_of("عنوان قصير. نص.", number=2, themes=[BORDERS], language="ar"),
)
LARGE = edition_of(
    *(record_of(f"Item {n}. " + "Words for some lines. " * 30, number=n) for n in range(1, 41)), number=4
)

pytestmark = pytest.mark.slow


def digest_of(edition: Edition) -> Digest:
    return render(
        edition,
        audience=EVERYTHING,
        site=SITE,
        templates=TEMPLATES,
        style=STYLE,
    )


def mail_of(edition: Edition) -> bytes:
    return digest_message(digest_of(edition), edition, audience=AUDIENCE, site=SITE)


def parsed(mail: bytes) -> EmailMessage:
    message = email.message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def contents(mail: bytes) -> list[str]:
    """Return what a recipient sees, without what a list server added around it."""
    return [part.get_content().replace("\r\n", "\n") for part in parsed(mail).walk() if not part.is_multipart()]


# --- Mailman 3 -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailman:
    """Mailman in a folder of its own, with one list of two members. Its queues are processed on command."""

    folder: Path
    sink: Sink
    command: Path

    def __call__(self, *arguments: str | Path) -> str:
        as_root = ["--run-as-root"] if os.getuid() == 0 else []
        environ = {"PYTHONPATH": str(SETTINGS.parent)}
        return run([self.command, *as_root, "--config", self._config, *arguments], environ=environ)

    def deliver(self, mail: bytes) -> list[Taken]:
        """Return the mails that members get when a mail is sent to the list."""
        before = len(self.sink.taken)
        (self.folder / "post.eml").write_bytes(mail)
        self("inject", "--filename", self.folder / "post.eml", LIST)
        for queue in ("in", "pipeline", "out"):
            run([self.command.with_name("runner"), "--config", self._config, "--once", "--runner", queue])
        return [taken for taken in self.sink.taken[before:] if taken.sender.startswith("readers-bounces")]

    @property
    def _config(self) -> Path:
        return self.folder / "mailman.cfg"


@pytest.fixture
def mailman(tmp_path: Path) -> Iterator[Mailman]:
    command = Path(program("mailman")).resolve()
    with mail_sink() as sink:
        (tmp_path / "mailman.cfg").write_text(
            f"[mailman]\nlayout: here\n[paths.here]\nvar_dir: {tmp_path}/var\n"
            f"[mta]\nincoming: mailman.mta.null.NullMTA\nsmtp_port: {sink.port}\n"
        )
        mailman = Mailman(folder=tmp_path, sink=sink, command=command)
        mailman("create", "--quiet", LIST)
        mailman("shell", "--listspec", LIST, "--run", f"{SETTINGS.stem}.announce")
        (tmp_path / "readers").write_text("\n".join(READERS))
        mailman("addmembers", "--no-welcome-msg", tmp_path / "readers", LIST)
        yield mailman


def test_mailman_passes_a_digest_on_with_its_own_way_out(mailman: Mailman) -> None:
    mail = mail_of(SMALL)

    (taken,) = mailman.deliver(mail)

    assert set(READERS) == set(taken.recipients)
    sent, got = parsed(mail), parsed(taken.mail)
    for name in ("From", "To", "Subject", "Date", "Message-ID", "List-Archive"):
        assert sent[name] == got[name]
    assert "<mailto:readers-leave@lists.example.org>" == got["List-Unsubscribe"]
    assert got["List-Unsubscribe-Post"] is None
    assert "list" == got["Precedence"]
    text, html, foot = contents(taken.mail)
    assert [text, html] == contents(mail)
    assert "readers-leave@lists.example.org" in foot


def test_mailman_adds_nothing_when_its_foot_is_empty(mailman: Mailman) -> None:
    templates = mailman.folder / "var" / "templates" / "lists" / "readers.lists.example.org" / "en"
    templates.mkdir(parents=True)
    (templates / "list:member:regular:footer.txt").write_text("")
    mail = mail_of(SMALL)

    (taken,) = mailman.deliver(mail)

    bodies = [each.partition(b"\r\n\r\n")[2] for each in (mail, taken.mail)]
    assert bodies[0].rstrip() == bodies[1].rstrip()


def test_mailman_holds_what_check_warns_of_unless_it_is_told_otherwise(mailman: Mailman) -> None:
    large = ParsedDigest(digest_of(LARGE), audience=AUDIENCE, site=SITE)
    assert ["list size"] == [name for name, judge in JUDGEMENTS for found in judge(large) if "Mailman" in found.what]
    assert mailman.deliver(mail_of(LARGE))

    mailman("shell", "--listspec", LIST, "--run", f"{SETTINGS.stem}.default_size")

    assert [] == mailman.deliver(mail_of(LARGE).replace(b"Message-ID: <weekly-4", b"Message-ID: <weekly-5"))


# --- mlmmj -----------------------------------------------------------------------------------------------------------


def test_mlmmj_passes_a_digest_on_byte_for_byte(tmp_path: Path) -> None:
    receive = program("mlmmj-receive")
    lists = tmp_path / "readers"
    answers = b"lists.example.org\nowner@example.org\nen\nn\n"
    run([program("mlmmj-make-ml"), "-s", tmp_path, "-L", "readers"], given=answers)
    for reader in READERS:
        run([program("mlmmj-sub"), "-L", lists, "-a", reader])
    (lists / "control" / "access").write_text("allow ^From:.*<news@example\\.org>\ndeny\n")
    mail = mail_of(SMALL).replace(b"\r\n", b"\n")  # as mail servers pipe it into a program

    with mail_sink() as sink:
        (lists / "control" / "smtpport").write_text(f"{sink.port}\n")
        run([receive, "-F", "-s", "news@example.org", "-L", lists], given=mail)
        ends = time.monotonic() + 30
        while len(sink.taken) < len(READERS) and time.monotonic() < ends:
            time.sleep(0.05)

    assert set(READERS) == {recipient for taken in sink.taken for recipient in taken.recipients}
    for taken in sink.taken:
        assert mail.rstrip() == taken.mail.replace(b"\r\n", b"\n").rstrip()
        assert taken.sender.startswith("readers+bounces-")
