"""The fixed texts of the editors' desk, in one language."""

from typing import Protocol


class Texts(Protocol):
    """Returns fixed texts in a language, like Python's `gettext`; `Visit` implements it."""

    def gettext(self, text: str, /) -> str:
        """Return a fixed text in the editor's language."""
        ...

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        """Return the fixed text for a number in the editor's language: `one` or `many`."""
        ...
