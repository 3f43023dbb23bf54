"""The desk's page of subscribers: how many follow what, over time; the search for one person; export; erasing.

Addresses are typed into a form and sent by POST: no URL and no list contains one. The record of an action names the
person by number.
"""

from functools import partial
from threading import Lock

from flask import Response

from publisher.admin.following import FollowerTable, oversee_following
from publisher.config.config import Config
from publisher.model.errors import UsageError
from publisher.model.subscribers import LetterKind
from publisher.serve.desk.deskpage import DeskPage, Done, RefusedError, TypedError
from publisher.serve.desk.visit import Visit

COLUMNS_BACK = (12, 6, 3, 1, 0)
"""The columns of the table of themes, each as how many months ago."""


def has_people(config: Config) -> bool:
    """Whether the site has subscribers of its own."""
    return config.subscribers is not None


def _show(visit: Visit) -> Response:
    people = visit.publisher.people
    following = oversee_following(people, visit.office.store).since_somebody
    return visit.page(
        "desk/people.html",
        section="people",
        following=following,
        months=list(zip(following.days, following.people, strict=True)),
        columns=_columns(following),
        most=max(following.people),
        paces=people.settings.pace_names,
    )


def _columns(following: FollowerTable) -> list[int]:
    """Return the indexes of the columns of the table that the page shows."""
    last = len(following.days) - 1
    return [last - back for back in COLUMNS_BACK if last - back >= 0]


# --- acts ------------------------------------------------------------------------------------------------------------


def _find(visit: Visit) -> Done:
    """Redirect to the page of the person with the typed address."""
    address = _typed_address(visit)
    found = visit.publisher.people.find(address)
    if found is not None:
        number = str(found.number)
        return Done(said="", about=f"people/{number}", where=visit.path("people", number))
    asked_at = visit.office.store.people.subscribers.asked_at(LetterKind.CONFIRM, address)
    if asked_at is not None:
        day = f"{visit.local(asked_at):%Y-%m-%d}"
        words = visit.gettext("Nobody is subscribed with this address. Somebody asked for it on %(day)s, unconfirmed.")
        raise TypedError(words % {"day": day}, name="address")
    raise TypedError(
        visit.gettext("Nobody is subscribed with this address, and nothing is known of it."), name="address"
    )


def _erase_address(visit: Visit) -> Done:
    """Erase the data of the typed address, whether or not it belongs to a subscriber."""
    address = _typed_address(visit)
    try:
        visit.publisher.people.erase(address)
    except UsageError:
        # its message contains the address, which must not be recorded
        raise TypedError(visit.gettext("Nothing is held of this address."), name="address") from None
    return Done(said=visit.gettext("All that was held of the address is erased."))


def _typed_address(visit: Visit) -> str:
    try:
        return visit.publisher.people.wire_address(visit.field("address"))
    except UsageError:
        raise TypedError(visit.gettext("Enter an email address such as name@example.org."), name="address") from None


def _export(exporting: Lock, visit: Visit) -> Done:
    """Answer with a list of all people who follow something, as `publisher subscribers export` writes it.

    A long list takes time. The lock `exporting` makes sure that only one list is written at a time, so that the
    server's other threads can answer meanwhile.
    """
    if not exporting.acquire(blocking=False):
        raise RefusedError(visit.gettext("Another export is being written just now. Try again in a minute."))
    try:
        lines = list(visit.publisher.transfer.export())
    finally:
        exporting.release()
    number = len(lines) - 1
    said = visit.ngettext("%(num)s person was exported.", "%(num)s people were exported.", number) % {"num": number}
    name = f"subscribers-{visit.local(visit.now):%Y-%m-%d}.csv"
    answer = Response(
        "".join(lines), mimetype="text/csv", headers={"Content-Disposition": f"attachment; filename={name}"}
    )
    return Done(said=said, answer=answer)


def people_page() -> DeskPage:
    """Return the desk's page of subscribers, where editors look for people and see how many follow what."""
    return DeskPage(
        name="people",
        rule="people",
        show=_show,
        acts={"find": _find, "erase": _erase_address, "export": partial(_export, Lock())},
        is_there=has_people,
    )
