"""A site that was filled by an earlier version: ids stay, and readers get no item twice."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.world import NOW, World, news

LISTING = "\n".join(
    (
        news("3 March 2026", "A crane arrived at the long quay. It lifts forty tonnes.", theme="Quays"),
        news("3 March 2026", "The ferry sails twice a day from now on. It takes bicycles.", theme="Ferries, Quays"),
        news("1 March 2026", "The harbour office moved to the customs house.", keywords="office"),
    )
)
READ_OTHERWISE = "UPDATE sources SET validator = 'of an earlier version'"
COMPARED_OTHERWISE = "UPDATE items SET content_digest = 'content ' || number, text_digest = 'text ' || number"


def test_a_version_that_reads_and_compares_differently_notifies_nobody(tmp_path: Path) -> None:
    """Every hash differs, so all sources are read again, and all items are compared by content."""
    world = World.after_run(tmp_path / "site", LISTING)
    before = (world.ids(), world.contents("feeds"), world.contents("outbox"))
    with closing(sqlite3.connect(world.database)) as database, database:
        database.execute(READ_OTHERWISE)
        database.execute(COMPARED_OTHERWISE)

    for days in (7, 14):
        assert world.publisher("run", at=NOW + timedelta(days=days)).exit_code == 0

    assert (world.ids(), world.contents("feeds"), world.contents("outbox")) == before
    with closing(sqlite3.connect(world.database)) as database:
        (same,) = database.execute("SELECT count(*) FROM items WHERE content_digest LIKE 'content %'").fetchone()
        assert same == 0
