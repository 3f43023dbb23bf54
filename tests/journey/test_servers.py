"""The sample configurations of web servers, each in the real server: headers, redirects, and files that
stay private.
"""

import gzip
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
from flask import Blueprint, Response, request

from publisher.serve.public import PREFLIGHT
from publisher.serve.web import application, listening
from tests.judges import program
from tests.world import CONFIG, NOW, ROOT, World, news

SAMPLES = ROOT / "docs" / "servers"
BEHIND = "127.0.0.1:8000"
"""The address at which the sample configurations expect the forms."""
HUB = "https://hub.example.org/"
COMMENTED = re.compile(
    r"^(\s*)# (?=set |if |    set |add_header|@feeds|header @feeds|<|    Header|rewrite|@renamed|\tpath_regexp|\tnot"
    r"|redir|RewriteRule|location|    (?:proxy_|access_log|expires)|}|reverse_proxy|ProxyPass|SetEnvIf)",
    re.MULTILINE,
)
"""The form of lines in a sample configuration that the operator may uncomment."""
NGINX = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
master_process off;
events {{}}
http {{
    types {{ text/html html; text/css css; }}
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    include {folder}/site.conf;
}}
"""
CADDY = "{{\n\tadmin off\n\tauto_https off\n\tstorage file_system {folder}\n}}\n"
APACHE = """
ServerRoot {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
Mutex file:{folder}
User nobody
Group nogroup
Listen 127.0.0.1:{port}
{modules}
TypesConfig /etc/mime.types
Include {folder}/site.conf
"""
APACHE_MODULES = (
    *("mpm_event", "authz_core", "alias", "deflate", "dir", "expires", "filter", "headers", "mime", "negotiation"),
    *("rewrite", "proxy", "proxy_http", "setenvif"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running web server on a site that has published."""

    name: str
    port: int
    world: World

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", body: str | None = None
    ) -> tuple[int, Message, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                method, path, body, headers={"Host": f"news.example.org:{self.port}"} | dict(headers or {})
            )
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


def mirror() -> Blueprint:
    """Return a part of the application that stands in for the forms. It answers with the request's address and visitor,
    and status 404.
    """
    part = Blueprint("mirror", __name__)

    def answer(path: str) -> Response:
        said = f"{request.method} {path} {request.form.get('do', '')} from {request.remote_addr}"
        return Response(said, 404, {"Cache-Control": "no-store"}, mimetype="text/plain")

    part.add_url_rule("/-/<path:path>", view_func=answer, methods=["GET", "POST"])
    return part


def nginx(folder: Path, world: World, port: int, behind: str) -> list[str]:
    """Return the command that starts nginx on the site, with its sample configuration."""
    command = program("nginx")
    here = {"listen 80;": f"listen 127.0.0.1:{port};", "/srv/news/feeds": str(world.feeds), BEHIND: behind}
    sample = adapted("nginx.conf", here)
    (folder / "site.conf").write_text(sample, "utf-8")
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder), "utf-8")
    return [command, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, world: World, port: int, behind: str) -> list[str]:
    command = program("caddy")
    sample = adapted(
        "Caddyfile",
        {
            "\nnews.example.org {": f"\nhttp://news.example.org:{port} {{\n\tbind 127.0.0.1",
            "/srv/news/feeds": str(world.feeds),
            BEHIND: behind,
        },
    )
    (folder / "Caddyfile").write_text(CADDY.format(folder=folder) + sample, "utf-8")
    return [command, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def apache(folder: Path, world: World, port: int, behind: str) -> list[str]:
    command, modules = program("apache2", "httpd"), Path("/usr/lib/apache2/modules")
    loaded = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in APACHE_MODULES)
    here = {
        "*:80": f"127.0.0.1:{port}",
        "DocumentRoot /srv/news/feeds": f"DocumentRoot {world.feeds}",
        "<Directory /srv/news/feeds>": f"<Directory {world.feeds}>",
        BEHIND: behind,
    }
    (folder / "site.conf").write_text(adapted("apache.conf", here), "utf-8")
    (folder / "apache.conf").write_text(APACHE.format(folder=folder, port=port, modules=loaded), "utf-8")
    return [command, "-D", "FOREGROUND", "-f", str(folder / "apache.conf")]


def adapted(sample: str, here: Mapping[str, str]) -> str:
    """Return a sample configuration with all options switched on, and with the paths of the test."""
    text = COMMENTED.sub(r"\1", (SAMPLES / sample).read_text("utf-8"))
    for ours, theirs in here.items():
        assert 1 == text.count(ours), ours
        text = text.replace(ours, theirs)
    return text


