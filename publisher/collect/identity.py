"""Identity: which listed items are known, and which are new; pure. The rule is in the docstring of `pair`."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date

from publisher.collect.extent import Extent, Turnover, extent_of
from publisher.collect.likeness import find_alike
from publisher.collect.shared import find_shared, leave_out_listed, without_repeats
from publisher.collect.sources.unread import Unread
from publisher.model.items import FILING, Item, changed_fields, digest_of_content, digest_of_text
from publisher.model.links import id_key, link_key
from publisher.model.records import STANDING, Known, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What a listing changes."""

    added: tuple[Item, ...] = ()
    """New items, in the order of the listing, newest first."""
    revised: tuple[tuple[int, Item], ...] = ()
    """Numbers of edited items, and what they say now. Withdrawn items that came back are among them."""
    refiled: frozenset[int] = frozenset()
    """Numbers of items of which only themes, keywords, language or date differ: readers are not told."""
    moved: frozenset[int] = frozenset()
    """Numbers of revised items that have another date, or another time of it."""
    withdrawn: tuple[int, ...] = ()
    """Numbers of items that the organisation took out."""
    unlisted: tuple[int, ...] = ()
    """Numbers of items that are too old for the listing now."""
    relisted: tuple[int, ...] = ()
    """Numbers of unlisted items that are in the listing again, unchanged."""
    renamed: tuple[tuple[int, Item], ...] = ()
    """Numbers of items of which readers see no change, or that they do not see, and what they say now."""
    known: tuple[tuple[int, Item], ...] = field(default=(), compare=False)
    """Numbers of all listed items that are known, and what they say now."""
    reworded: frozenset[int] = field(default=frozenset(), compare=False)
    """Numbers of known items whose words, links or files differ; another date or theme alone does not count."""
    dropped: tuple[int, ...] = ()
    """Numbers of items that waited for their time, and that the organisation took out."""
    taken_back: tuple[tuple[int, Item], ...] = ()
    """Numbers of those withdrawn that their source keeps back now, and what it says of them."""
    doubtful: tuple[Item, ...] = ()
    """Listed items that stay hidden because their words are like those of one that an editor hid."""

    def without_news(self) -> "Reconciliation":
        """Return the same without new and edited items; missing items stay with readers."""
        return replace(self, added=(), revised=(), withdrawn=(), unlisted=(*self.unlisted, *self.withdrawn))

    def split(self, copies: Collection[int]) -> "tuple[Reconciliation, Reconciliation]":
        """Return what changes of the source's own items, with all new ones, and what changes of its `copies`."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A listed item with what it is compared by."""

    item: Item
    native_id: str
    """As ids compare; empty: it has none, or one that several items share."""
    link: str
    """As links compare."""
    text_digest: str
    content_digest: str
    is_withheld: bool = False
    """Whether its source keeps it back, as a draft."""

    @property
    def is_named(self) -> bool:
        return bool(self.native_id or self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Which known item each listed one is, by rules 1 to 4 of `pair`, and which items are left for rule 5."""

    pairs: Sequence[tuple[Known, Listed]]
    known: Mapping[int, Known]
    """Known items without a pair, by number."""
    listed: Mapping[int, Listed]
    """Listed items without a pair, by their place in the listing; after them those that are kept back."""
    extent: Extent | None
    """What the listing covers; None: nothing is listed, so that nothing is missing."""
    shared: Collection[str]
    """Ids, as they compare, that several items share."""

    @property
    def to_compare(self) -> list[int]:
        """Numbers of the known items whose words `reconcile` compares: by rule 5, or with those of its pair."""
        pairs = [(old, new) for old, new in self.pairs if not new.is_withheld]
        edited = [old.number for old, new in pairs if old.content_digest != new.content_digest]
        return [*self.to_pair, *edited]

    @property
    def to_pair(self) -> list[int]:
        """Numbers of the known items whose words rule 5 compares."""
        days = {new.item.date for new in self.listed.values()}
        return [number for number, old in self.known.items() if old.date in days or (days and old.is_hidden)]


def pair(
    known: Sequence[Known],
    listed: Sequence[Item],
    *,
    withheld: Sequence[Item] = (),
    unread: Sequence[Unread] = (),
    is_complete: bool = False,
) -> Pairing:
    """Find out which known item each listed item is.

    This is the one rule of identity. A listed item is the known item, not yet paired, that has

    1. the same native id, if no other known or listed item has it (an id that several items share names none); else
    2. the same date and content; else
    3. the same link, if no other known or listed item has it (a link that several items share is a place), and if the
       known item has no id, or was listed until now and its id is not listed any more; else
    4. the same date and the same words in title and text; else
    5. the same date and the most similar words, `likeness.ALIKE` or more, unless both have a native id or a link.

    In doubt an item that an editor hid stays hidden: it is known by its words on any date, and by similar words too,
    unless both have a native id or a link and their dates differ.

    If there is none, the listed item is new; so the same words on another date are another item. Of equal candidates,
    listed ones come first and withdrawn ones last, and then those that were added earlier, so that two equal texts of
    one day stay two items. Rules 2 to 4 compare no ids, because all ids of a source change when its software changes.

    Rule 5 needs the words of known items: `reconcile` applies it, after they were fetched.

    The order of `known` makes no difference. The order of `listed` decides the order of `Reconciliation.added`, and
    what the listing covers (`extent`).

    Args:
        known: the source's known items: all that were listed last time, and all others that have a date in the range of
            `listed`, or a native id or link of a listed item.
        listed: what the source lists now. Repeats count once (`shared.without_repeats`).
        withheld: what it keeps back now, as drafts. One that readers have is found by the same rule, unless it is
            listed as well.
        unread: what can be told of each item that it lists and that could not be read.
        is_complete: whether it lists all that it has.
    """
    items = without_repeats(listed)
    drafts = leave_out_listed(withheld, items)
    shared = find_shared(known, [*items, *drafts])
    news = [_listed(item, shared) for item in items]
    news += [replace(_listed(item, shared), is_withheld=True) for item in drafts]
    ids = {new.native_id for new in news}
    pairs = _Pairs(known, news)
    pairs.join(lambda old: "" if old.native_id in shared else old.native_id, lambda new: new.native_id)
    # Of equal texts whose ids are shared each keeps its own.
    pairs.join(
        lambda old: (old.native_id, old.date, old.content_digest),
        lambda new: (id_key(new.item.native_id), new.item.date, new.content_digest),
    )
    pairs.join(lambda old: (old.date, old.content_digest), lambda new: (new.item.date, new.content_digest))
    names = pairs.find_links_of_one()

    def link_of(old: Known) -> str:
        has_lost_id = old.native_id not in ids and old.state in (State.LISTED, State.HIDDEN)
        return old.link if old.link in names and (has_lost_id or not _id_of(old, shared)) else ""

    pairs.join(link_of, lambda new: new.link if new.link in names else "")
    pairs.join(lambda old: (old.date, old.text_digest), lambda new: (new.item.date, new.text_digest))
    pairs.join(lambda old: old.text_digest if old.is_hidden else "", lambda new: new.text_digest)
    days, turnover = [item.date for item in listed], _turnover(pairs)
    extent = extent_of(days, unread, is_complete=is_complete, turnover=turnover) if listed else None
    return Pairing(pairs=pairs.pairs, known=pairs.known, listed=pairs.listed, extent=extent, shared=shared)


def reconcile(pairing: Pairing, said: Mapping[int, Item], *, keeps_first_date: bool = False) -> Reconciliation:
    """Return which items are new, edited, gone and back.

    A missing item that was listed is withdrawn if it stood within what the listing covers (`extent`). If it did not,
    the listing merely ends above it, and it is unlisted. If it may be one that could not be read, it stays as it is.
    An empty listing changes nothing. What its source keeps back now is withdrawn wherever it stood.

    An item that is kept from readers stays hidden, even if it is edited. One of which only themes, keywords, language
    or date differ is revised without a word (`refiled`). If `keeps_first_date`, another date is no difference at all.

    Args:
        pairing: the known and the listed items.
        said: what the known items in `pairing.to_compare` say, by number.
        keeps_first_date: whether readers keep the date that the source gave an item first.
    """
    paired = _pair_alike(pairing, said)
    return _outcome(
        paired,
        [
            _compare(old, new, said, keeps_first_date=keeps_first_date)
            for old, new in paired.pairs
            if not new.is_withheld
        ],
    )


class _Pairs:
    """Pairs known and listed items, rule by rule. A rule sees only what earlier rules left."""

    def __init__(self, known: Iterable[Known], listed: Sequence[Listed]) -> None:
        # Sorted, so that nothing depends on the order in which they were given.
        standing = sorted(known, key=lambda old: (STANDING.index(old.state), old.is_kept_from_readers, old.number))
        self.known = {old.number: old for old in standing}
        # Content holds no ids, and two items of one content may have two, be it ids that name none of them. What is
        # kept back comes last.
        ranks = [(new.is_withheld, new.content_digest, new.item.native_id, place) for place, new in enumerate(listed)]
        self.listed = {place: listed[place] for *_, place in sorted(ranks)}
        """By place in the listing."""
        self.pairs: list[tuple[Known, Listed]] = []

    def find_links_of_one(self) -> AbstractSet[str]:
        """Return the links of exactly one known and one listed item; items with a pair count as well."""
        then = Counter(old.link for old in (*self.known.values(), *(old for old, _ in self.pairs)))
        now = Counter(new.link for new in (*self.listed.values(), *(new for _, new in self.pairs)))
        return {link for link, count in now.items() if link and count == then[link] == 1}

    def join(self, key_of_known: Callable[[Known], object], key_of_listed: Callable[[Listed], object]) -> None:
        """Pair the items with the same key, the n-th known with the n-th listed. An empty key pairs nothing."""
        wanted = {key for new in self.listed.values() if (key := key_of_listed(new))}
        waiting: dict[object, deque[Known]] = defaultdict(deque)
        for old in self.known.values() if wanted else ():
            if (key := key_of_known(old)) in wanted:
                waiting[key].append(old)
        for place, new in list(self.listed.items()):
            if candidates := waiting.get(key_of_listed(new)):
                self.pairs.append((self.known.pop(candidates.popleft().number), self.listed.pop(place)))


def _pair_alike(pairing: Pairing, said: Mapping[int, Item]) -> Pairing:
    """Pair what is left of each day if its words are alike, the most alike first."""
    known, listed, pairs = dict(pairing.known), dict(pairing.listed), list(pairing.pairs)
    places_on = _group((new.item.date, place) for place, new in listed.items())
    for day, numbers in _group((known[number].date, number) for number in pairing.to_pair).items():
        old_words = {number: _words(said[number]) for number in numbers}
        new_words = {place: _words(listed[place].item) for place in places_on[day]}
        for number, place in find_alike(old_words, new_words):
            if number in known and place in listed and _may_be_one(known[number], listed[place], pairing.shared):
                pairs.append((known.pop(number), listed.pop(place)))
    old_words = {number: _words(said[number]) for number, old in known.items() if old.is_hidden and number in said}
    new_words = {place: _words(new.item) for place, new in listed.items()} if old_words else {}
    for number, place in find_alike(old_words, new_words):
        if number in known and place in listed and _may_be_hidden(known[number], listed[place], pairing.shared):
            pairs.append((known.pop(number), listed.pop(place)))
    return replace(pairing, pairs=pairs, known=known, listed=listed)


def _turnover(pairs: _Pairs) -> Turnover:
    before = [old for old, new in pairs.pairs if not new.is_withheld]
    return Turnover(
        new=sum(not new.is_withheld for new in pairs.listed.values())
        + sum(old.state is not State.LISTED for old in before),
        missing=sorted(old.date for old in pairs.known.values() if old.state is State.LISTED),
        scrolled_off=sorted(old.date for old in pairs.known.values() if old.state is State.UNLISTED),
    )


def _may_be_one(old: Known, new: Listed, shared: Collection[str]) -> bool:
    return not ((_id_of(old, shared) or old.link) and new.is_named)


def _may_be_hidden(old: Known, new: Listed, shared: Collection[str]) -> bool:
    return _may_be_one(old, new, shared) or old.date == new.item.date


def _id_of(old: Known, shared: Collection[str]) -> str:
    return "" if old.native_id in shared else old.native_id


def _listed(item: Item, shared: Collection[str]) -> Listed:
    key = id_key(item.native_id)
    return Listed(
        item=item,
        native_id="" if key in shared else key,
        link=link_key(item.link),
        text_digest=digest_of_text(item),
        content_digest=digest_of_content(item),
    )


def _group(pairs: Iterable[tuple[date, int]]) -> dict[date, list[int]]:
    groups: dict[date, list[int]] = defaultdict(list)
    for day, value in pairs:
        groups[day].append(value)
    return groups


def _words(item: Item) -> str:
    return f"{item.title} {item.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """How a listed item differs from the known one that it is."""

    old: Known
    item: Item
    """What is known of it from now on."""
    fields: AbstractSet[str]
    """Names of the fields that differ for readers."""

    @property
    def number(self) -> int:
        return self.old.number

    @property
    def is_revised(self) -> bool:
        is_news = bool(self.fields) or self.old.state is State.WITHDRAWN
        return is_news and not self.old.is_unseen

    @property
    def is_refiled(self) -> bool:
        return self.is_revised and self.old.state is not State.WITHDRAWN and self.fields <= FILING

    @property
    def is_doubtful(self) -> bool:
        """Whether only its words say that it is one that an editor hid."""
        names = {self.old.native_id, self.old.link} - {""}
        is_named = not names.isdisjoint({id_key(self.item.native_id), link_key(self.item.link)})
        return self.old.is_hidden and not is_named and (bool(names) or self.old.date != self.item.date)

    @property
    def is_renamed(self) -> bool:
        """Whether something of it is to be remembered that readers do not see."""
        if self.is_revised:
            return False
        before = (self.old.native_id, self.old.date, self.old.content_digest)
        now = (id_key(self.item.native_id), self.item.listed_date or self.item.date, digest_of_content(self.item))
        return before != now


def _compare(old: Known, new: Listed, said: Mapping[int, Item], *, keeps_first_date: bool) -> _Change:
    if old.content_digest == new.content_digest:
        return _Change(old=old, item=new.item, fields=frozenset())
    before, item = said[old.number], new.item
    # An item that was gone comes back as it is now, and one that waits was never seen with another date.
    if keeps_first_date and old.state not in (State.WITHDRAWN, State.WAITING):
        item = with_first_date(item, before)
    return _Change(old=old, item=item, fields=frozenset(changed_fields(before, item)))


def with_first_date(item: Item, before: Item) -> Item:
    """Return the item with the date that it had `before`, and the one it has now as the listed one."""
    return replace(item, date=before.date, published=before.published, listed_date=item.listed_date or item.date)


def _outcome(pairing: Pairing, changes: Sequence[_Change]) -> Reconciliation:
    """Return what follows for paired, new and missing items."""
    changes = sorted(changes, key=lambda change: change.number)
    revised = [change for change in changes if change.is_revised]
    numbers = {change.number for change in revised}
    relisted = [change.number for change in changes if change.old.state is State.UNLISTED]
    kept_back = [(old, new.item) for old, new in pairing.pairs if new.is_withheld]
    taken_back = [(old.number, item) for old, item in kept_back if old.state.is_live]
    extent = pairing.extent
    missing = [old for old in pairing.known.values() if extent and not extent.may_hold(old)]
    within = [old for old in missing if extent and extent.covers(old.date)]
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
        reworded=frozenset(change.number for change in changes if not change.fields <= FILING),
        dropped=tuple(sorted(dropped)),
        doubtful=tuple(change.item for change in changes if change.is_doubtful and change.is_renamed),
        taken_back=tuple(sorted(taken_back, key=lambda pair: pair[0])),
    )


def _waits(old: Known) -> bool:
    """Whether an item waits for its time, be it for the first time or after a withdrawal."""
    return old.state is State.WAITING or (old.state is State.WITHDRAWN and old.wakes is not None)
