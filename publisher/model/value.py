"""Values: the frozen records with named fields that the stages hand to each other.

`@value` makes what `@dataclass(frozen=True, slots=True, kw_only=True)` makes, in a tenth of the time. The standard
library writes and compiles six methods for each class, which takes 0.8 ms: a quarter of what starting took, as three
hundred classes are values, and a command uses a few dozen of them. Here a class gets its methods from
functions that are there, and only `__init__` is compiled, when the first instance is made
(docs/adr/values-get-their-methods-late.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

_T = TypeVar("_T")
_Fields = Sequence[Field[Any]]


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(cls: type[_T]) -> type[_T]:
    """Make a class a frozen dataclass with slots, whose fields are given by name.

    `fields`, `replace`, `asdict`, `copy` and `pickle` take it for a dataclass. Methods of its own stay.
    `__post_init__` is not called.
    """
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(cls)
    all_of = fields(made)
    compared = _values_of([each for each in all_of if each.compare])
    hashed = _values_of([each for each in all_of if (each.compare if each.hash is None else each.hash)])

    def initialise(self: object, **given: object) -> None:
        made.__init__ = _compile_init(made, all_of)
        made.__init__(self, **given)

    def is_equal(self: object, other: object) -> bool:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    methods = {
        "__init__": initialise,
        "__eq__": is_equal,
        "__hash__": lambda self: hash(hashed(self)),
        "__repr__": _describe,
        "__getstate__": _state_of,
        "__setstate__": _restore,
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
    }
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made  # type: ignore[no-any-return]  # the class that was given, made again with slots


def _values_of(some: _Fields) -> Callable[[object], object]:
    """Return what gives the values of some fields of an instance."""
    return attrgetter(*(each.name for each in some)) if some else lambda _: ()


def _compile_init(cls: type, all_of: _Fields) -> Any:  # noqa: ANN401  # what gives a class its __init__
    """Write `__init__` as one would by hand, each value into its slot, and compile it."""
    known: dict[str, object] = {"UNSET": MISSING}
    parameters, lines = [], []
    for each in all_of:
        name = each.name
        known |= {f"set_{name}": getattr(cls, name).__set__, f"usual_{name}": each.default}
        known[f"make_{name}"] = each.default_factory
        makes = each.default_factory is not MISSING
        if each.init:
            usual = "=UNSET" if makes else f"=usual_{name}" if each.default is not MISSING else ""
            parameters.append(f"{name}{usual}")
            given = f"make_{name}() if {name} is UNSET else {name}" if makes else name
        else:
            given = f"make_{name}()" if makes else f"usual_{name}"
        lines.append(f"    set_{name}(self, {given})\n")
    head = ", ".join(["self", *(["*"] if parameters else []), *parameters])
    exec(f"def __init__({head}):\n{''.join(lines) or '    pass'}", known)  # noqa: S102  # names of our own fields
    initialise: Any = known["__init__"]
    initialise.__qualname__ = f"{cls.__qualname__}.__init__"
    return initialise


def _describe(self: Any) -> str:  # noqa: ANN401  # any instance
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _state_of(self: Any) -> list[object]:  # noqa: ANN401  # any instance
    return [getattr(self, each.name) for each in fields(self)]


def _restore(self: Any, state: Sequence[object]) -> None:  # noqa: ANN401  # any instance
    for each, kept in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, kept)


def _refuse_to_set(self: object, name: str, _: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r} of {type(self).__qualname__}")


def _refuse_to_delete(self: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r} of {type(self).__qualname__}")
