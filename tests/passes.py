"""The passes that tests disturb: a small site at three stages of its life, each before and after a pass."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publisher.store import Store
from tests.crash import Program
from tests.databases import dump

CONFIG = """
[site]
title = "Harbour news"
base_url = "https://news.example.org/"
language = "en"
timezone = "Europe/Brussels"
author = { name = "Harbour Office", email = "news@example.org" }

[[sources]]
name = "news"
path = "news.txt"

[[audiences]]
name = "weekly"
to = "harbour@lists.example.org"
schedule = "0 8 * * MON"
"""
GATHERED = '\n[themes.water]\ntitle = "On the water"\nlabels = ["Ferries", "Quays"]\n'

FERRY = "3 March 2026\n\nThe ferry sails twice a day. It takes bicycles.\n\nMain Theme: Ferries, Quays\n"
CRANE = "3 March 2026\n\nA new crane arrived. It lifts forty tonnes.\n\nMain Theme: Quays\nKeywords: cranes\n"
MOVE = "1 March 2026\n\nThe harbour office moved to the customs house.\n"
PILOTS = "1 February 2026\n\nThree pilots passed their examination.\n\nMain Theme: Ferries\n"
MENDED = CRANE.replace("forty", "fifty")
DIVERS = "9 March 2026\n\nDivers inspected the lock. No damage was found.\n\nMain Theme: Lock\n"
LATE = "14 February 2026\n\nThe winter timetable ends in April.\n"
LISTED_AFTERWARDS = [DIVERS, FERRY, MENDED, LATE, PILOTS]

FIRST = ("run", "--now", "2026-03-04T08:00")
"""The command of the first pass on a new site."""

Trees = dict[str, tuple[int, bytes]]
"""Mode and content of files and folders, by path. The path of a folder ends in a slash, and its content is empty."""
LINK = re.compile(rb'https://news\.example\.org/([^"<>\s]+\.html)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass over the site, and its result if nothing disturbs it."""

    before: Path
    """The site before the pass."""
    after: Path
    """The site after the pass."""
    command: tuple[str, ...]
    old: Trees
    """What readers see before the pass."""
    between: Trees
    """What readers see once the news is published and nothing is composed yet."""
    new: Trees
    """What readers see after the pass."""
    expected: dict[str, Any]
    """Everything that must be the same when the pass is done."""

    def arguments(self, site: Path) -> list[str]:
        """Return the arguments that make the program do this pass on a copy of the site."""
        return [*self.command, "--config", str(site / "config.toml")]

    def start(self, site: Path) -> Path:
        """Copy the site as it was before the pass to `site`, replacing what is there."""
        shutil.rmtree(site, ignore_errors=True)
        return Path(shutil.copytree(self.before, site))

    def unfinished(self, site: Path) -> str:
        """Return in one line where a site differs from the result of the pass, or an empty string if it does not."""
        found = _whole(site)
        return ", ".join(
            f"{part}: {_first_difference(expected, found[part])}"
            for part, expected in self.expected.items()
            if expected != found[part]
        )

    def is_shown(self, site: Path) -> bool:
        """Whether feeds/ and outbox/ are as they are after the pass."""
        return trees(site) == self.new

    def broken_promises(self, site: Path) -> list[str]:
        """Return what is in feeds/ and outbox/ although it must never be there, whatever happened to the pass."""
        old, new, found = self.old, self.new, trees(site)
        stages = (old, self.between, new)
        foreign = [path for path, file in found.items() if file not in [stage.get(path) for stage in stages]]
        editions = {path.split("/")[1] for path in found if path.startswith("outbox/") and path != "outbox/"}
        torn = [path for path in new if path.startswith("outbox/") and path.split("/")[1] in editions]
        return [
            *(f"{path} is not as any stage leaves it" for path in foreign),
            *(f"{path} is gone" for path in old if path not in found),
            *(f"{path} is missing from its edition" for path in torn if path not in found),
            *(f"{path} leads to {page}, which is not there" for path, page in _links(found) if page not in found),
        ]

    def settled(self, site: Path) -> dict[Path, tuple[int, int]]:
        """Return the files that are already as they are after the pass, with values that change if such a file is
        written again.
        """
        as_after = [site / path for path, file in trees(site).items() if file == self.new.get(path) and path[-1] != "/"]
        return {path: identity(path) for path in as_after}


