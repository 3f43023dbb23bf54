"""The groups of commands. A group may hold commands in modules of their own, each imported when its command is
invoked, because a run without news should not wait for what only other commands need.
"""

import gc
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any

import click

from publisher.cli.output import warn
from publisher.model.errors import EXIT_INTERRUPTED


class CommandTable(MutableMapping[str, click.Command]):
    """Commands by name, in the order in which they were added. A command at a place is imported when it is looked up
    first.
    """

    def __init__(self) -> None:
        """Begin without commands."""
        self._entries: dict[str, click.Command | str] = {}

    def add_places(self, places: Mapping[str, str]) -> None:
        """Add commands at places such as `rounds:mail_round`: a module of `publisher.cli`, and the command's name
        there.
        """
        self._entries |= places

    def __getitem__(self, name: str) -> click.Command:
        """Return the command. If it is at a place, its module is imported."""
        entry = self._entries[name]
        if isinstance(entry, str):
            entry = self._entries[name] = _load(entry)
        return entry

    def __contains__(self, name: object) -> bool:
        """Return whether there is such a command. Nothing is imported."""
        return name in self._entries

    def __setitem__(self, name: str, command: click.Command) -> None:
        """Add a command."""
        self._entries[name] = command

    def __delitem__(self, name: str) -> None:
        """Remove a command."""
        del self._entries[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names in order. Nothing is imported."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Return the number of commands."""
        return len(self._entries)


def _load(place: str) -> click.Command:
    module, _, name = place.partition(":")
    command: click.Command = getattr(import_module(f"publisher.cli.{module}"), name)
    if not gc.isenabled():  # `__main__` disabled it; a command's module is the last to be imported
        gc.freeze()
        gc.enable()
    return command


class Commands(click.Group):
    """A group that lists its commands in the order in which they were added, each with its whole first paragraph."""

    def __init__(self, name: str | None = None, **attributes: Any) -> None:  # noqa: ANN401  # as click's
        """Begin without commands; the arguments are those of `click.Group`."""
        super().__init__(name, **attributes)
        self.commands = self._table = CommandTable()

    def add_places(self, places: Mapping[str, str]) -> None:
        """Add commands at places, by name, as `CommandTable` does."""
        self._table.add_places(places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of this name, or `None` if there is none."""
        if cmd_name not in self.commands:  # a KeyError would also come from a bug in a command's module
            return None
        return self.commands[cmd_name]

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as click's
        """Run the command. After Ctrl-C, exit with the code that shells expect."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            warn("publisher: interrupted; the same command goes on from here")
            sys.exit(EXIT_INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands, in the order in which they were added."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands for `--help`."""
        with formatter.section("Commands"):
            first = {name: (each.help or "").partition("\n\n")[0] for name, each in self.commands.items()}
            formatter.write_dl([(name, " ".join(words.split())) for name, words in first.items()])
