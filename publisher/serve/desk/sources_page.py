"""The desk's page of sources: the condition of each, waiting and hidden items, and the effect of each decision."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from flask import Response

from publisher.admin.hide import find_item, hide_item, let_appear, show_item
from publisher.admin.review import held_by_only_item
from publisher.admin.source_overview import SourceOverview, oversee_sources
from publisher.collect.rules import OnSuspicion
from publisher.model.errors import OutrunError, UsageError
from publisher.model.reports import CollectReport, RunReport
from publisher.model.titles import title_of
from publisher.rendering.text import one_line, scrub
from publisher.serve.desk.deskpage import DeskPage, Done, RefusedError, TypedError
from publisher.serve.desk.edition_page import ended_words
from publisher.serve.desk.visit import Visit
from publisher.serve.source_watch import SourceWatch
from publisher.store.runs import RUN

WAITING_SHOWN = 30
"""How many of a source's waiting items are listed."""
MAX_REASON = 500


def sources_page(watch: SourceWatch) -> DeskPage:
    """Return the page of sources; `watch` knows when each source was last read."""
    return DeskPage(
        name="sources",
        rule="sources",
        show=partial(_show, watch),
        acts={
            "release": partial(_decide, watch, OnSuspicion.RELEASE),
            "discard": partial(_decide, watch, OnSuspicion.DISCARD),
            "read": partial(_read, watch),
            "hide": _hide,
            "appear": _appear,
            "unhide": _unhide,
        },
        state=lambda visit: state_of(oversee_sources(visit.office)),
    )


def _show(watch: SourceWatch, visit: Visit) -> Response:
    overview = oversee_sources(visit.office)
    return visit.page(
        "desk/sources.html",
        section="sources",
        state=state_of(overview),
        sources=overview.sources,
        to_decide=[each for each in overview.sources if each.held],
        hidden=overview.hidden,
        latest=[each for each in overview.latest if each.state.is_live],
        waiting_shown=WAITING_SHOWN,
        ends=_ends(visit),
        ends_named=_ends_named(visit) if visit.trouble else "",
        times=watch.times(),
        known_reading=_known_readings(overview, visit),
        title_of=lambda item: scrub(title_of(item)),
    )


def _known_readings(overview: SourceOverview, visit: Visit) -> Mapping[str, datetime]:
    """Return when sources were last read, by name, as far as the store knows. The store records only readings with news
    or problems.
    """
    last = visit.office.store.runs.last_before(RUN)
    read = {each.status.name: each.status.changed_at for each in overview.sources}
    return {name: max(at, last.started) if last else at for name, at in read.items() if at is not None}


def _ends(visit: Visit) -> Mapping[int, str]:
    """Return, by item number, the names of the editions waiting for an editor that are not sent if the item is hidden,
    because it is their only item.
    """
    audiences = {each.name: each for each in visit.publisher.config.audiences}
    only = held_by_only_item(visit.office)
    known = {item: [each for each in held if each.audience in audiences] for item, held in only.items()}
    return {
        item: "; ".join(visit.called(audiences[each.audience], each.number) for each in held)
        for item, held in known.items()
    }


def _ends_named(visit: Visit) -> str:
    """Return the editions that are not sent if the item that the button or the form names is hidden from readers.
    Return an empty string if there is no such item.
    """
    name = visit.argument or visit.field("item").strip()
    try:
        return _ends(visit).get(find_item(name, visit.office.store, visit.site).number, "") if name else ""
    except UsageError:
        return ""


def state_of(overview: SourceOverview) -> str:
    """Return a text that changes when another reading of a source waits for approval or another item is hidden from
    readers.
    """
    held = [(each.status.name, each.held.words) for each in overview.sources if each.held]
    hidden = sorted(each.record.number for each in overview.hidden)
    return hashlib.sha256(repr((held, hidden)).encode()).hexdigest()[:16]


# --- acts ------------------------------------------------------------------------------------------------------------


def _decide(watch: SourceWatch, decision: OnSuspicion, visit: Visit) -> Done:
    """Apply a decision to the reading of a source that waited for approval when the page was shown. If another reading
    waits now, it goes on waiting.
    """
    name = visit.argument
    seen = visit.office.store.sources.state(name).held
    try:
        report = visit.publisher.decide_source(name, decision, seen=seen)
    except UsageError as error:  # it is no longer held
        raise OutrunError(str(error)) from error
    collected = _note_readings(report, watch)
    if collected.sources_held:
        raise TypedError(
            visit.gettext("The source lists something else by now, so nothing was done. Look at it again.")
        )
    _refuse_unread(visit, collected)
    what = {"what": _words_of(visit, collected)}
    if decision is OnSuspicion.RELEASE:
        said = visit.gettext("Accepted: %(what)s.") % what
    else:
        said = visit.gettext("Discarded: %(what)s.") % what
    is_seen = collected.added or collected.revised or collected.withdrawn
    return Done(said=f"{said} {_with_next_pass(visit)}" if is_seen else said, about=_about(name))


