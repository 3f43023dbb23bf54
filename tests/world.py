"""A whole site in its own folder: tests act as its operator and look at what readers see."""

import atexit
import hashlib
import io
import json
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar
from unittest.mock import patch
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import feedparser

from publisher.app import Publisher
from publisher.cli.commands import main
from publisher.config.config import Config
from publisher.store import Store
from tests.databases import empty_sqlite
from tests.processes import Process, run_python

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "content" / "news.txt"
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
"""A Wednesday morning in Brussels."""
BASE_URL = "https://news.example.org/"
CONFIG = f"""
[site]
title = "Example News"
base_url = "{BASE_URL}"
language = "en"
timezone = "Europe/Brussels"
author = {{ name = "The editor", email = "editor@example.org" }}

[[sources]]
name = "news"
path = "news.txt"

[[audiences]]
name = "weekly"
schedule = "0 8 * * MON"
to = "readers@lists.example.org"
"""
PROGRAM = "from publisher.cli.commands import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The output and exit code of one command."""

    exit_code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def problems(self) -> list[str]:
        return self.err.splitlines()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """The state of a file, by which a change can be noticed."""

    inode: int
    modified_ns: int
    size: int
    sha256: str


class World:
    """One site, at first with an empty store. Commands run in this process unless a method says otherwise."""

    def __init__(self, folder: Path, listing: str = "", *, config: str = CONFIG) -> None:
        self._settle(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(config, encoding="utf-8")
        self.listing.write_text(listing, encoding="utf-8")
        self.database.write_bytes(empty_sqlite())

    @staticmethod
    def after_run(folder: Path, listing: str, *, config: str = CONFIG) -> "World":
        """Return a site after a successful `publisher run` at `NOW`."""
        return prepared(folder, _run_first, listing, config)

    def copied_to(self, folder: Path) -> Self:
        """Return a copy of the site, with its store."""
        shutil.copytree(self.folder, folder, copy_function=_copy)
        copy = object.__new__(type(self))
        copy._settle(folder)
        return copy

    def _settle(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.listing = folder / "news.txt"
        self.feeds = folder / "feeds"
        self.outbox = folder / "outbox"
        self.database = folder / "publisher.db"

    # --- what the organisation does ----------------------------------------------------------------------------------

    def list_above(self, *items: str) -> None:
        """Put new items above all others in the listing."""
        self.listing.write_text("\n\n".join([*items, self.listing.read_text("utf-8")]), encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        """Change one place in the listing."""
        text = self.listing.read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        self.listing.write_text(text.replace(old, new), encoding="utf-8")

    def configure(self, old: str, new: str) -> None:
        """Change one place in config.toml."""
        text = self.config.read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        self.config.write_text(text.replace(old, new), encoding="utf-8")

    def lose_store(self) -> None:
        """Remove only the store."""
        self.database.unlink()

    def forget_runs(self) -> None:
        """Remove everything that runs have made, so that the site is as before its first run."""
        self.lose_store()
        for folder in (self.feeds, self.outbox):
            shutil.rmtree(folder, ignore_errors=True)

    # --- what the operator does --------------------------------------------------------------------------------------

    def publisher(self, verb: str, *arguments: str, at: datetime | None = None) -> Outcome:
        """Run a command on this site. A `PublisherError` becomes lines of output, as for the operator; a bug fails the
        test.
        """
        when = () if at is None else ("--now", at.isoformat())
        return run_main(verb, "--config", str(self.config), *when, *arguments)

    def publisher_source(self, verb: str, *arguments: str, at: datetime) -> Outcome:
        """Run `publisher source VERB`."""
        return run_main("source", verb, "--config", str(self.config), "--now", at.isoformat(), *arguments)

    def publisher_edition(self, verb: str, *arguments: str, at: datetime) -> Outcome:
        """Run `publisher edition VERB`."""
        return run_main("edition", verb, "--config", str(self.config), "--now", at.isoformat(), *arguments)

    def publisher_desk(self, verb: str, *arguments: str, at: datetime) -> Outcome:
        """Run `publisher desk VERB`."""
        return run_main("desk", verb, "--config", str(self.config), "--now", at.isoformat(), *arguments)

    def publisher_store(self, verb: str, *arguments: str, at: datetime) -> Outcome:
        """Run `publisher store VERB`."""
        return run_main("store", verb, "--config", str(self.config), "--now", at.isoformat(), *arguments)

    def program(self, *arguments: str) -> Outcome:
        """Run the program in a separate process."""
        done = run_python(PROGRAM, *arguments, cwd=self.folder)
        return Outcome(exit_code=done.returncode, out=done.stdout, err=done.stderr)

    def start(self, *arguments: str) -> Process:
        """Start the program in a separate process; the caller must end it."""
        return Process(PROGRAM, *arguments, cwd=self.folder)

    @contextmanager
    def opened(self, now: datetime) -> Iterator[Publisher]:
        """Yield the site at one moment."""
        with Publisher.open(Config.load(self.config), now=now) as publisher:
            yield publisher

    # --- results -----------------------------------------------------------------------------------------------------

    def files(self) -> Mapping[str, FileState]:
        """Return every file of the site, whoever wrote it."""
        return {
            path.relative_to(self.folder).as_posix(): _state_of(path)
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def contents(self, part: str = "feeds") -> Mapping[str, bytes]:
        """Return the files below `part` with their contents."""
        root = self.folder / part
        files = (path for path in sorted(root.rglob("*")) if path.is_file())
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}

    def feed(self, slug: str, feed_format: str = "atom") -> Any:
        """Return a feed parsed by feedparser. Check that no feed reader could complain."""
        parsed = _parsed((self.feeds / slug / f"{feed_format}.xml").read_bytes())
        assert not parsed.bozo, parsed.get("bozo_exception")
        return parsed

    def summaries(self, slug: str, feed_format: str = "atom") -> list[str]:
        """Return the texts of a feed's items, as plain text, in order."""
        return [
            plain(item.content[0].value if "content" in item else item.summary)
            for item in self.feed(slug, feed_format).entries
        ]

    def slugs(self) -> set[str]:
        """Return the slugs of the feeds that exist."""
        return {path.parent.name for path in self.feeds.glob("*/atom.xml")}

    def in_feeds(self, words: str) -> set[str]:
        """Return the slugs of the feeds that have an item with these words. Check that both formats agree."""
        atom, rss = (
            {slug for slug in self.slugs() if any(words in text for text in self.summaries(slug, feed_format))}
            for feed_format in ("atom", "rss")
        )
        assert atom == rss
        return atom

    def ids(self) -> dict[str, list[str]]:
        """Return the ids of the items of each feed, in order."""
        return {slug: [item.id for item in self.feed(slug).entries] for slug in self.slugs()}

    def editions(self) -> dict[str, Any]:
        """Return the description of each edition in the outbox, by its name."""
        return {
            path.parent.name: json.loads(path.read_text("utf-8")) for path in sorted(self.outbox.glob("*/edition.json"))
        }

    def composed(self, audience: str = "weekly") -> list[int]:
        """Return how many items each edition of an audience has, in the order of their numbers."""
        editions = sorted(
            (edition["number"], len(edition["items"]) + len(edition["left_out"]))
            for edition in self.editions().values()
            if edition["audience"] == audience
        )
        assert [number for number, _ in editions] == list(range(1, len(editions) + 1))
        return [items for _, items in editions]

    def page_at(self, url: str) -> str:
        """Return what a web server that serves feeds/ answers for one of the site's addresses."""
        assert url.startswith(BASE_URL), url
        return (self.feeds / urlsplit(url.removeprefix(BASE_URL)).path).read_text("utf-8")

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Yield the site's store."""
        with Store.open(f"sqlite:///{self.database}") as store:
            yield store


W = TypeVar("W", bound=World)


def prepared(folder: Path, make: Callable[..., W], *arguments: Hashable) -> W:
    """Return the site that `make(folder, *arguments)` makes. It is made once per test process, and copied to `folder`
    for each test.

    A copy takes a tenth of the time that a run takes.
    """
    copy: W = _prepared(make, *arguments).copied_to(folder)
    return copy


@cache
def _prepared(make: Callable[..., W], *arguments: Hashable) -> W:
    place = Path(tempfile.mkdtemp(prefix="publisher-prepared-"))
    atexit.register(shutil.rmtree, place)
    return make(place / "site", *arguments)


def _run_first(folder: Path, listing: str, config: str) -> World:
    world = World(folder, listing, config=config)
    ran = world.publisher("run", at=NOW)
    assert (0, "") == (ran.exit_code, ran.err)
    return world


@lru_cache(maxsize=500)  # most feeds are the same before and after a test's act
def _parsed(feed: bytes) -> Any:
    return feedparser.parse(feed)


def run_main(*arguments: str) -> Outcome:
    """Run a command in this process as the program would, with empty standard input unless a test has set one."""
    out, err = io.StringIO(), io.StringIO()
    exit_code = 0
    given = sys.stdin if isinstance(sys.stdin, io.TextIOWrapper | io.StringIO) else io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", given):
        try:
            main(arguments)
        except SystemExit as end:
            exit_code = end.code if isinstance(end.code, int) else 0
    return Outcome(exit_code=exit_code, out=out.getvalue(), err=err.getvalue())


def environment() -> dict[str, str]:
    """Return the environment for the program in a separate process: it uses this checkout, wherever it is started, and
    keeps compiled code.
    """
    ours = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}
    return os.environ | ours


def news(day: str, text: str, *, theme: str = "", keywords: str = "") -> str:
    """Return an item as a listing shows it."""
    labels = [f"Main Theme: {theme}"] * bool(theme) + [f"Keywords: {keywords}"] * bool(keywords)
    return "\n".join([day, "", text, *labels])


def plain(markup: str) -> str:
    """Return the text of an item's HTML, on one line."""
    text = "".join(ET.fromstring(f"<div>{markup}</div>").itertext())
    return re.sub(r"\s+", " ", text).strip()


def _copy(source: str, target: str) -> None:
    """Copy a file with what sites need of it (content, mode and times), in half the time of `shutil.copy2`."""
    with Path(source).open("rb", buffering=0) as given, Path(target).open("xb", buffering=0) as copy:
        status = os.fstat(given.fileno())
        copy.write(given.read())
        os.fchmod(copy.fileno(), stat.S_IMODE(status.st_mode))
        os.utime(copy.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))


def _state_of(path: Path) -> FileState:
    status = path.stat()
    return FileState(
        inode=status.st_ino,
        modified_ns=status.st_mtime_ns,
        size=status.st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
