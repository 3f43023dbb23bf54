"""The web application, put together from parts, and the server that listens for it.

A part is a Flask blueprint: the public folder, the health of the service, the preview. `publisher serve` and
`publisher preview` each choose their parts.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import waitress
from flask import Blueprint, Flask, Response
from werkzeug.exceptions import MethodNotAllowed

from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 4
MAX_BODY_BYTES = 1_000_000
"""A longer request is refused (413) before it is kept: a form is short, and the disk is not for strangers to fill."""
# It warns whenever five requests come at once, which the operator need not know.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def application(*parts: Blueprint) -> Flask:
    """The web application of these parts, with the headers that every answer has."""
    app = Flask(__name__, static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # only GET and HEAD are needed
    app.url_map.merge_slashes = False  # a//b is no file, and no redirect to a/b
    app.after_request(_protect)
    app.register_error_handler(MethodNotAllowed, _refuse_method)
    for part in parts:
        app.register_blueprint(part)
    return app


def _protect(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _refuse_method(error: MethodNotAllowed) -> Response:
    allowed = ", ".join(sorted(error.valid_methods or ()))
    return Response(f"only {allowed}\n", 405, {"Allow": allowed}, mimetype="text/plain")


@contextmanager
def listening(app: "WSGIApplication", address: str, *, key: str, remedy: str) -> Iterator[str]:
    """Answer at `address`, such as 127.0.0.1:8000, for the length of a `with`; yield the address in use.

    The error for an address that cannot be used names the `key` that the operator chose it with, and the `remedy`.

    Raises:
        UsageError: the address cannot be used, for example because another program listens there.
    """
    try:
        server = waitress.create_server(
            app, listen=address, threads=THREADS, ident=None, max_request_body_size=MAX_BODY_BYTES
        )
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise UsageError(f"{key}: {address}: {problem}; {remedy}") from error
    thread = threading.Thread(target=server.run, name="web")
    thread.start()
    try:
        yield f"{server.effective_host}:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(lambda: _close(server))
        thread.join()
        server.task_dispatcher.shutdown()


def _close(server: waitress.server.BaseWSGIServer) -> None:
    """Close the server and every connection; runs in the server's thread, which ends with the last connection.

    Browsers keep a connection open for minutes in case they need it again. One that is cut off in the middle of an
    answer asks again.
    """
    for channel in server.active_channels.values():
        channel.will_close = True
    server.close()
