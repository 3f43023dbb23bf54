"""Functions that answers to several forms share, such as to decide again when another request was quicker."""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TypeVar

from flask import Response

from publisher.model.errors import OutrunError
from publisher.serve.forms import pages
from publisher.serve.forms.view import View

TRIES = 10
"""How often a decision is tried. A mail program, or an impatient person, may send a form several times at once."""
HOUR_S = 3600

_T = TypeVar("_T")


def decide(decide: Callable[[], _T]) -> _T:
    """Call a function that makes a decision. If another request was quicker, call it again with the new state.

    Raises:
        OutrunError: another request was quicker each time.
    """
    for _ in range(TRIES - 1):
        with suppress(OutrunError):
            return decide()
    return decide()


def refuse(view: View, *, language: str = "") -> Response:
    """Answer that too many forms came. `language` is the subscriber's, or empty if it is unknown."""
    answer = pages.trouble_page(view, "many", HTTPStatus.TOO_MANY_REQUESTS, language=language)
    answer.headers["Retry-After"] = str(HOUR_S)
    return answer


def lead_to(path: str) -> Response:
    """Redirect a browser after a form to a page that shows the result and can be reloaded."""
    # an answer without a text would be sent only after its `call_on_close` functions have run
    return Response("see there\n", HTTPStatus.SEE_OTHER, {"Location": path}, mimetype="text/plain")
