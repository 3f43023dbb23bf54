"""The mails of rounds (a round is all digests due at one moment), each made shortly before it is sent.

A mail has the content of its items at that moment. Items withdrawn since the round was planned are left out, and so are
items of themes that the subscriber no longer follows. If he paused, the mail waits. What is the same for many
subscribers is rendered once for each selection of items and language.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from publisher.model.deliveries import Delivery
from publisher.model.errors import PublisherError, TemplateError
from publisher.model.records import Record
from publisher.model.round_names import number_of_round
from publisher.model.rounds import Round, RoundEdit
from publisher.model.schedules import local_day
from publisher.model.settings import SubscriberSettings
from publisher.model.subscribers import EVERYTHING
from publisher.store import Store
from publisher.store.people import RoundMail
from publisher.subscribers.people import People

if TYPE_CHECKING:  # the caller imports it, if there is a mail to render
    from publisher.compose.digest import Renderer
    from publisher.rendering.personal import Skeleton
    from publisher.rendering.wire_form import WireForm

Follows = tuple[tuple[str, str, datetime], ...]
"""A subscriber's subscriptions, each as (theme, pace, since when); a pace is how often he gets mails."""
_Key = tuple[str, tuple[tuple[int, int], ...], str, Hashable]
_FOLLOWS_KEPT = 20_000
"""For how many kinds of subscriptions (theme, pace and first day) the words are cached."""
_KEPT = 5_000
"""How many skeletons (rendered mails without personal parts) are cached. The mails to a million people have about four
thousand, which share most of their bytes.
"""
_PEOPLE_KEPT = timedelta(minutes=1)
"""How long the titles of themes and the key of subscribers' links are used before they are read again."""
_REASONS = 4
"""How many of the subscriber's subscriptions a mail names as its reason at most."""


_RECORDS_KEPT = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Selected:
    """What is the same in all mails that have the same items and the same language."""

    skeleton: "Skeleton"
    themes: frozenset[str]
    """The slugs of the themes of the mails' items."""


