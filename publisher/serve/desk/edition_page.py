"""The desk's page of an audience's next edition: everything that an editor decides before the edition is sent."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import structlog
from flask import Response, abort, request

from publisher.admin import review
from publisher.admin.mail_trial import send_test
from publisher.admin.next_edition import held_of
from publisher.admin.office import Office
from publisher.admin.upcoming import Upcoming, state_now, upcoming
from publisher.compose.digest import MAX_HTML_BYTES
from publisher.model.arrangement import Move
from publisher.model.editions import Audience, parse_name
from publisher.model.reports import ComposeReport, RunReport
from publisher.model.titles import title_of
from publisher.rendering.text import one_line
from publisher.serve.desk.deskpage import DeskPage, Done, RefusedError, TypedError
from publisher.serve.desk.findings import tell_finding
from publisher.serve.desk.moments import choices_after, read_choice
from publisher.serve.desk.typed_words import TITLE, TypedWords, typed_words, with_saved
from publisher.serve.desk.visit import Visit
from publisher.serve.preview import SCHEMES, in_scheme

logger = structlog.get_logger("publisher")

ACTS_SHOWN = 10
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' https:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""The content security policy of a mail in its frame. The mail may use its own style, runs no script, and has no access
to the page around it.
"""

LEAVING = ("drop", "later")
"""Actions that remove an item from the list."""
UNDECIDED = "decided"
"""The value of the option to hold an edition until somebody has decided."""
Decide = Callable[[str, Office], ComposeReport]
"""Applies an editor's decision to the edition of that name, which waits for him."""


# --- display ---------------------------------------------------------------------------------------------------------


def _show(visit: Visit, audience: str) -> Response:
    shown = upcoming(_audience(visit, audience), visit.office)
    scheme = request.args.get("look", "")
    return visit.page(
        "desk/edition.html",
        section="next",
        state=shown.state,
        shown=shown,
        places=[f"item-{each.record.short_id}" for each in shown.items],
        described=shown.described,
        edition=shown.edition,
        audience=shown.audience,
        moments=choices_after(
            max(visit.now, shown.goes_out_at or visit.now), visit.site.timezone, shown.audience.schedule
        ),
        scheme=scheme if scheme in SCHEMES else "light",
        limit_kb=MAX_HTML_BYTES // 1000,
        can_test=visit.publisher.config.smtp is not None,
        has_several=len(visit.publisher.config.audiences) > 1 or visit.publisher.config.subscribers is not None,
        title_of=title_of,
        tell_finding=lambda finding: tell_finding(finding, visit),
        acts=_acts_about(visit, shown),
    )


def _acts_about(visit: Visit, shown: Upcoming) -> list[object]:
    name = shown.edition.name if shown.edition and not shown.described.is_sample else shown.audience.name
    return list(visit.desk.acts(limit=ACTS_SHOWN, about=name))


def _show_mail(visit: Visit, audience: str) -> Response:
    digest = upcoming(_audience(visit, audience), visit.office).described.digest
    if digest is None:
        abort(404)
    html = in_scheme(digest.html, request.args.get("look", "light"))
    # a browser refuses to open a page that is sandboxed and also sets a Cross-Origin-Opener-Policy
    headers = {"Content-Security-Policy": MAIL_POLICY, "Cross-Origin-Opener-Policy": "unsafe-none"}
    return Response(html, mimetype="text/html", headers=headers)


def _show_text(visit: Visit, audience: str) -> Response:
    digest = upcoming(_audience(visit, audience), visit.office).described.digest
    if digest is None:
        abort(404)
    return Response(f"{digest.subject}\n\n{digest.text}", mimetype="text/plain")


def _audience(visit: Visit, name: str) -> Audience:
    found = next((each for each in visit.publisher.config.audiences if each.name == name), None)
    return found or abort(404)


def _state(visit: Visit, audience: str) -> str:
    return state_now(_audience(visit, audience), visit.office)


# --- acts ------------------------------------------------------------------------------------------------------------


def _release(visit: Visit, audience: str) -> Done:
    said = visit.gettext("%(edition)s goes out now.")
    return _decide(visit, audience, review.release, lambda edition: said % {"edition": edition})


def _compose(visit: Visit, audience: str) -> Done:
    """Compose an edition of the new items at once; if an editor reviews the audience's editions, the new one waits for
    him.
    """
    each = _audience(visit, audience)
    report = visit.publisher.compose(each.name)
    held = held_of(each, visit.office)
    made = report.compose.editions if report.compose else ()
    if held is not None:
        said = visit.gettext("%(edition)s is there, and waits for you.") % {"edition": visit.called(each, held.number)}
        return Done(said=with_problems(visit, said, report), about=held.name)
    if not made:
        raise RefusedError(with_problems(visit, visit.gettext("Nothing went out."), report))
    said = visit.gettext("%(edition)s goes out now.") % {"edition": visit.called(each, made[0].number)}
    return Done(said=with_problems(visit, said, report), about=made[0].name)


