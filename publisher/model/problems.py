"""Problems: what failed while the rest went on; and how messages write counts, long lists and suggestions. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from publisher.model.errors import EXIT_TRY_LATER, FilesError, PublisherError, TemplateError


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 item`, `2 items`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def some_of(texts: Sequence[str], most: int) -> str:
    """Return the first texts, at most `most` of them, and the number of further texts: `a, b and 3 more`."""
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more} more" if more > 0 else "")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" with the known name that is closest, or an empty string if none is close. Capitals do
    not count.
    """
    folded = {each.lower(): each for each in sorted(known)}
    close = get_close_matches(name.lower(), folded, n=1)
    return f"; did you mean {folded[close[0]]}?" if close else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that failed while the rest went on; shown as one line."""

    where: str
    """The source, theme, audience or file (with line) that has the problem."""
    what: str
    """What is wrong, and what to do about it."""
    exit_code: int = EXIT_TRY_LATER
    """The exit code of a command that met the problem; 0 if the command did all that it could."""
    is_repeated: bool = False
    """Whether the previous pass met the same problem."""
    is_of_site: bool = False
    """Whether the site's own files caused it: a template, a full disk, a folder that cannot be written."""

    @classmethod
    def of(cls, where: str, error: PublisherError) -> "Problem":
        """Return a problem of `where`, made from an error, for work that goes on without this part."""
        is_of_site = isinstance(error, (FilesError, TemplateError))
        return cls(where=where, what=str(error), exit_code=error.exit_code, is_of_site=is_of_site)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
