"""The fixed texts of the desk, in one language."""

from typing import Protocol


class Texts(Protocol):
    """Gives fixed texts in a language, as the `gettext` of Python's library does; a visit is one."""

    def gettext(self, text: str, /) -> str:
        """Return a text in the editor's language."""
        ...

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        """Return a text in the editor's language that depends on a number."""
        ...
