"""Measures whole processes by the operating system's own accounting. Sizes and cases take turns.

Times on a shared machine say little; ratios of medians from one run say more. docs/benchmarks.md explains each case.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import corpus

# Nothing heavier than this may be imported here: a child begins as a copy of its parent, and the system counts the
# parent's memory as the child's peak.

ROOT = Path(__file__).resolve().parent.parent
PUBLISHER = (sys.executable, "-m", "publisher")
SHOWN = 200
"""How many items a short listing has, whatever the size of the site."""
NEWS = 10

NO_NEWS, NO_NEWS_WHOLE = "no news", "no news, whole file"
NEW, NEW_WHOLE, READ_WHOLE = "10 new", "10 new, whole file", "  reading that file"
FULL = "full build"
STATUS, REHEARSAL = "status", "10 new, --dry-run"
BARE, IMPORTS = "python -c pass", "imports of no news"


@dataclass(frozen=True, slots=True)
class Usage:
    """The time and memory that one process used."""

    cpu_s: float
    wall_s: float
    memory_mib: float


@dataclass(frozen=True, slots=True)
class Row:
    """The medians of one case at one size of the site."""

    case: str
    items: int
    """The number of items of the site, or 0 if the case does not depend on it."""
    runs: int
    cpu_s: float
    wall_s: float
    memory_mib: float


class Site:
    """A site of one size, and what can be done with it."""

    def __init__(self, folder: Path, items: int) -> None:
        self.folder = folder
        self.items = items
        self.newest = 0
        self._config = corpus.write_site(folder)
        self.listing = folder / "news.txt"

    def command(self, *arguments: str) -> list[str]:
        return [*PUBLISHER, *arguments, "--config", str(self._config), "--now", corpus.NOW]

    def show(self, count: int) -> None:
        """Make the listing contain so many items, the newest first."""
        corpus.write_listing(self.listing, newest=self.newest, count=count)

    def show_all(self) -> None:
        self.show(self.items - self.newest)

    def announce(self) -> None:
        """Let there be news, which the next listing includes."""
        self.newest -= NEWS


class Bench:
    """Runs processes and records what they used."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.usages: dict[tuple[str, int], list[Usage]] = defaultdict(list)

    def measure(self, case: str, items: int, command: Sequence[str], *, expected: str = "") -> None:
        """Measure a process. Its output must contain `expected`, so that nothing but the case itself is measured."""
        usage, output = self.run(command)
        if expected not in output:
            sys.exit(f"{case}, {items} items: expected {expected!r} in the output of {command}, got:\n{output}")
        self.usages[case, items].append(usage)
        if sys.stderr.isatty():
            print(f"{case} {items or ''}: {usage.cpu_s:.2f} s", file=sys.stderr)

    def run(self, command: Sequence[str]) -> tuple[Usage, str]:
        with tempfile.TemporaryFile() as output:
            started = time.perf_counter()
            child = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=output, stderr=output)
            _, status, used = os.wait4(child.pid, 0)
            wall_s = time.perf_counter() - started
            child.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            text = output.read().decode()
        if child.returncode:
            sys.exit(f"{command[-6:]} ended with {child.returncode}:\n{text}")
        return Usage(used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss / 1024), text

    def rows(self) -> list[Row]:
        return [
            Row(case, items, len(all_of), *(median(getattr(one, name) for one in all_of) for name in Usage.__slots__))
            for (case, items), all_of in self.usages.items()
        ]


# --- cases -----------------------------------------------------------------------------------------------------------


def build(bench: Bench, site: Site) -> None:
    """Measure how an empty site is filled."""
    site.show_all()
    bench.measure(FULL, site.items, site.command("run"), expected=f"{site.items} added")


def whole_file(bench: Bench, site: Site) -> None:
    """Measure runs on a listing with every item there ever was."""
    bench.measure(NO_NEWS_WHOLE, site.items, site.command("run"), expected="nothing new")
    site.announce()
    site.show_all()
    reading = (
        "import sys, datetime, pathlib; from publisher.collect.sources.listing import ListingSource; "
        "ListingSource('news', pathlib.Path(sys.argv[1])).fetch(validator='', now=datetime.datetime.now())"
    )
    bench.measure(READ_WHOLE, site.items, [sys.executable, "-c", reading, str(site.listing)])
    bench.measure(NEW_WHOLE, site.items, site.command("run"), expected=f"{NEWS} added")


def settle(bench: Bench, site: Site) -> None:
    """Make the listing contain only the newest items from now on, and run once: the run that first sees this records
    it, and is not measured.
    """
    site.show(SHOWN)
    bench.run(site.command("run"))


def daily(bench: Bench, site: Site) -> None:
    """Measure what a site does every day."""
    bench.measure(NO_NEWS, site.items, site.command("run"), expected="nothing new")
    bench.measure(STATUS, site.items, site.command("status"), expected="0 items waiting")
    site.announce()
    site.show(SHOWN)
    bench.measure(REHEARSAL, site.items, site.command("run", "--dry-run"), expected=f"{NEWS} added")
    bench.measure(NEW, site.items, site.command("run"), expected=f"{NEWS} added")


def imported(bench: Bench, site: Site) -> list[tuple[str, int]]:
    """Return the modules that a run without news imports, in order, each with the microseconds that it took without its
    own imports.
    """
    command = site.command("run")
    _, output = bench.run([command[0], "-X", "importtime", *command[1:]])
    lines = [line.removeprefix("import time:").split("|") for line in output.splitlines() if "|" in line][1:]
    return [(name.strip(), int(own_us)) for own_us, _, name in lines]


