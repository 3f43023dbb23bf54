"""Values are frozen dataclasses with slots: whoever uses one cannot tell how it was made."""

import pickle
from collections.abc import Mapping
from copy import copy, deepcopy
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace

import pytest

from publisher.model.value import value


@value
class Place:
    """A value with all that a field may have."""

    name: str
    country: str = "BE"
    people: Mapping[str, int] = field(default_factory=dict, hash=False)
    secret: str = field(default="", repr=False)
    seen: int = field(default=0, compare=False)
    memo: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def label(self) -> str:
        """Name and country."""
        return f"{self.name} ({self.country})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """The same fields, by the standard library."""

    name: str
    country: str = "BE"
    people: Mapping[str, int] = field(default_factory=dict, hash=False)
    secret: str = field(default="", repr=False)
    seen: int = field(default=0, compare=False)
    memo: list[int] = field(default_factory=list, init=False, repr=False, compare=False)


@value
class City(Place):
    """A value with the fields of another one."""

    river: str = ""


@value
class Named:
    """A value with a method of its own among those that are made."""

    name: str
    words: str

    def __hash__(self) -> int:
        return hash(self.name)


@value
class Nothing:
    """A value without fields."""


GIVEN: list[dict[str, object]] = [
    {"name": "Gent"},
    {"name": "Gent", "country": "NL", "people": {"Ada": 1}, "secret": "x", "seen": 3},
    {},
    {"name": "Gent", "river": "Leie"},
    {"name": "Gent", "memo": []},
]


def outcome(make: type, given: Mapping[str, object]) -> str:
    """What a class makes of these fields: the instance in words, or the complaint, without the class's name."""
    try:
        return repr(make(**given)).removeprefix(make.__name__)
    except TypeError as error:
        return str(error).removeprefix(make.__name__)


@pytest.mark.parametrize("given", GIVEN, ids=str)
def test_an_instance_is_what_the_standard_library_makes(given: dict[str, object]) -> None:
    assert outcome(Twin, given) == outcome(Place, given)


def test_fields_are_given_by_name() -> None:
    with pytest.raises(TypeError, match="positional"):
        Place("Gent")  # type: ignore[call-arg]


def test_nothing_of_it_can_be_set_or_deleted() -> None:
    gent = Place(name="Gent")

    with pytest.raises(FrozenInstanceError, match="'name'"):
        gent.name = "Ghent"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="'mayor'"):
        gent.mayor = "Ada"  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError, match="'name'"):
        del gent.name
    assert not hasattr(gent, "__dict__")


def test_equality_and_hash_are_of_the_fields_that_are_compared() -> None:
    gent = Place(name="Gent", people={"Ada": 1})

    assert gent == Place(name="Gent", people={"Ada": 1}, seen=9)
    assert gent != Place(name="Gent", people={"Ada": 2})
    assert hash(gent) == hash(Place(name="Gent", people={"Bob": 1}, seen=9))
    twin: object = Twin(name="Gent", people={"Ada": 1})
    assert gent != twin
    assert City(name="Gent") != Place(name="Gent")
    assert Nothing() == Nothing()
    assert {Nothing()} == {Nothing()}


def test_what_a_class_defines_itself_stays() -> None:
    assert hash("Gent") == hash(Named(name="Gent", words="x"))
    assert Named(name="Gent", words="x") != Named(name="Gent", words="y")


def test_what_a_default_makes_is_each_instances_own() -> None:
    one, other = Place(name="Gent"), Place(name="Aalst")

    assert one.people is not other.people
    assert one.memo is not other.memo


def test_the_standard_library_takes_it_for_a_dataclass() -> None:
    gent = City(name="Gent", river="Leie")

    assert is_dataclass(City)
    assert ["name", "country", "people", "secret", "seen", "memo", "river"] == [each.name for each in fields(City)]
    assert "Aalst (BE)" == replace(gent, name="Aalst").label
    assert "Leie" == asdict(gent)["river"]


def test_a_copy_equals_what_was_copied() -> None:
    gent = City(name="Gent", people={"Ada": 1}, river="Leie")

    assert gent == copy(gent) == deepcopy(gent) == pickle.loads(pickle.dumps(gent))
    assert gent.people is copy(gent).people
    assert gent.people is not deepcopy(gent).people
