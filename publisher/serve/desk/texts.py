"""The fixed texts of the desk, in one language."""

from typing import Protocol


class Texts(Protocol):
    """Returns fixed texts in a language, like Python's `gettext`; `Visit` implements it."""

    def gettext(self, text: str, /) -> str:
        """Return a text in the editor's language."""
        ...

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        """Return a text in the editor's language that depends on a number."""
        ...
