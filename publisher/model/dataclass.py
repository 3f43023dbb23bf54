"""The standard library's `dataclass`, in less time: a method of a class is compiled when it is first called.

The standard library compiles six methods a class, which was a quarter of the time of a run without news: such a run
imports 180 classes and makes instances of 50. Type checkers and readers see the standard decorator. It takes the
options `frozen`, `slots`, `kw_only` and `eq`; `InitVar` is not supported.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, FrozenInstanceError
from functools import partial
from typing import TYPE_CHECKING, Any

_Field = dataclasses.Field[Any]
_Method = Callable[..., Any]

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414  # mypy takes this form for an export
else:

    def dataclass(*, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True) -> _Method:
        """Return a decorator that makes a class a dataclass. Methods that the class has itself are kept."""

        def decorate(cls: type) -> type:
            own = {name for name, value in vars(cls).items() if value is not None}
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
            fields = dataclasses.fields(made)
            init = partial(_compile_init, fields, is_frozen=frozen, has_more=hasattr(made, "__post_init__"))
            methods = {"__init__": _later(made, "__init__", init), "__repr__": _repr}
            if eq:
                methods["__eq__"] = _later(made, "__eq__", partial(_compile_eq, fields))
                methods["__hash__"] = _later(made, "__hash__", partial(_compile_hash, fields)) if frozen else None
            if frozen:
                methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
            if frozen and slots:
                methods |= {"__getstate__": _state_of, "__setstate__": _set_state}
            for name in methods.keys() - own:
                setattr(made, name, methods[name])
            return made

        return decorate


def _later(owner: type, name: str, compile_it: Callable[[], _Method]) -> _Method:
    """Return a method that, when it is first called, compiles the method of this name and takes its place."""

    def method(self: object, *arguments: object, **named: object) -> Any:  # noqa: ANN401  # any method's result
        compiled = compile_it()
        compiled.__qualname__ = f"{owner.__qualname__}.{name}"  # messages about wrong arguments name it
        setattr(owner, name, compiled)
        return compiled(self, *arguments, **named)

    return method


def _compile(head: str, lines: Iterable[str], names: dict[str, Any]) -> _Method:
    exec("\n ".join([f"def method({head}):", *lines, "pass"]), names)  # noqa: S102  # as the standard library does
    method: _Method = names["method"]
    return method


def _compile_init(fields: Sequence[_Field], *, is_frozen: bool, has_more: bool) -> _Method:
    names: dict[str, Any] = {"_set": object.__setattr__, "_MISSING": MISSING}
    parameters: dict[bool, list[str]] = {False: ["self"], True: []}
    lines = []
    for field in fields:
        parameter, value = _parts(field, names)
        if parameter:
            parameters[bool(field.kw_only)].append(parameter)
        if value:
            lines.append(f"_set(self, {field.name!r}, {value})" if is_frozen else f"self.{field.name} = {value}")
    if has_more:
        lines.append("self.__post_init__()")
    head = [*parameters[False], *["*"] * bool(parameters[True]), *parameters[True]]
    return _compile(", ".join(head), lines, names)


def _parts(field: _Field, names: dict[str, Any]) -> tuple[str, str]:
    """Return the parameter of a field in `__init__`, and the expression of its value, each empty if there is none. Put
    into `names` what they use.
    """
    name = field.name
    if field.default_factory is not MISSING:
        names[f"_make_{name}"] = field.default_factory
        made = f"_make_{name}()"
        return (f"{name}=_MISSING", f"{made} if {name} is _MISSING else {name}") if field.init else ("", made)
    if field.default is not MISSING:
        names[f"_default_{name}"] = field.default
        return (f"{name}=_default_{name}", name) if field.init else ("", f"_default_{name}")
    return (name, name) if field.init else ("", "")


def _compile_eq(fields: Sequence[_Field]) -> _Method:
    compared = [field.name for field in fields if field.compare]
    equal = f"{_values('self', compared)} == {_values('other', compared)}"
    return _compile("self, other", [f"return {equal} if other.__class__ is self.__class__ else NotImplemented"], {})


def _compile_hash(fields: Sequence[_Field]) -> _Method:
    hashed = [field.name for field in fields if (field.compare if field.hash is None else field.hash)]
    return _compile("self", [f"return hash({_values('self', hashed)})"], {})


def _values(owner: str, names: Sequence[str]) -> str:
    return f"({''.join(f'{owner}.{name},' for name in names)})"


def _repr(self: Any) -> str:  # noqa: ANN401  # an instance of any dataclass, as below
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_set(_: object, name: str, value: object) -> None:  # noqa: ARG001  # Python calls it
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state_of(self: Any) -> list[object]:  # noqa: ANN401
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: Sequence[object]) -> None:  # noqa: ANN401
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
