"""The desk as a part of the web application: its paths, and the conditions for every request.

Browsers and proxies may not store the desk's answers, other sites may not frame them, links in them send no referrer,
and scripts do not run.
"""

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import RequestEntityTooLarge

from publisher.app import Publisher
from publisher.model.errors import PublisherError
from publisher.rendering import languages
from publisher.rendering.urls import DESK, FORMS
from publisher.serve.desk.deskpage import MAX_FORM_BYTES, DeskPage
from publisher.serve.desk.dispatch import act_on, lead_to, show
from publisher.serve.desk.entry import SignIn, ask_again
from publisher.serve.desk.list_tasks import ListTasks
from publisher.serve.desk.pages import new_pages
from publisher.serve.desk.texts import Texts
from publisher.serve.desk.transport import is_confidential, is_own_form
from publisher.serve.desk.visit import DOMAIN, Visit
from publisher.serve.source_watch import SourceWatch

logger = structlog.get_logger("publisher")

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
STYLE_S = 300
PLAIN_REMEDY = (
    "open the desk by https; the web server in front must be the one of service.proxy in config.toml, and say https in "
    "X-Forwarded-Proto"
)

OpenSite = Callable[[], Publisher]
"""Returns the site, opened."""


def desk_pages(
    open_site: OpenSite, *, base_url: str, on_act: Callable[[], object], watch: SourceWatch, tasks: ListTasks
) -> Blueprint:
    """Return the part of the application with the editors' desk. `on_act` is called when mails may wait to be sent.

    `watch` knows when each source was last read, `tasks` has the lists of people that editors sent.
    """
    desk = _DeskPart(open_site, base_url=base_url, on_act=on_act, pages=new_pages(watch, tasks))
    part = Blueprint("desk", __name__)
    # a proxy in front may or may not remove the site's own path from an address
    for number, root in enumerate(dict.fromkeys(("/", urlsplit(base_url).path))):
        for place, (rule, method, answer) in enumerate(desk.rules()):
            path = f"{root}{FORMS}/{DESK}{'/' if rule else ''}{rule}"
            part.add_url_rule(
                path, endpoint=f"{number}-{place}", view_func=answer, methods=[method], strict_slashes=False
            )
    part.before_request(desk.refuse_others)
    part.after_request(_keep_private)
    part.errorhandler(RequestEntityTooLarge)(desk.answer_too_long)
    part.errorhandler(PublisherError)(desk.answer_trouble)
    return part