def _read(watch: SourceWatch, visit: Visit) -> Done:
    """Read the source that the button names now, even if it is due later."""
    name = visit.argument
    try:
        report = visit.publisher.collect([name])
    except UsageError as error:  # it is no longer in config.toml
        raise OutrunError(str(error)) from error
    collected = _note_readings(report, watch)
    _refuse_unread(visit, collected)
    if collected.sources_held:
        said = visit.gettext("It was read, and what it lists waits for your decision.")
    elif collected.is_news:
        said = visit.gettext("It was read: %(what)s.") % {"what": _words_of(visit, collected)}
        said = f"{said} {_with_next_pass(visit)}"
    else:
        said = visit.gettext("It was read, and has nothing new.")
    return Done(said=said, about=_about(name))


def _with_next_pass(visit: Visit) -> str:
    return visit.gettext("Readers see it with the next pass.")


def _note_readings(report: RunReport, watch: SourceWatch) -> CollectReport:
    """Return the report of reading a source, from the report of a whole run, and record when the source was read."""
    collected = report.collect or CollectReport()
    watch.note(collected.readings)
    return collected


def _refuse_unread(visit: Visit, collected: CollectReport) -> None:
    if not collected.sources_read and not collected.sources_unchanged:
        # the reason is for the operator, in English; the source's row has it
        raise TypedError(visit.gettext("The source cannot be read now."))


def _appear(visit: Visit) -> Done:
    """Make an item appear now that waits for its moment."""
    try:
        report = visit.publisher.decide_item(partial(let_appear, visit.argument))
    except UsageError as error:
        raise RefusedError(visit.gettext("This item does not wait any more.")) from error
    if not report.collect or not report.collect.added:
        raise RefusedError(visit.gettext("It does not appear: its time is over, or its source leaves it out by now."))
    return Done(said=visit.gettext("It is on the site now, and new for the next mails."))


def _hide(visit: Visit) -> Done:
    """Hide the item whose button was pressed, or the item that the form names, from readers."""
    name = visit.argument or visit.field("item").strip()
    reason = " ".join(visit.field("reason").split())[:MAX_REASON]
    if not name:
        raise TypedError(visit.gettext("Enter the address of the item's page, its link, or its id."), name="item")
    ends = _ends_named(visit)
    if ends != visit.field("ends"):
        words = visit.gettext("It is the last item of %(edition)s, which is then not sent. To hide it, press again.")
        raise TypedError(words % {"edition": ends}, name="item")
    try:
        report = visit.publisher.decide_item(partial(hide_item, name, reason))
    except UsageError as error:
        words = visit.gettext("No single item has this address or id. Take the address of its page on this site.")
        raise TypedError(words, name="item") from error
    if not report.collect or not report.collect.hidden:
        return Done(said=visit.gettext("It was hidden already."), about=_about(name))
    said = visit.gettext("Hidden. It is gone from feeds, pages and editions that wait.")
    return Done(said=f"{said} {ended_words(visit, ends)}" if ends else said, about=_about(name))


def _unhide(visit: Visit) -> Done:
    name = visit.argument
    try:
        visit.publisher.decide_item(partial(show_item, name))
    except UsageError as error:  # somebody else has shown it
        raise OutrunError(str(error)) from error
    return Done(said=visit.gettext("Shown again, in feeds and on pages."), about=_about(name))


def _about(name: str) -> str:
    """Return the name of a source or item for the record of what editors did, shortened to one line, because names are
    untrusted.
    """
    return scrub(one_line(name))[:200]


def _words_of(visit: Visit, collected: CollectReport) -> str:
    """Return what the reading of a source changed, in words: `3 added, 2 withdrawn`."""
    ngettext, unseen = visit.ngettext, collected.kept_from_readers
    counted = (
        (collected.added, ngettext("%(num)s added", "%(num)s added", collected.added)),
        (collected.revised, ngettext("%(num)s edited", "%(num)s edited", collected.revised)),
        (collected.withdrawn, ngettext("%(num)s withdrawn", "%(num)s withdrawn", collected.withdrawn)),
        (collected.waiting, ngettext("%(num)s waits for its time", "%(num)s wait for their time", collected.waiting)),
        (unseen, ngettext("%(num)s never shown", "%(num)s never shown", unseen)),
    )
    told = [words % {"num": number} for number, words in counted if number]
    return ", ".join(told) or visit.gettext("nothing changes for readers")
