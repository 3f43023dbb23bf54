"""What the service logs about its passes."""

import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog

from publisher.model.decisions import DecisionLog
from publisher.model.problems import Problem
from publisher.model.reports import RunReport
from publisher.serve.logs import PassLog, configure_logs


def test_a_problem_of_every_pass_is_logged_once() -> None:
    log = PassLog()
    full = Problem(where="publish", what="the disk is full")
    gone = Problem(where="source 'news'", what="there is no news.txt")

    told = [
        log.take_new(problems)
        for problems in (
            [full, gone],
            [full, replace(gone, is_repeated=True)],
            [],
            [replace(gone, is_repeated=True)],
            [full],
        )
    ]

    assert [[full, gone], [], [], [], [full]] == told


class TestControlCharacters:
    """Untrusted text in the log cannot control a terminal, and cannot look like the beginning of another log line."""

    HOSTILE = "\x1b]0;owned\x07\x9b31m\u202egnp\r\nfake"

    @pytest.fixture(autouse=True)
    def logs_as_before(self) -> Iterator[None]:
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        yield
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()

    def log(self) -> None:
        configure_logs(is_verbose=True)
        report = RunReport(problems=(Problem(where="source 'news'", what=self.HOSTILE),))
        PassLog().write(report)
        structlog.get_logger("publisher").warning(self.HOSTILE, names=[self.HOSTILE], counts={self.HOSTILE: 1})
        logging.getLogger("library").warning("it said %s", self.HOSTILE)
        DecisionLog("collect").debug("item is new", because=self.HOSTILE)
        structlog.get_logger("publisher").error("a bug", exc_info=ValueError(self.HOSTILE))

    def test_in_a_file_control_characters_are_escaped(self, capfd: pytest.CaptureFixture[str]) -> None:
        self.log()

        lines = capfd.readouterr().err.rstrip("\n").split("\n")
        written = r"\x1b]0;owned\x07\x9b31m\u202egnp\r\nfake"
        assert [] == [line for line in lines if not line.isprintable()]
        told = [json.loads(line) for line in lines]
        assert [("problem", written), (written, None), (f"it said {written}", None), ("item is new", None)] == [
            (line["event"], line.get("what")) for line in told[:4]
        ]
        assert ([written], {written: 1}) == (told[1]["names"], told[1]["counts"])
        assert written == told[3]["because"]
        assert r"ValueError: \x1b]0;owned\x07\x9b31m\u202egnp\r" in told[4]["exception"].split("\n")

    def test_on_a_terminal_only_our_own_colours_are_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        terminal = Terminal()
        monkeypatch.setattr("sys.stderr", terminal)
        self.log()

        colourless = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
        lines = colourless.rstrip("\n").split("\n")
        assert [] == [line for line in lines if not line.isprintable()]
        assert 3 == sum("fake" in line and "owned" in line for line in lines if "[warning" in line)
