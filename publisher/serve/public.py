"""The public folder `feeds/` over HTTP.

The ETag is made from a file's name, size and time of change, so a repeated request is answered 304 until the file
changes. Nothing here changes a file.
"""

import gzip
import os
import re
from collections.abc import Mapping
from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from flask import Blueprint, Request, Response, abort, request
from werkzeug.exceptions import NotFound
from werkzeug.http import parse_range_header
from werkzeug.wsgi import wrap_file

from publisher.rendering import urls

MAX_AGE_S = 300
"""How many seconds a browser or proxy may show a file without asking again."""
ARCHIVE_MAX_AGE_S = 30 * 24 * 3600
"""How many seconds a document of a feed's archive may be shown without asking again. It changes only when the operator
asks for it.
"""
ARCHIVE = re.compile(r"/archive/[0-9]+/[^/]+$")
ARCHIVE_FOLDER = re.compile(r"(?P<feed>.+/)archive(/[0-9]+)?/?")
"""The folder of a feed's archive, or of one of its documents. These folders have no pages."""
MIN_GZIP_BYTES = 256
"""The least length of a text that is compressed. A shorter text would hardly become smaller."""
GZIP_LEVEL = 6
"""The compression level. Level 9 would save only another 0.3 % on feeds and pages."""
TYPES = {
    **{feed_format.file: feed_format.media_type for feed_format in urls.FEED_FORMATS.values()},
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".opml": "text/x-opml; charset=utf-8",
    ".json": "application/json",
}
"""Content types by file name or by suffix. Other files have the type that the system knows."""
FEED_FILES = frozenset(feed_format.file for feed_format in urls.FEED_FORMATS.values())
SHARED = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Link"}
"""The headers of every answer about a feed: feed readers that run in a browser fetch feeds from other sites."""
PREFLIGHT = {
    "Allow": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Cache-Control, If-Modified-Since, If-None-Match, If-Range, Pragma, Range",
    "Access-Control-Max-Age": "86400",
}
"""The headers of the answer to OPTIONS. A browser asks before a script of another site may send a conditional request,
and does not ask again for `Access-Control-Max-Age` seconds.
"""
QUERY = "!$%&'()*+,-./:;=?@_~"
"""The characters of a query (RFC 3986 section 3.4) that a redirect repeats as they are."""
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy of pages. They run no script, load only their style and pictures, and browsers refuse
everything else.
"""


def public_pages(
    root: Path, *, base_url: str, hub: str = "", was: Mapping[str, str] = MappingProxyType({})
) -> Blueprint:
    """Return the part of the application that serves the folder `root`.

    `base_url` is the folder's public address, whatever proxies are in front. `was` maps the former folder of each
    renamed theme to its present one.
    """
    folder = _Folder(root, base_url=base_url, hub=hub, was=was)
    part = Blueprint("public", __name__)
    part.add_url_rule("/", view_func=folder.answer)
    part.add_url_rule("/<path:_>", view_func=folder.answer)
    for feed in sorted(FEED_FILES):
        part.add_url_rule(f"/<path:_>/{feed}", view_func=answer_preflight, methods=["OPTIONS"])
    part.after_request(share_feeds)
    part.app_errorhandler(NotFound)(folder.answer_not_found)
    return part


def answer_preflight(_: str) -> Response:
    """Answer a browser that asks which requests scripts of other sites may send for a feed. Feeds of renamed themes get
    the same answer, because browsers do not follow a redirect of this request.
    """
    return Response(status=HTTPStatus.NO_CONTENT, headers=PREFLIGHT)


def share_feeds(response: Response) -> Response:
    """Allow scripts of other sites to read an answer about a feed, be it a redirect or the 404 page."""
    if request.path.rpartition("/")[2] in FEED_FILES:
        response.headers.update(SHARED)
    return response


class _Folder:
    """Answers requests for the files of the folder."""

    def __init__(self, root: Path, *, base_url: str, hub: str, was: Mapping[str, str]) -> None:
        self._root = root
        self._was = was
        self._base_url = base_url
        self._prefix = urlsplit(base_url).path
        self._hub = hub

    def answer(self, _: str = "") -> Response:
        """Answer a request with the file, or with a redirect to the file's present place.

        Raises:
            NotFound: there is no such file, or it is not public.
        """
        if request.path != "/" and f"{request.path}/" == self._prefix:
            return _redirect(f"{self._prefix.rstrip('/').rpartition('/')[2]}/")
        path = self._path_of(request.path)
        if moved := self._moved(path):
            return _redirect(moved)
        if page := self._page_of_folder(path):
            return _redirect(page)
        name = f"{path}{urls.INDEX_FILE}" if path == "" or path.endswith("/") else path
        return self._send(name) or abort(404)

    def answer_not_found(self, _: NotFound) -> Response:
        """Return the site's own page for addresses that do not exist, with status 404."""
        return self._send(urls.NOT_FOUND_FILE, status=HTTPStatus.NOT_FOUND) or Response(
            "not found\n", 404, mimetype="text/plain"
        )

    def _path_of(self, path: str) -> str:
        """Return the path of a requested file below the folder, whether or not a proxy removed the path of the site's
        base URL from the address.
        """
        return path.removeprefix(self._prefix if path.startswith(self._prefix) else "/")

    def _moved(self, path: str) -> str:
        """Return the present place of a file of a renamed theme, relative to its former place, or an empty string if
        the file was not moved.
        """
        former, slash, rest = path.partition("/")
        place = f"{self._was.get(former, former)}{slash}{rest}"
        if place == path or not self._place(place):
            return ""
        return "../" * path.count("/") + (place if slash else f"{place}/")

    def _page_of_folder(self, path: str) -> str:
        """Return where the page of a requested folder is, relative to the folder's own path: for a folder of a feed's
        archive it is the feed's page, which leads to all older items. Return an empty string if the path is that of the
        page itself, or of something else.
        """
        name = path.removesuffix("/")
        place = self._place(name)
        if place is None or not place.is_dir():
            return ""
        if (place / urls.INDEX_FILE).is_file():
            return "" if path in ("", f"{name}/") else f"{name.rpartition('/')[2]}/"
        archive = ARCHIVE_FOLDER.fullmatch(path)
        if archive is None or self._place(f"{archive['feed']}{urls.INDEX_FILE}") is None:
            return ""
        return "../" * path.count("/", archive.end("feed")) or "./"

    def _place(self, name: str) -> Path | None:
        """Return the path of a file or folder, or `None` if it does not exist, has a name that begins with a dot, or is
        a link to a place outside the folder.
        """
        if not is_public(name):
            return None
        try:
            place = (self._root / name).resolve(strict=True)
        except (OSError, RuntimeError):  # no such file, a name that is too long, or a link to itself
            return None
        return place if place.is_relative_to(self._root.resolve()) else None

    def _send(self, name: str, *, status: int = HTTPStatus.OK) -> Response | None:
        """Return the answer with a file, with status 410 for the page of a withdrawn item, or `None` if there is no
        such file.
        """
        place = self._place(name)
        if place is None or name.endswith(urls.GONE) or not place.is_file():  # opening a named pipe blocks
            return None
        if place.with_name(urls.gone_file(place.name)).exists():
            status = HTTPStatus.GONE
        try:
            file = place.open("rb")
        except OSError:  # removed since, or not readable for us
            return None
        try:
            response = _file_response(file, name, status=status)
        except BaseException:
            file.close()
            raise
        response.headers.extend(self._headers(name))
        return response

    def _headers(self, name: str) -> Mapping[str, str]:
        """Return the headers that depend only on the file's name."""
        max_age_s = MAX_AGE_S
        headers = {}
        if name.endswith(".html"):
            headers["Content-Security-Policy"] = PAGE_POLICY
        elif name.rpartition("/")[2] in FEED_FILES:
            if self._hub:
                own = f"{self._base_url}{quote(name)}"
                headers["Link"] = f'<{self._hub}>; rel="hub", <{own}>; rel="self"'
            if ARCHIVE.search(name):
                max_age_s = ARCHIVE_MAX_AGE_S
        return {"Cache-Control": f"public, max-age={max_age_s}", **headers}


