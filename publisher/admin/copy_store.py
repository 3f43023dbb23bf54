"""Copy a site's store into another database, so that the site can go on there."""

from datetime import datetime

from publisher.admin.service_lock import hold_at_rest
from publisher.model.progress import Progress
from publisher.store import Store


def copy_store(store: Store, url: str, *, now: datetime, progress: Progress) -> tuple[str, int]:
    """Copy everything the store remembers into the empty database at an SQLAlchemy URL; its name, and how many rows.

    Raises:
        BusyError: a service, a pass or a delivery is at work on the site.
        StoreError: the database is not empty, or cannot be used.
    """
    with hold_at_rest(store, now=now), Store.open_empty(url) as target, hold_at_rest(target, now=now):
        return target.database.place, store.copy_to(target, progress=progress)
