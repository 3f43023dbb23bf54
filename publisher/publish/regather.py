"""Assigns themes and feeds to all items again after a change of config.toml."""

from datetime import datetime

from publisher.model.feeds import Gathering, gather
from publisher.model.progress import Progress
from publisher.model.themes import wanted_names
from publisher.store import Store


def regather(store: Store, gathering: Gathering, *, now: datetime, progress: Progress) -> None:
    """Assign themes and feeds to all items again, in batches. After a crash, this can be repeated.

    Nothing is added to the item log: the organisation changed nothing, so feeds announce nothing.
    """
    last_item = store.items.last_number()
    after: int | None = 0
    while after is not None:
        progress("themes", min(after, last_item), last_item)
        with store.items.open_batch(after=after) as page:
            # an item that readers never see must not take a slug from one that they do
            shown = [stored.item for stored in page.items if not stored.is_kept_from_readers]
            names = page.name(wanted_names(shown, gathering.theme_map))
            gathered = {
                stored.number: gather(stored.item, gathering, source=stored.source, names=names)
                for stored in page.items
            }
            page.retheme(gathered, current=gathering.theme_map.current, now=now)
            after = page.items[-1].number if page.items else None
