"""Handles every POST at the editors' desk: checks the session and the form's token and state, records the action and
performs it, and answers.
"""

from http import HTTPStatus
from urllib.parse import quote

import structlog
from flask import Response

from publisher.model.errors import BusyError, OutrunError, PublisherError, UsageError
from publisher.serve.desk.deskpage import DeskPage, RefusedError, TypedError
from publisher.serve.desk.refusals import tell_refusal
from publisher.serve.desk.visit import Trouble, Visit

logger = structlog.get_logger("publisher")


def show(page: DeskPage, visit: Visit, **arguments: str | int) -> Response:
    """Answer a GET by a signed-in editor with the page."""
    return page.show(visit, **arguments)


def act_on(page: DeskPage, visit: Visit, **arguments: str | int) -> Response:
    """Answer a POST by a signed-in editor: do what the button says, record who did it, and redirect to the result.

    Nothing is done if the form is not from this session, or if what the page shows has changed since; then the page is
    shown again with what was typed.
    """
    act = page.acts.get(visit.verb)
    if act is None or not visit.has_token:
        kept = [text for _, text in visit.written()]
        return visit.page("desk/forged.html", status=HTTPStatus.FORBIDDEN, kept=kept)
    about = "/".join(map(str, arguments.values()))
    if page.state(visit, **arguments) != visit.field("state"):
        return _show_again(page, visit, Trouble(kind="changed"), HTTPStatus.CONFLICT, **arguments)
    number = visit.desk.begin_act(visit.verb, about or page.name, person=visit.person, language=visit.language)
    try:
        done = act(visit, **arguments)
    except PublisherError as error:
        trouble, status = _trouble_of(error, visit)
        if trouble.kind in ("busy", "failed"):
            logger.warning("an act at the desk failed", act=visit.verb, about=about, problem=str(error))
        visit.desk.end_act(number, trouble.words, is_done=False)
        return _show_again(page, visit, trouble, status, **arguments)
    visit.desk.end_act(number, done.said, is_done=True, about=done.about)
    return done.answer or lead_to(_with_number(done.where or visit.here, number, at=done.at))


def _trouble_of(error: PublisherError, visit: Visit) -> tuple[Trouble, HTTPStatus]:
    """Return why an action of an editor was refused, as a page shows it, and the HTTP status of the answer."""
    match error:
        case TypedError():
            return Trouble(kind="mistake", words=str(error), field=error.name), HTTPStatus.BAD_REQUEST
        case OutrunError():
            return Trouble(kind="changed", words=visit.gettext("Somebody else was quicker.")), HTTPStatus.CONFLICT
        case RefusedError():
            return Trouble(kind="refused", words=str(error)), HTTPStatus.CONFLICT
        case _:
            kind = "busy" if isinstance(error, BusyError) else "failed"
            is_usage = isinstance(error, UsageError)
            status = HTTPStatus.CONFLICT if is_usage else HTTPStatus.SERVICE_UNAVAILABLE
            # a usage error names commands, which are not available at the desk; the log has its message
            return Trouble(kind=kind, words=tell_refusal(error, visit), quoted="" if is_usage else str(error)), status


def lead_to(path: str) -> Response:
    """Redirect a browser that sent a form to a page that can be reloaded without sending the form again."""
    return Response("see there\n", HTTPStatus.SEE_OTHER, {"Location": path}, mimetype="text/plain")


def _show_again(page: DeskPage, visit: Visit, trouble: Trouble, status: int, **arguments: str | int) -> Response:
    visit.trouble = trouble
    answer = page.show(visit, **arguments)
    answer.status_code = status
    return answer


def _with_number(path: str, number: int, *, at: str) -> str:
    place = f"&at={quote(at)}#{quote(at)}" if at else ""
    return f"{path}{'&' if '?' in path else '?'}done={number}{place}"
