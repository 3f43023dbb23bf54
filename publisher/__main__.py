"""Where the `publisher` program starts, also as `python -m publisher`."""

import gc


def main() -> None:
    """The `publisher` program."""
    # Importing makes no garbage; looking for it all the while costs a tenth of a run with no news.
    gc.disable()
    from publisher.cli.commands import main as run_command

    gc.freeze()
    gc.enable()
    run_command()


if __name__ == "__main__":
    main()
