"""The entry point of the `publisher` command and of `python -m publisher`."""

import gc
import os
import sys


def main() -> None:
    """Run the `publisher` command."""
    # pydantic would search all installed packages for plugins; this program has none
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # imports leave no garbage, and looking for it during them takes a tenth of the time of a run without news;
    # `cli/group` enables it again when the command is imported
    gc.disable()
    try:
        from publisher.cli.commands import main as run_command

        run_command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            # Everything is closed and unlocked by now. Python would wait up to a minute for threads that wait for a
            # server.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise


INTERRUPTED = 130
"""The exit code after Ctrl-C: `EXIT_INTERRUPTED` of `publisher.model.errors`, repeated because that module is imported
late.
"""

if __name__ == "__main__":
    main()
