"""The desk's page that brings people in: a list is tried first, and what would become of it is shown; then it is done.

The list is kept in memory between the two, for the editor who sent it, for half an hour: no address goes back into a
page. A list is data of strangers: it is read as `publisher subscribers import` reads it, whatever it says.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from io import StringIO
from threading import Lock

from flask import Response

from publisher.app import Publisher
from publisher.model import retention
from publisher.model.errors import OutrunError, UsageError
from publisher.model.schedules import instant_of
from publisher.model.subscribers import EVERYTHING
from publisher.serve.desk.deskpage import DeskPage, Done, TypedError
from publisher.serve.desk.people_page import has_people
from publisher.serve.desk.visit import Visit
from publisher.subscribers.roster import read_roster
from publisher.subscribers.transfer import ImportDefaults, Imported

MAX_BYTES = 900_000
"""About 20,000 people; a longer list is for the command."""
ENCODINGS = ("utf-8", "windows-1252")
THEME_FIELD = "follow."
LINES_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTrial:
    """A list that an editor sent, and what would become of it."""

    text: str
    name: str
    terms: ImportDefaults
    imported: Imported
    at: datetime

    @property
    def mark(self) -> str:
        """What tells it from every other list."""
        return hashlib.sha256(repr((self.text, self.name, self.terms, self.at)).encode()).hexdigest()[:16]


class TriedLists:
    """The list that each editor sent last, until it is imported or half an hour has passed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_person: dict[str, ImportTrial] = {}

    def keep(self, person: str, tried: ImportTrial) -> None:
        """Keep a list, in place of an earlier one of the same editor."""
        with self._lock:
            self._by_person[person] = tried

    def get(self, person: str, *, now: datetime) -> ImportTrial | None:
        """The list that the editor sent last; None: there is none, or it is too old."""
        with self._lock:
            old = [each for each, tried in self._by_person.items() if now - tried.at > retention.TRIED]
            for each in old:
                del self._by_person[each]
            return self._by_person.get(person)

    def drop(self, person: str) -> None:
        """Forget the list of an editor."""
        with self._lock:
            self._by_person.pop(person, None)


def import_page() -> DeskPage:
    """The page, with nothing kept yet."""
    return _ImportPage(TriedLists()).page()


class _ImportPage:
    def __init__(self, lists: TriedLists) -> None:
        self._lists = lists

    def page(self) -> DeskPage:
        return DeskPage(
            name="import",
            rule="people/import",
            show=self._show,
            acts={"try": self._try, "import": self._import, "forget": self._forget},
            state=self._state,
            is_in_menu=False,
            is_there=has_people,
            max_bytes=MAX_BYTES,
        )

    def _show(self, visit: Visit) -> Response:
        people = visit.publisher.people
        tried = self._lists.get(visit.person, now=visit.now)
        left_out = sum(map(len, tried.imported.left_out.values())) if tried else 0
        return visit.page(
            "desk/import.html",
            section="people",
            state=self._state(visit),
            tried=tried,
            left_out=left_out,
            lines_shown=LINES_SHOWN,
            themes=[("*", ""), *((theme.slug, theme.title) for theme in people.themes)],
            theme_field=THEME_FIELD,
            paces=people.settings.pace_names,
            encodings=ENCODINGS,
            spoken=visit.spoken,
            most_kb=MAX_BYTES // 1000,
        )

    def _state(self, visit: Visit) -> str:
        tried = self._lists.get(visit.person, now=visit.now)
        return tried.mark if tried else ""

    # --- acts --------------------------------------------------------------------------------------------------------

    def _try(self, visit: Visit) -> Done:
        text, name = _sent_text(visit)
        terms = _terms(visit)
        with Publisher.rehearse(visit.publisher.config, now=visit.now) as rehearsal:
            imported = _bring_in(visit, rehearsal, text, name, terms)
        tried = ImportTrial(text=text, name=name, terms=terms, imported=imported, at=visit.now)
        self._lists.keep(visit.person, tried)
        said = visit.gettext("The list was tried, and nothing is written yet. Look at what would become of it.")
        return Done(said=said, about="people")

    def _import(self, visit: Visit) -> Done:
        tried = self._lists.get(visit.person, now=visit.now)
        if tried is None:
            raise OutrunError("the list is gone")
        imported = _bring_in(visit, visit.publisher, tried.text, tried.name, tried.terms)
        self._lists.drop(visit.person)
        left_out = sum(map(len, imported.left_out.values()))
        added = visit.ngettext("%(num)s person was added", "%(num)s people were added", imported.added)
        others = visit.ngettext("%(num)s line was left out", "%(num)s lines were left out", left_out)
        said = f"{added % {'num': imported.added}}, {others % {'num': left_out}}."
        return Done(said=said, about="people", where=visit.path("people"))

    def _forget(self, visit: Visit) -> Done:
        self._lists.drop(visit.person)
        return Done(said=visit.gettext("The list is forgotten; nothing was written."), about="people")


def _bring_in(visit: Visit, publisher: Publisher, text: str, name: str, terms: ImportDefaults) -> Imported:
    def lines() -> Iterator[str]:
        yield from StringIO(text, newline="")

    try:
        return publisher.transfer.bring_in(read_roster(lines, name=name), terms)
    except UsageError as error:
        words = visit.gettext("The list cannot be used: %(why)s") % {"why": error}
        raise TypedError(words, name="file") from None


def _sent_text(visit: Visit) -> tuple[str, str]:
    """The text of the list that was sent, and the name of its file."""
    sent = visit.asked.files.get("file")
    data = sent.read(MAX_BYTES + 1) if sent else b""
    if not data.strip():
        raise TypedError(visit.gettext("Choose the file with the list."), name="file")
    wanted = visit.field("encoding")
    has_mark = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = "utf-16" if has_mark else "utf-8-sig" if wanted not in ENCODINGS[1:] else wanted
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        words = visit.gettext("The file is not in %(name)s. Choose another encoding, or save the list as UTF-8.")
        raise TypedError(words % {"name": encoding.removesuffix("-sig").upper()}, name="encoding") from None
    return text, (sent.filename or "") if sent else ""


def _terms(visit: Visit) -> ImportDefaults:
    people = visit.publisher.people
    slugs = [EVERYTHING, *(theme.slug for theme in people.themes)]
    chosen = {slug: visit.field(f"{THEME_FIELD}{slug}") for slug in slugs}
    language = visit.field("language")
    return ImportDefaults(
        choices={slug: pace for slug, pace in chosen.items() if pace in people.settings.pace_names},
        agreed=" ".join(visit.field("agreed").split()),
        agreed_at=_agreed_at(visit),
        language=language if language in visit.spoken else visit.site.language,
    )


def _agreed_at(visit: Visit) -> datetime | None:
    written = visit.field("agreed_at").strip()
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise TypedError(visit.gettext("Enter a day such as 2026-12-31."), name="agreed_at") from None
    at = instant_of(datetime.combine(day, time()), visit.site.timezone)
    if at > visit.now:
        raise TypedError(visit.gettext("Nobody can have agreed on a day that is to come."), name="agreed_at")
    return at
