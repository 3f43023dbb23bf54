"""Forms that a fresh link (one in a letter that works once) opens: to see or erase the subscriber's data, and to
confirm a new address.

The page of the link has a button, which leads to the subscriber's own page, or opens the page of his data. That page is
valid for an hour, and has the same path with another token. Viewing a page changes nothing.
"""

from collections.abc import Callable

from flask import Response, request

from publisher.admin.reception import Reception
from publisher.model.subscribers import LetterKind, Subscriber
from publisher.rendering.urls import host_of
from publisher.serve.forms import pages
from publisher.serve.forms.answers import lead_to, refuse
from publisher.serve.forms.entered import SHOWN, Mistake, address_mistake
from publisher.serve.forms.view import View
from publisher.store.moves import MoveOutcome
from publisher.subscribers.held_data import json_of
from publisher.subscribers.retries import retry_outrun


class FreshForms:
    """Answers requests for the forms that a fresh link opens."""

    def __init__(
        self,
        view: Callable[[], View],
        may_send: Callable[[View], bool],
        send_later: Callable[[Response, Callable[[Reception], object]], None],
        on_letter: Callable[[], object],
    ) -> None:
        """Prepare to answer. `send_later` queues a letter after an answer; `on_letter` is called if one was queued
        before.
        """
        self._view = view
        self._may_send = may_send
        self._send_later = send_later
        self._on_letter = on_letter

    def rules(self) -> list[tuple[str, str, Callable[..., Response]]]:
        """Return the paths below `/-/`, each with its HTTP method and the function that answers."""
        return [
            ("fresh/<token>", "GET", self.show_fresh),
            ("fresh/<token>", "POST", self.use_fresh),
            ("erased", "GET", self.show_erased),
            ("move/<token>", "GET", self.show_move),
            ("move/<token>", "POST", self.move),
        ]

    def show_fresh(self, token: str) -> Response:
        view = self._view()
        if holder := view.reception.own_data.holder(token):
            return pages.data_page(view, token, holder)
        if subscriber := view.people.links.fresh(token):
            return view.page("fresh", "fresh", token, language=subscriber.language)
        return pages.bad_link_page(view)

    def use_fresh(self, token: str) -> Response:
        """Use up the fresh link of a letter. If the form is from a page that a fresh link opened, do what its button
        says.
        """
        view = self._view()
        if holder := view.reception.own_data.holder(token):
            return self._act(view, token, holder)
        if request.form.get("do") == "erase" and view.reception.own_data.is_erased(token):
            return lead_to(view.path("erased"))  # a second click
        if request.form.get("do") == "data":
            opened = view.reception.own_data.open(token)
            return lead_to(view.path("fresh", opened)) if opened else pages.bad_link_page(view)
        subscriber = view.people.links.use_fresh(token)
        if subscriber is None:
            return pages.bad_link_page(view)
        return lead_to(view.path("mine", view.people.links.tokens_of(subscriber.number)[1]))

    def _act(self, view: View, token: str, holder: Subscriber) -> Response:
        match request.form.get("do"):
            case "download":
                answer = Response(json_of(view.reception.own_data.held(holder)), mimetype="application/json")
                name = host_of(view.site.base_url)
                answer.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
                return answer
            case "move":
                return self._ask_to_move(view, token, holder)
            case "ask-erase":
                return pages.erase_page(view, token, holder)
            case "erase":
                view.reception.own_data.erase(token, is_final="never" in request.form)
                return lead_to(view.path("erased", language=view.speaks(holder.language)))
            case _:
                return pages.data_page(view, token, holder)

    def show_erased(self) -> Response:
        return self._view().page("erased", "erased")

    # --- another address ---------------------------------------------------------------------------------------------

    def _ask_to_move(self, view: View, token: str, holder: Subscriber) -> Response:
        email = request.form.get("email", "").strip()[:SHOWN]
        mistake = address_mistake(email)
        if mistake is None and view.people.wire_address(email) == holder.address:
            mistake = Mistake.SAME_ADDRESS
        if mistake is not None:
            return pages.data_page(view, token, holder, mistakes=(mistake,), email=email)
        if not self._may_send(view):
            return refuse(view, language=holder.language)
        answer = lead_to(view.path("sent", query="move", language=view.speaks(holder.language)))
        self._send_later(answer, lambda reception: reception.own_data.ask_to_move(token, email))
        return answer

    def show_move(self, token: str) -> Response:
        view = self._view()
        moving = view.reception.own_data.moving(token)
        return pages.move_page(view, token, moving) if moving else pages.bad_link_page(view)

    def move(self, token: str) -> Response:
        view = self._view()
        own_data = view.reception.own_data
        moving = own_data.moving(token)
        outcome = None
        if moving is not None:
            words = view.move_words(view.speaks(moving.before.language))
            outcome = retry_outrun(lambda: own_data.move(token, words=words))
        if outcome is MoveOutcome.MOVED:
            self._on_letter()
        # after a second click the address is taken, by this subscriber
        if subscriber := view.people.links.used_now(token, LetterKind.MOVE):
            return lead_to(view.path("mine", view.people.links.tokens_of(subscriber.number)[1], query="moved"))
        if moving is not None and outcome is MoveOutcome.TAKEN:
            return pages.move_page(view, token, moving, is_taken=True)
        return pages.bad_link_page(view)
