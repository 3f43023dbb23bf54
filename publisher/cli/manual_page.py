"""Makes the man page from the commands."""

from collections.abc import Collection, Iterator, Sequence

import click

from publisher import __version__
from publisher.model.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_TRY_LATER, EXIT_USAGE

EXITS = {
    0: "Done, whether or not anything was new.",
    EXIT_BUG: "A bug. Please report it with the whole text.",
    EXIT_USAGE: "The command, config.toml or a template must be fixed.",
    EXIT_TRY_LATER: "A part failed, and the rest was done; trying later may work.",
    EXIT_INTERRUPTED: "Ctrl-C ended it; the same command goes on from there.",
}
FILES = {
    "config.toml": "What the site is; paths in it begin at its folder.",
    "publisher.db": "What the site remembers. Back it up with the outbox: publisher backup FILE.",
    "feeds/": "The public folder: feeds, pages, past digests.",
    "outbox/": "A folder for each edition, with its mail.",
    "templates/": "Templates of your own.",
}


def manual_page(cli: click.Group) -> Iterator[str]:
    """Yield the lines of publisher(1), in the macros of man(7)."""
    yield f'.TH PUBLISHER 1 "" "publisher {__version__}" "User Commands"'
    yield from (".SH NAME", rf"publisher \- {_text(str(cli.help).rstrip('.'))}")
    yield from (".SH SYNOPSIS", ".B publisher", r".I COMMAND \fR[\fIOPTION\fR]... [\fIARGUMENT\fR]...")
    yield ".SH COMMANDS"
    yield from _commands(cli, "publisher", common={param.name for param in cli.commands["status"].params})
    yield ".SH OPTIONS OF EVERY COMMAND FOR A SITE"
    yield from _options(cli.commands["status"].params)
    yield ".SH ENVIRONMENT"
    yield from _entry("PUBLISHER_CONFIG", "The path of config.toml, as --config.")
    yield ".SH FILES"
    for name, what in FILES.items():
        yield from _entry(name, what)
    yield ".SH EXIT STATUS"
    for code, what in EXITS.items():
        yield from _entry(str(code), what)


def _commands(group: click.Group, path: str, *, common: Collection[str | None]) -> Iterator[str]:
    """Yield the lines about the commands of a group, each command followed by its subcommands."""
    for name, command in group.commands.items():
        whole = f"{path} {name}"
        if isinstance(command, click.Group):
            yield from _commands(command, whole, common=common)
            continue
        arguments = (_argument(param) for param in command.params if isinstance(param, click.Argument))
        yield f".SS {_text(' '.join([whole, *arguments]))}"
        yield _text(" ".join(str(command.help).split()))
        yield from _options([param for param in command.params if param.name not in common])


def _options(params: Sequence[click.Parameter]) -> Iterator[str]:
    for param in params:
        if isinstance(param, click.Option) and param.help:
            value = "" if param.is_flag else f" {param.metavar or param.type.name.upper()}"
            yield from _entry(f"{', '.join(param.opts)}{value}", param.help)


def _argument(param: click.Argument) -> str:
    name = param.metavar or str(param.name).upper()
    return name if param.required or name.startswith("[") else f"[{name}]"


def _entry(term: str, what: str) -> Iterator[str]:
    yield from (".TP", rf"\fB{_text(term)}\fR", _text(what))


def _text(words: str) -> str:
    r"""Return text escaped for man(7), where `-` would be a breakable hyphen and a line that begins with `.` a
    request.
    """
    escaped = words.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped
