"""What a subscriber still gets of a planned mail if he has changed his subscriptions since, or if its items have
changed.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import NoReturn

import pytest

from publisher.admin.round_mails import RoundMails, is_left
from publisher.compose.digest import Renderer
from publisher.model.deliveries import Delivery
from publisher.model.errors import TemplateError
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from publisher.rendering.wire_form import WireForm
from publisher.store import Store
from publisher.subscribers.people import People
from publisher.subscribers.tokens import mine_token
from tests.contract.stories import NOON, collect, record, revise, withdraw
from tests.contract.test_store_rounds import add, begin, plan
from tests.databases import sqlite_store
from tests.editions import SITE, TEMPLATES, THEMES
from tests.subscribers.test_people import SETTINGS
from tests.values import STYLE


@pytest.mark.parametrize(
    ("themes", "followed", "left", "expected"),
    [
        pytest.param({"asylum"}, {"borders"}, {"asylum"}, True, id="its theme was left"),
        pytest.param({"asylum", "borders"}, {"borders"}, {"asylum"}, False, id="another of its themes is followed"),
        pytest.param({"work"}, {"borders"}, {"asylum"}, False, id="it came by neither: it has other themes now"),
        pytest.param({"work"}, {"borders"}, {"*"}, True, id="everything was left, and it is not among what remains"),
        pytest.param({"borders"}, {"borders"}, {"*"}, False, id="everything was left for one theme, its own"),
        pytest.param({"asylum"}, {"*"}, {"asylum"}, False, id="its theme was left for everything"),
    ],
)
def test_an_item_is_sent_while_its_subscriber_follows_one_of_its_themes(
    themes: set[str], followed: set[str], left: set[str], expected: bool
) -> None:
    assert expected == is_left(themes, followed=followed, left=left)


def round_mails_of(
    store: Store, clock: Callable[[], datetime] = lambda: NOON, *, renderer: Callable[[], Renderer] | None = None
) -> RoundMails:
    usual = Renderer(site=SITE, templates=TEMPLATES, style=STYLE, themes=THEMES)

    def no_letters() -> NoReturn:
        raise NotImplementedError

    def people(now: datetime) -> People:
        return People(store=store, site=SITE, settings=SETTINGS, themes=THEMES, letters=no_letters, now=now)

    return RoundMails(store=store, settings=SETTINGS, renderer=renderer or (lambda: usual), people=people, clock=clock)


def words_of(mails: RoundMails, delivery: Delivery) -> list[str]:
    """Return the words of a mail, or none if there is no mail."""
    mail = mails([delivery]).get(delivery.id)
    if mail is None:
        return []
    assert isinstance(mail, WireForm)
    assert delivery.recipient.encode() in mail.data
    return [words for words in ("About a", "About b", "Other words", "A title") if words.encode() in mail.data]


CHANGES: dict[str, tuple[Callable[[Store], None], list[str]]] = {
    "nothing": (lambda _: None, ["About a", "About b"]),
    "an item is revised": (lambda store: revise(store, 1, "Other words"), ["About b", "Other words"]),
    "an item is withdrawn": (lambda store: withdraw(store, 1), ["About b"]),
    "all items are withdrawn": (lambda store: withdraw(store, 1, 2), []),
    "an editor leaves an item out": (lambda store: store.people.rounds.next.leave_out(1), ["About b"]),
    "an editor gives a title": (
        lambda store: store.people.rounds.next.retitle(1, "A title"),
        ["About a", "About b", "A title"],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_batch_has_what_its_items_say_then(change: str) -> None:
    do, expected = CHANGES[change]
    with sqlite_store() as store:
        collect(store, record("a"), record("b"))
        people = [add(store, name) for name in ("ada", "ben", "eve")]
        plan(store, begin(store), {each.number: (1, 2) for each in people})
        first, second, third = store.mail.ledger.claim(3, max_age=timedelta(days=3), now=NOON)
        mails = round_mails_of(store)
        assert ["About a", "About b"] == words_of(mails, first)

        do(store)

        assert [expected, expected] == [words_of(mails, each) for each in (second, third)]


def test_subscribers_with_the_same_items_get_them_in_their_own_languages() -> None:
    with sqlite_store() as store:
        collect(store, record("a"))
        ada, ben = (add(store, name) for name in ("ada", "ben"))
        store.people.subscribers.write(ben, replace(ben, language="fr"), now=NOON)
        plan(store, begin(store), {each.number: (1,) for each in (ada, ben)})
        claimed = store.mail.ledger.claim(2, max_age=timedelta(days=3), now=NOON)

        made = round_mails_of(store)(claimed)

    found = {}
    for delivery in claimed:
        mail = made[delivery.id]
        assert isinstance(mail, WireForm)
        found[delivery.recipient] = [
            language for language in ("en", "fr") if f'<html lang=3D"{language}"'.encode() in mail.data
        ]
    assert {ada.address: ["en"], ben.address: ["fr"]} == found


def test_the_link_to_a_subscribers_own_page_is_of_the_day_of_the_mail() -> None:
    """The link is valid for some weeks from that day. A pass with a slow mail server may last for days."""
    moments = [NOON, NOON + timedelta(seconds=30), NOON + timedelta(days=1)]
    with sqlite_store() as store:
        collect(store, record("a"))
        readers = [add(store, name) for name in ("ada", "ben", "eve")]
        plan(store, begin(store), {each.number: (1,) for each in readers})
        claimed = store.mail.ledger.claim(3, max_age=timedelta(days=3), now=NOON)
        clock = iter(moments)
        mails = round_mails_of(store, lambda: next(clock))

        made = [mails([delivery])[delivery.id] for delivery in claimed]
        key = store.people.subscribers.key(proposed="", now=NOON)

    for reader, moment, mail in zip(readers, moments, made, strict=True):
        assert isinstance(mail, WireForm)
        assert mine_token(reader.number, key, now=moment).encode() in mail.data


def test_a_broken_template_is_tried_once_for_the_same_items_of_a_batch(tmp_path: Path) -> None:
    """It concerns all mails of the round, and all are claimed again some minutes later."""
    (tmp_path / "digest.html").write_text("{% if %}", "utf-8")
    templates = Templates(TemplateFiles(tmp_path, shipped_templates()))
    renderers = repeat(Renderer(site=SITE, templates=templates, style=STYLE, themes=THEMES), 2)
    with sqlite_store() as store:
        collect(store, record("a"), record("b"))
        ada, ben, eve, dan = (add(store, name) for name in ("ada", "ben", "eve", "dan"))
        plan(store, begin(store), {ada.number: (1,), ben.number: (1,), eve.number: (1, 2), dan.number: (1,)})
        claimed = store.mail.ledger.claim(4, max_age=timedelta(days=3), now=NOON)

        made = round_mails_of(store, renderer=lambda: next(renderers))(claimed)

    assert [TemplateError] * 4 == [type(made[each.id]) for each in claimed]