def _postpone(visit: Visit, audience: str) -> Done:
    if visit.field("until") == UNDECIDED:
        said = visit.gettext("%(edition)s waits until you decide.")
        return _decide(
            visit,
            audience,
            lambda name, office: review.postpone(name, None, office),
            lambda edition: said % {"edition": edition},
        )
    until = read_choice(visit.field("until"), now=visit.now)
    if until is None:
        raise TypedError(visit.gettext("Choose one of the moments."), name="until")
    here = visit.local(until)
    said = visit.gettext("%(edition)s waits until %(moment)s.")
    moment = f"{visit.day_in_words(here.date())}, {here:%H:%M}"
    return _decide(
        visit,
        audience,
        lambda name, office: review.postpone(name, until - office.now, office),
        lambda edition: said % {"edition": edition, "moment": moment},
    )


def _test(visit: Visit, audience: str) -> Done:
    each, person = _audience(visit, audience), visit.person
    words = _save_typed(visit, each)
    if send_test(each, visit.office, to=person) is None:
        raise RefusedError(visit.gettext("There are no items to send."))
    said = visit.gettext("A test is on its way to %(person)s.") % {"person": person}
    return Done(said=with_saved(visit, said, words))


def _save_words(visit: Visit, audience: str) -> Done:
    said = visit.gettext("Subject and introduction are saved.")
    return _decide(visit, audience, lambda _, __: ComposeReport(), lambda _: said, told=2)


def _move(to: Move, visit: Visit, audience: str) -> Done:
    said = {
        Move.UP: visit.gettext("“%(title)s” is one place further up."),
        Move.DOWN: visit.gettext("“%(title)s” is one place further down."),
        Move.FIRST: visit.gettext("“%(title)s” leads now."),
    }
    return _decide_item(visit, audience, lambda name, item, office: review.move(name, item, to, office), said[to])


def _retitle(visit: Visit, audience: str) -> Done:
    shown = upcoming(_audience(visit, audience), visit.office)
    before, typed = _title_in(visit, shown), one_line(visit.field(f"{TITLE}{visit.argument}"))

    def decide(name: str, office: Office) -> ComposeReport:
        return review.retitle(name, visit.argument, typed, office)

    said = visit.gettext("“%(before)s” is now called “%(after)s”.") % {"before": before, "after": typed}
    again = visit.gettext("“%(title)s” has its own title again.") % {"title": before}
    done = _decide(visit, audience, decide, lambda _: said if typed else again, told=1)
    return replace(done, at=f"item-{visit.argument}")


def _put_off(visit: Visit, audience: str) -> Done:
    said = visit.gettext("“%(title)s” is left for the next edition.")
    return _decide_item(visit, audience, review.put_off, said)


def _drop(visit: Visit, audience: str) -> Done:
    return _decide_item(visit, audience, review.drop, visit.gettext("“%(title)s” is left out for good."))


def _restore(visit: Visit, audience: str) -> Done:
    return _decide_item(visit, audience, review.restore, visit.gettext("“%(title)s” is back in the edition."))


def _include(visit: Visit, audience: str) -> Done:
    return _decide_item(visit, audience, review.include, visit.gettext("“%(title)s” is in this edition now."))


def _discard(visit: Visit, audience: str) -> Done:
    said = visit.gettext("%(edition)s is discarded: it is never sent. Below you can bring it back.")
    return _decide(visit, audience, review.discard, lambda edition: said % {"edition": edition})


def _reopen(visit: Visit, audience: str) -> Done:
    """Let a discarded edition wait for an editor again, with its former subject, introduction, order and titles."""
    each, name = _audience(visit, audience), f"{audience}-{visit.argument}"
    parts = parse_name(name)
    if parts is None or parts[0] != each.name:
        raise RefusedError(visit.gettext("There is no such edition."))
    report, _ = _decide_saving(visit, each, partial(review.reopen, name))
    said = visit.gettext("%(edition)s is back as it was, and waits until you decide.")
    return Done(said=with_problems(visit, said % {"edition": visit.called(each, parts[1])}, report), about=name)


def _restore_earlier(visit: Visit, audience: str) -> Done:
    """Restore an item that an earlier edition left out. The button names the edition and the item, as `3/ab12cd34`. If
    it names only the edition, restore all items that were discarded with it.
    """
    each = _audience(visit, audience)
    number, _, item = visit.argument.partition("/")
    name = f"{each.name}-{number}"
    report, _ = _decide_saving(visit, each, lambda office: review.restore(name, item or None, office))
    restored = report.compose.restored if report.compose else 0
    said = visit.ngettext(
        "%(num)s item is back: it is due for the next edition.",
        "%(num)s items are back: they are due for the next edition.",
        restored,
    )
    return Done(said=with_problems(visit, said % {"num": restored}, report), about=name)


