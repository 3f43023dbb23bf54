"""Our `dataclass` makes the same classes as the one of the standard library, whose methods are compiled at once."""

import copy
import dataclasses
import pickle
import re
from collections.abc import Callable
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from publisher.model.dataclass import dataclass
from publisher.model.items import Enclosure

PACKAGE = Path(__file__).resolve().parents[2] / "publisher"
Decorator = Callable[..., Callable[[type], Any]]


def classes(decorator: Decorator) -> dict[str, Any]:
    """Return classes of every form that the program has, made by a decorator."""

    @decorator(frozen=True, slots=True, kw_only=True)
    class Value:
        number: int
        words: str = field(repr=False)
        found: list[int] = field(default_factory=list, compare=False)
        by_name: dict[str, int] = field(default_factory=dict, hash=False)
        made: str = field(default="made", init=False)
        counted: list[int] = field(default_factory=list, init=False, compare=False)
        place: str = "here"

    @decorator(frozen=True, slots=True, kw_only=True)
    class More(Value):
        extra: int = 7

    @decorator(frozen=True, slots=True)
    class Placed:
        first: int
        second: int = 2
        third: int = field(default=3, kw_only=True)

        def __post_init__(self) -> None:
            if self.first < 0:
                raise ValueError(self.first)

    @decorator(slots=True)
    class Changing:
        number: int = 1

    @decorator(frozen=True, slots=True, eq=False)
    class Single:
        number: int

    @decorator(frozen=True, kw_only=True)
    class Roomy:
        number: int

        def __hash__(self) -> int:
            return 4

        def __repr__(self) -> str:
            return "roomy"

    @decorator(frozen=True, slots=True)
    class Empty:
        pass

    return {each.__name__: each for each in (Value, More, Placed, Changing, Single, Roomy, Empty)}


CALLS: tuple[tuple[str, tuple[object, ...], dict[str, object]], ...] = (
    ("Value", (), {"number": 1, "words": "a"}),
    ("Value", (), {"number": 1, "words": "a", "found": [1]}),
    ("Value", (), {"number": 1, "words": "a", "by_name": {"a": 1}, "place": "there"}),
    ("Value", (), {"number": 2}),
    ("Value", (), {}),
    ("Value", (1, "a"), {}),
    ("Value", (), {"number": 1, "words": "a", "made": "given"}),
    ("Value", (), {"number": 1, "words": "a", "unknown": 1}),
    ("More", (), {"number": 1, "words": "a"}),
    ("More", (), {"number": 1, "words": "a", "extra": 8}),
    ("Placed", (1,), {}),
    ("Placed", (1, 2), {"third": 3}),
    ("Placed", (), {"first": 1, "second": 3}),
    ("Placed", (-1,), {}),
    ("Placed", (1, 2, 3), {}),
    ("Changing", (), {}),
    ("Changing", (2,), {}),
    ("Single", (1,), {}),
    ("Roomy", (), {"number": 1}),
    ("Empty", (), {}),
)
"""Calls of the classes: right ones, and wrong ones."""


def outcome(work: Callable[[], object]) -> object:
    """Return the result of a call, or the kind of its error and the words."""
    try:
        return work()
    except (AttributeError, TypeError, ValueError) as error:
        return type(error), str(error)


def looks(made: Any) -> list[object]:
    """Return what can be seen of an instance, of its copies, and of copies that are changed."""
    names = [each.name for each in dataclasses.fields(made)]
    changes = []
    for name in names:
        for change in (partial(setattr, copy.copy(made), name, 5), partial(delattr, copied := copy.copy(made), name)):
            changes += [outcome(change), outcome(partial(repr, copied))]
    copies = [copy.copy(made), copy.deepcopy(made), dataclasses.replace(made)]
    return [repr(made), dataclasses.asdict(made), {name: getattr(made, name) for name in names}, changes, repr(copies)]


@pytest.mark.parametrize(("name", "arguments", "named"), CALLS)
def test_instances_are_like_those_of_the_standard_library(
    name: str, arguments: tuple[object, ...], named: dict[str, object]
) -> None:
    seen = []
    for decorator in (dataclasses.dataclass, dataclass):
        kind = classes(decorator)[name]
        made = outcome(partial(kind, *arguments, **named))
        is_made = isinstance(made, kind)
        seen.append([*looks(made), kind.__match_args__, hasattr(made, "__dict__")] if is_made else made)

    assert seen[0] == seen[1]


def test_equality_and_hashes_are_like_those_of_the_standard_library() -> None:
    seen = []
    for decorator in (dataclasses.dataclass, dataclass):
        kinds = classes(decorator)
        tried = [(kinds[name], outcome(partial(kinds[name], *arguments, **named))) for name, arguments, named in CALLS]
        made = [value for kind, value in tried if isinstance(value, kind)]
        equal = [[one == other for other in [*made, 1]] for one in made]
        # without `eq`, the hash is that of the place in memory
        hashes = [outcome(partial(hash, value)) for value in made if not isinstance(value, kinds["Single"])]
        seen.append((len(made), equal, hashes))

    assert seen[0] == seen[1]


def test_defaults_are_made_anew_for_each_instance() -> None:
    kind = classes(dataclass)["Value"]

    assert kind(number=1, words="a").found is not kind(number=1, words="a").found


def test_an_instance_goes_to_another_process() -> None:
    sound = Enclosure(url="https://example.org/a.mp3", media_type="audio/mpeg", size_bytes=3)

    assert sound == pickle.loads(pickle.dumps(sound))


def test_every_class_of_the_program_is_made_this_way() -> None:
    standard = re.compile(r"^from dataclasses import .*\bdataclass\b|dataclasses\.dataclass\b", re.MULTILINE)
    found = {
        file.relative_to(PACKAGE).as_posix() for file in PACKAGE.rglob("*.py") if standard.search(file.read_text())
    }

    assert {"model/dataclass.py"} == found
