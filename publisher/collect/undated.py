"""Undated items: gives known ones the date they have in the log; pure."""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from publisher.model.items import Item, digest_of_text
from publisher.model.links import id_key, link_key
from publisher.model.records import STANDING, Known


def date_as_known(known: Sequence[Known], listed: Sequence[Item], *, shared: Collection[str] = ()) -> tuple[Item, ...]:
    """Return the listed items. Each undated item that is known gets its date in the log; the others stay as they are.

    An undated item is known by its id, unless that is among the `shared` ones, else by its link, else by its words. If
    several share them, the n-th listed item is the n-th known one.
    """
    standing = sorted(known, key=lambda old: (STANDING.index(old.state), old.number))
    items = dict(enumerate(listed))
    undated = [place for place, item in items.items() if item.is_undated]
    keys: tuple[tuple[Callable[[Known], str], Callable[[Item], str]], ...] = (
        (
            lambda old: old.native_id,
            lambda new: "" if id_key(new.native_id) in shared else id_key(new.native_id),
        ),
        (lambda old: old.link, lambda new: link_key(new.link)),
        (lambda old: old.text_digest, digest_of_text),
    )
    for key_of_known, key_of_item in keys:
        waiting: dict[str, deque[Known]] = defaultdict(deque)
        for old in standing if undated else ():
            waiting[key_of_known(old)].append(old)
        for place in list(undated):
            key = key_of_item(items[place])
            if key and waiting[key]:
                old = waiting[key].popleft()
                items[place] = replace(items[place], date=old.date)
                standing.remove(old)
                undated.remove(place)
    return tuple(items.values())