def never_ran(folder: Path) -> Path:
    """Return a site below `folder` before its first pass."""
    return _site(folder / "first", None, [FERRY, CRANE, MOVE, PILOTS], CONFIG)


def first_pass(folder: Path, program: Program) -> Pass:
    """Return the first pass over the site of `never_ran`, undisturbed. The sites of all passes are below `folder`."""
    return _pass(program, folder / "first" / "before", *FIRST)


def news_pass(folder: Path, program: Program, first: Pass) -> Pass:
    """Return the pass after `first`, which finds every kind of news."""
    watched = _site(folder / "news", first.after, [FERRY, CRANE, MOVE, PILOTS], CONFIG)
    _run(program, watched, "run", "--due", "--now", "2026-03-04T08:00")
    (watched / "news.txt").write_text("\n".join(LISTED_AFTERWARDS))
    return _pass(program, watched, "run", "--due", "--now", "2026-03-09T08:00")


def themes_pass(folder: Path, program: Program, news: Pass) -> Pass:
    """Return the pass after `news`, in which labels become one theme."""
    gathered = _site(folder / "themes", news.after, LISTED_AFTERWARDS, CONFIG + GATHERED)
    return _pass(program, gathered, "run", "--now", "2026-03-10T08:00")


def _site(folder: Path, origin: Path | None, listing: list[str], config: str) -> Path:
    site = folder / "before"
    if origin is None:
        site.mkdir(parents=True)
    else:
        shutil.copytree(origin, site)
    (site / "config.toml").write_text(config)
    (site / "news.txt").write_text("\n".join(listing))
    return site


def _pass(program: Program, before: Path, *command: str) -> Pass:
    between, after = before.with_name("between"), before.with_name("after")
    for site in (between, after):
        shutil.copytree(before, site)
    when = command[-2:]
    for site, words in ((between, ("collect", *when)), (between, ("publish", *when)), (after, command)):
        _run(program, site, *words)
    return Pass(
        before=before,
        after=after,
        command=command,
        old=trees(before),
        between=trees(between),
        new=trees(after),
        expected=_whole(after),
    )


def _run(program: Program, site: Path, *command: str) -> None:
    ended = program.run(*command, "--config", str(site / "config.toml"))
    assert (0, "") == (ended.exit_code, ended.err)


# --- the state of a site ---------------------------------------------------------------------------------------------


def trees(site: Path) -> Trees:
    """Return everything below feeds/ and outbox/, except staged files."""
    found: Trees = {}
    for root in ("feeds", "outbox"):
        for folder, folders, files in os.walk(site / root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            here = Path(folder)
            found[f"{here.relative_to(site)}/"] = (here.stat().st_mode, b"")
            for name in files:
                path = here / name
                found[str(path.relative_to(site))] = (path.lstat().st_mode, path.read_bytes())
    return found


def identity(path: Path) -> tuple[int, int]:
    """Return values that change when a file is replaced or written."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def _whole(site: Path) -> dict[str, Any]:
    """Return everything that must be the same in two sites for the sites to count as equal."""
    with Store.open(f"sqlite:///{site / 'publisher.db'}") as store:
        rows = dump(store)
    names = "\n".join(sorted(str(path.relative_to(site)) for path in site.rglob("*")))
    return {"store": rows, "trees": trees(site), "names": names}


def _first_difference(expected: Any, found: Any) -> str:
    if isinstance(expected, dict):
        differing = [path for path in expected | found if expected.get(path) != found.get(path)]
        return f"{differing[0]} of {len(differing)}"
    missing, extra = (
        set(expected.splitlines()) - set(found.splitlines()),
        set(found.splitlines()) - set(expected.splitlines()),
    )
    return f"missing {sorted(missing)[:2]}, found {sorted(extra)[:2]}"


def _links(found: Trees) -> set[tuple[str, str]]:
    """Return the pages of this site to which feeds and digests link."""
    leading = (".xml", ".json", "digest.html", "digest.txt")
    return {
        (path, f"feeds/{link.decode()}")
        for path, (_, data) in found.items()
        if path.endswith(leading)
        for link in LINK.findall(data)
    }
