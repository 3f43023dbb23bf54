"""Command output: untrusted text cannot control the terminal."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.cli.output import (
    accept_any_characters,
    as_json,
    print_bug,
    print_json,
    print_line,
    print_lines,
    warn,
)
from publisher.model.characters import as_line
from tests.world import environment

CLI = Path(__file__).resolve().parents[2] / "publisher" / "cli"
HOSTILE = "\x1b[2Jowned\x07\x9b31m\u202egnp\u2028\r\nproblem: a fake\x7f\udcff"
WRITTEN_OUT = r"\x1b[2Jowned\x07\x9b31m\u202egnp\u2028\r\nproblem: a fake\x7f\udcff"


def test_control_characters_are_shown_and_a_line_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_line(HOSTILE)
    print_lines([HOSTILE, "second"])
    warn(HOSTILE)

    printed = capsys.readouterr()
    assert f"{WRITTEN_OUT}\n{WRITTEN_OUT}\nsecond\n" == printed.out
    assert f"{WRITTEN_OUT}\n" == printed.err


def test_printed_json_means_the_same_and_is_harmless_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"what": HOSTILE, HOSTILE: ["é"]})

    printed = capsys.readouterr().out
    assert {"what": HOSTILE, HOSTILE: ["é"]} == json.loads(printed)
    assert [] == [line for line in printed.splitlines() if not line.isprintable()]


def test_a_bug_keeps_its_traceback_and_its_message_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_bug(ValueError, ValueError("\x1b[2Jowned"), None)

    assert "ValueError: \\x1b[2Jowned\n" == capsys.readouterr().err


@given(st.text())
def test_any_text_becomes_one_printable_line(text: str) -> None:
    line = as_line(text)

    assert [line] == (line.splitlines() or [""])
    assert line == line.encode().decode()
    assert as_line(line) == line
    assert json.loads(as_json(text)) == text


@pytest.mark.parametrize("text", ["Škofja Loka", "می\u200cخواهم", "«\u202fPrix\u202f»", "שלום\u200f!", "👩\u200d💻"])
def test_words_of_any_script_are_left_alone(text: str) -> None:
    assert text == as_line(text)


def test_characters_that_the_terminal_lacks_cause_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="latin-1"))

    accept_any_characters()
    print_line("Škofja Loka, 5 €")
    sys.stdout.flush()

    assert b"\\u0160kofja Loka, 5 \\u20ac\n" == written.getvalue()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_disk_too_full_for_the_output_is_one_line() -> None:
    program = """
from publisher.cli.output import print_line
from publisher.model.errors import FilesError
try:
    print_line("told")
except FilesError as error:
    raise SystemExit(str(error))
"""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    words = "standard output cannot be written: no space left on device; what was to be done is done\n"
    assert (1, words) == (done.returncode, done.stderr)


def test_no_command_prints_by_another_way() -> None:
    others = {path.name: path.read_text("utf-8") for path in CLI.glob("*.py") if path.name != "output.py"}

    assert len(others) > 10
    assert [] == [name for name, text in others.items() if "click.echo" in text or " print(" in text]