class RoundMails:
    """Makes the mails of rounds (a round is all mails to subscribers that are due at one moment)."""

    def __init__(
        self,
        *,
        store: Store,
        settings: SubscriberSettings,
        renderer: Callable[[], "Renderer"],
        people: Callable[[datetime], People],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._settings = settings
        self._renderer = renderer
        self._people = people
        self._present: tuple[datetime, People] | None = None
        """The people of the latest mails, and since when they are used."""
        self._clock = clock
        self._skeletons: OrderedDict[_Key, Skeleton] = OrderedDict()
        """Mails without their personal parts, by (round, items with the log numbers of their latest changes, language,
        `RoundEdit.key`).
        """
        self._selected: dict[tuple[str, tuple[int, ...], str], _Selected] = {}
        """What mails to several subscribers share, by (round, items, language). It is valid until an item or an
        editor's decision changes.
        """
        self._records: dict[int, Record] = {}
        """Live items as they were last read."""
        self._edit = RoundEdit()
        """The editors' decisions about mails to subscribers, as of the last reading."""
        self._follow_words: dict[tuple[str, str, date, str], str] = {}
        """Subscriptions in words, by (theme, pace, first day, language)."""

    def __call__(self, claimed: Sequence[Delivery]) -> dict[int, "WireForm | PublisherError"]:
        """Return the mail of each delivery, or the error that prevents it, by delivery id."""
        found: dict[int, WireForm | PublisherError] = {}
        by_round = sorted(claimed, key=lambda each: each.name)
        for name, group in groupby(by_round, key=lambda each: each.name):
            round_ = self._store.people.rounds.get(number_of_round(name))
            if round_ is not None:
                found |= self._mails_of(round_, list(group))
        return found

    def _mails_of(self, round_: Round, claimed: Sequence[Delivery]) -> dict[int, "WireForm | PublisherError"]:
        now = self._clock()
        people = self._present_people(now)
        mails = {
            each.address: each
            for each in self._store.people.rounds.mails(round_.number, [d.recipient for d in claimed])
        }
        edit = self._store.people.rounds.next.edit()
        if edit != self._edit:
            self._edit = edit
            self._selected.clear()
        records = self._read_items(mails.values())
        found: dict[int, WireForm | PublisherError] = {}
        failed: dict[tuple[tuple[int, ...], str], TemplateError] = {}
        for delivery in claimed:
            mail = mails.get(delivery.recipient)
            if mail is None or mail.is_suppressed:  # he was erased, or a restore brought him back
                continue
            if self._return_to_ledger(mail, delivery, now):
                continue
            key = (mail.items, mail.language)
            try:
                if key in failed:  # not rendered for each mail, because a broken template may concern the whole round
                    found[delivery.id] = failed[key]
                elif selected := self._select(round_, mail, records, people):
                    found[delivery.id] = self._mail(selected, round_, mail, delivery, people)
            except TemplateError as error:
                found[delivery.id] = failed[key] = error
        return found

    def _return_to_ledger(self, mail: RoundMail, delivery: Delivery, now: datetime) -> bool:
        """Return a claimed mail to the ledger if its subscriber gets none now; return whether that was done."""
        if mail.is_suspended or not mail.follows:  # or he left before the operator sent the rest
            self._store.people.rounds.hold_back(delivery, now=now)
        elif mail.paused_until is not None and mail.paused_until > now:
            self._store.people.rounds.let_wait(delivery, mail.paused_until, now=now)
        else:
            return False
        return True

    def _present_people(self, now: datetime) -> People:
        if self._present is None or not self._present[0] <= now < self._present[0] + _PEOPLE_KEPT:
            self._present = (now, self._people(now))
            self._follow_words.clear()
        return self._present[1]

    def _read_items(self, mails: Collection[RoundMail]) -> dict[int, Record]:
        """Return the live items of these mails that no editor left out, by number. Only items that changed are read
        from the store again.
        """
        numbers = sorted({number for each in mails for number in each.items if number not in self._edit.left_out})
        versions = self._store.items.versions(numbers)
        known = {number: record for number in numbers if (record := self._records.get(number)) is not None}
        found = {number: record for number, record in known.items() if record.seq == versions.get(number)}
        if len(found) < len(versions) or len(found) < len(known):
            missing = sorted(versions.keys() - found.keys())
            found |= {each.number: each for each in self._store.items.by_number(missing) if each.state.is_live}
            if len(self._records) > _RECORDS_KEPT:
                self._records.clear()
            for number in numbers:
                self._records.pop(number, None)
            self._records |= found
            self._selected.clear()
        return found

    def _mail(
        self, selected: _Selected, round_: Round, mail: RoundMail, delivery: Delivery, people: People
    ) -> "WireForm":
        from publisher.rendering.personal import ReaderMail  # late: a pass without mails renders none

        stop, mine = people.links.tokens_of(mail.subscriber)
        return selected.skeleton.wire_form_to(
            ReaderMail(
                address=mail.address,
                stop_token=stop,
                mine_token=mine,
                why=self._why(mail.follows, selected.themes, round_.paces, mail.language, people),
                message_id=delivery.message_id,
            )
        )

    def _select(
        self, round_: Round, mail: RoundMail, records: Mapping[int, Record], people: People
    ) -> _Selected | None:
        """Return what a mail shares with other mails that have the same items and language, or `None` if none of its
        items is left.
        """
        key = (round_.name, mail.items, mail.language)
        if not mail.left and key in self._selected:
            return self._selected[key]
        its = _wanted(mail, records, people)
        if not its:
            return None
        themes = frozenset(theme.slug for record in its for theme in record.themes)
        found = _Selected(skeleton=self._skeleton(round_, its, mail.language), themes=themes)
        if not mail.left:
            if len(self._selected) >= _KEPT:
                self._selected.clear()
            self._selected[key] = found
        return found

    def _why(
        self, follows: Follows, themes: frozenset[str], paces: tuple[str, ...], language: str, people: People
    ) -> str:
        """Return in words why a subscriber gets a mail with items of these themes."""
        from publisher.rendering.letters import why_word  # late: as above

        named = [(people.current(theme), pace, since) for theme, pace, since in follows]
        reasons = reasons_of(named, themes, paces)
        return why_word([self._follow_word(*reason, language, people) for reason in reasons], language)

    def _follow_word(self, theme: str, pace: str, since: datetime, language: str, people: People) -> str:
        """Return a subscription in words. They are cached, because many subscriptions began on the same day."""
        from publisher.rendering.letters import follow_word, theme_word  # late: as above

        first_day = local_day(since, people.site.timezone)
        key = (theme, pace, first_day, language)
        if key not in self._follow_words:
            if len(self._follow_words) >= _FOLLOWS_KEPT:
                self._follow_words.clear()
            named = theme_word(theme, language, people.theme_title)
            self._follow_words[key] = follow_word(named, pace, first_day, self._settings.paces, language)
        return self._follow_words[key]

    def _skeleton(self, round_: Round, its: tuple[Record, ...], language: str) -> "Skeleton":
        from publisher.admin.round_digest import audience_of_round, edition_of_round
        from publisher.rendering.personal import Skeleton

        key = (round_.name, tuple((each.number, each.seq) for each in its), language, self._edit.key)
        if key in self._skeletons:
            self._skeletons.move_to_end(key)
            return self._skeletons[key]
        renderer = self._renderer()
        audience = audience_of_round(language, renderer.site, self._settings)
        digest = renderer.render(edition_of_round(round_, its, self._edit), audience)
        skeleton = Skeleton(
            digest,
            name=round_.name,
            dated=round_.begun_at,
            language=language,
            site=renderer.site,
            settings=self._settings,
        )
        self._skeletons[key] = skeleton
        if len(self._skeletons) > _KEPT:
            self._skeletons.popitem(last=False)
        return skeleton


def _wanted(mail: RoundMail, records: Mapping[int, Record], people: People) -> tuple[Record, ...]:
    """Return the live items of a mail, without items of themes that its recipient no longer follows."""
    live = [records[number] for number in mail.items if number in records]
    if not mail.left:
        return tuple(live)
    followed = {people.current(theme) for theme, _, _ in mail.follows}
    left = {people.current(theme) for theme in mail.left} - followed
    return tuple(each for each in live if not is_left(_themes_of(each, people), followed=followed, left=left))


def _themes_of(record: Record, people: People) -> set[str]:
    return {people.current(theme.slug) for theme in record.themes}


def is_left(themes: Collection[str], *, followed: Collection[str], left: Collection[str]) -> bool:
    """Whether a subscriber no longer gets an item of `themes`: he has left some of these themes and follows none of
    them.

    An item that entered other themes after its mail was planned is still sent, because he left none of the new themes.
    """
    is_followed = EVERYTHING in followed or not {*themes}.isdisjoint(followed)
    return not is_followed and (EVERYTHING in left or not {*themes}.isdisjoint(left))


def reasons_of(
    follows: Sequence[tuple[str, str, datetime]], themes: Collection[str], paces: Collection[str]
) -> list[tuple[str, str, datetime]]:
    """Return the subscriptions of a subscriber (out of `follows`) that brought him items of these themes in a mail of
    these paces (how often mails come).

    Each is (theme, pace, since when). At most `_REASONS` are returned. If he follows everything as often as a theme,
    the theme is left out, because it adds nothing.
    """
    every = next((pace for theme, pace, _ in follows if theme == EVERYTHING), None)
    named = [each for each in follows if each[0] == EVERYTHING or each[1] != every]
    fitting = [each for each in named if each[1] in paces and (each[0] == EVERYTHING or each[0] in themes)]
    return (fitting or named)[:_REASONS]
