"""The page of the next edition at the editors' desk: each button is a decision of `publisher edition`, and two editors
lose nothing.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.editor import DESK, EDITH, OTTO, REVIEWED, WEEKLY, DeskSite, Editor, desk_site, fields_in, hidden_in
from tests.visitor import LISTING, SMTP, SUBSCRIBERS
from tests.world import NOW, news, run_main

FIRST, SECOND = (f"Example News, No.\N{NO-BREAK SPACE}{number}" for number in (1, 2))
TITLES = [
    "The ferry sails twice a day",
    "A new crane arrived",
    "The quay is longer",
    "The ferry is painted",
    "The lock opens at six",
    "Two cranes were sold",
]
"""The titles of the items, in the order of the first digest."""


def titles(page: str) -> list[str]:
    """Return the titles of the items on the page, in order."""
    return re.findall(r'<li id="item-[^"]+">\n<h3[^>]*>(.*?)</h3>', page)


def item(page: str, title: str) -> str:
    """Return the id of the item with this title."""
    [found] = re.findall(rf'<li id="item-([^"]+)">\n<h3[^>]*>{re.escape(title)}</h3>', page)
    return str(found)


def edition(site: DeskSite) -> dict[str, object]:
    """Return the held edition as the command shows it."""
    shown: dict[str, object] = site.world.publisher_edition("show", "weekly-1", "--json", at=site.now).json
    return shown


def test_the_page_shows_what_waits_until_when_and_in_which_order(editor: Editor) -> None:
    assert f"{WEEKLY}" == editor.browser.get(DESK).location

    page = editor.look(WEEKLY)

    assert f"{FIRST} waits for you" in page
    assert "6 items. It goes to the list readers@lists.example.org on Wednesday 4 March 2026, 12:30, in 2 hours" in page
    assert TITLES == titles(page)
    assert "Gmail shows whole" in page


def test_an_item_moves_within_its_theme_and_any_can_lead(site: DeskSite, editor: Editor) -> None:
    page = editor.look(WEEKLY)
    answer = editor.press(f"down:{item(page, TITLES[3])}", WEEKLY)
    assert "“The ferry is painted” is one place further down." == editor.said(answer)
    assert [*TITLES[:3], TITLES[4], TITLES[3], TITLES[5]] == titles(editor.look(WEEKLY))

    editor.press(f"up:{item(page, TITLES[3])}", WEEKLY)
    assert TITLES == titles(editor.look(WEEKLY))
    assert "“The ferry is painted” leads now." == editor.said(editor.press(f"first:{item(page, TITLES[3])}", WEEKLY))

    assert TITLES[3] == titles(editor.look(WEEKLY))[0]
    assert TITLES[3] in _text(site, edition(site)["uids"][0])  # type: ignore[index]  # JSON
    assert 409 == editor.press(f"up:{item(page, TITLES[3])}", WEEKLY).status_code


def _text(site: DeskSite, uid: str) -> str:
    with site.world.store() as store:
        [record] = [each for each in store.items.by_number(list(range(1, 100))) if each.uid == uid]
        return record.item.text


def test_a_title_is_changed_and_given_back(site: DeskSite, editor: Editor) -> None:
    number = item(editor.look(WEEKLY), TITLES[1])

    answer = editor.press(f"retitle:{number}", WEEKLY, **{f"title-{number}": "  One <b>crane</b>\r\nmore "})

    assert "“A new crane arrived” is now called “One <b>crane</b> more”." == editor.said(answer)
    page = editor.look(WEEKLY)
    assert "One &lt;b&gt;crane&lt;/b&gt; more" in titles(page)
    assert "Its source calls it: “A new crane arrived”" in page
    editor.press(f"retitle:{number}", WEEKLY, **{f"title-{number}": ""})
    assert TITLES == titles(editor.look(WEEKLY))


def test_items_are_left_out_put_off_and_restored(site: DeskSite, editor: Editor) -> None:
    page = editor.look(WEEKLY)
    first, second = item(page, TITLES[4]), item(page, TITLES[5])

    editor.press(f"drop:{first}", WEEKLY)
    editor.press(f"later:{second}", WEEKLY)

    page = editor.look(WEEKLY)
    assert TITLES[:4] == titles(page)
    assert "Left out for good" in page
    assert "Left for the next edition" in page
    assert {"dropped", "put off"} == {each["why"] for each in edition(site)["left_out"]}  # type: ignore[attr-defined]  # JSON
    answer = editor.press(f"restore:{first}", WEEKLY)
    assert "“The lock opens at six” is back in the edition." == editor.said(answer)
    assert TITLES[4] in titles(editor.look(WEEKLY))


def test_subject_and_introduction_are_saved_together(site: DeskSite, editor: Editor) -> None:
    answer = editor.press("words", WEEKLY, subject="Ferries\r\nand cranes", introduction="Dear all,\r\n\r\nread on.")

    assert "Subject and introduction are saved." == editor.said(answer)
    shown = edition(site)
    assert ("Ferries and cranes", "Dear all,\n\nread on.") == (shown["subject"], shown["introduction"])
    assert 'value="Ferries and cranes"' in editor.look(WEEKLY)


def test_it_is_postponed_to_a_moment_of_the_list_and_no_other(site: DeskSite, editor: Editor) -> None:
    page = editor.look(WEEKLY)
    moments = re.findall(r'<option value="([^"]+)"', page)
    assert "2026-03-05T07:00:00+00:00" in moments, "tomorrow at eight in Brussels"
    assert min(moments) > str(edition(site)["held_until"]), "none is before it goes out anyway"

    answer = editor.press("postpone", WEEKLY, until="2026-03-05T07:00:00+00:00")

    assert f"{FIRST} waits until Thursday 5 March 2026, 08:00." == editor.said(answer)
    assert "2026-03-05T07:00:00+00:00" == edition(site)["held_until"]
    for nonsense in ("", "soon", "2026-03-04T09:00:00+00:00", "2999-01-01T00:00:00+00:00", "2026-03-05T07:00:00"):
        refused = editor.press("postpone", WEEKLY, until=nonsense)
        assert (400, True) == (refused.status_code, "Choose one of the moments." in refused.text)


def test_it_is_postponed_without_an_end_and_then_silence_sends_nothing(site: DeskSite, editor: Editor) -> None:
    answer = editor.press("postpone", WEEKLY, until="decided")

    assert f"{FIRST} waits until you decide." == editor.said(answer)
    assert "6 items, for the list readers@lists.example.org. It waits until you send it." in editor.look(WEEKLY)
    site.now += timedelta(days=300)
    assert {} == site.world.editions()
    assert "nothing new\n" == site.world.publisher("run", "--due", at=site.now).out
    assert (
        "weekly-1 with 6 items, held until you decide"
        in site.world.publisher_edition("show", "weekly-1", at=site.now).out
    )
    assert "edition weekly-1: held for you until you decide; look" in site.world.publisher("status", at=site.now).out
    [notice] = (site.world.outbox / "held").glob("*.txt")
    assert notice.read_text("utf-8").startswith(f"{FIRST} waits until you decide.\n\nDecide in your browser")
    assert f"    https://news.example.org{WEEKLY}\n" in notice.read_text("utf-8")
    editor = site.editor()
    assert f"{FIRST} goes out now." == editor.said(editor.press("release", WEEKLY))


def test_an_edition_is_discarded_and_that_is_undone(site: DeskSite, editor: Editor) -> None:
    editor.press(f"drop:{item(editor.look(WEEKLY), TITLES[5])}", WEEKLY)

    answer = editor.press("discard", WEEKLY)

    assert f"{FIRST} is discarded: it is never sent. Below you can bring it back." == editor.said(answer)
    page = editor.look(WEEKLY)
    assert f"{FIRST}, discarded" in page
    assert {} == site.world.editions()
    one = re.findall(r'value="(restore-earlier:1/[^"]+)"', page)
    assert len(TITLES) == len(one)
    assert "1 item is back: it is due for the next edition." == editor.said(editor.press(one[0], WEEKLY))
    answer = editor.press("restore-earlier:1", WEEKLY)
    assert "4 items are back: they are due for the next edition." == editor.said(answer)

    editor.press("compose", WEEKLY)

    page = editor.look(WEEKLY)
    assert f"{SECOND} waits for you" in page
    assert sorted(TITLES[:5]) == sorted(titles(page)), "what was left out before stays out"
    assert 409 == editor.press("restore-earlier:1/nothing", WEEKLY).status_code
    assert 409 == editor.press("restore-earlier:x", WEEKLY).status_code


def test_an_edition_with_an_impossible_number_is_not_there(editor: Editor) -> None:
    hidden = hidden_in(editor.look(WEEKLY))
    for number in ("99999999999999999999999", "9" * 2_400, "2147483648", "0", "x", "1-1"):
        for do in (f"reopen:{number}", f"restore-earlier:{number}", f"restore-earlier:{number}/ab"):
            answer = editor.send(hidden, do, WEEKLY, subject="Mine")

            assert 409 == answer.status_code, do
            assert "Mine" == fields_in(answer.text)["subject"], do


def test_it_is_sent_after_one_more_question_and_the_record_says_by_whom(site: DeskSite) -> None:
    site.editor(OTTO).press("words", WEEKLY, subject="News", introduction="")
    edith = site.editor(EDITH)
    assert "<summary" in edith.look(WEEKLY).partition('value="release"')[0], "folded away"

    answer = edith.press("release", WEEKLY)

    assert f"{FIRST} goes out now." == edith.said(answer)
    assert ["weekly-1"] == sorted(site.world.editions())
    with site.world.store() as store:
        assert ["weekly-1"] == [
            each.name for each in store.mail.ledger.claim(9, max_age=timedelta(days=4), now=site.now)
        ]
    record = edith.look(f"{DESK}/acts")
    assert re.search(rf"{EDITH}</td><td>weekly-1</td><td>{FIRST} goes out now\.", record)
    assert re.search(rf"{OTTO}</td><td>weekly-1</td><td>Subject and introduction are saved\.", record)
    assert "Nothing is new: no mail goes to the list" in edith.look(WEEKLY)


def test_a_form_from_an_older_state_is_told_so_and_keeps_what_was_typed(site: DeskSite) -> None:
    edith, otto = site.editor(EDITH), site.editor(OTTO)
    before = hidden_in(edith.look(WEEKLY))
    otto.press("words", WEEKLY, subject="From Otto", introduction="")

    answer = edith.send(before, "words", WEEKLY, subject="From Edith", introduction="Dear all")

    assert 409 == answer.status_code
    assert "Somebody changed this since you opened the page." in answer.text
    assert 'value="From Edith"' in answer.text
    assert ">Dear all</textarea>" in answer.text
    assert ">From Otto</p>" in answer.text, "what is kept is shown beside it"
    assert "From Otto" == edition(site)["subject"]
    again = edith.send(hidden_in(answer.text), "words", WEEKLY, subject="From Edith", introduction="Dear all")
    assert "Subject and introduction are saved." == edith.said(again)


def test_nothing_is_done_on_another_state(site: DeskSite) -> None:
    edith, otto = site.editor(EDITH), site.editor(OTTO)
    before = hidden_in(edith.look(WEEKLY))
    otto.press("release", WEEKLY)
    files = site.world.contents("outbox")

    for do in ("release", "postpone", "drop:x", "up:x", "retitle:x", "compose"):
        assert 409 == edith.send(before, do, WEEKLY, until="2026-03-05T07:00:00+00:00").status_code, do
        assert files == site.world.contents("outbox"), do


def test_a_correction_by_the_source_is_shown_and_outdates_older_forms(site: DeskSite, editor: Editor) -> None:
    before = hidden_in(editor.look(WEEKLY))
    site.world.listing.write_text(LISTING.replace("A new crane arrived.", "A new crane has arrived."), "utf-8")
    site.now += timedelta(minutes=20)
    site.world.publisher("run", at=site.now)

    page = editor.look(WEEKLY)

    assert "Corrected in its source, and here: “A new crane arrived” is now “A new crane has arrived”." in page
    assert 409 == editor.send(before, "release", WEEKLY).status_code


def test_without_review_an_edition_is_composed_and_goes_out(tmp_path: Path) -> None:
    with desk_site(tmp_path / "site") as site:
        site.now += timedelta(hours=1)
        site.world.list_above(news("4 March 2026", "The bridge is open."))
        site.world.publisher("collect", at=site.now)
        editor = site.editor()
        page = editor.look(WEEKLY)
        assert "1 item so far. It goes to the list readers@lists.example.org on Monday 9 March 2026, 08:00" in page
        assert 'value="drop:' not in page

        answer = editor.press("compose", WEEKLY)

        assert f"{SECOND} goes out now." == editor.said(answer)
        assert "weekly-2" in site.world.editions()


def test_with_review_an_edition_can_be_composed_early(site: DeskSite, editor: Editor) -> None:
    editor.press("release", WEEKLY)
    site.now += timedelta(hours=1)
    site.world.list_above(news("4 March 2026", "The bridge is open."))
    site.world.publisher("collect", at=site.now)
    assert "it is put together, and waits for you before it goes" in editor.look(WEEKLY)

    answer = editor.press("compose", WEEKLY)

    assert f"{SECOND} is there, and waits for you." == editor.said(answer)
    assert ["The bridge is open"] == titles(editor.look(WEEKLY))


def test_the_mail_runs_nothing_and_is_shown_in_both_looks(site: DeskSite, editor: Editor) -> None:
    light, dark = (editor.browser.get(f"{WEEKLY}/mail?look={look}") for look in ("light", "dark"))

    assert light.headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert "script-src" not in light.headers["Content-Security-Policy"]
    assert "default-src 'none'" in light.headers["Content-Security-Policy"]
    assert "@media all" in dark.text
    assert "@media all" not in light.text
    assert "The ferry is painted" in editor.browser.get(f"{WEEKLY}/text").text


def test_an_unknown_audience_has_no_page(site: DeskSite, editor: Editor) -> None:
    form = {**hidden_in(editor.look(WEEKLY)), "do": "release"}
    for path in ("monthly", "weekly-1", "..%2fweekly", "weekly/..", "x" * 300, "weekly/mail/x"):
        answer = editor.browser.get(f"{DESK}/edition/{path}", buffered=True)
        sent = editor.browser.post(f"{DESK}/edition/{path}", data=form, buffered=True)

        assert 404 == answer.status_code, path
        assert sent.status_code in (404, 405), path
    assert edition(site)


def test_a_site_with_several_audiences_has_an_overview(tmp_path: Path) -> None:
    config = REVIEWED.replace(SMTP, '\n[[audiences]]\nname = "daily"\nto = "daily@lists.example.org"\n' + SMTP)
    with desk_site(tmp_path / "site", config=config) as site:
        page = site.editor().look(DESK)

        assert f'<a href="{WEEKLY}">{FIRST} waits for you</a>' in page
        assert "Nothing is new: no mail goes to the list daily@lists.example.org" in page
        assert NOW == site.now


def test_the_desk_speaks_the_languages_of_the_site(editor: Editor) -> None:
    page = editor.look(f"{WEEKLY}?language=fr")
    assert '<html lang="fr" dir="ltr">' in page
    assert "Example News, n°\N{NO-BREAK SPACE}1 vous attend" in page
    assert "le mercredi 4 mars 2026, 12:30, dans 2 heures" in page

    answer = editor.press(f"down:{item(page, TITLES[3])}", f"{WEEKLY}?language=fr")

    assert "language=fr" in answer.location
    assert "«\N{NO-BREAK SPACE}The ferry is painted\N{NO-BREAK SPACE}» est une place plus bas." == editor.said(answer)


def test_a_site_with_subscribers_shows_their_next_mails_and_what_they_wait_for(tmp_path: Path) -> None:
    with desk_site(tmp_path / "site", config=REVIEWED.replace(SMTP, SUBSCRIBERS + SMTP)) as site:
        when = ("--config", str(site.world.config), "--now", site.now.isoformat())
        assert (
            0 == run_main("subscribers", "add", "ada@example.org", "*=daily", "--agreed", "on paper", *when).exit_code
        )

        page = site.editor().look(DESK)

        assert f"Nothing goes to subscribers while {FIRST} waits for you" in page
        assert re.search(
            r'scope="row">Daily</th><td>Thursday 5 March 2026, 08:00</td><td class="number"[^>]*>1</td>', page
        )
        assert re.search(
            r'scope="row">Weekly</th><td>Monday 9 March 2026, 08:00</td><td class="number"[^>]*>0</td>', page
        )


@pytest.mark.parametrize("do", ["words", "release", "retitle"])
def test_while_the_site_is_built_a_visitor_is_told_soon_and_keeps_what_he_typed(site: DeskSite, do: str) -> None:
    editor = site.editor()
    number = item(editor.look(WEEKLY), TITLES[1])
    typed = {"introduction": "Dear <reader>", "subject": "News", f"title-{number}": "A <b>crane"}
    site.open().wait_s = 0.05
    with site.world.store() as store, store.exclusive("pass", wait_s=0):
        answer = editor.press(f"{do}:{number}", WEEKLY, **typed)

    assert 503 == answer.status_code
    assert "The site is being built just now." in answer.text
    assert ">Dear &lt;reader&gt;</textarea>" in answer.text
    assert "A &lt;b&gt;crane</textarea>" in answer.text
    again = editor.send(hidden_in(answer.text), f"{do}:{number}", WEEKLY, **typed)
    assert 303 == again.status_code


def test_newer_items_can_be_included_only_in_the_waiting_edition(site: DeskSite, editor: Editor) -> None:
    site.now += timedelta(minutes=20)
    site.world.list_above(news("4 March 2026", "The bridge is open.", theme="Ferries"))
    site.world.publisher("run", at=site.now)
    page = editor.look(WEEKLY)
    assert "Waits for the edition after this one" in page
    [value] = re.findall(r'value="(include:[^"]+)"', page)

    answer = editor.press(value, WEEKLY)

    assert "“The bridge is open” is in this edition now." == editor.said(answer)
    assert sorted([*TITLES, "The bridge is open"]) == sorted(titles(editor.look(WEEKLY)))
    assert 409 == editor.press(value, WEEKLY).status_code
    assert 409 == editor.press("include:nothing", WEEKLY).status_code
    assert f"{FIRST} goes out now." == editor.said(editor.press("release", WEEKLY))
    assert "Nothing is new: no mail goes to the list" in editor.look(WEEKLY)
