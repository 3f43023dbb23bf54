"""The desk's page that imports people: first an import is tried out and its result shown; then the list is imported.

A list is untrusted data: it is read in the same way as by `publisher subscribers import`.
"""

from concurrent.futures import Future
from datetime import date, datetime, time
from functools import partial

from flask import Response

from publisher.app import Publisher
from publisher.config.config import Config
from publisher.model.errors import OutrunError, PublisherError
from publisher.model.schedules import instant_of
from publisher.model.subscribers import EVERYTHING
from publisher.rendering.urls import DESK_IMPORT
from publisher.serve.desk.deskpage import DeskPage, Done, RefusedError, TypedError
from publisher.serve.desk.list_tasks import ListOrder, ListTask, ListTasks, SentList, Work
from publisher.serve.desk.people_page import has_people
from publisher.serve.desk.refusals import tell_list_error
from publisher.serve.desk.visit import Visit
from publisher.subscribers.archive import is_archive
from publisher.subscribers.encodings import LOOKED_AT, codec_of
from publisher.subscribers.instants import FIRST_MAIL
from publisher.subscribers.roster import read_roster
from publisher.subscribers.transfer import ImportDefaults, Imported

MAX_BYTES = 10_000_000
"""The most bytes of all lists in a form together, enough for lists of about 100,000 people. Longer lists need the
command.
"""
MAX_FORM_BYTES = MAX_BYTES + 100_000
ENCODINGS = ("utf-8", "windows-1252")
ZIP = b"PK\3\4"
"""The first bytes of a zip archive."""
THEME_FIELD = "follow."
LINES_SHOWN = 20


def import_page(tasks: ListTasks) -> DeskPage:
    """Return the page that imports people. `tasks` has the lists that editors sent."""
    return _ImportPage(tasks).page()


class _ImportPage:
    def __init__(self, tasks: ListTasks) -> None:
        self._tasks = tasks

    def page(self) -> DeskPage:
        return DeskPage(
            name="import",
            rule=DESK_IMPORT,
            show=self._show,
            acts={"try": self._try, "import": self._import, "forget": self._forget},
            state=self._state,
            is_in_menu=False,
            is_there=has_people,
            max_bytes=MAX_FORM_BYTES,
        )

    def _show(self, visit: Visit) -> Response:
        self._tasks.senders.admit(visit.cookie)
        people, task = visit.publisher.people, self._task(visit)
        imported = task.imported if task else None
        failure = task.failure if task else None
        return visit.page(
            "desk/import.html",
            section="people",
            state=self._state(visit),
            task=task,
            imported=imported,
            left_out=_left_out(imported) if imported else 0,
            failure=tell_list_error(failure, visit) if failure else "",
            lines_shown=LINES_SHOWN,
            themes=[("*", ""), *((theme.slug, theme.title) for theme in people.themes)],
            theme_field=THEME_FIELD,
            paces=people.settings.pace_names,
            encodings=ENCODINGS,
            most_mb=MAX_BYTES // 1_000_000,
        )

    def _task(self, visit: Visit) -> ListTask | None:
        return self._tasks.get(visit.person, now=visit.now)

    def _state(self, visit: Visit) -> str:
        task = self._task(visit)
        return task.mark if task else ""

    # --- acts --------------------------------------------------------------------------------------------------------

    def _try(self, visit: Visit) -> Done:
        self._refuse_second(visit)
        order = _order_in(visit)
        task = self._tasks.begin(visit.person, order, Work.TRY, partial(_rehearse, visit.publisher.config, order))
        if failure := task.failure:
            self._tasks.drop(visit.person)
            raise TypedError(tell_list_error(failure, visit), name="file") from failure
        if task.is_running:
            said = visit.gettext("The list is being tried. This page shows what would become of it when that is known.")
        else:
            said = visit.gettext("The list was tried, and nothing is written yet. Look at what would become of it.")
        return Done(said=said, about="people")

    def _import(self, visit: Visit) -> Done:
        tried = self._task(visit)
        if tried is None or tried.work is not Work.TRY or tried.imported is None:
            raise OutrunError("the list is gone, or it is worked on")
        order = tried.order
        task = self._tasks.begin(visit.person, order, Work.IMPORT, partial(_bring_in, visit.publisher, order))
        if task.is_running:
            task.future.add_done_callback(partial(_record, visit))
            said = visit.gettext("The people come in now. This page says when they are all there.")
            return Done(said=said, about="people")
        self._tasks.drop(visit.person)
        if failure := task.failure:
            raise failure
        return Done(said=_words_of(task.future.result(), visit), about="people", where=visit.path("people"))

    def _forget(self, visit: Visit) -> Done:
        self._refuse_second(visit)
        task = self._task(visit)
        if task is None:
            raise RefusedError(visit.gettext("There is no list any more: none was sent, or it was forgotten."))
        self._tasks.drop(visit.person)
        if task.work is Work.TRY:
            return Done(said=visit.gettext("The list is forgotten; nothing was written."), about="people")
        return Done(said=visit.gettext("The list is forgotten."), about="people")

    def _refuse_second(self, visit: Visit) -> None:
        task = self._task(visit)
        if task is not None and task.is_running:
            raise OutrunError("the list before is worked on")


