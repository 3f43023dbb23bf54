"""The service can do all its work within the limits of its systemd unit: system calls, sockets and memory."""

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.journey.test_deliver import smtp
from tests.servers import Answer, Server
from tests.smtp_server import smtp_server
from tests.world import CONFIG, ROOT, World, environment, news

UNIT = (ROOT / "docs" / "publisher.service").read_text("utf-8")
NUMBERS = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
PATIENCE_S = 120
SOURCES = """
[[sources]]
name = "partner"
kind = "feed"
url = "{url}"
private = ["127.0.0.1"]

[service]
listen = "127.0.0.1:0"
"""
CONFINED = """
import ctypes, json, struct, sys

# https://docs.kernel.org/userspace-api/seccomp_filter.html: a program looks at the number of a call and its arguments.
LOAD, EQUAL, ANY_SET, GIVE = 0x20, 0x15, 0x45, 0x06
ALLOW, EPERM, EAFNOSUPPORT = 0x7FFF0000, 0x00050001, 0x00050061
refused, families = json.loads(sys.argv[1])
steps = [(LOAD, 0, 0, 0)]
for number in refused:  # SystemCallFilter=, SystemCallErrorNumber=EPERM
    steps += [(EQUAL, 0, 1, number), (GIVE, 0, 0, EPERM)]
# MemoryDenyWriteExecute=: mprotect
steps += [(EQUAL, 0, 3, 10), (LOAD, 0, 0, 32), (ANY_SET, 0, len(families) + 4, 4), (GIVE, 0, 0, EPERM)]
# RestrictAddressFamilies=: socket
steps += [(EQUAL, 0, len(families) + 2, 41), (LOAD, 0, 0, 16)]
for place, family in enumerate(families):
    steps += [(EQUAL, len(families) - place, 0, family)]
steps += [(GIVE, 0, 0, EAFNOSUPPORT), (GIVE, 0, 0, ALLOW)]
code = b"".join(struct.pack("HBBI", *step) for step in steps)
kept = ctypes.create_string_buffer(code, len(code))
program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(kept))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS"
assert libc.prctl(22, 2, ctypes.create_string_buffer(program, len(program))) == 0, "PR_SET_SECCOMP"

import os, resource, socket
wrongs = [lambda: socket.socket(socket.AF_NETLINK), lambda: os.setgroups([]), lambda: os.chown(".", 0, 0)]
for wrong in wrongs:
    try:
        wrong()
    except OSError:
        pass
    else:
        sys.exit("it is not confined")
from publisher.cli.commands import main
main(sys.argv[2:])
"""


def calls_of(sets: Iterable[str]) -> set[str]:
    """Return the names of the system calls in systemd's sets."""
    found: set[str] = set()
    for name in sets:
        if not name.startswith("@"):
            found.add(name)
            continue
        shown = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
        found |= calls_of(line.strip() for line in shown.stdout.splitlines()[1:] if line.strip()[:1] not in ("", "#"))
    return found


def refused_calls() -> list[int]:
    """Return the numbers of the system calls that the unit refuses."""
    allowed, taken = re.findall(r"^SystemCallFilter=(.*)$", UNIT, flags=re.MULTILINE)
    names = calls_of(["@default", *allowed.split()]) - calls_of(taken.removeprefix("~").split())
    known = re.findall(r"__NR_(\w+) (\d+)", NUMBERS.read_text("utf-8"))
    return [int(number) for name, number in known if name not in names]


@pytest.mark.slow
def test_service_does_its_work_within_its_unit(tmp_path: Path, server: Server) -> None:
    if not (shutil.which("systemd-analyze") and NUMBERS.exists()):
        pytest.skip("neither systemd's sets of system calls nor their numbers are here")
    assert "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n" in UNIT
    entries = "".join(
        f"<item><title>Entry {number}</title><guid>{number}</guid><description>{'word ' * 40}</description></item>"
        for number in range(600)
    )
    # large enough to be read in a separate process with limits on computing time and memory
    feed = f'<rss version="2.0"><channel><title>P</title>{entries}</channel></rss>'.encode()
    server.answers["/feed"] = Answer(body=feed, headers={"Content-Type": "application/rss+xml"})
    with smtp_server() as mails:
        config = CONFIG.replace('schedule = "0 8 * * MON"', 'schedule = "* * * * *"')
        world = World(
            tmp_path / "site",
            news("2 March 2026", "A rule."),
            config=config + SOURCES.format(url=server.url("/feed")) + smtp(mails.port),
        )
        confined = json.dumps([refused_calls(), [1, 2, 10]])
        command = [sys.executable, "-c", CONFINED, confined, "serve", "--config", str(world.config)]
        told: list[dict[str, Any]] = []
        shown = b""
        with subprocess.Popen(command, env=environment(), cwd=ROOT, stderr=subprocess.PIPE, text=True) as service:
            timer = threading.Timer(PATIENCE_S, service.kill)
            timer.start()
            assert service.stderr is not None
            for line in service.stderr:
                told.append(json.loads(line) if line.startswith("{") else {"event": line})
                if told[-1]["event"] == "delivered":
                    (listening,) = [each for each in told if each["event"] == "listening"]
                    with urlopen(f"http://{listening['address']}/all/atom.xml", timeout=20) as answer:
                        shown = answer.read()
                    service.send_signal(signal.SIGTERM)
            timer.cancel()
        sent = len(mails.taken)

    assert 0 == service.returncode, told
    assert b"<title>Entry " in shown
    assert {"collected", "published", "composed", "delivered", "service stopped"} <= {each["event"] for each in told}
    assert [] == [each for each in told if each.get("level") in ("warning", "error")]
    assert (601, 1) == (next(each["added"] for each in told if each["event"] == "collected"), sent)
