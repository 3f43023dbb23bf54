"""Where the `publisher` program starts, also as `python -m publisher`."""

import gc
import os


def main() -> None:
    """The `publisher` program."""
    # pydantic would look for plugins in all that is installed; this program has none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Imports leave no garbage, and collecting it during them costs a tenth of a run with no news.
    gc.disable()
    from publisher.cli.commands import main as run_command

    gc.freeze()
    gc.enable()
    run_command()


if __name__ == "__main__":
    main()
