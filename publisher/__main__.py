"""Where the `publisher` program starts, also as `python -m publisher`."""

import gc


def main() -> None:
    """The `publisher` program."""
    # Imports leave no garbage, and collecting it during them costs a tenth of a run with no news.
    gc.disable()
    from publisher.cli.commands import main as run_command

    gc.freeze()
    gc.enable()
    run_command()


if __name__ == "__main__":
    main()
