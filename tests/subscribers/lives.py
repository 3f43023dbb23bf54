"""Random lives of subscribers, with an oracle that remembers what each subscriber got of each item.

A world has a log of items; subscribers who subscribe, leave, return, pause and change pace; rounds that are late,
skipped, or held by an editor, who may take an item out; items that move between themes; and themes that are renamed.
For every item and subscriber, the oracle says whether he must get the item: he must if he followed one of its themes
when the item entered that theme, and did not stop before his mail was due. If the item left that theme, he must if he
follows one of its present themes. He must never get an item twice.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from publisher.model.rounds import ItemEntry
from publisher.model.subscribers import EVERYTHING, EndReason, Subscription, SubscriptionState
from publisher.subscribers.choose import choose, leave, undo
from publisher.subscribers.rule import Follow, Share, Window, moved, share_of

THEMES = ("asylum", "borders", "return", "work")
PACES = ("daily", "weekly", "monthly")
START = datetime(2026, 3, 2, tzinfo=UTC)
RENAMED = "~"
"""In a slug, the separator between a theme's name and the number of times that it was renamed."""
Rule = Callable[["Reader", Window, int, int], tuple[Share, tuple[Subscription, ...]]]
"""A rule that decides what a subscriber gets. Given him, the window of items, the end of the round and the most items,
it returns what he gets, and his subscriptions afterwards.
"""


def name_of(slug: str) -> str:
    """Return the name of a theme, from any of its slugs."""
    return slug.partition(RENAMED)[0]


@dataclass
class Item:
    """An item as it is in the log."""

    number: int
    added_seq: int
    themes: dict[str, int]
    """The log numbers at which the item entered its themes, by the slugs that the themes had then."""
    left: dict[str, int] = field(default_factory=dict)
    """The same for themes that the item left after a round of mails."""
    is_live: bool = True

    @property
    def names(self) -> set[str]:
        """The names of the themes that the item is in now."""
        return {*map(name_of, self.themes)}


@dataclass
class Reader:
    """One subscriber, with what the oracle knows about him."""

    number: int
    subscriptions: tuple[Subscription, ...] = ()
    due: frozenset[str] = frozenset()
    """The names of the paces that are due now."""
    wants: dict[int, set[str]] = field(default_factory=dict)
    """Items that he must still get, each with the themes for which he must get it."""
    got: list[int] = field(default_factory=list)
    paused: bool = False
    current: Callable[[str], str] = str
    """Returns the present slug of a theme."""

    @property
    def followed(self) -> set[str]:
        """The names of the themes that he follows."""
        return {name_of(each.theme) for each in self.subscriptions if each.state is SubscriptionState.ACTIVE}

    def follows(self, *, ended_too: bool = True) -> list[Follow]:
        return [
            Follow(
                self.current(each.theme),
                each.start,
                each.cursor,
                self.is_due(each),
                each.state is SubscriptionState.ACTIVE,
            )
            for each in self.subscriptions
            if ended_too or each.state is SubscriptionState.ACTIVE
        ]

    def is_due(self, each: Subscription) -> bool:
        return each.state is SubscriptionState.ACTIVE and each.pace in self.due


