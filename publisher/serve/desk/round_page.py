"""The desk's page of the next mails to subscribers: when they are sent, what one looks like, and what an editor decides
about them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from flask import Response, abort, request

from publisher.admin import next_round
from publisher.admin.next_round import TypicalReader, UpcomingRound
from publisher.admin.office import Office
from publisher.admin.rounds import NoNewsError, held_by
from publisher.compose.digest import MAX_HTML_BYTES
from publisher.config.config import Config
from publisher.model.arrangement import Move
from publisher.model.editions import UNTIL_DECIDED
from publisher.model.errors import UsageError
from publisher.model.reports import ComposeReport, RunReport
from publisher.model.titles import title_of
from publisher.rendering.languages import own_name
from publisher.rendering.text import one_line
from publisher.serve.desk.deskpage import DeskPage, Done, RefusedError, TypedError
from publisher.serve.desk.edition_page import MAIL_POLICY, UNDECIDED, place_after, with_problems
from publisher.serve.desk.findings import tell_finding
from publisher.serve.desk.moments import choices_after, read_choice
from publisher.serve.desk.typed_words import TITLE, TypedWords, typed_words, with_saved
from publisher.serve.desk.visit import Visit
from publisher.serve.preview import SCHEMES, in_scheme

ABOUT = "round"
"""The name of the mails to subscribers in the record of what editors did."""
ACTS_SHOWN = 10
EVERY_PACE = "*"
PLAN_WITHIN = timedelta(seconds=5)
"""How long a visitor waits while mails to subscribers are planned; the service plans the rest later."""


# --- display ---------------------------------------------------------------------------------------------------------


def _show(visit: Visit) -> Response:
    shown = _upcoming(visit)
    scheme = request.args.get("look", "")
    until = shown.edit.postponed_until if shown.edit.is_postponed(visit.now) else None
    return visit.page(
        "desk/round.html",
        section="next",
        state=shown.state,
        shown=shown,
        places=[f"item-{each.record.short_id}" for each in shown.items],
        is_postponed=until is not None,
        until=None if until == UNTIL_DECIDED else until,
        waiting=_waiting(visit),
        themes=visit.publisher.people.themes,
        paces=visit.publisher.people.settings.paces,
        mail_languages=[(tag, own_name(tag)) for tag in next_round.languages_of(visit.office)],
        choice=_query(shown.reader),
        chosen_language=request.args.get("language", ""),
        moments=choices_after(max(visit.now, until or visit.now), visit.site.timezone, None),
        scheme=scheme if scheme in SCHEMES else "light",
        limit_kb=MAX_HTML_BYTES // 1000,
        can_test=visit.publisher.config.smtp is not None,
        title_of=title_of,
        tell_finding=lambda finding: tell_finding(finding, visit),
        acts=list(visit.desk.acts(limit=ACTS_SHOWN, about=ABOUT)),
    )


def _upcoming(visit: Visit) -> UpcomingRound:
    return next_round.upcoming_round(_reader(visit), visit.publisher.people, visit.office)


def _waiting(visit: Visit) -> list[str]:
    """Return the names of the editions that wait for their editor and so delay mails to subscribers: the names that the
    editions' recipients know.
    """
    audiences = {each.name: each for each in visit.publisher.config.audiences}
    held = (name.rpartition("-") for name in held_by(visit.publisher.config, visit.office.store))
    return [visit.called(audiences[audience], int(number)) for audience, _, number in held]


def _reader(visit: Visit) -> TypicalReader:
    """Return the typical subscriber for whom the page shows a mail. The page's query describes him.

    If a form's query has a theme, pace or language that no longer exists, the default one is used: a page with status
    404 would lose what was typed.
    """
    asked = {name: request.args.get(f"of-{name}", "") for name in ("theme", "pace", "language")}
    try:
        return next_round.typical_reader(visit.publisher.people, visit.office, **asked)
    except UsageError:
        if request.method != "POST":
            abort(404)
        return next_round.typical_reader(visit.publisher.people, visit.office)


def _query(reader: TypicalReader) -> str:
    """Return the query of the page's address that describes this typical subscriber."""
    return urlencode({"of-theme": reader.theme, "of-pace": reader.pace, "of-language": reader.language})