def _decide_item(visit: Visit, audience: str, decision: Callable[[str, str, Office], ComposeReport], said: str) -> Done:
    """Apply a decision about the item that the button names. The result has the sentence `said`, and scrolls to the
    item.
    """
    shown = upcoming(_audience(visit, audience), visit.office)
    title, at = _title_in(visit, shown), place_after(visit, [each.record.short_id for each in shown.items])
    done = _decide(
        visit,
        audience,
        lambda name, office: decision(name, visit.argument, office),
        lambda _: said % {"title": title},
    )
    return replace(done, at=at)


def place_after(visit: Visit, shown: Sequence[str]) -> str:
    """Return where to scroll: to the item that the button names, or to the next one if that item leaves the list."""
    item = visit.argument
    if visit.verb not in LEAVING or item not in shown:
        return f"item-{item}"
    others = [each for each in shown if each != item]
    return f"item-{others[min(shown.index(item), len(others) - 1)]}" if others else ""


def _title_in(visit: Visit, shown: Upcoming) -> str:
    """Return the present title of the item that the button names, or an empty string if the edition has no such
    item.
    """
    inside = {each.record.short_id: each.title for each in shown.items}
    outside = {record.short_id: title_of(record.item) for record, _ in (*shown.taken_out, *shown.waiting)}
    return {**outside, **inside}.get(visit.argument, "")


def _decide(visit: Visit, audience: str, decision: Decide, said: Callable[[str], str], *, told: int = 0) -> Done:
    """Save what was typed, and apply a decision about the edition that waits for the editor, unless it has changed
    since the form was shown.

    `said` returns the sentence about what was done, given the edition's name. `told` is how many of the saved texts the
    sentence mentions.
    """
    each = _audience(visit, audience)
    held = held_of(each, visit.office)
    if held is None:
        raise RefusedError(visit.gettext("No edition waits for you any more."))
    report, words = _decide_saving(visit, each, partial(decision, held.name))
    called = visit.called(each, held.number)
    sentence = with_saved(visit, said(called), words, told=told)
    if visit.verb in LEAVING and held_of(each, visit.office) is None:
        sentence = f"{sentence} {ended_words(visit, called)}"
    return Done(said=with_problems(visit, sentence, report), about=held.name)


def _decide_saving(
    visit: Visit, audience: Audience, decision: Callable[[Office], ComposeReport]
) -> tuple[RunReport, TypedWords]:
    """Save what was typed for the edition that waits for the editor, then decide, unless the edition has changed since
    the form was shown.
    """
    words, held = typed_words(visit), held_of(audience, visit.office)

    def decide(office: Office) -> ComposeReport:
        if held is not None:
            _save(words, held.name, office)
        return decision(office)

    return visit.decide(decide, unchanged=partial(state_now, audience)), words


def _save_typed(visit: Visit, audience: Audience) -> TypedWords:
    """Save what was typed for the edition that waits for the editor, if it changes anything, and return it."""
    words = typed_words(visit)
    if words.count:
        _decide_saving(visit, audience, lambda _: ComposeReport())
    return words


def _save(words: TypedWords, name: str, office: Office) -> None:
    if words.subject is not None:
        review.change_subject(name, words.subject, office)
    if words.introduction is not None:
        review.introduce(name, words.introduction, office)
    for item, title in words.titles.items():
        review.retitle(name, item, title, office)


def ended_words(visit: Visit, edition: str) -> str:
    """Return a sentence that tells an editor that this edition has lost its last item."""
    return visit.gettext("It was the last item: %(edition)s is not sent.") % {"edition": edition}


def with_problems(visit: Visit, said: str, report: RunReport) -> str:
    """Return the sentence `said` about what was done, with the problems of the report added."""
    if not report.all_problems:
        return said
    logger.warning("an act at the desk met problems", act=visit.verb, problems=list(map(str, report.all_problems)))
    but = visit.gettext("Not all of it worked: whoever runs the site finds the reason in the log.")
    return f"{said} {but}"


EDITION = DeskPage(
    name="edition",
    rule="edition/<audience>",
    show=_show,
    acts={
        "release": _release,
        "compose": _compose,
        "postpone": _postpone,
        "test": _test,
        "words": _save_words,
        "up": partial(_move, Move.UP),
        "down": partial(_move, Move.DOWN),
        "first": partial(_move, Move.FIRST),
        "retitle": _retitle,
        "later": _put_off,
        "drop": _drop,
        "restore": _restore,
        "include": _include,
        "discard": _discard,
        "reopen": _reopen,
        "restore-earlier": _restore_earlier,
    },
    state=_state,
    is_in_menu=False,
)
EDITION_MAIL = DeskPage(name="mail", rule="edition/<audience>/mail", show=_show_mail, is_in_menu=False)
EDITION_TEXT = DeskPage(name="text", rule="edition/<audience>/text", show=_show_text, is_in_menu=False)
