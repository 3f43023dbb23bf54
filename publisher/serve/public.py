"""The public folder over HTTP, as it lies there, and how the service fares under /health.

Every answer is decided by a file's name, size and moment of change: so a reader that asks again is told "not modified"
until the file is another one. Nothing here changes anything.
"""

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import waitress
from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from publisher.model.errors import UsageError
from publisher.rendering import urls

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_AGE_S = 300
"""How long a browser or proxy may show a file without asking; news that is five minutes late is news."""
THREADS = 4
TYPES = {
    **{feed_format.file: feed_format.media_type for feed_format in urls.FEED_FORMATS.values()},
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".opml": "text/x-opml; charset=utf-8",
    ".json": "application/json",
}
"""By a file's name, or else by how it ends; anything else as the system knows it."""
FEED_FILES = frozenset(feed_format.file for feed_format in urls.FEED_FORMATS.values())
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Pages run nothing and load nothing but their style; a browser that was tricked into either refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file as it was at one moment."""

    data: bytes
    changed_ns: int
    etag: str


Health = Callable[[], tuple[bool, Mapping[str, object]]]
"""Whether the service does what it should, and what is told of it."""


class Website:
    """The WSGI application. `base_url` is where the folder is seen, whichever proxies are on the way."""

    def __init__(
        self,
        root: Path,
        *,
        base_url: str,
        hub: str,
        health: Health,
        was: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`was` has the former folders of renamed themes, each with the one it is now."""
        self._root = root
        self._was = was
        self._base_url = base_url
        self._prefix = urlsplit(base_url).path
        self._hub = hub
        self._health = health

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = self._answer(Request(environ))
        response.headers.extend(HEADERS)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response("only GET and HEAD\n", 405, {"Allow": "GET, HEAD"}, mimetype="text/plain")
        if request.path == "/health":
            is_well, told = self._health()
            body = json.dumps({"status": "ok" if is_well else "failing", **told}) + "\n"
            headers = {"Cache-Control": "no-store"}
            return Response(body, 200 if is_well else 503, headers, mimetype="application/json")
        path = request.path.removeprefix(self._prefix.rstrip("/")).removeprefix("/")
        if moved := self._moved(path):
            return Response(
                status=301, headers={"Location": quote(moved), "Cache-Control": f"public, max-age={MAX_AGE_S}"}
            )
        if self._is_folder(path):
            # Relative: a proxy may have another name for us.
            return Response(status=301, headers={"Location": f"{quote(path.rpartition('/')[2])}/"})
        return self._file(request, path) or self._not_found()

    def _moved(self, path: str) -> str:
        """Where what was at a path is now, relative to it; empty: here, or nowhere."""
        former, slash, rest = path.partition("/")
        place = f"{self._was.get(former, former)}{slash}{rest}"
        if place == path or not self._is_ours(place):
            return ""
        # Relative: a proxy may have another name for us.
        return "../" * path.count("/") + (place if slash else f"{place}/")

    def _is_folder(self, path: str) -> bool:
        return bool(path) and not path.endswith("/") and self._is_ours(path) and (self._root / path).is_dir()

    def _is_ours(self, name: str) -> bool:
        """Whether there is something of that name in the folder, links followed."""
        try:
            return is_public(name) and (self._root / name).resolve(strict=True).is_relative_to(self._root.resolve())
        except (OSError, RuntimeError):  # no such thing, a name too long for any, a link that leads to itself
            return False

    def _file(self, request: Request, path: str) -> Response | None:
        name = f"{path}{urls.INDEX_FILE}" if path == "" or path.endswith("/") else path
        found = self._read(name)
        if found is None:
            return None
        response = Response(found.data, content_type=type_of(name))
        response.set_etag(found.etag)
        response.headers["Last-Modified"] = http_date(found.changed_ns / 1e9)
        response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
        if name.endswith(".html"):
            response.headers["Content-Security-Policy"] = PAGE_POLICY
        if self._hub and name.rpartition("/")[2] in FEED_FILES:
            own = f"{self._base_url}{quote(name)}"
            response.headers["Link"] = f'<{self._hub}>; rel="hub", <{own}>; rel="self"'
        return response.make_conditional(request.environ)

    def _read(self, name: str) -> "Found | None":
        path = self._root / name
        if not self._is_ours(name) or not path.is_file():
            return None
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())  # of what is read, whatever is put in its place meanwhile
                data = file.read()
        except OSError:  # gone since, or not for us to read
            return None
        return Found(data=data, changed_ns=status.st_mtime_ns, etag=f"{len(data):x}-{status.st_mtime_ns:x}")

    def _not_found(self) -> Response:
        found = self._read(urls.NOT_FOUND_FILE)
        if found is None:
            return Response("not found\n", 404, mimetype="text/plain")
        headers = {"Cache-Control": f"public, max-age={MAX_AGE_S}", "Content-Security-Policy": PAGE_POLICY}
        return Response(found.data, 404, headers, content_type=TYPES[".html"])


def is_public(path: str) -> bool:
    """Whether a path stays inside the folder and names nothing hidden, such as what is about to be put in place."""
    parts = path.removesuffix("/").split("/") if path else []
    return all(part and not part.startswith(".") and not set(part) & {"\\", "\0"} for part in parts)


def type_of(name: str) -> str:
    """What a file is served as."""
    file = name.rpartition("/")[2]
    known = TYPES.get(file) or TYPES.get(Path(file).suffix)
    return known or guess_type(file, strict=False)[0] or "application/octet-stream"


@contextmanager
def listening(website: Website, address: str) -> Iterator[str]:
    """Answer at `address`, such as 127.0.0.1:8000, for the length of a `with`; gives the address in use.

    Raises:
        UsageError: nobody can listen there.
    """
    try:
        server = waitress.create_server(website, listen=address, threads=THREADS, ident=None)
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise UsageError(f"service.listen: {address}: {problem}; choose another address in config.toml") from error
    thread = threading.Thread(target=server.run, name="web")
    thread.start()
    try:
        yield f"{server.effective_host}:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(lambda: _end(server))
        thread.join()
        server.task_dispatcher.shutdown()


def _end(server: waitress.server.BaseWSGIServer) -> None:
    """Close the server and every connection, in its own thread: it runs for as long as one is open.

    Browsers keep theirs for minutes, to ask again. Whoever is cut off in the middle of an answer asks again as well.
    """
    for channel in server.active_channels.values():
        channel.will_close = True
    server.close()