def _show_mail(visit: Visit) -> Response:
    digest = _upcoming(visit).digest
    if digest is None:
        abort(404)
    html = in_scheme(digest.html, request.args.get("look", "light"))
    headers = {"Content-Security-Policy": MAIL_POLICY, "Cross-Origin-Opener-Policy": "unsafe-none"}
    return Response(html, mimetype="text/html", headers=headers)


def _show_text(visit: Visit) -> Response:
    digest = _upcoming(visit).digest
    if digest is None:
        abort(404)
    return Response(f"{digest.subject}\n\n{digest.text}", mimetype="text/plain")


def _state(visit: Visit) -> str:
    return next_round.state_of_round(visit.office)


# --- acts ------------------------------------------------------------------------------------------------------------


def _send(visit: Visit) -> Done:
    paces = visit.publisher.people.settings.pace_names
    chosen = visit.field("pace")
    if chosen not in (*paces, EVERY_PACE):
        raise TypedError(visit.gettext("Choose who gets mail now."), name="pace")
    if waiting := _waiting(visit):
        said = visit.ngettext(
            "Nothing goes to subscribers while %(edition)s waits for you: send or discard it first.",
            "Nothing goes to subscribers while %(edition)s wait for you: send or discard them first.",
            len(waiting),
        )
        raise RefusedError(said % {"edition": "; ".join(waiting)})
    words = _save_typed(visit)
    try:
        report = visit.publisher.begin_round(paces if chosen == EVERY_PACE else [chosen], within=PLAN_WITHIN)
    except NoNewsError as error:
        raise RefusedError(visit.gettext("Nothing is new to these subscribers: no mail goes out.")) from error
    mails = sum(each.mails for each in report.rounds)
    if not all(each.is_planned for each in report.rounds):
        said = visit.gettext("The mails go out now; there are many, and they are being prepared.")
    elif mails:
        said = visit.ngettext("%(num)s mail goes out now.", "%(num)s mails go out now.", mails) % {"num": mails}
    else:
        said = visit.gettext("Nothing is new to these subscribers: no mail goes out.")
    return _done(visit, with_problems(visit, with_saved(visit, said, words), report))


def _postpone(visit: Visit) -> Done:
    typed = visit.field("until")
    if typed == UNDECIDED:
        said = visit.gettext("No mail goes to subscribers until you decide.")
        return _decide(visit, partial(next_round.postpone, None), said)
    until = read_choice(typed, now=visit.now)
    if until is None:
        raise TypedError(visit.gettext("Choose one of the moments."), name="until")
    here = visit.local(until)
    moment = f"{visit.day_in_words(here.date())}, {here:%H:%M}"
    said = visit.gettext("No mail goes to subscribers until %(moment)s.") % {"moment": moment}
    return _decide(visit, lambda office: next_round.postpone(until - office.now, office), said)


def _resume(visit: Visit) -> Done:
    return _decide(visit, next_round.resume, visit.gettext("Mails go to subscribers as planned again."))


def _test(visit: Visit) -> Done:
    person = visit.person
    words = _save_typed(visit)
    if next_round.send_round_test(_reader(visit), visit.publisher.people, visit.office, to=person) is None:
        raise RefusedError(visit.gettext("There are no items to send."))
    said = visit.gettext("A test is on its way to %(person)s.") % {"person": person}
    return _done(visit, with_saved(visit, said, words))


def _save_words(visit: Visit) -> Done:
    return _decide(visit, lambda _: ComposeReport(), visit.gettext("Subject and introduction are saved."), told=2)


def _move(to: Move, visit: Visit) -> Done:
    said = {
        Move.UP: visit.gettext("“%(title)s” is one place further up."),
        Move.DOWN: visit.gettext("“%(title)s” is one place further down."),
        Move.FIRST: visit.gettext("“%(title)s” leads now."),
    }
    reader = _reader(visit)
    return _decide_item(visit, lambda item, office: next_round.move(item, to, reader, office), said[to])