# --- reports ---------------------------------------------------------------------------------------------------------


def table(rows: Sequence[Row]) -> str:
    order = {size: place for place, size in enumerate(sorted({row.items for row in rows}))}
    cases = list(dict.fromkeys(row.case for row in rows))
    lines = [f"{'case':26} {'items':>8} {'runs':>5} {'CPU s':>8} {'wall s':>8} {'MiB':>7}"]
    for row in sorted(rows, key=lambda row: (cases.index(row.case), order[row.items])):
        size = f"{row.items:,}" if row.items else ""
        lines.append(f"{row.case:26} {size:>8} {row.runs:>5} {row.cpu_s:8.3f} {row.wall_s:8.2f} {row.memory_mib:7.0f}")
    return "\n".join(lines)


def ratios(rows: Sequence[Row]) -> dict[str, float]:
    """Return the most important ratios of the table. They are ratios of CPU seconds unless their names say
    otherwise.
    """
    cpu = {(row.case, row.items): row.cpu_s for row in rows}
    memory = {(row.case, row.items): row.memory_mib for row in rows}
    small, large = min(items for _, items in cpu if items), max(items for _, items in cpu)
    span = f"{large:,} items to {small:,}"
    found = {f"{case}, {span}": cpu[case, large] / cpu[case, small] for case in (NO_NEWS, NEW, REHEARSAL, STATUS)}
    found |= {f"{case}, memory, {span}": memory[case, large] / memory[case, small] for case in (NO_NEWS, NEW, FULL)}
    found["no news to python -c pass"] = cpu[NO_NEWS, small] / cpu[BARE, 0]
    found["share of imports in no news"] = (cpu[IMPORTS, 0] - cpu[BARE, 0]) / cpu[NO_NEWS, small]
    for items in sorted({items for _, items in cpu if items}):
        size = f"{items:,} items"
        found[f"share of reading in 10 new, whole file, {size}"] = cpu[READ_WHOLE, items] / cpu[NEW_WHOLE, items]
    return found


def shares(modules: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Return the microseconds of imports by package, the most expensive first."""
    by_package: dict[str, int] = defaultdict(int)
    for name, own_us in modules:
        package = name.partition(".")[0]
        by_package["standard library" if package.lstrip("_") in STANDARD else package] += own_us
    return dict(sorted(by_package.items(), key=lambda pair: -pair[1]))


STANDARD = {name.lstrip("_") for name in sys.stdlib_module_names} | {"zipimport", "sitecustomize"}


# With the collector of garbage at rest, as the program does it.
IMPORT_ALL = """
import gc, importlib
gc.disable()
for name in {}:
    try:
        importlib.import_module(name)
    except ImportError:  # a run looked for it in vain as well
        pass
gc.freeze()
"""

# --- the whole -------------------------------------------------------------------------------------------------------


def run(sizes: Sequence[int], repeats: int, directory: Path) -> tuple[list[Row], dict[str, int]]:
    bench = Bench(installed(directory))
    warm_up(bench, directory)
    sites = [Site(directory / str(items), items) for items in sizes]
    for site in sites:
        build(bench, site)
    take_turns(sites, max(1, repeats // 3), lambda site: whole_file(bench, site))
    for site in sites:
        settle(bench, site)
    modules = imported(bench, sites[0])
    imports = IMPORT_ALL.format([name for name, _ in modules])

    def turn(site: Site) -> None:
        bench.measure(BARE, 0, [sys.executable, "-c", "pass"])
        bench.measure(IMPORTS, 0, [sys.executable, "-c", imports])
        daily(bench, site)

    take_turns(sites, repeats, turn)
    return bench.rows(), shares(modules)


def installed(directory: Path) -> dict[str, str]:
    """Return an environment in which compiled code and templates are kept below `directory`, as for an installed
    program.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return environment | {"PYTHONPYCACHEPREFIX": str(directory / "bytecode")}


def warm_up(bench: Bench, directory: Path) -> None:
    site = Site(directory / "warm-up", corpus.ITEMS_A_DAY)
    site.show_all()
    bench.run(site.command("run"))
    site.announce()
    site.show_all()
    bench.run(site.command("run"))
    bench.run(site.command("run"))


def take_turns(sites: Sequence[Site], repeats: int, work: Callable[[Site], None]) -> None:
    for _ in range(repeats):
        for site in sites:
            work(site)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="items a site holds")
    parser.add_argument("--repeats", type=int, default=9, help="of each short case; a full build is made once")
    parser.add_argument("--directory", type=Path, help="where sites are made and removed; default: a temporary one")
    parser.add_argument("--json", action="store_true", help="print the results for machines")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="publisher-benchmark-", dir=arguments.directory) as directory:
        rows, imports_us = run(arguments.sizes, arguments.repeats, Path(directory))
    found = ratios(rows)
    if arguments.json:
        machine = {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count()}
        result = {"machine": machine, "rows": [asdict(row) for row in rows], "ratios": found, "imports_us": imports_us}
        print(json.dumps(result, indent=2))
        return
    print(table(rows))
    print()
    print("\n".join(f"{name}: {value:.2f}" for name, value in found.items()))
    total_us = sum(imports_us.values())
    print(f"\nimports of a run with no news, {total_us / 1000:.0f} ms while being watched:")
    print("\n".join(f"  {own_us / total_us:4.0%} {package}" for package, own_us in imports_us.items()))


if __name__ == "__main__":
    main()
