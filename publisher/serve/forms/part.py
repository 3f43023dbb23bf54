"""The forms as a part of the web application.

**No tracking**: no cookie, no script, no third-party resource. The token in the address of the page identifies a
visitor. So browsers may not store these pages, and links from them send no referrer. **A GET changes nothing**: mail
programs follow links. **Known and unknown addresses get the same answers**, after the same time.

`POST /-/stop/TOKEN` is the one-click address of RFC 8058. It never redirects, and may be used any number of times.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from publisher.admin.reception import Reception
from publisher.model.errors import PublisherError
from publisher.model.subscribers import EVERYTHING, LetterKind, Request, Subscriber
from publisher.rendering.urls import FORMS
from publisher.serve.forms import pages
from publisher.serve.forms.answers import lead_to, refuse
from publisher.serve.forms.entered import (
    SHOWN,
    TRAP,
    Mistake,
    address_mistake,
    first_order,
    read_changes,
    read_order,
    read_pause,
)
from publisher.serve.forms.fresh import FreshForms
from publisher.serve.forms.quota import IN_ALL, PER_NETWORK, Quota, network_of
from publisher.serve.forms.stamp import is_good_stamp
from publisher.serve.forms.view import View
from publisher.subscribers.choose import may_choose
from publisher.subscribers.retries import retry_outrun

logger = structlog.get_logger("publisher")

MAX_FORM_BYTES = 64 * 1024
"""The most bytes of a form. A form with 200 themes has a tenth of that."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
LINK_END = "/<token>"
"""The end of each path that a link with a token leads to."""
SOON_S = 300
"""How many seconds visitors are told to wait before they try again, if the store cannot be used."""
LATER = "Please try again in some minutes.\n"

OpenReception = Callable[[], Reception]
"""Returns the reception (the site as the forms use it) as of this moment."""


