"""Decides which known item each listed item is, if it is any (pairing); pure. The rule is in the docstring
of `pair`.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date

from publisher.collect.extent import Extent, Turnover, extent_of
from publisher.collect.likeness import ALIKE, VERY_ALIKE, find_alike
from publisher.collect.shared import find_shared, leave_out_listed, without_repeats
from publisher.collect.sources.unread import Unread
from publisher.model.changes import STANDING, Known
from publisher.model.contents import digest_of_content, digest_of_text
from publisher.model.items import Item
from publisher.model.links import id_key, link_key
from publisher.model.records import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A listed item, and the keys by which it is compared."""

    place: int
    """The item's place in the listing, from 0. Items that the source withholds, such as drafts, come last."""
    item: Item
    native_id: str
    """The key of the item's id (`links.id_key`). Empty if the item has no id, or shares its id with another item."""
    link: str
    """The key of the item's link (`links.link_key`)."""
    text_digest: str
    content_digest: str
    is_withheld: bool = False
    """Whether the source withholds the item, as it does with drafts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The pairs that rules 1 to 4 of `pair` found, and the items that are left for rule 5."""

    pairs: Sequence[tuple[Known, Listed]]
    known: Mapping[int, Known]
    """Known items without a pair, by number."""
    listed: Mapping[int, Listed]
    """Listed items without a pair, by their place in the listing. Items that the source withholds come last."""
    extent: Extent | None
    """The days that the listing covers. `None` if the listing is empty: then no item counts as missing."""
    shared: Collection[str]
    """Keys of ids that several items share, so that they identify no item."""
    shared_links: Collection[str]
    """Keys of links that several known or several listed items share."""
    replaced: Collection[int] = ()
    """Numbers of known items whose id the source has given to another item."""

    @property
    def to_compare(self) -> list[int]:
        """Numbers of the known items whose words `reconcile` needs: to apply rule 5 of `pair`, or to compare an item
        with its pair.
        """
        pairs = [(old, new) for old, new in self.pairs if not new.is_withheld]
        edited = [old.number for old, new in pairs if old.content_digest != new.content_digest]
        return [*self.to_pair, *edited]

    @property
    def to_pair(self) -> list[int]:
        """Numbers of the known items whose words are compared with those of the listed items (rule 5 of `pair`)."""
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

    Five rules apply, one after the other, to the items that the rules before have not paired. A listed item is the
    known item that has

    1. the same native id, if no other known or listed item has this id. Exception: the listed item has a later date,
       and link, title and words all differ. Then the source gave the id to another item. (In a list of one item, link
       and title need not differ.)
    2. the same date and content.
    3. the same link, if no other known or listed item has this link. The known item must have no id; or it was listed
       last time, and its id is not listed any more. Exception: the listed item has a later date, and all words differ.
       Then the link leads to whichever item is newest.
    4. the same date, and the same words in title and text.
    5. the same date and the most similar words, with a likeness of `likeness.ALIKE` or more. Exception: both have a
       native id or a link of their own. Even then they are the same item if they have the same moment, to the second,
       and a likeness of `VERY_ALIKE`: ids and links may be made from titles, and then change with them.

    In doubt an item that an editor hid stays hidden: equal words identify it on any date, and so do similar words.
    Similar words do not identify it if both items have a native id or a link, and their dates differ.

    If no rule finds a known item, the listed item is new; so the same words on another date are another item. Among
    equal candidates, listed items come first and withdrawn items last, then items added earlier, so two equal texts of
    one day stay two items. Rules 2 to 4 compare no ids, because all ids of a source change when its software changes.

    Rule 5 needs the words of known items, so `reconcile` applies it after fetching them.

    The order of `known` makes no difference. The order of `listed` decides the order of `Reconciliation.added`, and
    what the listing covers (`extent`).

    Args:
        known: the source's known items: all items listed last time, and all other items with a date in the range of
            `listed`, or with a native id or link of a listed item.
        listed: the items that the source lists now. Repeats count once (`shared.without_repeats`).
        withheld: the source's present drafts. The same rule finds drafts that readers already have, unless these are
            listed as well.
        unread: what is known of each listed item that could not be read.
        is_complete: whether the source lists all its items.
    """
    items = without_repeats(listed)
    drafts = leave_out_listed(withheld, items)
    shared = find_shared(known, [*items, *drafts])
    news = [_listed(place, item, shared) for place, item in enumerate([*items, *drafts])]
    news = [replace(new, is_withheld=True) if new.place >= len(items) else new for new in news]
    pairs = _pair_equal(known, news, shared)
    days, turnover = [item.date for item in listed], _turnover(pairs, listed)
    extent = extent_of(days, unread, is_complete=is_complete, turnover=turnover) if listed else None
    return Pairing(
        pairs=pairs.pairs,
        known=pairs.known,
        listed=pairs.listed,
        extent=extent,
        shared=shared,
        shared_links=pairs.find_links_of_several(),
    )


def _pair_equal(known: Iterable[Known], listed: Sequence[Listed], shared: Collection[str]) -> "_Pairs":
    """Return the pairs by rules 1 to 4 of `pair`, and then by the equal words of hidden items."""
    pairs = _Pairs(known, listed)
    pairs.join(lambda old: _id_of(old, shared), lambda new: new.native_id)
    # equal texts that share ids with others: each is paired with the known item that has its id
    pairs.join(
        lambda old: (old.native_id, old.date, old.content_digest),
        lambda new: (id_key(new.item.native_id), new.item.date, new.content_digest),
    )
    pairs.join(lambda old: (old.date, old.content_digest), lambda new: (new.item.date, new.content_digest))
    ids, names = {new.native_id for new in listed}, pairs.find_links_of_one()

    def link_of(old: Known) -> str:
        has_lost_id = old.native_id not in ids and old.state in (State.LISTED, State.HIDDEN)
        return old.link if old.link in names and (has_lost_id or not _id_of(old, shared)) else ""

    pairs.join(link_of, lambda new: new.link if new.link in names else "")
    pairs.join(lambda old: (old.date, old.text_digest), lambda new: (new.item.date, new.text_digest))
    pairs.join(lambda old: old.text_digest if old.is_hidden else "", lambda new: new.text_digest)
    return pairs


class _Pairs:
    """Pairs known and listed items, rule by rule. A rule sees only items that earlier rules left."""

    def __init__(self, known: Iterable[Known], listed: Sequence[Listed]) -> None:
        # sorted, so that the order of the arguments does not matter
        standing = sorted(known, key=lambda old: (STANDING.index(old.state), old.is_kept_from_readers, old.number))
        self.known = {old.number: old for old in standing}
        # Content has no ids, and two items of the same content may have different ids, even shared ones. Withheld items
        # come last.
        ranks = [(new.is_withheld, new.content_digest, new.item.native_id, new.place) for new in listed]
        self.listed = {place: listed[place] for *_, place in sorted(ranks)}
        """The listed items without a pair, by their place in the listing."""
        self.pairs: list[tuple[Known, Listed]] = []

    def find_links_of_one(self) -> AbstractSet[str]:
        """Return the links that exactly one known item and exactly one listed item have, paired items included."""
        then, now = self._count_links()
        return {link for link, count in now.items() if link and count == then[link] == 1}

    def find_links_of_several(self) -> AbstractSet[str]:
        """Return the links that several known or several listed items have."""
        return {link for counts in self._count_links() for link, count in counts.items() if link and count > 1}

    def _count_links(self) -> tuple[Counter[str], Counter[str]]:
        then = Counter(old.link for old in (*self.known.values(), *(old for old, _ in self.pairs)))
        now = Counter(new.link for new in (*self.listed.values(), *(new for _, new in self.pairs)))
        return then, now

    def join(self, key_of_known: Callable[[Known], object], key_of_listed: Callable[[Listed], object]) -> None:
        """Pair the items with the same key: the first known item with the first listed one, and so on. An empty key
        pairs nothing.
        """
        wanted = {key for new in self.listed.values() if (key := key_of_listed(new))}
        waiting: dict[object, deque[Known]] = defaultdict(deque)
        for old in self.known.values() if wanted else ():
            if (key := key_of_known(old)) in wanted:
                waiting[key].append(old)
        for place, new in list(self.listed.items()):
            if candidates := waiting.get(key_of_listed(new)):
                self.pairs.append((self.known.pop(candidates.popleft().number), self.listed.pop(place)))


def part_strangers(pairing: Pairing, said: Mapping[int, Item]) -> Pairing:
    """Undo each pair whose items only share an id or a link that the source has given to another item.

    The known item of such a pair then counts as missing, and the listed item as new.
    """
    listed = [*pairing.listed.values(), *(new for _, new in pairing.pairs)]
    is_only = sum(not new.is_withheld for new in listed) == 1

    def has_other_id(old: Known, new: Listed) -> bool:
        known = _id_of(old, pairing.shared)
        return bool(known and new.native_id) and known != new.native_id

    parted = [
        (old, new)
        for old, new in pairing.pairs
        if old.number in said
        and _is_another(old, new, said[old.number], new.item, has_other_id=has_other_id(old, new), is_only=is_only)
    ]
    if not parted:
        return pairing
    return replace(
        pairing,
        pairs=[pair for pair in pairing.pairs if pair not in parted],
        known={**pairing.known, **{old.number: old for old, _ in parted}},
        listed={**pairing.listed, **{new.place: new for _, new in parted}},
        replaced=[old.number for old, _ in parted],
    )


def _is_another(old: Known, new: Listed, before: Item, now: Item, *, has_other_id: bool, is_only: bool) -> bool:
    """Whether a listed item, paired by its id or its link alone, is another item than the known item of its pair.

    It is another item if it has a later date, another link, another title and other words. An item that no reader may
    see is never another. If the listing has only this item (`is_only`), an equal link or title does not count: each new
    item may have them. Nor do they count if the ids differ (`has_other_id`): the link may lead to a page that shows
    another item each day.
    """
    is_open = not (old.is_kept_from_readers or old.state in (State.HIDDEN, State.WAITING) or new.is_withheld)
    is_place_of_many = is_only or has_other_id
    has_other_name = old.link != new.link or not old.link or is_place_of_many
    has_other_title = before.title != now.title or not now.title or is_place_of_many
    is_news = now.date > old.date and is_open and has_other_name and has_other_title
    return is_news and not find_alike({0: _words(before)}, {0: _words(now)})


def pair_alike(pairing: Pairing, said: Mapping[int, Item]) -> Pairing:
    """Pair the remaining items of each day whose words are alike, the most alike first."""
    known, listed, pairs = dict(pairing.known), dict(pairing.listed), list(pairing.pairs)
    places_on = _group((new.item.date, place) for place, new in listed.items())
    for day, numbers in _group((known[number].date, number) for number in pairing.to_pair).items():
        old_words = {number: _words(said[number]) for number in numbers if number in said}
        new_words = {place: _words(listed[place].item) for place in places_on[day]}
        for least, may_be in ((ALIKE, _may_be_one), (VERY_ALIKE, _have_one_moment)):
            for number, place in find_alike(old_words, new_words, least=least):
                if number in known and place in listed and may_be(known[number], listed[place], pairing, said):
                    pairs.append((known.pop(number), listed.pop(place)))
    old_words = {number: _words(said[number]) for number, old in known.items() if old.is_hidden and number in said}
    new_words = {place: _words(new.item) for place, new in listed.items()} if old_words else {}
    for number, place in find_alike(old_words, new_words):
        if number in known and place in listed and _may_be_hidden(known[number], listed[place], pairing, said):
            pairs.append((known.pop(number), listed.pop(place)))
    return replace(pairing, pairs=pairs, known=known, listed=listed)


def _turnover(pairs: _Pairs, listed: Sequence[Item]) -> Turnover:
    new = {new.item for new in pairs.listed.values()}
    new |= {new.item for old, new in pairs.pairs if old.state is not State.LISTED}
    return Turnover(
        new={place for place, item in enumerate(listed) if item in new} if new else (),
        missing=sorted(old.date for old in pairs.known.values() if old.state is State.LISTED),
        scrolled_off=sorted(old.date for old in pairs.known.values() if old.state is State.UNLISTED),
    )


def _may_be_one(old: Known, new: Listed, pairing: Pairing, _said: Mapping[int, Item]) -> bool:
    """Whether two items may be the same: false if both have an id or a link of their own that tells them apart."""
    links = {link for link in (old.link, new.link) if link and link not in pairing.shared_links}
    return not ((_id_of(old, pairing.shared) or old.link in links) and (new.native_id or new.link in links))


def _have_one_moment(old: Known, new: Listed, _pairing: Pairing, said: Mapping[int, Item]) -> bool:
    """Whether both items have the same instant of publication and the known item was listed last time.

    A full hour does not count: it was planned, and other items may have it too.
    """
    moment = new.item.published
    is_exact = moment is not None and (moment.minute, moment.second) != (0, 0)
    return is_exact and said[old.number].published == moment and old.state in (State.LISTED, State.HIDDEN)


def _may_be_hidden(old: Known, new: Listed, pairing: Pairing, said: Mapping[int, Item]) -> bool:
    return _may_be_one(old, new, pairing, said) or old.date == new.item.date


def _id_of(old: Known, shared: Collection[str]) -> str:
    return "" if old.native_id in shared else old.native_id


def _listed(place: int, item: Item, shared: Collection[str]) -> Listed:
    key = id_key(item.native_id)
    return Listed(
        place=place,
        item=item,
        native_id="" if key in shared else key,
        link=link_key(item.link),
        text_digest=digest_of_text(item),
        content_digest=digest_of_content(item),
    )


def _group(pairs: Iterable[tuple[date, int]]) -> dict[date, list[int]]:
    groups: dict[date, list[int]] = defaultdict(list)
    for day, number in pairs:
        groups[day].append(number)
    return groups


def _words(item: Item) -> str:
    return f"{item.title} {item.text}"
