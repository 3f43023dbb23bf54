"""Kills the program when it calls one of its own functions."""

import subprocess
import sys
from pathlib import Path

from tests.processes import PATIENCE_S, Process
from tests.world import environment

_PROGRAM = """
import importlib, os, signal, sys
module, _, path = {where!r}.partition(":")
*owners, name = path.split(".")
owner = importlib.import_module(module)
for each in owners:
    owner = getattr(owner, each)
original, left = getattr(owner, name), [{call}]

def kill(*arguments, **named):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **named)

setattr(owner, name, kill)
from publisher.cli.commands import main
main(sys.argv[1:])
"""


def killed_at(where: str, *arguments: str, call: int = 1, cwd: Path | None = None) -> int:
    """Run the program and kill it before its `call`-th call of `where`, such as `package.module:function`.

    For a function of a module the program is started anew, because modules that have already imported the function
    would call the original. The result is its exit code: the negative number of the signal, if the call was reached.
    """
    program = _PROGRAM.format(where=where, call=call)
    if "." in where.partition(":")[2]:  # a method: those who imported its class find the new one
        with Process(program, *arguments, cwd=cwd, environment=environment()) as running:
            return running.wait(PATIENCE_S)
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode
