"""What the answers to forms have in common."""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TypeVar

from flask import Response

from publisher.model.errors import OutrunError
from publisher.serve.forms import pages
from publisher.serve.forms.view import View

TRIES = 10
"""A mail program, or somebody who is impatient, may send a form several times at once."""
HOUR_S = 3600

_T = TypeVar("_T")


def decide(decide: Callable[[], _T]) -> _T:
    """Do what somebody decided; if another request was quicker, do it again from the new state.

    Raises:
        OutrunError: others were quicker each time.
    """
    for _ in range(TRIES - 1):
        with suppress(OutrunError):
            return decide()
    return decide()


def refuse(view: View) -> Response:
    answer = pages.trouble_page(view, "many", HTTPStatus.TOO_MANY_REQUESTS)
    answer.headers["Retry-After"] = str(HOUR_S)
    return answer


def lead_to(path: str) -> Response:
    """Lead a browser from a form that was sent to the page that says so, which it may load again."""
    # The server gives an answer without a text only after what is to be done once it is given.
    return Response("see there\n", HTTPStatus.SEE_OTHER, {"Location": path}, mimetype="text/plain")
