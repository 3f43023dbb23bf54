"""The desk's page of one subscriber: what he follows since when, his consents and mails, and why he got an item or not.

The path of the page has his number, and his address is masked: the editor who sees the page has typed the address
before. Answers of mail servers often contain the address, so it is masked there too.
"""

import hashlib
import re

from flask import Response, abort

from publisher.admin.why import Story, next_pace, tell_story, verdict_of
from publisher.model.errors import OutrunError, UsageError
from publisher.model.subscribers import Subscriber, masked
from publisher.model.titles import title_of
from publisher.rendering.text import scrub
from publisher.serve.desk.deskpage import DeskPage, Done, RefusedError
from publisher.serve.desk.people_page import has_people
from publisher.serve.desk.replies import tell_reply
from publisher.serve.desk.visit import Visit

MAILS_SHOWN = 12


def _show(visit: Visit, number: int) -> Response:
    reader = _reader(visit, number)
    item = visit.asked.args.get("item", "").strip()[:2000]
    is_unknown = False
    try:
        story = _story(visit, reader, item)
    except UsageError:  # there is no such item, or several
        story, is_unknown = _story(visit, reader, ""), True
    told = story.item
    return visit.page(
        "desk/person.html",
        section="people",
        state=_state(visit, number),
        number=number,
        address=reader.masked,
        story=story,
        reader=reader,
        mails=list(reversed(story.mails))[:MAILS_SHOWN],
        theme_title=visit.publisher.people.theme_title,
        hide_address=lambda text: hide_address(text, reader.address),
        tell_reply=lambda reply: tell_reply(reply, visit),
        item=item,
        is_unknown_item=is_unknown,
        verdict=verdict_of(told, story) if told else "",
        next_pace=next_pace(told, story) if told else "",
        item_title=scrub(title_of(told.record.item)) if told else "",
    )


def _story(visit: Visit, reader: Subscriber, item: str) -> Story:
    people, store = visit.publisher.people, visit.office.store
    return tell_story(reader.address, item or None, people, store, visit.publisher.config)


def _reader(visit: Visit, number: int) -> Subscriber:
    found = visit.publisher.people.links.present(number)
    if found is None:
        abort(404)
    return found


def _state(visit: Visit, number: int) -> str:
    """Return a text that changes when the subscriber of the page follows something else or pauses."""
    reader = _reader(visit, number)
    return hashlib.sha256(repr((reader.subscriptions, reader.paused_until)).encode()).hexdigest()[:16]


def hide_address(text: str, address: str) -> str:
    """Return a text, such as an answer of a mail server, with all but parts of the address hidden."""
    return re.sub(re.escape(address), masked(address), text, flags=re.IGNORECASE)


# --- acts ------------------------------------------------------------------------------------------------------------


def _end(visit: Visit, number: int) -> Done:
    reader = _reader(visit, number)
    if not reader.active:
        raise RefusedError(visit.gettext("Nothing is followed any more: there is nothing to end."))
    try:
        visit.publisher.people.end(reader.address)
    except UsageError:  # he was erased just now; the message contains the address
        raise OutrunError("he is gone") from None
    said = visit.gettext("All subscriptions are ended; mails that were not sent yet are taken back.")
    return Done(said=said, about=f"people/{number}")


def _erase(visit: Visit, number: int) -> Done:
    reader = _reader(visit, number)
    try:
        visit.publisher.people.erase(reader.address)
    except UsageError:  # as above
        raise OutrunError("he is gone") from None
    said = visit.gettext("All that was held of this person is erased.")
    return Done(said=said, about=f"people/{number}", where=visit.path("people"))


PERSON = DeskPage(
    name="person",
    rule="people/<int(max=2147483647):number>",
    show=_show,
    acts={"end": _end, "erase": _erase},
    state=_state,
    is_in_menu=False,
    is_there=has_people,
)
