"""Decides what a listing changes, once `pairs` has matched its items with known items; pure."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from publisher.collect.pairs import Listed, Pairing, pair_alike, part_strangers
from publisher.model.changes import Known
from publisher.model.contents import (
    FILING,
    changed_fields,
    differs_in_marks_alone,
    digest_of_content,
    has_only_moved,
)
from publisher.model.items import Item
from publisher.model.links import id_key, link_key
from publisher.model.records import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The changes that a listing makes to a source's items."""

    added: tuple[Item, ...] = ()
    """New items, in the order of the listing, newest first."""
    revised: tuple[tuple[int, Item], ...] = ()
    """Numbers of edited items, each with its new content. Withdrawn items that came back are included."""
    refiled: frozenset[int] = frozenset()
    """Numbers of items of which only themes, keywords, language, date, the host, or marks such as quotes changed;
    readers are not told.
    """
    moved: frozenset[int] = frozenset()
    """Numbers of revised items whose date or time of day changed."""
    withdrawn: tuple[int, ...] = ()
    """Numbers of items that the organisation removed."""
    unlisted: tuple[int, ...] = ()
    """Numbers of items that the listing no longer reaches because they are too old."""
    relisted: tuple[int, ...] = ()
    """Numbers of items that the listing had ceased to list (unlisted) and that are in it again with the
    same content.
    """
    renamed: tuple[tuple[int, Item], ...] = ()
    """Numbers of items with a change that readers do not see, such as another id, each with its new content."""
    known: tuple[tuple[int, Item], ...] = field(default=(), compare=False)
    """Numbers of all listed items that are known, with their new content."""
    reworded: frozenset[int] = field(default=frozenset(), compare=False)
    """Numbers of known items whose words, links or files changed. A new date, theme or host alone does not count."""
    dropped: tuple[int, ...] = ()
    """Numbers of items that the organisation removed while the items waited to appear."""
    taken_back: tuple[tuple[int, Item], ...] = ()
    """Numbers of items that are withdrawn because their source now marks them as drafts, each with its new content."""
    doubtful: tuple[Item, ...] = ()
    """Listed items that stay hidden because their words are like those of an item that an editor hid."""

    def without_news(self) -> "Reconciliation":
        """Return the changes without new and edited items, and with withdrawn items counted as unlisted, so that they
        stay visible.
        """
        return replace(self, added=(), revised=(), withdrawn=(), unlisted=(*self.unlisted, *self.withdrawn))

    def split(self, copies: Collection[int]) -> "tuple[Reconciliation, Reconciliation]":
        """Return the changes of the source's own items, including all new items, and the changes of its `copies`
        (numbers of items).
        """
        own, of_others = (
            Reconciliation(
                revised=tuple(pair for pair in self.revised if (pair[0] in copies) is is_copy),
                withdrawn=tuple(number for number in self.withdrawn if (number in copies) is is_copy),
                unlisted=tuple(number for number in self.unlisted if (number in copies) is is_copy),
                relisted=tuple(number for number in self.relisted if (number in copies) is is_copy),
                renamed=tuple(pair for pair in self.renamed if (pair[0] in copies) is is_copy),
                refiled=frozenset(number for number in self.refiled if (number in copies) is is_copy),
                moved=frozenset(number for number in self.moved if (number in copies) is is_copy),
                known=tuple(pair for pair in self.known if (pair[0] in copies) is is_copy),
                reworded=frozenset(number for number in self.reworded if (number in copies) is is_copy),
                dropped=tuple(number for number in self.dropped if (number in copies) is is_copy),
                taken_back=tuple(pair for pair in self.taken_back if (pair[0] in copies) is is_copy),
            )
            for is_copy in (False, True)
        )
        return replace(own, added=self.added, doubtful=self.doubtful), of_others


