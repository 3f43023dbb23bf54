"""`publisher`, started once and forked for each run. Everything is imported already, so a run takes a third of the
time.

Started by `tests.crash.Program`. At first it runs with its own arguments, and so imports everything that a pass needs.
Then each line of input describes a run, as JSON. A run stops before it begins, so that strace can attach to it.
"""

import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from publisher.cli.commands import main


def serve() -> None:
    """Fork for each line of standard input; print the run's process number, and later how it ended."""
    _silently(sys.argv[1:])
    gc.collect()
    gc.freeze()  # otherwise the collector would copy every memory page into each fork
    _say("ready")
    for line in sys.stdin:
        order = json.loads(line)
        run = os.fork()
        if not run:
            os._exit(_run(order))
        os.waitpid(run, os.WUNTRACED)
        _say(run)
        _, status = os.waitpid(run, 0)
        _say(os.waitstatus_to_exitcode(status))


def _run(order: dict[str, Any]) -> int:
    for descriptor, name in ((1, "out"), (2, "err")):
        file = os.open(Path(order["folder"]) / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, descriptor)
        os.close(file)
    os.umask(0o077)  # as hardened services have it: the modes of public files must not depend on the umask
    os.kill(os.getpid(), signal.SIGSTOP)
    code = _exit_code_of(order["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _exit_code_of(arguments: list[str]) -> int:
    sys.argv = ["publisher", *arguments]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:  # noqa: BLE001 as the interpreter does with a bug
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _silently(arguments: list[str]) -> None:
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    if _exit_code_of(arguments):
        sys.exit("the first run failed")
    sys.stdout.flush()
    os.dup2(out, 1)
    os.close(out)
    os.close(nothing)


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
