"""Answers that several forms give."""

from http import HTTPStatus

from flask import Response

from publisher.serve.forms import pages
from publisher.serve.forms.view import View

HOUR_S = 3600


def refuse(view: View, *, language: str = "") -> Response:
    """Answer that too many forms came. `language` is the subscriber's, or empty if it is unknown."""
    answer = pages.trouble_page(view, "many", HTTPStatus.TOO_MANY_REQUESTS, language=language)
    answer.headers["Retry-After"] = str(HOUR_S)
    return answer


def lead_to(path: str) -> Response:
    """Redirect a browser after a form to a page that shows the result and can be reloaded."""
    # an answer without a text would be sent only after its `call_on_close` functions have run
    return Response("see there\n", HTTPStatus.SEE_OTHER, {"Location": path}, mimetype="text/plain")
