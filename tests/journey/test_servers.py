"""The sample configuration of nginx, in a real one: what it says of each file, and what it keeps to itself."""

import gzip
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.judges import program
from tests.world import CONFIG, NOW, ROOT, World, news

SAMPLE = ROOT / "docs" / "servers" / "nginx.conf"
MAIN = """
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


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where nginx serves a site that has published, with compressed copies and a pass in hand."""
    nginx, folder = program("nginx"), tmp_path_factory.mktemp("nginx")
    world = World(folder / "site", news("3 March 2026", "One."), config=CONFIG + "\n[feeds]\nprecompress = true\n")
    world.publisher("run", at=NOW)
    (world.feeds / ".staging").mkdir()
    (world.feeds / ".staging" / "000000").write_text("half a page", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    sample = SAMPLE.read_text("utf-8")
    for ours, here in {"listen 80;": f"listen 127.0.0.1:{number};", "/srv/news/feeds": str(world.feeds)}.items():
        assert 1 == sample.count(ours)
        sample = sample.replace(ours, here)
    (folder / "site.conf").write_text(sample, "utf-8")
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder), "utf-8")
    with subprocess.Popen([nginx, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]) as server:
        try:
            wait_for(number, server, folder / "error.log")
            yield number
        finally:
            server.terminate()


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


def ask(port: int, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, Mapping[str, str], bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/all/", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/all/rss.xml", "application/rss+xml"),
        ("/all/atom.xml", "application/atom+xml"),
        ("/all/feed.json", "application/feed+json"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
        ("/sitemap.xml", "application/xml"),
    ],
)
def test_types_changes_and_compression(port: int, path: str, media_type: str) -> None:
    status, headers, plain = ask(port, path)
    assert (200, media_type, "max-age=300") == (status, headers["Content-Type"], headers["Cache-Control"])

    again = {"If-None-Match": headers["ETag"], "If-Modified-Since": headers["Last-Modified"]}
    assert (304, b"") == ask(port, path, again)[::2]
    _, headers, packed = ask(port, path, {"Accept-Encoding": "gzip"})
    assert ("gzip", "Accept-Encoding", plain) == (headers["Content-Encoding"], headers["Vary"], gzip.decompress(packed))
    assert str(len(packed)) == headers["Content-Length"]  # the copy, and not what nginx compresses by itself


@pytest.mark.parametrize("path", ["/nothing", "/.staging/000000", "/.staging/", "/../publisher.db"])
def test_what_is_not_public_is_the_page_of_lost_addresses(port: int, path: str) -> None:
    status, _, page = ask(port, path)

    assert status in (400, 404)
    assert b"half a page" not in page
    assert status == 400 or b"There is no such page" in page