def _redirect(place: str) -> Response:
    """Redirect to a place relative to the requested address, because the proxy in front may have another host name. The
    query of the address is kept.
    """
    query = quote(request.query_string, safe=QUERY)
    location = f"{quote(place)}?{query}" if query else quote(place)
    return Response(status=301, headers={"Location": location, "Cache-Control": f"public, max-age={MAX_AGE_S}"})


def _file_response(file: BinaryIO, name: str, *, status: int) -> Response:
    """Return an open file as an answer, compressed if the client accepts that.

    werkzeug's `send_from_directory` is not used: it reads a file's size from its path, and then opens the path. While a
    file was replaced again and again, 122 of its 20,000 answers had the size and ETag of one version and bytes of
    another (docs/adr/a-file-is-sent-from-one-opening.md).
    """
    facts = os.fstat(file.fileno())
    media_type, etag = type_of(name), f"{facts.st_size:x}-{facts.st_mtime_ns:x}"
    is_packed = is_text(media_type) and facts.st_size >= MIN_GZIP_BYTES and takes_gzip(request)
    response = Response(wrap_file(request.environ, file), status, content_type=media_type, direct_passthrough=True)
    response.content_length = facts.st_size
    response.last_modified = facts.st_mtime  # type: ignore[assignment]  # a number is as good, and exact
    # each encoding has its own tag (RFC 9110 section 8.8.3.3), so that caches can tell them apart
    response.set_etag(f"{etag}-gzip" if is_packed else etag)
    if is_text(media_type):
        response.vary.add("Accept-Encoding")
    if status == HTTPStatus.OK:
        sends_parts = not is_packed and understands_range(request)
        response.make_conditional(request.environ, accept_ranges=sends_parts, complete_length=facts.st_size)
    if is_packed and response.status_code == status:
        with file:
            response.set_data(gzip.compress(file.read(), GZIP_LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def is_public(path: str) -> bool:
    """Whether a path stays inside the folder and names no hidden file, such as `.staging`."""
    parts = path.removesuffix("/").split("/") if path else []
    return all(part and not part.startswith(".") and not set(part) & {"\\", "\0"} for part in parts)


def is_text(media_type: str) -> bool:
    """Whether compression makes files of this type smaller. Pictures are compressed already."""
    return media_type.startswith("text/") or media_type.partition(";")[0].endswith(("xml", "json", "javascript"))


def takes_gzip(asked: Request) -> bool:
    """Whether a client prefers compressed text and wants the whole file.

    A quality of 0 is a refusal, and `identity` (uncompressed) comes last unless it is named (RFC 9110 section 12.5.3).
    """
    accepted = asked.accept_encodings
    plain = accepted.quality("identity") if "identity" in map(str.lower, accepted.values()) else 0
    return accepted.quality("gzip") > plain and "Range" not in asked.headers


def understands_range(asked: Request) -> bool:
    """Whether to answer only the range in a request's Range header. Only a single range is supported; others may be
    ignored (RFC 9110 section 14.2).
    """
    wanted = parse_range_header(asked.headers.get("Range", "bytes=0-"))
    return wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1


def type_of(name: str) -> str:
    """Return the Content-Type of a file."""
    file = name.rpartition("/")[2]
    known = TYPES.get(file) or TYPES.get(Path(file).suffix)
    return known or guess_type(file, strict=False)[0] or "application/octet-stream"
