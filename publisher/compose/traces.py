"""Finds what remains of editions in the outbox and on the web when the store does not know them."""

import posixpath
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

from publisher.compose.edition_numbers import numbers_in, numbers_on_web
from publisher.compose.outbox import description_in
from publisher.model.errors import FilesError
from publisher.rendering import urls
from publisher.store.disk_errors import explain_errors

_HEADINGS = ("h2", "h3", "h4")
"""Only links in headings name the edition's items; others may be in the editor's introduction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What remains of one edition in the outbox or on the web."""

    number: int
    had: frozenset[str] | None
    """The uids of the edition's items, or the paths of their pages; `None` if they are unknown."""
    is_in_outbox: bool
    composed_at: datetime | None = None
    """When the edition was composed, in UTC, or `None` if that is unknown."""


def find_traces(audience: str, *, outbox: Path, feeds: Path) -> dict[int, Trace]:
    """Return what remains of an audience's editions, by number, sorted. Editions that wait for their editor are left
    out.

    Raises:
        FilesError: a file cannot be read.
    """
    with explain_errors(outbox):
        in_outbox, on_web = set(numbers_in(outbox, audience)), set(numbers_on_web(feeds, audience))
    return {
        number: (number in in_outbox and _trace_in_outbox(outbox / f"{audience}-{number}", number))
        or _trace_on_web(feeds, audience, number, is_in_outbox=number in in_outbox)
        for number in sorted(in_outbox | on_web)
    }


def _trace_in_outbox(folder: Path, number: int) -> Trace | None:
    """Return what edition.json says about an edition, or `None` if it says nothing."""
    described = description_in(folder)
    try:
        listed = [*described["items"], *described["left_out"]] if described else []
        uids = frozenset(str(item["uid"]) for item in listed)
        composed_at = datetime.fromisoformat(described["composed_at"]) if described else None
    except (KeyError, TypeError, ValueError):
        return None
    return Trace(number=number, had=uids, is_in_outbox=True, composed_at=composed_at) if uids else None


def _trace_on_web(feeds: Path, audience: str, number: int, *, is_in_outbox: bool) -> Trace:
    """Return what the web page of an edition says about it. If the page does not list all items, only its number is
    used.
    """
    file = urls.edition_file(audience, number)
    try:
        text = (feeds / file).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise FilesError(f"{feeds / file} cannot be read: {error.strerror}") from error
    page = _EditionPage(file)
    page.feed(text)
    had = frozenset(page.paths) if page.paths and not page.has_more else None
    return Trace(number=number, had=had, is_in_outbox=is_in_outbox)


class _EditionPage(HTMLParser):
    """Collects the items to which headings on an edition's page link, without items that it only corrects."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self._folder = urls.folder_with(file)
        self._is_in_heading = False
        self._is_of_corrections = False
        self.paths: set[str] = set()
        self.has_more = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "section":
            self._is_of_corrections = given.get("aria-labelledby") == "corrections"
        self._is_in_heading |= tag in _HEADINGS
        self.has_more |= tag == "p" and given.get("class") == "more"
        if tag == "a" and self._is_in_heading and not self._is_of_corrections:
            path = posixpath.normpath(self._folder + (given.get("href") or ""))
            if path.startswith("items/") and path.endswith(".html"):
                self.paths.add(path.removesuffix(".html"))

    def handle_endtag(self, tag: str) -> None:
        self._is_in_heading &= tag not in _HEADINGS
        self._is_of_corrections &= tag != "section"
