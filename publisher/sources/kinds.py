"""Finds the class of a kind: one of ours, one that an installed package brings, or one named by a dotted path."""

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from pathlib import Path
from pkgutil import resolve_name

from publisher.sources import KINDS, Source

ENTRY_POINTS = "publisher.sources"
"""The group in which an installed package names kinds of its own."""


def kind_names() -> tuple[str, ...]:
    """Return what `kind` may say besides a dotted path: our own kinds, and those that installed packages bring."""
    from importlib.metadata import entry_points  # late: a site with our own kinds need not look around

    return (*KINDS, *sorted(entry.name for entry in entry_points(group=ENTRY_POINTS)))


def load_kind(kind: str) -> Callable[..., Source]:
    """Return the class of a kind: one of `KINDS`, an entry point's name, or `package.module:Class`.

    Raises:
        ImportError, AttributeError, ValueError: there is no such module or class.
    """
    if kind in KINDS or ":" in kind:
        found: Callable[..., Source] = resolve_name(KINDS.get(kind, kind))
        return found
    from importlib.metadata import entry_points

    (entry,) = entry_points(group=ENTRY_POINTS, name=kind)
    loaded: Callable[..., Source] = entry.load()
    return loaded


def parameters_of(kind: Callable[..., Source]) -> Mapping[str, Parameter]:
    """Return what a kind's class takes by name, besides its `name`."""
    return {name: each for name, each in signature(kind).parameters.items() if name != "name"}


def takes_path(parameter: Parameter) -> bool:
    """Whether a key of that name is a path, relative to config.toml."""
    return parameter.annotation in (Path, Path | None, "Path", "Path | None")
