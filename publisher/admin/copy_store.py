"""Copies a site's store into another database, so that the site can continue there."""

from datetime import datetime
from pathlib import Path

from publisher.admin.service_lock import hold_at_rest
from publisher.model.progress import Progress
from publisher.store import Store


def copy_store(store: Store, url: str, departures: Path, *, now: datetime, progress: Progress) -> tuple[str, int]:
    """Copy the whole store into the empty database at an SQLAlchemy URL, and its file of departures to the path
    `departures`; return the database's name for messages, and the number of rows.

    Raises:
        BusyError: a service or other work is running on the site.
        FilesError: a file of departures cannot be used.
        StoreError: the database is not empty, or cannot be used.
    """
    with hold_at_rest(store, now=now), Store.open_empty(url) as target, hold_at_rest(target, now=now):
        # before the rows: after a copy that was interrupted, the database is empty, and the next copy does both again
        store.copy_departures_to(departures)
        return target.database.place, store.copy_to(target, progress=progress)
