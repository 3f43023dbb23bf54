"""Tries random documents for as long as you like: each kind of source must make items of them, or an error, in time.

    python benchmarks/fuzz.py [--seconds 60] [--seed 1] [KIND ...]
    python benchmarks/fuzz.py --atheris KIND [libFuzzer's options]     # led by coverage; needs the package atheris

The tests try a few hundred documents of each kind at every run (tests/collect/sources/test_parsers.py). This program
tries as many as there is time for, of up to 20 kB. A document that fails is stored in a folder, whose path is printed.
"""

import argparse
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if "--atheris" in sys.argv:  # it counts what was imported under its eyes
    import atheris

    with atheris.instrument_imports(include=["publisher", "feedparser", "markdown_it"]):
        pass

from lxml.html import fragment_fromstring  # noqa: E402

from publisher.collect.clean import add_language, clean_item  # noqa: E402
from publisher.collect.sources.base import Source  # noqa: E402
from publisher.collect.sources.feed import FeedSource  # noqa: E402
from publisher.collect.sources.html import safe_html  # noqa: E402
from publisher.collect.sources.html_words import line_of  # noqa: E402
from publisher.collect.sources.links import SCHEMES  # noqa: E402
from publisher.model.errors import SourceError  # noqa: E402 - this checkout, wherever it is started
from publisher.model.items import Item  # noqa: E402
from tests.collect.sources.test_feed import (  # noqa: E402
    ATOM,
    NOW,
    RSS,
    WORDS,
)
from tests.collect.sources.test_parsers import KINDS, PIECES, WHOLE  # noqa: E402
from tests.values import POLICY, SITE  # noqa: E402

SLOWEST_S = 10
"""The seconds of computing after which a document counts as one that hangs."""
MARKS = [str(each) for each in (*PIECES.elements, *WORDS.elements)]  # type: ignore[attr-defined]  # of hypothesis
JSON = '{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":"a","date_published":"2026-03-10"}]}'
SEEDS = {
    **WHOLE,
    "rss": RSS,
    "atom": ATOM.format('<title type="html">a &lt;b></title><content type="xhtml"><div>b</div></content>'),
    "json feed": JSON,
    "html": '<p>A <a href="https://example.org/?utm_source=x">link</a> <img src="/p.png" width="40"></p><ul><li>1</ul>',
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=[*SEEDS], metavar="KIND", help=", ".join(SEEDS))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", action="store_true")
    asked, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.atheris:
            led_by_coverage(asked.kinds[0], Path(folder), options)
        for kind in asked.kinds:
            at_random(kind, Path(folder), asked.seconds / len(asked.kinds), asked.seed)


def at_random(kind: str, folder: Path, seconds: float, seed: int) -> None:
    try_one, chance = trial(kind, folder), random.Random(f"{kind} {seed}")
    end, count, slowest = time.monotonic() + seconds, 0, 0.0
    while time.monotonic() < end:
        document = mutated(SEEDS[kind].encode(), chance)
        begun = time.process_time()
        watched(try_one, document, kind)
        count, slowest = count + 1, max(slowest, time.process_time() - begun)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{kind:12}{count:9} documents, the slowest {slowest:6.2f} s of CPU, peak memory so far {memory:4.0f} MiB")


def led_by_coverage(kind: str, folder: Path, options: list[str]) -> None:
    try_one = trial(kind, folder)
    atheris.Setup([sys.argv[0], *options], lambda document: watched(try_one, document, kind))
    atheris.Fuzz()


def watched(try_one: Callable[[bytes], None], document: bytes, kind: str) -> None:
    """Try a document. Store it if it causes an error or hangs; a hang ends the process (the default of SIGVTALRM)."""
    kept = Path(tempfile.gettempdir()) / f"publisher-fuzz-{kind.replace(' ', '-')}"
    kept.write_bytes(document)
    signal.setitimer(signal.ITIMER_VIRTUAL, SLOWEST_S)
    try:
        try_one(document)
    except BaseException:
        print(f"{kind}: the document is kept in {kept}")
        raise
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    kept.unlink()


def mutated(document: bytes, chance: random.Random) -> bytes:
    """Return the document with pieces inserted, removed, doubled and changed, perhaps in another encoding."""
    data = bytearray(document)
    for _ in range(chance.choice((1, 2, 5, 20))):
        at = chance.randrange(len(data) + 1)
        length = chance.choice((1, 3, 20, 200))
        match chance.randrange(6):
            case 0:
                data[at:at] = chance.choice(MARKS).encode("utf-8", "surrogatepass") * chance.choice((1, 1, 1, 50))
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length] * chance.choice((1, 2, 30))
            case 3:
                data[at:at] = chance.randbytes(chance.randrange(8))
            case 4:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case _:
                other = chance.randrange(len(data) + 1)
                data[at:at] = data[other : other + length]
        del data[20_000:]
    codec = chance.choice(("", "", "", "", "utf-16", "utf-32", "latin-1", "utf-7"))
    return data.decode("utf-8", "ignore").encode(codec, "ignore") if codec else bytes(data)


def trial(kind: str, folder: Path) -> Callable[[bytes], None]:
    if kind == "html":
        return try_html
    name, make = KINDS.get(kind, ("feed", lambda path: FeedSource("news", path=path)))
    path = folder / kind / name
    path.parent.mkdir()
    return lambda document: try_source(make(path), path, document)


def try_source(source: Source, path: Path, document: bytes) -> None:
    path.write_bytes(document)
    try:
        fetch = source.fetch(validator="", now=NOW)
    except SourceError:
        return
    for item in fetch.items:
        kept = add_language(clean_item(item, site=SITE, policy=POLICY), SITE)
        assert 1900 <= kept.date.year < 2200
        assert kept.html == safe_html(kept.html, base=kept.link), "what is safe stays as it is"
    assert not any("\n" in str(problem) for problem in fetch.problems), "a problem is one line"


def try_html(document: bytes) -> None:
    raw = document.decode("utf-8", "surrogateescape")
    item = Item(date=datetime(2026, 3, 10, tzinfo=UTC).date(), text="", html=raw, link="https://example.org/")
    clean = clean_item(item, site=SITE, policy=POLICY).html
    assert "<script" not in clean.lower()
    for element in fragment_fromstring(clean, create_parent=True).iter():
        addresses = [element.get(name) for name in ("href", "src", "cite") if name in element.attrib]
        assert all(address.partition(":")[0] in SCHEMES for address in addresses), addresses
    line_of(raw)


if __name__ == "__main__":
    main()