class Background:
    """Runs tasks one after another outside of requests, so that no answer waits for them."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="letters")

    def __call__(self, work: Callable[[], None]) -> None:
        self._thread.submit(work)


def form_pages(
    open_reception: OpenReception,
    *,
    base_url: str,
    on_letter: Callable[[], object],
    later: Callable[[Callable[[], None]], None] | None = None,
) -> Blueprint:
    """Return the part of the application with the forms.

    Args:
        open_reception: returns the site at this moment.
        base_url: the address of the site.
        on_letter: called when a letter may wait to be sent.
        later: runs tasks that no answer may wait for; with `None`, a thread made here runs them.
    """
    forms = _Forms(open_reception, on_letter, later or Background())
    part = Blueprint("forms", __name__)
    # a proxy in front may or may not remove the site's own path from an address
    for number, root in enumerate(dict.fromkeys(("/", urlsplit(base_url).path))):
        for rule, method, answer in forms.rules():
            path, endpoint = f"{root}{FORMS}/{rule}", f"{answer.__name__}-{number}"
            part.add_url_rule(path, endpoint=endpoint, view_func=answer, methods=[method])
            if rule.endswith(LINK_END):  # also for a link that a mail program broke before its token
                part.add_url_rule(
                    path.removesuffix(LINK_END),
                    endpoint=endpoint,
                    methods=[method],
                    defaults={"token": ""},
                    strict_slashes=False,
                )
    part.before_request(_bound_size)
    part.after_request(_keep_private)
    part.errorhandler(RequestEntityTooLarge)(forms.answer_too_long)
    part.errorhandler(PublisherError)(forms.answer_trouble)
    return part


def _bound_size() -> None:
    request.max_content_length = MAX_FORM_BYTES
    request.max_form_memory_size = MAX_FORM_BYTES


def _keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Content-Security-Policy"] = POLICY
    return response


class _Forms:
    """Answers requests for the forms of subscribers."""

    def __init__(
        self,
        open_reception: OpenReception,
        on_letter: Callable[[], object],
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        self._open = open_reception
        self._later = later
        self._on_letter = on_letter
        self._quota = Quota()

    def rules(self) -> list[tuple[str, str, Callable[..., Response]]]:
        """Return the paths below `/-/`, each with its HTTP method and the function that answers."""
        return [
            ("subscribe", "GET", self.show_subscribe),
            ("subscribe", "POST", self.subscribe),
            ("sent", "GET", self.show_sent),
            ("confirm/<token>", "GET", self.show_confirm),
            ("confirm/<token>", "POST", self.confirm),
            ("welcome/<token>", "GET", self.show_welcome),
            ("mine/<token>", "GET", self.show_mine),
            ("mine/<token>", "POST", self.change_mine),
            ("stop/<token>", "GET", self.show_stop),
            ("stop/<token>", "POST", self.stop),
            ("link", "GET", self.show_link),
            ("link", "POST", self.send_link),
            *FreshForms(self._view, self._may_send, self._send_later, self._on_letter).rules(),
        ]

    # --- subscribe and confirm ---------------------------------------------------------------------------------------

    def show_subscribe(self) -> Response:
        view = self._view()
        theme = request.args.get("theme", "")
        is_known = theme in [each.slug for each in view.people.themes]
        order = first_order(view.people.settings, language=view.speaks(), theme=theme if is_known else "")
        return pages.subscribe_page(view, order)

    def subscribe(self) -> Response:
        view = self._view()
        people = view.people
        slugs = [each.slug for each in people.themes]
        order = read_order(request.form, people.settings, slugs, languages=view.spoken, language=view.speaks())
        if mistakes := order.mistakes() or _stale(view):
            return pages.subscribe_page(view, order, mistakes)
        if not self._may_send(view):
            return refuse(view)
        choices, words = people.checked(order.choices), view.consent(view.speaks())
        wanted = Request(address=order.email, choices=choices, language=order.language, words=words)
        answer = lead_to(view.path("sent"))
        if not request.form.get(TRAP):
            self._send_later(answer, lambda reception: reception.people.subscribe(wanted))
        return answer

    def show_sent(self) -> Response:
        waits_for = next((name for name in ("link", "move") if name in request.args), "confirm")
        return self._view().page("sent", "sent", waits_for=waits_for)

    def show_confirm(self, token: str) -> Response:
        view = self._view()
        wanted = view.people.links.requested(token)
        return pages.confirm_page(view, token, wanted) if wanted else pages.bad_link_page(view)

    def confirm(self, token: str) -> Response:
        view = self._view()
        subscriber = retry_outrun(lambda: view.people.confirm(token))
        subscriber = subscriber or view.people.links.used_now(token, LetterKind.CONFIRM, LetterKind.RENEW)
        if subscriber is None:
            return pages.bad_link_page(view)
        return lead_to(view.path("welcome", view.people.links.tokens_of(subscriber.number)[1]))

    def show_welcome(self, token: str) -> Response:
        view = self._view()
        subscriber = view.people.links.mine(token)
        return pages.welcome_page(view, token, subscriber) if subscriber else pages.bad_link_page(view)

    # --- a reader's own page -----------------------------------------------------------------------------------------

    def show_mine(self, token: str) -> Response:
        view = self._view()
        subscriber = view.people.links.mine(token)
        if subscriber is None:
            return pages.bad_link_page(view)
        said = request.args
        return pages.mine_page(view, token, subscriber, is_saved="saved" in said, is_moved="moved" in said)

    def change_mine(self, token: str) -> Response:
        view = self._view()
        before = view.people.links.mine(token)
        if before is None:
            return pages.bad_link_page(view)
        wanted = request.form.get("do")
        if wanted == "link":
            if not self._may_send(view):
                return refuse(view, language=before.language)
            return self._answer_link(view, before.address, language=before.language)
        if not may_choose(before.subscriptions, now=view.people.now):
            return lead_to(view.path("subscribe", language=view.named(before.language)))
        if wanted == "resume":
            followed = view.people.present_choices(before.choices)
            retry_outrun(lambda: view.people.change(token, choices=followed, language=before.language))
            return lead_to(view.path("mine", token, query="saved"))
        return self._save(view, token, before)

    def _save(self, view: View, token: str, before: Subscriber) -> Response:
        """Save what a subscriber chose on his own page, or show it again with the mistake in it."""
        people = view.people
        followed = people.present_choices(before.choices)
        slugs = dict.fromkeys([EVERYTHING, *(each.slug for each in people.themes), *followed])
        choices = read_changes(request.form, people.settings, slugs, followed)
        wanted, until = request.form.get("language", ""), request.form.get("until", "")[:SHOWN]
        language = wanted if wanted in view.spoken else before.language
        pause: datetime | Mistake | None = before.paused_until
        if "until" in request.form:
            pause = read_pause(until, timezone=view.site.timezone, now=people.now)
        if isinstance(pause, Mistake):
            return pages.mine_page_again(view, token, before, choices, language, until=until, mistake=pause)
        retry_outrun(lambda: people.change(token, choices=choices, language=language, paused_until=pause))
        return lead_to(view.path("mine", token, query="saved"))

    # --- leaving -----------------------------------------------------------------------------------------------------

    def show_stop(self, token: str) -> Response:
        view = self._view()
        subscriber = view.people.links.holder(token)
        if subscriber is None:
            return self._answer_gone(view, token)
        return pages.stop_page(view, token, subscriber, "ask" if subscriber.active else "stopped")

    def stop(self, token: str) -> Response:
        """End all subscriptions of the owner of an unsubscribe link, or do what another button of the
        link's page says.
        """
        view = self._view()
        wanted = request.form.get("do", "")
        people = view.people
        act: Callable[[str], object] = {"undo": people.undo, "fewer": people.slow_down}.get(wanted, people.stop)
        retry_outrun(lambda: act(token))
        after = view.people.links.holder(token)
        if after is None:
            return self._answer_gone(view, token)
        back = "fewer" if wanted == "fewer" else "back"
        return pages.stop_page(view, token, after, back if after.active else "stopped")

    def _answer_gone(self, view: View, token: str) -> Response:
        """Answer an unsubscribe link whose owner is unknown. An old mail of a person whose data was deleted is answered
        like one of a person who left, so that no mail program reports a failure.
        """
        return (
            pages.stop_page(view, token, None, "stopped")
            if view.people.links.is_stop(token)
            else pages.bad_link_page(view)
        )

    # --- a fresh link ------------------------------------------------------------------------------------------------

    def show_link(self) -> Response:
        return pages.link_page(self._view())

    def send_link(self) -> Response:
        view = self._view()
        email = request.form.get("email", "").strip()[:SHOWN]
        mistake = address_mistake(email)
        if mistakes := (mistake,) if mistake else _stale(view):
            return pages.link_page(view, mistakes=mistakes, email=email)
        if not self._may_send(view):
            return refuse(view)
        return self._answer_link(view, "" if request.form.get(TRAP) else email)

    def _answer_link(self, view: View, email: str, *, language: str = "") -> Response:
        """Answer that a link is sent if the address is subscribed, and send it in that case. Nothing is sent if `email`
        is empty. `language` is the language of the subscriber, if known.
        """
        answer = lead_to(view.path("sent", query="link", language=view.named(language)))
        if email:
            self._send_later(answer, lambda reception: reception.people.ask_for_link(email))
        return answer

    def _send_later(self, answer: Response, ask: Callable[[Reception], object]) -> None:
        """Queue a letter after the answer. Writing it takes time, which would reveal whether the address is subscribed,
        has a suppression, or got a letter lately.
        """
        answer.call_on_close(partial(self._later, partial(self._send, ask)))

    def _send(self, ask: Callable[[Reception], object]) -> None:
        try:
            ask(self._open())
        except PublisherError as error:
            logger.warning("a link cannot be sent", problem=str(error))
        except Exception:  # nobody waits for this thread, and a bug must be logged
            logger.exception("a link cannot be sent")
        self._on_letter()

    # --- errors ------------------------------------------------------------------------------------------------------

    def answer_too_long(self, _: RequestEntityTooLarge) -> Response:
        return pages.trouble_page(self._view(), "long", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def answer_trouble(self, error: PublisherError) -> Response:
        """Answer that the form will work again soon. Visitors do not see the error, which is for the operator."""
        rule = request.url_rule
        logger.warning("a form cannot be used", form=rule.rule if rule else "", problem=str(error))
        try:
            answer = pages.trouble_page(self._view(), "later", HTTPStatus.SERVICE_UNAVAILABLE)
        except PublisherError:  # the store or a template cannot be used at all
            answer = Response(LATER, HTTPStatus.SERVICE_UNAVAILABLE, mimetype="text/plain")
        answer.headers["Retry-After"] = str(SOON_S)
        return answer

    def _view(self) -> View:
        return View(self._open(), request)

    def _may_send(self, view: View) -> bool:
        queued = view.reception.letters_of_this_hour()
        is_taken = self._quota.take(network_of(request.remote_addr or ""), queued=queued, now=view.people.now)
        if not is_taken:
            self._log_first_refusal()
        return is_taken

    def _log_first_refusal(self) -> None:
        """Log that forms are refused, once in an hour for the first network, and once when all have to wait."""
        if self._quota.refused_to_all == 1:
            logger.warning("all forms are refused until the hour is over", forms=self._quota.total, limit=IN_ALL)
        elif self._quota.refused == 1:
            logger.warning("forms from one network are refused until the hour is over", limit=PER_NETWORK)


def _stale(view: View) -> tuple[Mistake, ...]:
    is_good = is_good_stamp(request.form.get("stamp", ""), view.reception.key, now=view.people.now)
    return () if is_good else (Mistake.STALE,)