AN_HOUR_AGO = time.time() - 3600


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A site that has published more items than its feeds contain and withdrawn one, with a half-written page in
    `.staging`.
    """
    with TemporaryDirectory(prefix="publisher-served-") as name:
        Path(name).chmod(0o755)  # servers read as their own user, who may not enter pytest's folders
        items = [news(f"{day} March 2026", f"{text}.") for day, text in ((3, "One"), (2, "Taken back"), (1, "Three"))]
        world = World(Path(name) / "site", "\n\n".join(items), config=f"{CONFIG}\n[feeds]\nlimit = 1\n")
        world.publisher("run", at=NOW)
        world.edit(f"{items[1]}\n\n", "")
        world.publisher("run", at=NOW)
        (world.feeds / ".staging").mkdir()
        (world.feeds / ".staging" / "000000").write_text("half a page", "utf-8")
        for file in world.feeds.rglob("*"):
            os.utime(file, (AN_HOUR_AGO, AN_HOUR_AGO))  # apache says W/ in the ETag of a file of the last second
        yield world


@pytest.fixture(
    scope="module",
    params=[nginx, pytest.param(caddy, marks=pytest.mark.slow), pytest.param(apache, marks=pytest.mark.slow)],
)
def server(request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    start: Callable[[Path, World, int, str], list[str]] = request.param
    folder = tmp_path_factory.mktemp(start.__name__)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with listening(application(mirror()), "127.0.0.1:0", key="test", remedy="none", proxy="127.0.0.1") as behind:
        command, log = start(folder, world, port, behind), folder / "output.log"
        with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
            try:
                wait_for(port, process, log)
                yield Server(name=start.__name__, port=port, world=world)
            finally:
                process.terminate()


def wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(log.read_text("utf-8"))


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_address_of_a_renamed_theme_leads_to_its_new_one(server: Server, encoding: str) -> None:
    status, headers, _ = server.ask("/borders-visa/rss.xml", {"Accept-Encoding": encoding})

    assert 301 == status
    assert "/frontieres/rss.xml" == urlsplit(headers["Location"]).path


FILES = [
    ("/", "index.html", "text/html; charset=utf-8"),
    ("/all/", "all/index.html", "text/html; charset=utf-8"),
    ("/items/2026/one.html", "items/2026/one.html", "text/html; charset=utf-8"),
    ("/style.css", "style.css", "text/css; charset=utf-8"),
    ("/all/rss.xml", "all/rss.xml", "application/rss+xml"),
    ("/all/atom.xml", "all/atom.xml", "application/atom+xml"),
    ("/all/feed.json", "all/feed.json", "application/feed+json"),
    ("/feeds.opml", "feeds.opml", "text/x-opml; charset=utf-8"),
    ("/sitemap.xml", "sitemap.xml", "application/xml"),
]
ENCODINGS: Mapping[str, Callable[[bytes], bytes]] = {"identity": bytes, "gzip": gzip.decompress}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("path", "file", "media_type"), FILES)
def test_a_file_is_sent_with_its_type_compressed_where_that_is_welcome(
    server: Server, path: str, file: str, media_type: str, encoding: str
) -> None:
    accepted = {"Accept-Encoding": encoding}
    status, headers, data = server.ask(path, accepted)

    assert (200, media_type) == (status, headers["Content-Type"])
    assert "max-age=300" in headers["Cache-Control"]
    assert encoding == headers.get("Content-Encoding", "identity")
    assert (server.world.feeds / file).read_bytes() == ENCODINGS[encoding](data)
    assert {"accept-encoding"} == {each.strip().lower() for each in ",".join(headers.get_all("Vary", [])).split(",")}
    for known in ({"If-None-Match": headers["ETag"]}, {"If-Modified-Since": headers["Last-Modified"]}):
        assert (304, b"") == server.ask(path, accepted | known)[::2]
        assert (304, b"") == server.ask(path, accepted | known, method="HEAD")[::2]
    status, again, nothing = server.ask(path, accepted, method="HEAD")
    assert (200, b"", headers["ETag"]) == (status, nothing, again["ETag"])


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate", "gzip"),
        ("gzip;q=1.0,deflate;q=0.6,identity;q=0.3", "gzip"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0.000, deflate", "identity"),
        ("deflate", "identity"),
    ],
)
def test_readers_get_what_they_take(server: Server, accepted: str, encoding: str) -> None:
    _, headers, _ = server.ask("/all/atom.xml", {"Accept-Encoding": accepted})

    assert encoding == headers.get("Content-Encoding", "identity")


def test_each_encoding_has_a_tag_of_its_own(server: Server) -> None:
    if server.name == "caddy":
        pytest.skip("Caddy 2.6 gives both encodings one tag, and caches keep them apart by Vary")
    tags = {server.ask("/all/atom.xml", {"Accept-Encoding": encoding})[1]["ETag"] for encoding in ENCODINGS}

    assert 2 == len(tags)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ["rss.xml", "atom.xml", "feed.json"])
def test_feeds_name_their_hub_and_themselves(server: Server, name: str, encoding: str) -> None:
    _, headers, _ = server.ask(f"/all/{name}", {"Accept-Encoding": encoding})

    assert f'<{HUB}>; rel="hub", <https://news.example.org/all/{name}>; rel="self"' == headers["Link"]
    assert "Link" not in server.ask("/all/", {"Accept-Encoding": encoding})[1]


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml", "feed.json"])
def test_feeds_may_be_read_by_readers_on_other_sites(server: Server, name: str) -> None:
    for path in (f"/all/{name}", f"/all/archive/1/{name}"):
        status, headers, _ = server.ask(path)
        assert (200, ["*"]) == (status, headers.get_all("Access-Control-Allow-Origin"))
        known = {"If-None-Match": headers["ETag"], "Origin": "https://reader.example"}
        for expected, asked, sent in (
            (200, path, {"Origin": "https://reader.example"}),
            (200, f"{path}?fresh=1", {}),
            (304, path, known),
            (301, f"/borders-visa/{name}", {}),
            (404, f"/no/{name}", {}),
        ):
            status, shared, _ = server.ask(asked, sent)
            assert (expected, ["*"]) == (status, shared.get_all("Access-Control-Allow-Origin")), asked
            assert ["ETag, Link"] == shared.get_all("Access-Control-Expose-Headers")
    assert "Access-Control-Allow-Origin" not in server.ask("/all/")[1]


@pytest.mark.parametrize("path", ["/all/rss.xml", "/all/archive/1/atom.xml", "/borders-visa/feed.json", "/no/rss.xml"])
def test_script_on_another_site_may_ask_whether_a_feed_changed(server: Server, path: str) -> None:
    asked = {
        "Origin": "https://reader.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "if-modified-since,if-none-match",
    }

    status, headers, body = server.ask(path, asked, method="OPTIONS")

    assert (204, b"") == (status, body)
    ours = {"Access-Control-Allow-Origin": "*"} | {name: text for name, text in PREFLIGHT.items() if name != "Allow"}
    assert {name: [text] for name, text in ours.items()} == {name: headers.get_all(name) for name in ours}


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml", "feed.json"])
def test_documents_of_archives_may_be_kept_for_long(server: Server, name: str) -> None:
    status, headers, _ = server.ask(f"/all/archive/1/{name}")

    assert (200, ["2592000"]) == (status, re.findall(r"max-age=(\d+)", ",".join(headers.get_all("Cache-Control", []))))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_page_of_a_withdrawn_item_says_so_with_410(server: Server, encoding: str) -> None:
    path = "/items/2026/taken-back.html"
    status, headers, page = server.ask(path, {"Accept-Encoding": encoding})
    page = ENCODINGS[headers.get("Content-Encoding", "identity")](page)

    assert (410, "text/html; charset=utf-8") == (status, headers["Content-Type"])
    assert (server.world.feeds / path.removeprefix("/")).read_bytes() == page
    assert b"This item was withdrawn" in page
    assert (410, b"") == server.ask(path, method="HEAD")[::2]
    known = {"If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT"}
    assert 410 == server.ask(path, known)[0]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "path",
    [
        "/items/2026/taken-back.html.gone",
        *("/nothing", "/all/nothing.xml", "/nothing/", "/items/1999/", "/.staging/000000", "/.staging/"),
        *("/../publisher.db", "/%2e%2e/publisher.db", "/..%2fpublisher.db", "/all/..%2f..%2fpublisher.db"),
        *("/all/%00", "/%2estaging/000000", "//.staging/000000"),
    ],
)
def test_private_files_give_the_not_found_page(server: Server, path: str, encoding: str) -> None:
    status, headers, page = server.ask(path, {"Accept-Encoding": encoding})
    page = ENCODINGS[headers.get("Content-Encoding", "identity")](page)

    assert status in (400, 403, 404)
    assert b"half a page" not in page
    assert b"SQLite" not in page
    assert "%" in path or ".." in path or (status in (403, 404) and b"There is no such page" in page)


def test_a_folder_without_its_slash_leads_to_it(server: Server) -> None:
    status, headers, _ = server.ask("/all")

    assert status in (301, 308)
    assert headers["Location"].endswith("/all/")


@pytest.mark.parametrize("path", ["/all/archive", "/all/archive/", "/all/archive/1", "/all/archive/1/"])
def test_a_folder_of_an_archive_leads_to_the_page_of_its_feed(server: Server, path: str) -> None:
    status, headers, _ = server.ask(f"{path}?from=x")

    assert 301 == status
    assert "/all/" == urlsplit(headers["Location"]).path
    assert 200 == server.ask("/archive/weekly/")[0]


def test_forms_are_passed_on_with_the_visitors_address_and_kept_nowhere(server: Server) -> None:
    headers = {"X-Forwarded-For": "203.0.113.1", "Content-Type": "application/x-www-form-urlencoded"}

    status, answered, body = server.ask("/-/stop/TOKEN", headers, method="POST", body="do=undo")

    assert 404 == status, "the forms have pages of their own for what is not there"
    assert "POST stop/TOKEN undo from 127.0.0.1" == body.decode()
    assert ["no-store"] == answered.get_all("Cache-Control")
    assert "Expires" not in answered
