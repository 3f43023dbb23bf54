"""Hides an item from readers, even if its source changes it; shows a hidden item again; or makes a waiting item visible
now.

In: an address or an id of an item. Out: a change in the item log, after which feeds, archives, pages and editions are
rendered again. If a crash follows the change, the next pass renders them.
"""

from collections.abc import Sequence
from urllib.parse import unquote

from publisher.admin.office import Office
from publisher.collect.embargo import EmbargoRules
from publisher.collect.rules import CollectRules
from publisher.collect.wake import wake_source
from publisher.model.errors import UsageError
from publisher.model.feeds import Gathered, gather
from publisher.model.problems import some_of
from publisher.model.records import Record, State
from publisher.model.reports import CollectReport
from publisher.model.site import Site
from publisher.model.themes import wanted_names
from publisher.model.titles import title_of
from publisher.store import Store
from publisher.store.hidden import HiddenItem

_SHOWN = 5


def hide_item(name: str, reason: str, office: Office, rules: CollectRules) -> CollectReport:
    """Hide the item with this address or id from readers. An item that is hidden already stays so.

    Raises:
        UsageError: there is no such item, or there are several.
    """
    record = find_item(name, office.store, office.config.site)
    if record.state is State.HIDDEN:
        return CollectReport()
    feeds = [feed.slug for feed in _gathered(record, office.store, rules).feeds]
    office.store.hidden.hide(record, feeds=feeds, reason=reason, now=office.now)
    return CollectReport(hidden=1)


def show_item(name: str, office: Office, rules: CollectRules) -> CollectReport:
    """Show an item that an editor hid to readers again. An item that they never saw appears when its time has come.

    Raises:
        UsageError: there is no such item, there are several, or the item is not hidden.
    """
    store = office.store
    record = find_item(name, store, office.config.site)
    hidden = next((each for each in store.hidden.all() if each.record.number == record.number), None)
    if hidden is None:
        raise UsageError(f"item {name!r} is not hidden; `publisher item list` names those that are")
    wakes = None
    if policy := rules.policies.get(record.source):
        wakes = EmbargoRules(now=office.now, timezone=rules.site.timezone, policy=policy).wake_of(record.item)
    store.hidden.show(hidden, _gathered(record, store, rules), wakes=wakes, now=office.now)
    return CollectReport(shown=1)


def let_appear(name: str, office: Office, rules: CollectRules) -> CollectReport:
    """Make an item that waits for a later date visible to readers now; `name` is its number, address or id.

    A first transaction sets its time to now, a second one makes it visible. If a crash prevents the second, the next
    run does it.

    Raises:
        UsageError: no item of this name waits.
    """
    store = office.store
    waits = {str(each.number): each for each in store.items.waiting() if not each.is_back}
    number = name if name.isdecimal() else str(find_item(name, store, office.config.site).number)
    if number not in waits:
        raise UsageError(f"item {name!r} does not wait for its time")
    with store.log.open_pass(waits[number].source) as log:
        log.retime([(waits[number].number, waits[number].item, office.now)])
    return wake_source(waits[number].source, store, rules, now=office.now)


def hidden_items(office: Office) -> Sequence[HiddenItem]:
    """Return the items that editors hid from readers, the most recently hidden first."""
    return office.store.hidden.all()


def _gathered(record: Record, store: Store, rules: CollectRules) -> Gathered:
    names = store.names.of(wanted_names([record.item], rules.gathering.theme_map))
    return gather(record.item, rules.gathering, source=record.source, names=names)


def find_item(name: str, store: Store, site: Site) -> Record:
    """Return the item with this address or id. If there are several, return the one that readers see or may see later.

    Raises:
        UsageError: there is no such item, or there are several that readers may see.
    """
    found = store.hidden.find(name, path=_path_of(name, site))
    likely = [record for record in found if record.state not in (State.WITHDRAWN, State.EXPIRED)] or found
    if not likely:
        raise UsageError(f"no item has the address or id {name!r}; give its link, its page, or its id from a feed")
    if len(likely) > 1:
        told = some_of([f"{each.short_id} ({title_of(each.item)}, {each.item.date})" for each in likely], _SHOWN)
        raise UsageError(f"{len(likely)} items have the address or id {name!r}; name one by its id: {told}")
    return likely[0]


def _path_of(name: str, site: Site) -> str:
    """Return the path of an item's page on this site if `name` is the page's address, and otherwise an empty string."""
    place = name.removeprefix(site.base_url).partition("?")[0].partition("#")[0]
    return unquote(place).removesuffix(".html").strip("/")