def _keep_private(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", POLICY)
    return response


def _text(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain")


class _DeskPart:
    """Answers requests for the editors' desk (the website where editors decide)."""

    def __init__(
        self,
        open_site: OpenSite,
        *,
        base_url: str,
        on_act: Callable[[], object],
        pages: Sequence[DeskPage],
    ) -> None:
        self._open = open_site
        self._host = urlsplit(base_url).netloc
        self._on_act = on_act
        self._pages = pages
        self._entry = SignIn()
        self._is_plain_logged = False

    def rules(self) -> list[tuple[str, str, Callable[..., Response]]]:
        """Return the paths below `/-/desk`, each with its HTTP method and the function that answers."""
        entry = self._entry
        open_to_all = [
            ("style.css", "GET", self.show_style),
            ("sign-in", "GET", self._open_to_all(entry.show_sign_in)),
            ("sign-in", "POST", self._open_to_all(entry.send_link)),
            ("sent-link", "GET", self._open_to_all(entry.show_sent)),
            ("in", "GET", self._open_to_all(partial(entry.show_link, token=""))),  # a mail program broke the link
            ("in/<token>", "GET", self._open_to_all(entry.show_link)),
            ("in/<token>", "POST", self._open_to_all(entry.come_in)),
            ("sign-out", "POST", self._for_people(entry.sign_out)),
        ]
        of_pages = [
            rule
            for page in self._pages
            for rule in (
                (page.rule, "GET", self._for_people(partial(self._on_page, page, show))),
                (page.rule, "POST", self._for_people(partial(self._on_page, page, act_on))),
            )
        ]
        return [*open_to_all, *of_pages]

    def refuse_others(self) -> Response | None:
        """Return a refusal if somebody could read the request on its way, or if a form was sent from another site.
        Otherwise return `None`.
        """
        request.max_content_length = MAX_FORM_BYTES
        request.max_form_memory_size = MAX_FORM_BYTES
        if not is_confidential(request.environ):
            return self._refuse_plain()
        hosts = (request.host, self._host)
        if request.method == "POST" and not is_own_form(request.headers, scheme=request.scheme, hosts=hosts):
            texts = self._texts()
            said = texts.gettext("This form was not sent from a page of the desk. Nothing was done.")
            return _text(said, HTTPStatus.FORBIDDEN)
        return None

    def _refuse_plain(self) -> Response:
        """Return the refusal of a request that others could read on its way. The refusal is not a page of the desk,
        because others could read it too.
        """
        if not self._is_plain_logged:
            logger.warning("the desk was asked for without https, and does not answer", remedy=PLAIN_REMEDY)
            self._is_plain_logged = True
        texts = self._texts()
        said = texts.gettext("The desk does not answer here: what it shows could be read on the way. Open it by https.")
        log = texts.gettext("If you did, whoever runs the site finds the reason in the log.")
        return _text(f"{said}\n{log}", HTTPStatus.FORBIDDEN)

    def answer_too_long(self, _: RequestEntityTooLarge) -> Response:
        try:
            return self._visit().page("desk/too-long.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except PublisherError as error:  # no handler is asked about the error of another one
            return self.answer_trouble(error)

    def answer_trouble(self, error: PublisherError) -> Response:
        """Answer that the desk will work again soon. The answer uses no template, because a broken template may be the
        cause.
        """
        logger.warning("the desk cannot be used", problem=str(error))
        said = self._texts().gettext("The desk cannot be used now. Please try again in some minutes.")
        return _text(said, HTTPStatus.SERVICE_UNAVAILABLE)

    def show_style(self) -> Response:
        """Return the style sheet that the editors' desk uses in addition to the site's."""
        look = self._open().desk.look
        css = look.templates.render("desk/style.css", language=look.site.language, domain="desk")
        return Response(css, mimetype="text/css", headers={"Cache-Control": f"max-age={STYLE_S}"})

    def _open_to_all(self, answer: Callable[..., Response]) -> Callable[..., Response]:
        def respond(**arguments: Any) -> Response:  # noqa: ANN401  (of the path)
            return self._wake_after(answer(self._visit(), **arguments))

        return respond

    def _for_people(self, answer: Callable[..., Response]) -> Callable[..., Response]:
        """Return a function that calls `answer` for people who are signed in, and redirects others to the
        sign-in page.
        """

        def respond(**arguments: Any) -> Response:  # noqa: ANN401  (of the path)
            visit = self._visit()
            if visit.session is not None:
                return self._wake_after(answer(visit, **arguments))
            if request.method == "POST":
                return visit.page(
                    "desk/ended.html", status=HTTPStatus.UNAUTHORIZED, kept=[text for _, text in visit.written()]
                )
            # a request that a mail or another site led to comes without the cookie, a request from this page with it
            is_led = request.headers.get("Sec-Fetch-Site", "") in ("cross-site", "same-site")
            return ask_again(visit) if is_led else lead_to(visit.path("sign-in"))

        return respond

    def _wake_after(self, response: Response) -> Response:
        """Wake the delivery loop after a POST has been answered and the work that remained is done."""
        if request.method == "POST":
            response.call_on_close(self._on_act)
        return response

    def _on_page(self, page: DeskPage, answer: Callable[..., Response], visit: Visit, **arguments: Any) -> Response:  # noqa: ANN401
        if not page.is_there(visit.publisher.config):
            abort(HTTPStatus.NOT_FOUND)
        request.max_content_length = page.max_bytes
        return answer(page, visit, **arguments)

    def _texts(self) -> Texts:
        """Return the fixed texts in the visitor's language, or in English if the site cannot be opened."""
        try:
            return self._visit()
        except PublisherError:
            return languages.translations(languages.SOURCE_LANGUAGE, DOMAIN)

    def _visit(self) -> Visit:
        return Visit(self._open(), request, self._pages)