def _retitle(visit: Visit) -> Done:
    typed = one_line(visit.field(f"{TITLE}{visit.argument}"))
    reader, before = _reader(visit), _title(visit)
    said = visit.gettext("“%(before)s” is now called “%(after)s”.") % {"before": before, "after": typed}
    again = visit.gettext("“%(title)s” has its own title again.") % {"title": before}
    done = _decide(
        visit,
        lambda office: next_round.retitle(visit.argument, typed, reader, office),
        said if typed else again,
        told=1,
    )
    return replace(done, at=f"item-{visit.argument}")


def _drop(visit: Visit) -> Done:
    reader, said = _reader(visit), visit.gettext("“%(title)s” is left out of mails to subscribers.")
    return _decide_item(visit, lambda item, office: next_round.drop(item, reader, office), said)


def _restore(visit: Visit) -> Done:
    said = visit.gettext("“%(title)s” goes to subscribers again, but for those whose mails went out meanwhile.")
    return _decide_item(visit, next_round.restore, said)


def _decide_item(visit: Visit, decision: Callable[[str, Office], ComposeReport], said: str) -> Done:
    title, at = _title(visit), place_after(visit, [each.record.short_id for each in _upcoming(visit).items])
    return replace(_decide(visit, lambda office: decision(visit.argument, office), said % {"title": title}), at=at)


def _title(visit: Visit) -> str:
    """Return the title of the item that the button names, or an empty string if there is no such item."""
    shown = _upcoming(visit)
    titles = {each.record.short_id: title_of(each.record.item) for each in shown.left_out}
    titles |= {each.record.short_id: each.title for each in shown.items}
    return titles.get(visit.argument, "")


def _decide(visit: Visit, decision: Callable[[Office], ComposeReport], said: str, *, told: int = 0) -> Done:
    """Save what was typed and apply a decision about the next mails, unless what was shown has changed since the form
    was shown.

    `said` is the sentence about what was done; `told` is how many of the saved texts the sentence mentions.
    """
    report, words = _decide_saving(visit, decision)
    return _done(visit, with_problems(visit, with_saved(visit, said, words, told=told), report))


def _decide_saving(visit: Visit, decision: Callable[[Office], ComposeReport]) -> tuple[RunReport, TypedWords]:
    """Save what was typed, then apply a decision, unless its subject has changed since the form was shown."""
    words, reader = typed_words(visit), _reader(visit)

    def decide(office: Office) -> ComposeReport:
        if words.subject is not None or words.introduction is not None:
            next_round.write_words(words.subject, words.introduction, office)
        for item, title in words.titles.items():
            next_round.retitle(item, title, reader, office)
        return decision(office)

    return visit.decide(decide, unchanged=next_round.state_of_round), words


def _save_typed(visit: Visit) -> TypedWords:
    """Save what was typed, if it changes anything, and return it."""
    words = typed_words(visit)
    if words.count:
        _decide_saving(visit, lambda _: ComposeReport())
    return words


def _done(visit: Visit, said: str) -> Done:
    return Done(said=said, about=ABOUT, where=visit.path("round", query=_query(_reader(visit))))


def _is_there(config: Config) -> bool:
    return config.subscribers is not None


ACTS: Mapping[str, Callable[..., Done]] = {
    "send": _send,
    "postpone": _postpone,
    "resume": _resume,
    "test": _test,
    "words": _save_words,
    "up": partial(_move, Move.UP),
    "down": partial(_move, Move.DOWN),
    "first": partial(_move, Move.FIRST),
    "retitle": _retitle,
    "drop": _drop,
    "restore": _restore,
}
ROUND = DeskPage(name="round", rule="round", show=_show, acts=ACTS, state=_state, is_in_menu=False, is_there=_is_there)
ROUND_MAIL = DeskPage(name="mail", rule="round/mail", show=_show_mail, is_in_menu=False, is_there=_is_there)
ROUND_TEXT = DeskPage(name="text", rule="round/text", show=_show_text, is_in_menu=False, is_there=_is_there)
