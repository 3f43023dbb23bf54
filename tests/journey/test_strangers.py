"""Untrusted text is shown as text: it does not control a terminal or a log, and does not pass for a line that the
program itself prints.
"""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import CONFIG, NOW, Outcome, World, news

ESCAPE = "\x1b]0;owned\x07\x1b[2J"
SOURCES = """
[[sources]]
name = "partner"
kind = "feed"
url = "{url}"
private = ["127.0.0.1"]

[[sources]]
name = "notes"
kind = "markdown"
path = "notes"
"""


class Rude(socketserver.BaseRequestHandler):
    """Answers each request with control characters in the HTTP reason phrase (C1, which RFC 9112 section 4 allows as
    bytes).
    """

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 500 \x9b2Jgone \xc2\x9b31m\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def rude_server() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Rude) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/feed"
        server.shutdown()
        thread.join()


@pytest.fixture
def world(tmp_path: Path, rude_server: str) -> World:
    listing = news("2 March 2026", f"A {ESCAPE}title.", theme=f"The{ESCAPE}me")
    world = World(tmp_path / "site", listing, config=CONFIG + SOURCES.format(url=rude_server))
    notes = world.folder / "notes"
    notes.mkdir()
    (notes / f"a{ESCAPE}\nproblem: fake.md").write_text("---\ndate: never\n---\nWords.\n", "utf-8")
    return world


def shown_by(outcome: Outcome) -> list[str]:
    return [*outcome.out.split("\n"), *outcome.err.split("\n")]


def test_no_command_passes_control_characters_on(world: World) -> None:
    outcomes = [
        world.publisher("run", "--verbose", "--dry-run", at=NOW),
        world.publisher("run", at=NOW),
        world.publisher("run", "--json", at=NOW),
        world.publisher("status", at=NOW),
        world.publisher("check", at=NOW),
        world.publisher("check", "--source", "news", at=NOW),
        world.publisher("check", "--source", "notes", at=NOW),
        world.publisher("compose", "--dry-run", "--json", at=NOW),
    ]

    assert [] == [line for outcome in outcomes for line in shown_by(outcome) if not line.isprintable()]
    problems = outcomes[1].problems
    assert any("fake.md" in line and r"\x1b]0;owned\x07" in line for line in problems)
    assert any("500 2Jgone" in line for line in problems)
    assert [] == [line for line in problems if line.startswith("problem: fake")]
