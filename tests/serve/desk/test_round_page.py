"""The page of the next mails to subscribers at the editors' desk: what one looks like, when they are sent, and what
editors decide.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.editor import (
    DESK,
    DESK_CONFIG,
    EDITH,
    OTTO,
    REVIEWED,
    WEEKLY,
    DeskSite,
    Editor,
    desk_site,
    fields_in,
    hidden_in,
)
from tests.serve.desk.test_edition import FIRST, item, titles
from tests.visitor import ADA, BEN, LISTING, SMTP, SUBSCRIBERS
from tests.world import NOW, World, news, prepared

ROUND = f"{DESK}/round"
ONLY_PEOPLE = DESK_CONFIG.partition("[[audiences]]")[0] + DESK_CONFIG[DESK_CONFIG.index("\n[desk]") :]
CONFIG = ONLY_PEOPLE.replace(SMTP, SUBSCRIBERS + SMTP)
HOUR = timedelta(hours=1)


def subscribe(world: World, address: str, *choices: str, at: datetime = NOW) -> None:
    follows = dict(choice.split("=") for choice in choices)
    with world.opened(at) as publisher:
        publisher.people.add(address, follows, language="en", words="on paper")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    """A site without an audience. Ada follows everything daily and Ben ferries weekly; two items are new to them."""
    site = DeskSite(prepared(tmp_path / "site", followed), at=NOW + HOUR)
    yield site
    site.close()


def followed(folder: Path) -> World:
    """Return the folder of a site with two subscribers, an hour after `NOW`."""
    world = World.after_run(folder, LISTING, config=CONFIG)
    subscribe(world, ADA, "*=daily")
    subscribe(world, BEN, "ferries=weekly")
    bridge = news("4 March 2026", "The bridge is open.", theme="Cranes")
    world.list_above(news("4 March 2026", "A ferry was sold.", theme="Ferries"), bridge)
    world.publisher("run", "--due", at=NOW + HOUR)
    return world


def test_the_overview_leads_there_and_it_says_who_gets_mail_when(editor: Editor) -> None:
    assert f'href="{ROUND}"' in editor.look(DESK)

    page = editor.look(ROUND)

    assert re.search(r'scope="row">Daily</th><td>Thursday 5 March 2026, 08:00</td><td class="number"[^>]*>1</td>', page)
    assert re.search(r'scope="row">Weekly</th><td>Monday 9 March 2026, 08:00</td><td class="number"[^>]*>1</td>', page)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("of-theme=*&of-pace=daily", ["The bridge is open", "A ferry was sold"]),
        ("of-theme=ferries&of-pace=weekly", ["A ferry was sold"]),
        ("of-theme=ferries&of-pace=monthly", "sample"),
    ],
)
def test_each_typical_mail_is_shown(editor: Editor, query: str, shown: list[str] | str) -> None:
    page = editor.look(f"{ROUND}?{query}")

    if shown == "sample":
        assert "Nothing is new to this subscriber" in page
        assert 'value="drop:' not in page
    else:
        assert sorted(shown) == sorted(titles(page))
    text = editor.look(f"{ROUND}/text?{query}&of-language=fr")
    assert "Vous recevez ce courriel parce que vous suivez" in re.sub(r"\s+", " ", text)
    mail = editor.browser.get(f"{ROUND}/mail?{query}&look=dark")
    assert mail.headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert "x" * 3 not in re.sub(r"x[0-9a-f]{26}x", "xxx", mail.text), "no slot is left empty"


GONE = ("of-theme=nothing", "of-pace=hourly2", "of-language=xx")
"""Choices of a typical subscriber that do not exist, or no longer exist."""


def test_an_unknown_choice_has_no_mail(editor: Editor) -> None:
    for query in GONE:
        assert 404 == editor.browser.get(f"{ROUND}?{query}", buffered=True).status_code, query


def test_a_form_of_a_choice_that_is_gone_is_answered_for_the_default_subscriber(editor: Editor) -> None:
    for query in GONE:
        before, mine = fields_in(editor.look(ROUND)), f"Mine {query}"

        refused = editor.send({**before, "state": "old"}, "words", f"{ROUND}?{query}", subject=mine)
        saved = editor.send(before, "words", f"{ROUND}?{query}", subject=mine)

        assert (409, mine) == (refused.status_code, fields_in(refused.text)["subject"])
        assert "Subject and introduction are saved." == editor.said(saved), query
        assert mine == fields_in(editor.look(ROUND))["subject"]


def test_a_site_without_subscribers_has_no_such_page(tmp_path: Path) -> None:
    with desk_site(tmp_path / "site") as site:
        assert 404 == site.editor().browser.get(ROUND, buffered=True).status_code


def test_send_now_sends_once_and_the_next_tick_sends_what_is_new_since(site: DeskSite, editor: Editor) -> None:
    answer = editor.press("send", ROUND, pace="daily")

    assert "1 mail goes out now." == editor.said(answer)
    with site.world.store() as store:
        assert [ADA] == [each.recipient for each in store.mail.ledger.known("round-1")]
    refused = editor.press("send", ROUND, pace="daily")
    assert 409 == refused.status_code
    assert "Nothing is new to these subscribers: no mail goes out." in refused.text
    assert "Nothing is new to this subscriber" in editor.look(f"{ROUND}?of-pace=daily")
    assert "A ferry was sold" in titles(editor.look(f"{ROUND}?of-pace=weekly&of-theme=ferries"))
    site.now += timedelta(days=6)
    site.world.list_above(news("10 March 2026", "A later rule.", theme="Ferries"))
    site.world.publisher("run", "--due", at=site.now)
    with site.world.store() as store:
        assert [ADA, BEN] == sorted(each.recipient for each in store.mail.ledger.known("round-2"))
        items = {each.address: len(each.items) for each in store.people.rounds.mails(2, [ADA, BEN])}
    assert {ADA: 1, BEN: 2} == items


def test_everybody_gets_mail_now_and_what_was_postponed_is_not_any_more(site: DeskSite, editor: Editor) -> None:
    editor.press("postpone", ROUND, until="decided")
    site.now += timedelta(days=6)
    site.world.publisher("run", "--due", at=site.now)
    with site.world.store() as store:
        assert [] == store.mail.ledger.known("round-1")
    page = editor.look(ROUND)
    assert "You let them wait until you decide." in page
    assert "as soon as they may" in page
    assert "You let them wait until you decide." in editor.look(DESK)
    assert "mails to subscribers: held until you decide" in site.world.publisher("status", at=site.now).out

    assert "2 mails go out now." == editor.said(editor.press("send", ROUND, pace="*"))

    assert "You let them wait" not in editor.look(ROUND)
    record = editor.look(f"{DESK}/acts")
    assert re.search(rf"{EDITH}</td><td>round</td><td>2 mails go out now\.", record)


def test_postponed_to_a_moment_they_go_then(site: DeskSite, editor: Editor) -> None:
    answer = editor.press("postpone", ROUND, until="2026-03-07T07:00:00+00:00")
    assert "No mail goes to subscribers until Saturday 7 March 2026, 08:00." == editor.said(answer)
    for nonsense in ("", "soon", "2026-03-04T09:00:00+00:00"):
        assert 400 == editor.press("postpone", ROUND, until=nonsense).status_code

    for at, mails in (("2026-03-06T09:00", 0), ("2026-03-07T09:00", 1)):
        site.world.publisher("run", "--due", "--now", at)
        with site.world.store() as store:
            assert mails == len(store.mail.ledger.known("round-1"))


def test_postponed_mails_can_be_resumed(site: DeskSite, editor: Editor) -> None:
    editor.press("postpone", ROUND, until="decided")

    assert "Mails go to subscribers as planned again." == editor.said(editor.press("resume", ROUND))

    assert 'value="resume"' not in editor.look(ROUND)


def test_nothing_goes_while_an_edition_waits(tmp_path: Path) -> None:
    with desk_site(tmp_path / "site", config=REVIEWED.replace(SMTP, SUBSCRIBERS + SMTP)) as site:
        subscribe(site.world, ADA, "*=daily", at=site.now)
        editor = site.editor()
        assert f"Nothing goes to subscribers while {FIRST} waits for you" in editor.look(ROUND)

        refused = editor.press("send", ROUND, pace="*")

        assert (409, True) == (refused.status_code, "send or discard it first" in refused.text)
        editor.press("release", WEEKLY)
        assert f"Nothing goes to subscribers while {FIRST} waits for you: they" not in editor.look(ROUND)


def test_two_editions_that_wait_are_told_in_the_plural(tmp_path: Path) -> None:
    second = '\n[[audiences]]\nname = "harbour"\ntitle = "Harbour"\nto = "h@lists.example.org"\nreview = "2h"\n'
    with desk_site(tmp_path / "site", config=REVIEWED.replace(SMTP, second + SUBSCRIBERS + SMTP)) as site:
        subscribe(site.world, ADA, "*=daily", at=site.now)
        editor = site.editor()

        pages = [editor.look(path) for path in (DESK, ROUND)]
        french = [
            *(editor.look(f"{path}?language=fr") for path in (DESK, ROUND)),
            editor.press("send", f"{ROUND}?language=fr", pace="*").text,
        ]

        assert all("No.\N{NO-BREAK SPACE}1 wait for you: they get what you leave of them." in each for each in pages)
        assert all("n°\N{NO-BREAK SPACE}1 vous attendent" in each for each in french)
        assert "envoyez-les ou écartez-les d’abord" in french[-1]


def test_decisions_about_an_item_apply_to_every_mail(site: DeskSite, editor: Editor) -> None:
    daily = f"{ROUND}?of-pace=daily"
    before = titles(editor.look(daily))
    bridge = item(editor.look(daily), "The bridge is open")
    ferry = item(editor.look(daily), "A ferry was sold")

    answer = editor.press(f"retitle:{ferry}", daily, **{f"title-{ferry}": "A ferry changes hands"})
    assert "“A ferry was sold” is now called “A ferry changes hands”." == editor.said(answer)
    last = {"The bridge is open": bridge, "A ferry was sold": ferry}[before[-1]]
    moved = editor.press(f"up:{last}", daily)
    assert moved.status_code in (303, 409)
    editor.press(f"first:{last}", daily)
    editor.press("words", ROUND, subject="", introduction="Dear reader.")

    page = editor.look(daily)
    assert before[0].replace("was sold", "changes hands") == titles(page)[1]
    assert "Its source calls it: “A ferry was sold”" in page
    text = editor.look(f"{ROUND}/text?of-pace=weekly&of-theme=ferries")
    assert "Dear reader." in text
    assert "A ferry changes hands" in text

    answer = editor.press(f"drop:{bridge}", daily)
    assert "“The bridge is open” is left out of mails to subscribers." == editor.said(answer)
    assert ["A ferry changes hands"] == titles(editor.look(daily))
    answer = editor.press(f"restore:{bridge}", daily)
    assert "goes to subscribers again" in editor.said(answer)
    assert 2 == len(titles(editor.look(daily)))


def test_the_words_are_for_one_round(site: DeskSite, editor: Editor) -> None:
    editor.press("words", ROUND, subject="Ferries\r\nand bridges", introduction="")

    editor.press("send", ROUND, pace="daily")

    with site.world.store() as store:
        round_ = store.people.rounds.last()
        assert round_
        assert "Ferries and bridges" == round_.subject
        assert "" == store.people.rounds.next.edit().subject


def test_a_form_from_an_older_state_is_told_so_and_keeps_what_was_typed(site: DeskSite) -> None:
    edith, otto = site.editor(EDITH), site.editor(OTTO)
    before = hidden_in(edith.look(ROUND))
    otto.press("words", ROUND, subject="From Otto", introduction="")

    answer = edith.send(before, "words", ROUND, subject="From Edith", introduction="Dear all")

    assert 409 == answer.status_code
    assert 'value="From Edith"' in answer.text
    assert ">From Otto</p>" in answer.text
    for do in ("send", "postpone", "resume", "test", "drop:x"):
        assert 409 == edith.send(before, do, ROUND, pace="*", until="decided").status_code
    with site.world.store() as store:
        assert store.people.rounds.last() is None


def test_every_button_saves_all_that_was_typed_and_leaves_alone_what_was_not(site: DeskSite, editor: Editor) -> None:
    path = f"{ROUND}?of-pace=daily"
    page = editor.look(path)
    bridge, ferry = (item(page, title) for title in ("The bridge is open", "A ferry was sold"))
    before = fields_in(page)
    site.editor(OTTO).press(f"retitle:{bridge}", path, **{f"title-{bridge}": "From Otto"})
    typed = {"subject": "News", "introduction": "\u200b", f"title-{ferry}": "Mine"}
    refused = editor.send({**before, **typed}, f"drop:{bridge}", path)
    assert 409 == refused.status_code

    answer = editor.send(fields_in(refused.text), f"drop:{bridge}", path)

    assert "“From Otto” is left out of mails to subscribers. What you typed is saved, too." == editor.said(answer)
    page = editor.look(path)
    assert ["Mine"] == titles(page)
    assert 'name="do" value="words"' in page.partition('value="send"')[0], "Enter in a field saves, and sends nothing"
    assert "It is now: News" in page
    assert "" == fields_in(page)["introduction"], "nobody would see it"
    editor.press(f"restore:{bridge}", path)
    assert "From Otto" in titles(editor.look(path))


def test_corrections_by_the_source_are_shown(site: DeskSite, editor: Editor) -> None:
    path = f"{ROUND}?of-pace=daily"
    assert "Corrected in its source" not in editor.look(path)
    listing = site.world.listing.read_text("utf-8").replace("The bridge is open.", "The bridge is open again.")
    site.world.listing.write_text(listing, "utf-8")
    site.now += HOUR
    site.world.publisher("run", "--due", at=site.now)

    page = editor.look(path)

    assert "Corrected in its source, and here: “The bridge is open” is now “The bridge is open again”." in page
    assert 1 == page.count("Corrected in its source")


def test_a_left_out_item_says_whose_mails_went_out_without_it(site: DeskSite, editor: Editor) -> None:
    path = f"{ROUND}?of-pace=daily"
    editor.press(f"drop:{item(editor.look(path), 'A ferry was sold')}", path)
    told = "mails went out since it came. If you restore it, these subscribers do not get it any more"
    assert told not in editor.look(path)
    assert "1 mail goes out now." == editor.said(editor.press("send", path, pace="daily"))

    page = editor.look(path)

    assert f"Daily: {told}" in page
    assert "Weekly: mails went out" not in page
