"""The entry point of the `publisher` program, also as `python -m publisher`."""

import gc
import os
import sys


def main() -> None:
    """Run the `publisher` program."""
    # pydantic would look for plugins in all that is installed; this program has none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Imports leave no garbage, and collecting it during them costs a tenth of a run with no news.
    gc.disable()
    try:
        from publisher.cli.commands import main as run_command

        gc.freeze()
        gc.enable()
        run_command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            # All is closed and unlocked by now. Python would wait for threads that wait for a server, up to a minute.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise


INTERRUPTED = 130
"""The exit code of Ctrl-C, as in publisher.model.errors, which is imported late with all else."""

if __name__ == "__main__":
    main()
