"""Writes the man page publisher(1) from the commands themselves, to standard output.

`.venv/bin/python docs/make_man.py > ~/.local/share/man/man1/publisher.1`, and then `man publisher`.
"""
# ruff: noqa: INP001  (a script beside the documentation, in no package)

import sys

from publisher.cli.commands import cli
from publisher.cli.manual_page import manual_page

if __name__ == "__main__":
    sys.stdout.write("\n".join(manual_page(cli)) + "\n")
