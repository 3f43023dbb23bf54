"""`publisher preview`: the next editions in a browser on this machine, rebuilt whenever something changes.

The web server answers only requests to its own host name, so that no page of another site can read the preview. Mails
are shown in frames that run no scripts.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from publisher.admin.next_edition import NextEdition, describe
from publisher.admin.office import audiences_named
from publisher.app import Publisher
from publisher.compose.digest import MAX_HTML_BYTES
from publisher.config.config import Config
from publisher.model.errors import PublisherError
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from publisher.serve.web import application, listening

HOST = "127.0.0.1"
PAGES = Path(__file__).parent / "previewer"
DARK = "@media (prefers-color-scheme: dark)"
SCHEMES = {"light": "@media not all", "dark": "@media all"}
"""By colour scheme, the text that replaces `DARK` in a mail's style. A frame has no colour scheme of its own."""
WIDTHS_PX = (320, 600, 1000)

OpenSite = Callable[[], AbstractContextManager[Publisher]]
"""Reads config.toml and opens the site for a rehearsal, which writes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The next edition of every audience, or the problems that prevent it."""

    editions: tuple[NextEdition, ...] = ()
    problems: tuple[str, ...] = ()

    def of(self, audience: str) -> NextEdition | None:
        """Return the audience's next edition. If the audience is unknown, return the first edition that has items, or
        else the first edition.
        """
        named = [each for each in self.editions if each.audience.name == audience]
        return next(
            iter([*named, *(each for each in self.editions if each.edition and not each.is_sample), *self.editions]),
            None,
        )


class LivePreview:
    """Builds the preview, and rebuilds it when something it depends on has changed."""

    def __init__(self, config: Path, open_site: OpenSite, audience: str | None) -> None:
        """Prepare a preview. Only editions of `audience` are shown; `None` means those of all audiences."""
        self._config = config
        self._open_site = open_site
        self._audience = audience
        self._lock = threading.Lock()
        self._last = ("", Preview())

    def version(self) -> str:
        """Return a text that changes when a file that editions depend on changes."""
        return "-".join(_stamp(path) for path in _watched(self._config))

    def now(self) -> Preview:
        """Return the preview as of now."""
        with self._lock:
            version = self.version()
            if self._last[0] != version:
                self._last = (version, self._build())
            return self._last[1]

    def _build(self) -> Preview:
        try:
            with self._open_site() as publisher:
                problems = publisher.collect().all_problems
                audiences = audiences_named(self._audience, publisher.config)
                editions = [describe(audience, publisher.office) for audience in audiences]
        except PublisherError as error:
            return Preview(problems=error.lines)
        return Preview(editions=tuple(editions), problems=tuple(map(str, problems)))


def preview_pages(live: LivePreview) -> Blueprint:
    """Return the part of the application that shows the next editions.

    `/` is the page for the editor, and `/digest` is the mail in the frames of that page. The page requests `/version`
    every second, and reloads when the answer changes.
    """
    part = Blueprint("preview", __name__)
    templates = Templates(TemplateFiles(PAGES))

    @part.before_app_request
    def refuse_other_names() -> Response | None:
        # DNS rebinding: another site can point its own name at this machine, but cannot make a browser send ours
        port = request.environ["SERVER_PORT"]
        is_ours = request.headers.get("Host") in (f"{HOST}:{port}", f"localhost:{port}")
        return None if is_ours else _text("not by this name", 403)

    @part.after_app_request
    def forbid_storing(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    @part.app_errorhandler(NotFound)
    def answer_not_found(_: NotFound) -> Response:
        return _text("there is no such page", 404)

    @part.get("/version")
    def show_version() -> Response:
        return _text(live.version())

    @part.get("/digest")
    def show_digest() -> str:
        shown = live.now().of(request.args.get("audience", ""))
        html = shown.digest.html if shown and shown.digest else ""
        return in_scheme(html, request.args.get("scheme", "light"))

    @part.get("/")
    def show_page() -> str:
        return _page(live, templates, audience=request.args.get("audience", ""), scheme=request.args.get("scheme", ""))

    return part


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain")


def _page(live: LivePreview, templates: Templates, *, audience: str, scheme: str) -> str:
    version, preview = live.version(), live.now()
    return templates.render(
        "page.html",
        language="en",
        domain="pages",
        version=version,
        problems=preview.problems,
        editions=preview.editions,
        shown=preview.of(audience),
        scheme=scheme if scheme in SCHEMES else "light",
        widths=WIDTHS_PX,
        limit=MAX_HTML_BYTES,
    )


def serve(
    config: Path, open_site: OpenSite, audience: str | None, *, port: int, ready: Callable[[str], object]
) -> None:
    """Show the next editions until KeyboardInterrupt; call `ready` with the address. Port 0 means any free port.

    Raises:
        UsageError: the port cannot be used.
    """
    app = application(preview_pages(LivePreview(config, open_site, audience)))
    with listening(app, f"{HOST}:{port}", key="--port", remedy="choose another port") as address:
        ready(f"http://{address}/")
        threading.Event().wait()


def in_scheme(html: str, scheme: str) -> str:
    """Return a digest's HTML as a mail program with the colour scheme `light` or `dark` shows it."""
    coloured = html.replace(DARK, SCHEMES.get(scheme, SCHEMES["light"]))
    # Links open a new window, except links within the mail: the frame is only for the mail.
    inside = coloured.replace(' href="#', ' target="_self" href="#')
    return inside.replace("<head>", '<head><base target="_blank">', 1)


def _watched(path: Path) -> Iterator[Path]:
    """Yield the files on which editions depend: the config.toml at `path`, and the files that it names."""
    yield path
    try:
        config = Config.load(path)
    except PublisherError:
        return  # after a mistake in config.toml, fixing it is a change
    for folder in (config.templates_directory, shipped_templates()):
        yield from sorted(folder.rglob("*"))
    for source in config.sources:
        for place in (option for option in source.options.values() if isinstance(option, Path)):
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
    # SQLite makes an empty journal while somebody reads, and removes it afterwards
    return f"{status.st_mtime_ns:x}.{status.st_size:x}" if status.st_size else ""
