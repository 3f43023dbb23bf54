"""Commands are imported when they are invoked, and nobody notices it."""

import gc
import pkgutil
from collections.abc import Iterator
from importlib import import_module

import click
import pytest

from publisher import cli as package
from publisher.cli.commands import PLACES, cli
from publisher.cli.group import Commands
from tests.world import run_main


def test_every_command_is_found_under_its_own_name() -> None:
    assert list(PLACES) == list(cli.commands)
    found = list(reachable(cli))

    assert [(name, command.name) for name, command in found] == [(name, name) for name, _ in found]
    modules = [import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__)]
    written = {
        id(each): each for module in modules for each in vars(module).values() if isinstance(each, click.Command)
    }
    assert {id(cli), *(id(command) for _, command in found)} == set(written)


def reachable(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """Yield each command below a group, and the name under which the group has it."""
    for name, command in group.commands.items():
        yield name, command
        if isinstance(command, click.Group):
            yield from reachable(command)


def broken_group() -> Commands:
    """Return a group with a command whose module is missing, between two others."""
    group = Commands("group")
    group.add_command(click.Command("first"))
    group.add_places({"broken": "missing:broken"})
    group.add_command(click.Command("last"))
    return group


def test_names_and_suggestions_import_nothing() -> None:
    group = broken_group()

    with click.Context(group) as context:
        assert ["first", "broken", "last"] == group.list_commands(context)
        assert group.get_command(context, "unknown") is None
        with pytest.raises(click.UsageError) as refused:
            group.resolve_command(context, ["brokn"])
    assert "No such command 'brokn'. Did you mean 'broken'?" == refused.value.format_message()


def test_a_bug_in_the_module_of_a_command_keeps_its_traceback() -> None:
    group = broken_group()

    with click.Context(group) as context, pytest.raises(ModuleNotFoundError, match=r"publisher\.cli\.missing"):
        group.get_command(context, "broken")


@pytest.mark.parametrize(
    ("typed", "meant"), [("rnu", "run"), ("edition releese", "release"), ("subscribers imprt", "import")]
)
def test_a_typo_is_recognised(typed: str, meant: str) -> None:
    *group, word = typed.split()

    outcome = run_main(*group, word)

    assert 2 == outcome.exit_code
    assert f"No such command '{word}'. Did you mean '{meant}'?" in outcome.err


def test_garbage_is_collected_again_once_the_command_is_imported() -> None:
    """The program imports its modules without collecting garbage."""
    group = Commands("group")
    group.add_places({"run": "passes:run"})
    gc.disable()
    try:
        with click.Context(group) as context:
            group.list_commands(context)
            assert not gc.isenabled()
            group.get_command(context, "run")
            assert gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
