"""Preview: the next editions in a browser, on this machine only, made anew whenever something they are made of changes.

A page of three routes for one person: hence the standard library's server and no framework. It answers to its own name
only, so that no page of another site can ask it anything, and what mails hold is shown where no script runs.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from publisher.admin.next_edition import Outlook
from publisher.app import Publisher
from publisher.compose.digest import MAX_HTML_BYTES
from publisher.config.config import Config
from publisher.model.errors import PublisherError, UsageError
from publisher.rendering.templates import Templates, default_folders

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
PAGES = Path(__file__).parent / "previewer"
DARK = "@media (prefers-color-scheme: dark)"
SCHEMES = {"light": "@media not all", "dark": "@media all"}
"""What becomes of the rules for the dark: a frame has no setting of its own for them."""
WIDTHS_PX = (320, 600, 1000)

OpenSite = Callable[[], AbstractContextManager[Publisher]]
"""Opens the site for a rehearsal, with its config.toml read anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The outlook of every audience, or why there is none."""

    outlooks: tuple[Outlook, ...] = ()
    problems: tuple[str, ...] = ()

    def of(self, audience: str) -> Outlook | None:
        """That audience's; else the first that has an edition, else the first."""
        named = [each for each in self.outlooks if each.audience.name == audience]
        return next(iter([*named, *(each for each in self.outlooks if each.edition), *self.outlooks]), None)


class Desk:
    """Makes the outlooks, once for as long as nothing changes."""

    def __init__(self, config: Path, open_site: OpenSite, audience: str | None) -> None:
        self._config = config
        self._open_site = open_site
        self._audience = audience
        self._lock = threading.Lock()
        self._last = ("", Built())

    def version(self) -> str:
        """Changes when something does that an edition is made of."""
        return "-".join(_stamp(path) for path in _watched(self._config))

    def built(self) -> Built:
        """The outlooks as of now."""
        with self._lock:
            version = self.version()
            if self._last[0] != version:
                self._last = (version, self._build())
            return self._last[1]

    def _build(self) -> Built:
        try:
            with self._open_site() as publisher:
                problems = publisher.collect().all_problems
                outlooks = publisher.outlooks(self._audience)
        except PublisherError as error:
            return Built(problems=tuple(str(error).splitlines()))
        return Built(outlooks=tuple(outlooks), problems=tuple(map(str, problems)))


class Pages:
    """The WSGI application: `/` for the editor, `/digest` for its frames, `/version` to know when to load anew."""

    def __init__(self, desk: Desk, *, port: int) -> None:
        self._desk = desk
        self._names = (f"{HOST}:{port}", f"localhost:{port}")
        self._templates = Templates((PAGES,))

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        asked = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        # DNS rebinding: a page elsewhere may give this machine a name of its own, but not make a browser say ours.
        if environ.get("HTTP_HOST") not in self._names:
            status, media_type, body = "403 Forbidden", "text/plain", "not by this name"
        else:
            status, media_type, body = self._answer(environ.get("PATH_INFO", "/"), asked)
        data = body.encode()
        headers = [
            ("Content-Type", f"{media_type}; charset=utf-8"),
            ("Content-Length", str(len(data))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response(status, headers)
        return [data]

    def _answer(self, path: str, asked: dict[str, str]) -> tuple[str, str, str]:
        if path == "/version":
            return "200 OK", "text/plain", self._desk.version()
        if path == "/digest":
            shown = self._desk.built().of(asked.get("audience", ""))
            html = shown.digest.html if shown and shown.digest else ""
            return "200 OK", "text/html", in_scheme(html, asked.get("scheme", "light"))
        if path == "/":
            return "200 OK", "text/html", self._page(asked)
        return "404 Not Found", "text/plain", "there is no such page"

    def _page(self, asked: dict[str, str]) -> str:
        version, built = self._desk.version(), self._desk.built()
        scheme = asked.get("scheme", "light")
        return self._templates.render(
            "page.html",
            language="en",
            domain="pages",
            version=version,
            problems=built.problems,
            outlooks=built.outlooks,
            shown=built.of(asked.get("audience", "")),
            scheme=scheme if scheme in SCHEMES else "light",
            widths=WIDTHS_PX,
            limit=MAX_HTML_BYTES,
        )


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: the page asks once a second whether something changed."""


def serve(
    config: Path, open_site: OpenSite, audience: str | None, *, port: int, ready: Callable[[str], object]
) -> None:
    """Show the next editions until interrupted; `ready` is told the address. Port 0: any that is free.

    Raises:
        UsageError: the port is taken.
    """
    try:
        server = make_server(HOST, port, lambda *_: [], server_class=_Server, handler_class=_Quiet)
    except OSError as error:
        raise UsageError(f"port {port} cannot be used ({error.strerror}); choose another with --port") from error
    with server:
        server.set_app(Pages(Desk(config, open_site, audience), port=server.server_port))
        ready(f"http://{HOST}:{server.server_port}/")
        server.serve_forever(poll_interval=0.2)


def in_scheme(html: str, scheme: str) -> str:
    """The digest as a reader sees it whose mail programs are set to light, or to dark."""
    turned = html.replace(DARK, SCHEMES.get(scheme, SCHEMES["light"]))
    # Links lead to a window of their own, as a frame is for the mail; but not those within the mail.
    inside = turned.replace(' href="#', ' target="_self" href="#')
    return inside.replace("<head>", '<head><base target="_blank">', 1)


def _watched(path: Path) -> Iterator[Path]:
    """Yield the files that editions are made of."""
    yield path
    try:
        config = Config.load(path)
    except PublisherError:
        return  # once it is mended, that is a change
    for folder in (config.templates_directory, *default_folders()):
        yield from sorted(folder.rglob("*"))
    for source in config.sources:
        for place in (value for value in source.options.values() if isinstance(value, Path)):
            yield from sorted(place.rglob("*")) if place.is_dir() else [place]
    yield config.outbox_directory
    if (database := config.store.file) is not None:
        yield database
        yield database.with_name(f"{database.name}-wal")


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return ""
    # SQLite makes an empty journal for whoever only reads, and takes it away again.
    return f"{status.st_mtime_ns:x}.{status.st_size:x}" if status.st_size else ""