def reconcile(pairing: Pairing, said: Mapping[int, Item], *, keeps_first_date: bool = False) -> Reconciliation:
    """Return which items are new, edited, gone, and listed again after they were gone.

    A missing item is withdrawn if the listing covers its day (`extent`). Otherwise the listing merely ends above the
    item, and the item is unlisted. A missing item that may be one of the unreadable listed items stays as it is. An
    empty listing changes nothing. An item that its source now withholds is withdrawn wherever it stood.

    An item that is kept from readers stays hidden, even if it is edited. If only themes, keywords, language or date
    differ, or marks such as quotes, or the item only moved to another host, the revision is not announced (`refiled`).
    With `keeps_first_date`, another date is no difference at all.

    Args:
        pairing: the known and the listed items.
        said: the contents in the log of the known items in `pairing.to_compare`, by number.
        keeps_first_date: whether readers keep the date that the source gave an item first.
    """
    paired = pair_alike(part_strangers(pairing, said), said)
    return _outcome(
        paired,
        [
            _compare(old, new, said, keeps_first_date=keeps_first_date)
            for old, new in paired.pairs
            if not new.is_withheld
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """How a listed item differs from the known item that it was paired with."""

    old: Known
    item: Item
    """The item's new content for the log."""
    fields: AbstractSet[str]
    """Names of the fields that differ for readers."""
    means_the_same: bool = False
    """Whether only the host of its addresses, or the marks between its words, are others."""

    @property
    def is_quiet(self) -> bool:
        """Whether the change is not announced as a correction."""
        return self.fields <= FILING or self.means_the_same

    @property
    def number(self) -> int:
        return self.old.number

    @property
    def is_revised(self) -> bool:
        is_news = bool(self.fields) or self.old.state is State.WITHDRAWN
        return is_news and not self.old.is_unseen

    @property
    def is_refiled(self) -> bool:
        return self.is_revised and self.old.state is not State.WITHDRAWN and self.is_quiet

    @property
    def is_doubtful(self) -> bool:
        """Whether only similar words suggest that the listed item is an item that an editor hid."""
        names = {self.old.native_id, self.old.link} - {""}
        is_named = not names.isdisjoint({id_key(self.item.native_id), link_key(self.item.link)})
        return self.old.is_hidden and not is_named and (bool(names) or self.old.date != self.item.date)

    @property
    def is_renamed(self) -> bool:
        """Whether the change is in something that the store keeps and readers do not see, such as the item's id."""
        if self.is_revised:
            return False
        before = (self.old.native_id, self.old.date, self.old.content_digest)
        now = (id_key(self.item.native_id), self.item.listed_date or self.item.date, digest_of_content(self.item))
        return before != now


def _compare(old: Known, new: Listed, said: Mapping[int, Item], *, keeps_first_date: bool) -> _Change:
    if old.content_digest == new.content_digest:
        return _Change(old=old, item=new.item, fields=frozenset())
    before, item = said[old.number], new.item
    # An item that was gone comes back with its new date. Readers never saw a waiting item with another date.
    if keeps_first_date and old.state not in (State.WITHDRAWN, State.WAITING):
        item = with_first_date(item, before)
    return _Change(
        old=old,
        item=item,
        fields=frozenset(changed_fields(before, item)),
        means_the_same=has_only_moved(before, item) or differs_in_marks_alone(before, item),
    )


def with_first_date(item: Item, before: Item) -> Item:
    """Return the item with the date of `before`, its earlier version; the item's present date becomes `listed_date`."""
    return replace(item, date=before.date, published=before.published, listed_date=item.listed_date or item.date)


def _outcome(pairing: Pairing, changes: Sequence[_Change]) -> Reconciliation:
    """Return the changes that follow from paired, new and missing items."""
    changes = sorted(changes, key=lambda change: change.number)
    revised = [change for change in changes if change.is_revised]
    numbers = {change.number for change in revised}
    relisted = [change.number for change in changes if change.old.state is State.UNLISTED]
    kept_back = [(old, new.item) for old, new in pairing.pairs if new.is_withheld]
    taken_back = [(old.number, item) for old, item in kept_back if old.state.is_live]
    extent = pairing.extent
    missing = [old for old in pairing.known.values() if extent and not extent.may_hold(old)]
    within = [old for old in missing if extent and extent.covers(old.date)]
    # in a listing of the newest items, a replaced item is not gone: it has only lost its place
    stays = set() if extent and extent.is_complete else {*pairing.replaced}
    within = [old for old in within if old.number not in stays]
    withdrawn = [old.number for old in within if old.state is State.LISTED]
    dropped = [old.number for old in (*within, *(old for old, _ in kept_back)) if _waits(old)]
    return Reconciliation(
        added=tuple(new.item for _, new in sorted(pairing.listed.items()) if not new.is_withheld),
        revised=tuple((change.number, change.item) for change in revised),
        refiled=frozenset(change.number for change in revised if change.is_refiled),
        moved=frozenset(change.number for change in revised if change.fields & {"date", "published"}),
        withdrawn=tuple(sorted([*withdrawn, *(number for number, _ in taken_back)])),
        unlisted=tuple(sorted(old.number for old in missing if old.state is State.LISTED and old not in within)),
        relisted=tuple(number for number in relisted if number not in numbers),
        renamed=tuple((change.number, change.item) for change in changes if change.is_renamed),
        known=tuple((change.number, change.item) for change in changes),
        reworded=frozenset(change.number for change in changes if not change.is_quiet),
        dropped=tuple(sorted(dropped)),
        doubtful=tuple(change.item for change in changes if change.is_doubtful and change.is_renamed),
        taken_back=tuple(sorted(taken_back, key=lambda pair: pair[0])),
    )


def _waits(old: Known) -> bool:
    """Whether an item waits for its time, for the first time or after a withdrawal."""
    return old.state is State.WAITING or (old.state is State.WITHDRAWN and old.wakes is not None)