@dataclass
class World:
    """The items and subscribers of one moment, and the source of random choices."""

    rule: Rule
    random: Random
    limit: int
    now: datetime = START
    log_end: int = 0
    mailed_upto: int = 0
    """The end of the log at the last round of mails."""
    items: list[Item] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    lost: list[tuple[int, int]] = field(default_factory=list)
    doubled: list[tuple[int, int]] = field(default_factory=list)
    unasked: list[tuple[int, int]] = field(default_factory=list)
    renamed: dict[str, int] = field(default_factory=dict)
    """How often each theme was renamed, by its name."""
    held: set[str] | None = None
    """The paces (how often mails come) that fell due since an editor began a review. `None` without one."""

    def live(self, steps: int) -> None:
        """Let `steps` random events happen, then give everybody a last mail."""
        actions = (self.publish, self.publish, self.publish, self.change, self.change, self.round, self.round)
        rare = (
            *(self.withdraw, self.join_theme, self.move, self.pause),
            *(self.come_back, self.join, self.rename, self.hold),
        )
        for _ in range(steps):
            self.now += timedelta(hours=self.random.randint(1, 30))
            self.random.choice(actions if self.random.random() < 0.8 else rare)()
        for reader in self.readers:
            reader.paused = False
        self.release()
        for _ in range(len(self.items) // self.limit + 2):
            self.send_round(frozenset(PACES))
        self.lost += [(reader.number, item) for reader in self.readers for item in sorted(reader.wants)]

    # --- the log -----------------------------------------------------------------------------------------------------

    def publish(self) -> None:
        """Add several items at once. Their dates do not matter, because new means new to the log."""
        for _ in range(self.random.randint(1, 3)):
            self.log_end += 1
            themes = self.random.sample(THEMES, self.random.choice((1, 1, 1, 2, 3)))
            item = Item(len(self.items) + 1, self.log_end, dict.fromkeys(map(self.slug, themes), self.log_end))
            self.items.append(item)
            for reader in self.readers:
                if by := reader.followed & {*themes, EVERYTHING}:
                    reader.wants[item.number] = by

    def withdraw(self) -> None:
        """Withdraw an item. From now on nobody must get it."""
        live = [item for item in self.items if item.is_live]
        if live:
            item = self.random.choice(live)
            self.log_end += 1
            item.is_live = False
            for reader in self.readers:
                reader.wants.pop(item.number, None)

    def join_theme(self) -> None:
        """Let an item enter one more theme, so that those who follow that theme now must get it."""
        live = [item for item in self.items if item.is_live and len(item.themes) < len(THEMES)]
        if not live:
            return
        item = self.random.choice(live)
        self.log_end += 1
        self.enter(item, self.random.choice([theme for theme in THEMES if theme not in item.names]))

    def enter(self, item: Item, theme: str) -> None:
        left = {name_of(slug): slug for slug in item.left}
        item.themes[self.slug(theme)] = item.left.pop(left[theme]) if theme in left else self.log_end
        for reader in self.readers:
            its = [
                each for each in reader.subscriptions if name_of(each.theme) == theme and each.start < item.added_seq
            ]
            is_followed = any(each.state is SubscriptionState.ACTIVE for each in its)
            if is_followed and item.number not in reader.got and not self.has_passed(reader, item):
                reader.wants.setdefault(item.number, set()).add(theme)

    def move(self) -> None:
        """Move an item from one theme to another, as an editor does who corrects its theme."""
        live = [item for item in self.items if item.is_live]
        if not live:
            return
        item = self.random.choice(live)
        former = self.random.choice(sorted(item.names))
        self.log_end += 1
        for slug in [slug for slug in item.themes if name_of(slug) == former]:
            seq = item.themes.pop(slug)
            if seq <= self.mailed_upto:
                item.left[slug] = seq
        if others := [theme for theme in THEMES if theme not in {*item.names, former}]:
            self.enter(item, self.random.choice(others))
        for reader in self.readers:
            if item.number in reader.wants and not self.is_wanted(reader, item):
                del reader.wants[item.number]

    def is_wanted(self, reader: Reader, item: Item) -> bool:
        """Whether a subscriber still follows a theme of the item, and one for which he must get it."""
        by = reader.wants[item.number] & {EVERYTHING, *item.names, *map(name_of, item.left)}
        return bool(reader.followed & by) and bool(reader.followed & {EVERYTHING, *item.names})

    def has_passed(self, reader: Reader, item: Item) -> bool:
        """Whether a subscription of the subscriber has dealt with the item, or would have if the item had not been
        withdrawn.
        """
        return any(
            each.start < item.added_seq and seq <= each.cursor
            for each in reader.subscriptions
            for theme, seq in {**item.themes, **item.left, EVERYTHING: item.added_seq}.items()
            if name_of(each.theme) == name_of(theme)
        )

    def rename(self) -> None:
        """Give a theme another slug. Items and subscriptions have the former one for a while, or for good."""
        theme = self.random.choice(THEMES)
        self.renamed[theme] = self.renamed.get(theme, 0) + 1

    def slug(self, theme: str) -> str:
        """Return the present slug of the theme with this name."""
        times = self.renamed.get(theme, 0)
        return f"{theme}{RENAMED}{times}" if times else theme

    def current(self, slug: str) -> str:
        """Return the present slug of a theme that had this slug at some time."""
        return self.slug(name_of(slug))

    # --- people ------------------------------------------------------------------------------------------------------

    def join(self) -> None:
        self.readers.append(Reader(len(self.readers) + 1, current=self.current))
        self.choose(self.readers[-1])

    def change(self) -> None:
        if not self.readers:
            self.join()
            return
        reader = self.random.choice(self.readers)
        if self.random.random() < 0.25:
            reader.subscriptions = leave(reader.subscriptions, EndReason.UNSUBSCRIBED, now=self.now)
            if self.random.random() < 0.3:
                reader.subscriptions = undo(reader.subscriptions, now=self.now)
        else:
            self.choose(reader)
        self.forget_unfollowed(reader)

    def choose(self, reader: Reader) -> None:
        themes = self.random.sample((*THEMES, EVERYTHING), self.random.randint(1, 3))
        choices = {self.slug(theme): self.random.choice(PACES) for theme in themes}
        before = [replace(each, theme=self.current(each.theme)) for each in reader.subscriptions]
        reader.subscriptions = choose(before, choices, log_end=self.log_end, now=self.now)

    def forget_unfollowed(self, reader: Reader) -> None:
        """Remove items that a subscriber need not get, because he stopped following their themes before his mail was
        due.

        A subscriber who changes from everything to one theme of the item goes on with that theme.
        """
        for number, by in list(reader.wants.items()):
            item = self.items[number - 1]
            others = reader.followed & item.names if EVERYTHING in by else set()
            reader.wants[number] = reader.followed & by | others
            if not self.is_wanted(reader, item):
                del reader.wants[number]

    def come_back(self) -> None:
        if self.readers:
            reader = self.random.choice(self.readers)
            reader.subscriptions = undo(reader.subscriptions, now=self.now)

    def pause(self) -> None:
        if self.readers:
            reader = self.random.choice(self.readers)
            reader.paused = not reader.paused

    # --- rounds ------------------------------------------------------------------------------------------------------

    def round(self) -> None:
        """Run a round of mails to the subscribers of one pace, or of several that are due at one moment. Sometimes the
        round of a moment is skipped.
        """
        if self.random.random() < 0.8:
            due = frozenset(self.random.sample(PACES, self.random.choice((1, 1, 2, 3))))
            if self.held is None:
                self.send_round(due)
            else:
                self.held |= due

    def hold(self) -> None:
        """Begin or end a review by an editor, who may take an item out of all later mails."""
        if self.held is None:
            self.held = set()
            return
        if self.random.random() < 0.5:
            self.withdraw()
        self.release()

    def release(self) -> None:
        """Run the rounds of mails that became due during an editor's review."""
        due, self.held = self.held, None
        if due:
            self.send_round(frozenset(due))

    def send_round(self, due: frozenset[str]) -> None:
        window = self.window()
        self.mailed_upto = self.log_end
        for reader in self.readers:
            reader.due = due
            if reader.paused or not any(map(reader.is_due, reader.subscriptions)):
                continue
            share, reader.subscriptions = self.rule(reader, window, self.log_end, self.limit)
            for number in window.numbers(share.items):
                if number in reader.got:
                    self.doubled.append((reader.number, number))
                elif number not in reader.wants:
                    self.unasked.append((reader.number, number))
                reader.got.append(number)
                reader.wants.pop(number, None)

    def window(self) -> Window:
        live = [item for item in self.items if item.is_live]
        return Window([self.entry(each) for each in live], upto=self.log_end)

    def entry(self, item: Item) -> ItemEntry:
        """Return the item with the present slugs of its themes."""
        entry = ItemEntry(number=item.number, added_seq=item.added_seq, themes=item.themes, left=item.left)
        return entry.renamed(self.current)


def our_rule(reader: Reader, window: Window, upto: int, limit: int) -> tuple[Share, tuple[Subscription, ...]]:
    follows = reader.follows()
    share = share_of(follows, window, limit=limit)
    return share, with_cursors(reader, [moved(follow, share, window, upto=upto) for follow in follows])


def with_cursors(reader: Reader, cursors: Sequence[int]) -> tuple[Subscription, ...]:
    pairs = zip(reader.subscriptions, cursors, strict=True)
    return tuple(replace(each, cursor=cursor) for each, cursor in pairs)


def mistakes_of(rule: Rule, seeds: Sequence[int], *, limit: int = 5, steps: int = 75) -> dict[str, int]:
    """Return how many items were lost and how many doubled in these random lives, under a rule."""
    found: dict[str, int] = defaultdict(int)
    for seed in seeds:
        world = World(rule, Random(seed), limit)
        world.live(steps)
        found["readers"] += len(world.readers)
        found["items"] += sum(len(reader.got) for reader in world.readers)
        for name in ("lost", "doubled", "unasked"):
            found[name] += len(getattr(world, name))
    return dict(found)
