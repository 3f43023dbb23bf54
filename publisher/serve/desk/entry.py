"""Signing in at the editors' desk, by a link in a mail and the button on the page that it opens; and signing out.

Every address gets the same answer, after the same time. The page that a link opens works without a cookie, because
browsers send none with a link from a mail (SameSite=Strict). Opening the page does not use the link up, because mail
programs follow links.
"""

from functools import partial
from http import HTTPStatus

import structlog
from flask import Response, request

from publisher.model.desk import LINK_WITHIN, SESSION_WITHIN
from publisher.model.errors import PublisherError
from publisher.rendering.addresses import MAX_ADDRESS
from publisher.serve.desk.dispatch import lead_to
from publisher.serve.desk.visit import COOKIE, Visit
from publisher.serve.forms.quota import Quota, network_of

logger = structlog.get_logger("publisher")

ASKED_PER_NETWORK = 20
"""How many links one network may ask for within an hour."""
ASKED_IN_ALL = 200
GUESSES_PER_NETWORK = 20
"""How many wrong links one network may try within an hour; after that, all links from it are refused. A token has 168
bits.
"""
_MINUTE_S = 60


class SignIn:
    """Signs people in and out: answers requests for the pages that need no session."""

    def __init__(self) -> None:
        self._asked = Quota(per_network=ASKED_PER_NETWORK, in_all=ASKED_IN_ALL)
        self._guessed = Quota(per_network=GUESSES_PER_NETWORK, in_all=10**6)

    def show_sign_in(self, visit: Visit) -> Response:
        """Return the page with the form that asks for a sign-in link."""
        return _entry_page(visit, "sign-in")

    def send_link(self, visit: Visit) -> Response:
        """Mail a sign-in link if the typed address belongs to an editor. The mail is sent after the answer, because a
        slower answer would reveal whether the address is an editor's.
        """
        address = visit.field("email").strip()[:MAX_ADDRESS]
        if not self._asked.take(network_of(request.remote_addr or ""), now=visit.now):
            return _entry_page(visit, "many", status=HTTPStatus.TOO_MANY_REQUESTS)
        answer = lead_to(visit.path("sent-link"))
        answer.call_on_close(partial(_send_link, visit, address))
        return answer

    def show_sent(self, visit: Visit) -> Response:
        """Return the page that says that a sign-in link is on its way, if the address belongs to an editor."""
        return _entry_page(visit, "sent-link")

    def show_link(self, visit: Visit, token: str) -> Response:
        """Return the page that a sign-in link opens, with the button that signs the person in."""
        person = self._person(visit, token)
        return _entry_page(visit, "in", person_let_in=person) if person else _bad_link(visit)

    def come_in(self, visit: Visit, token: str) -> Response:
        """Use a sign-in link: the browser gets a session and is redirected to the desk."""
        session = visit.desk.come_in(token) if self._person(visit, token) else ""
        if not session:
            return _bad_link(visit)
        visit.desk.sign_out(visit.cookie)  # the browser forgets its former session, so nobody could end it later
        answer = lead_to(visit.path())
        answer.set_cookie(
            COOKIE,
            session,
            max_age=SESSION_WITHIN,
            path=_cookie_path(visit),
            secure=request.scheme == "https",
            httponly=True,
            samesite="Strict",
        )
        return answer

    def sign_out(self, visit: Visit) -> Response:
        """End the visitor's session, in the store and in the browser."""
        if not visit.has_token:
            return visit.page("desk/forged.html", status=HTTPStatus.FORBIDDEN, kept=[])
        visit.desk.sign_out(visit.cookie)
        return lead_out(visit)

    def _person(self, visit: Visit, token: str) -> str:
        """Return the address of the person for whom a link was made, or an empty string if the link is not valid, or if
        too many wrong links were tried.
        """
        network = network_of(request.remote_addr or "")
        if not self._guessed.has_room(network, now=visit.now):
            return ""
        person = visit.desk.whom_lets_in(token)
        if not person:
            self._guessed.take(network, now=visit.now)
        return person


def lead_out(visit: Visit) -> Response:
    """Redirect a person whose session has ended from the desk to the sign-in page, and delete the browser's cookie."""
    answer = lead_to(visit.path("sign-in", query="out"))
    answer.delete_cookie(COOKIE, path=_cookie_path(visit), httponly=True, samesite="Strict")
    return answer


def ask_again(visit: Visit) -> Response:
    """Return a page that reloads itself: the browser withheld its cookie because the request came from another site."""
    return _entry_page(visit, "again")


def _entry_page(visit: Visit, name: str, *, status: int = HTTPStatus.OK, person_let_in: str = "") -> Response:
    return visit.page(
        f"desk/{name}.html",
        status=status,
        minutes=int(LINK_WITHIN.total_seconds() // _MINUTE_S),
        days=SESSION_WITHIN.days,
        sends_links=visit.desk.sends_links,
        is_out="out" in request.args,
        person_let_in=person_let_in,
    )


def _bad_link(visit: Visit) -> Response:
    return _entry_page(visit, "bad-link", status=HTTPStatus.NOT_FOUND)


def _cookie_path(visit: Visit) -> str:
    return visit.path().partition("?")[0]


def _send_link(visit: Visit, address: str) -> None:
    try:
        visit.desk.send_link(address)
    except PublisherError as error:
        logger.warning("a link to the desk cannot be sent", problem=str(error))
