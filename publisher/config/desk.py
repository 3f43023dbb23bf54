"""[desk]: who works at the editors' desk."""

from typing import Annotated

from publisher.config.tables import Table, Value, key
from publisher.config.values import ADDRESS, list_of, read_list
from publisher.model.settings import DeskSettings
from publisher.rendering.addresses import wire_address

PEOPLE = Value("a list of mail addresses such as editor@example.org", read_list(ADDRESS), list_of(ADDRESS.schema))


class DeskTable(Table):
    """The editors' desk, at /-/desk of this site: what goes out next, and every decision about it, in a browser.
    Without `people` there is no such page. It needs `service.listen`, and https beyond this machine.
    """

    people: Annotated[tuple[str, ...], PEOPLE] = key(
        "The editors: each signs in by a link in a mail, and can send to all readers.",
        default=[],
        example=["editor@example.org"],
    )

    def settings(self) -> DeskSettings | None:
        """Return who works at the desk, or `None` if there is no desk."""
        return DeskSettings(people=tuple(map(wire_address, self.people))) if self.people else None