def _rehearse(config: Config, order: ListOrder) -> Imported:
    with Publisher.rehearse(config, now=order.at) as rehearsal:
        return _bring_in(rehearsal, order)


def _bring_in(publisher: Publisher, order: ListOrder) -> Imported:
    roster, *others = (read_roster(each.lines, name=each.name) for each in (order.people, *order.without))
    return publisher.transfer.bring_in(roster, order.defaults, without=others)


def _record(visit: Visit, future: Future[Imported]) -> None:
    """Record the result of an import that took longer than the page waited."""
    error = future.exception()
    number = visit.desk.begin_act("import", "people", person=visit.person, language=visit.language)
    if isinstance(error, PublisherError):
        visit.desk.end_act(number, tell_list_error(error, visit), is_done=False)
    elif error is None:
        visit.desk.end_act(number, _words_of(future.result(), visit), is_done=True)


def _left_out(imported: Imported) -> int:
    return sum(map(len, imported.left_out.values()))


def _words_of(imported: Imported, visit: Visit) -> str:
    """Return the result of importing a list of people in words: `3 people were added, 1 line was left out.`"""
    left_out = _left_out(imported)
    added = visit.ngettext("%(num)s person was added", "%(num)s people were added", imported.added)
    others = visit.ngettext("%(num)s line was left out", "%(num)s lines were left out", left_out)
    return f"{added % {'num': imported.added}}, {others % {'num': left_out}}."


# --- reading the form ------------------------------------------------------------------------------------------------


def _order_in(visit: Visit) -> ListOrder:
    people = _lists_in(visit, "file")
    if not people:
        raise TypedError(visit.gettext("Choose the file with the list."), name="file")
    if is_archive(people[0].lines):
        words = visit.gettext(
            "This is an archive of all that is held of people. Whoever runs the site can put it back, into a site that "
            "has none."
        )
        raise TypedError(words, name="file")
    without = tuple(_lists_in(visit, "without"))
    return ListOrder(people=people[0], without=without, defaults=_defaults_in(visit), at=visit.now)


def _lists_in(visit: Visit, field: str) -> list[SentList]:
    """Return the lists of people that were uploaded in a field of the form, without empty ones."""
    found = []
    for sent in visit.asked.files.getlist(field):
        data = sent.read(MAX_BYTES + 1)
        if data.strip():
            wanted = visit.field("encoding")
            encoding = codec_of(data[:LOOKED_AT], wanted if wanted in ENCODINGS[1:] else "utf-8")
            _refuse_unreadable(data, encoding, visit)
            found.append(SentList(data=data, encoding=encoding, name=sent.filename or ""))
    return found


def _refuse_unreadable(data: bytes, encoding: str, visit: Visit) -> None:
    if data.startswith(ZIP):
        words = visit.gettext(
            "This is an archive. Unpack it, and choose the list in it: of Mailchimp, the file subscribed_…."
        )
        raise TypedError(words, name="file")
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        words = visit.gettext("The file is not in %(name)s. Choose another encoding, or save the list as UTF-8.")
        raise TypedError(words % {"name": encoding.removesuffix("-sig").upper()}, name="encoding") from None


def _defaults_in(visit: Visit) -> ImportDefaults:
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
    if day < FIRST_MAIL.date():
        raise TypedError(visit.gettext("Nobody can have agreed before there were mails."), name="agreed_at")
    at = instant_of(datetime.combine(day, time()), visit.site.timezone)
    if at > visit.now:
        raise TypedError(visit.gettext("Nobody can have agreed on a day in the future."), name="agreed_at")
    return at
