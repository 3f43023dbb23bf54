"""The program, killed in the moment in which it calls one of its own functions."""

from pathlib import Path

from tests.processes import run_python

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

    Returns its exit code: negative, the number of the signal, if it came there.
    """
    program = _PROGRAM.format(where=where, call=call)
    return run_python(program, *arguments, cwd=cwd).returncode
