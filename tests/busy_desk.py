"""A site with many things to decide at its editors' desk: a source that lost most of its items, a failing source, a
future item, and people.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from publisher.serve.desk.list_tasks import ListTasks
from tests.editor import DESK_CONFIG, DeskSite
from tests.visitor import LISTING, SUBSCRIBERS
from tests.world import NOW, World, news, prepared

HARBOUR = [news("2 March 2026", f"Buoy number {number} was moved.", theme="Buoys") for number in range(1, 25)]
OLD_BUOY = news("2 February 2026", "The first buoy was laid.", theme="Buoys")
"""What the source `harbour` lists before it loses items."""
TO_COME = news("10 March 2026", "The swing bridge is closed for a week.", theme="Ferries")
MORE_SOURCES = """
[[sources]]
name = "harbour"
path = "harbour.txt"

[[sources]]
name = "partners"
path = "partners.txt"
"""
BUSY_CONFIG = f"{DESK_CONFIG}{SUBSCRIBERS}{MORE_SOURCES}"
ADA, BEN, CYD = "ada@example.org", "ben@example.org", "cyd@example.org"
LATER = NOW + timedelta(hours=1)


@contextmanager
def busy_site(folder: Path, *, config: str = BUSY_CONFIG, tasks: ListTasks | None = None) -> Iterator[DeskSite]:
    """Yield the site an hour after `NOW`. The listing of the source `harbour` is held, `partners` fails, an edition is
    in the outbox, and its mail waits.
    """
    site = DeskSite(prepared(folder, _make, config, ""), at=LATER, tasks=tasks)
    yield site
    site.close()


def _make(folder: Path, config: str, _: str) -> World:
    world = World(folder, f"{LISTING}\n\n{TO_COME}", config=config)
    harbour, partners = folder / "harbour.txt", folder / "partners.txt"
    harbour.write_text("\n\n".join([*HARBOUR, OLD_BUOY]), "utf-8")
    partners.write_text(news("1 March 2026", "A partner opened an office.", theme="Partners"), "utf-8")
    world.publisher("run", at=NOW)
    with world.opened(NOW - timedelta(days=40)) as before:
        before.people.add(ADA, {"ferries": "weekly", "cranes": "monthly"}, language="en", words="A form on paper.")
        before.people.add(BEN, {"*": "daily"}, language="fr", words="A form on paper.")
    with world.opened(NOW - timedelta(days=2)) as lately:
        lately.people.add(CYD, {"ferries": "weekly"}, language="en", words="A form on paper.")
        lately.people.end(ADA)
    harbour.write_text("\n\n".join([*HARBOUR[:3], OLD_BUOY]), "utf-8")
    partners.unlink()
    world.publisher("run", at=LATER)
    return world
