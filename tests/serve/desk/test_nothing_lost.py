"""Nothing that an editor typed is lost, whichever button he presses, and no edition ends without a message."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from tests.busy_desk import busy_site
from tests.editor import DESK, OTTO, REVIEWED, WEEKLY, DeskSite, Editor, desk_site, fields_in, hidden_in
from tests.serve.desk.test_edition import FIRST, TITLES, edition, item, titles
from tests.serve.desk.test_round_page import ROUND, subscribe
from tests.visitor import ADA, SMTP, SUBSCRIBERS
from tests.world import news

INVISIBLE = "\u200b \u2060\n\n\ufeff\u00ad"


def kept(page: str) -> list[str]:
    """Return the typed texts that a page shows so that they can be copied."""
    section = page.partition('<section aria-labelledby="kept">')[2].partition("</section>")[0]
    return [unescape(text) for text in re.findall(r'<p class="kept" dir="auto">(.*?)</p>', section, re.DOTALL)]


def without_items_but(title: str, site: DeskSite, editor: Editor) -> str:
    """Put off all items but one, so that they are due for the next edition; return the id of the one that is left."""
    page = editor.look(WEEKLY)
    for number in {item(page, each) for each in TITLES} - {item(page, title)}:
        put_off = site.world.publisher_edition("drop", "weekly-1", number, "--until-next", at=site.now)
        assert 0 == put_off.exit_code, put_off.err
    return item(page, title)


def test_text_typed_for_an_edition_that_ended_is_shown_to_copy(site: DeskSite, editor: Editor) -> None:
    before = fields_in(editor.look(WEEKLY))
    number = item(editor.look(WEEKLY), TITLES[1])
    site.editor(OTTO).press("discard", WEEKLY)

    typed = {**before, "subject": "Mine", "introduction": "Dear <all>", f"title-{number}": "A crane"}
    answer = editor.send(typed, "words", WEEKLY)

    assert 409 == answer.status_code
    assert {"Mine", "Dear <all>", "A crane"} == set(kept(answer.text)), "and no title that was not changed"
    assert "still in its field" not in answer.text


def test_text_of_a_form_from_an_earlier_session_is_shown_to_copy(site: DeskSite, editor: Editor) -> None:
    """An editor signs in again in a second window, and presses a button in the first one."""
    before = fields_in(editor.look(WEEKLY))
    editor.browser.post(site.link())

    answer = editor.send({**before, "introduction": "Dear <all>"}, "words", WEEKLY)

    assert 403 == answer.status_code
    assert ["Dear <all>"] == kept(answer.text)


def test_a_title_typed_for_a_removed_item_is_shown_to_copy(site: DeskSite, editor: Editor) -> None:
    page = editor.look(WEEKLY)
    before, number = fields_in(page), item(page, TITLES[1])
    site.editor(OTTO).press(f"drop:{number}", WEEKLY)

    answer = editor.send({**before, f"title-{number}": "A crane"}, f"retitle:{number}", WEEKLY, subject="News")

    assert 409 == answer.status_code
    assert ["A crane"] == kept(answer.text)
    assert 'value="News"' in answer.text, "its field is there"


def test_a_text_that_is_too_long_stays_in_its_field_to_its_end(editor: Editor) -> None:
    long = "é" * 25_000 + " and its end"

    answer = editor.press("words", WEEKLY, introduction=long)

    assert 400 == answer.status_code
    assert long == fields_in(answer.text)["introduction"]


@pytest.mark.parametrize("do", ["retitle", "down", "later", "drop", "words", "postpone"])
def test_every_button_of_the_list_saves_all_that_was_typed(site: DeskSite, editor: Editor, do: str) -> None:
    page = editor.look(WEEKLY)
    first, pressed = (item(page, title) for title in TITLES[2:4])
    typed = {f"title-{first}": "One", f"title-{pressed}": "Two", "subject": "News", "introduction": "Dear all"}

    answer = editor.send({**fields_in(page), **typed, "until": "decided"}, f"{do}:{pressed}", WEEKLY)

    assert "saved" in editor.said(answer)
    shown = edition(site)
    assert ("News", "Dear all") == (shown["subject"], shown["introduction"])
    page = editor.look(WEEKLY)
    assert "One" in titles(page)
    assert ("Two" in titles(page)) == (do not in ("later", "drop"))
    if do == "drop":
        editor.press(f"restore:{pressed}", WEEKLY)
        assert "Two" in titles(editor.look(WEEKLY))


def test_what_was_typed_goes_out_with_the_button_that_sends(site: DeskSite, editor: Editor) -> None:
    page = editor.look(WEEKLY)
    typed = {"subject": "News", "introduction": "Dear all", f"title-{item(page, TITLES[2])}": "The quay grows"}

    editor.send({**fields_in(page), **typed}, "release", WEEKLY)

    text = (site.world.outbox / "weekly-1" / "digest.txt").read_text("utf-8")
    assert "Dear all" in text
    assert "The quay grows" in text


def test_enter_in_a_field_saves_and_sends_nothing(editor: Editor) -> None:
    """When Enter is pressed, a browser presses the first button of the form."""
    for path in (WEEKLY, f"{WEEKLY}?look=dark"):
        buttons = re.findall(
            r'<button type="submit"[^>]* name="do" value="([^"]+)"', editor.look(path).partition("<main")[2]
        )
        assert "words" == buttons[0]


def test_a_title_that_is_too_long_is_said_whichever_button_is_pressed(site: DeskSite, editor: Editor) -> None:
    page = editor.look(WEEKLY)
    first, pressed = (item(page, title) for title in TITLES[2:4])

    answer = editor.send({**fields_in(page), f"title-{first}": "x" * 1001}, f"down:{pressed}", WEEKLY)

    assert 400 == answer.status_code
    assert "The title is too long." in answer.text
    assert f'<a href="#title-{first}">' in answer.text
    assert TITLES == titles(editor.look(WEEKLY))


def test_a_title_that_somebody_else_changed_is_not_taken_back(site: DeskSite, editor: Editor) -> None:
    page = editor.look(WEEKLY)
    theirs, mine = (item(page, title) for title in TITLES[2:4])
    site.editor(OTTO).press(f"retitle:{theirs}", WEEKLY, **{f"title-{theirs}": "Theirs"})

    refused = editor.send({**fields_in(page), f"title-{mine}": "Mine"}, f"retitle:{mine}", WEEKLY)
    assert 409 == refused.status_code
    editor.send(fields_in(refused.text), f"retitle:{mine}", WEEKLY)

    assert {"Theirs", "Mine"} <= set(titles(editor.look(WEEKLY)))


@pytest.mark.parametrize("do", ["later", "drop"])
def test_an_edition_does_not_end_without_a_question_and_a_word(site: DeskSite, editor: Editor, do: str) -> None:
    number = without_items_but(TITLES[0], site, editor)
    page = editor.look(WEEKLY)
    before = page.partition(f'value="{do}:{number}"')[0]
    assert "It is the last item. Without it this edition is not sent" in before.rpartition("<details")[2]

    said = editor.said(editor.press(f"{do}:{number}", WEEKLY))

    assert f"It was the last item: {FIRST} is not sent." in said
    assert {} == site.world.editions()


def test_the_last_item_of_an_edition_is_hidden_only_after_a_question(site: DeskSite, editor: Editor) -> None:
    number = without_items_but(TITLES[0], site, editor)
    sources = f"{DESK}/sources"

    asked = editor.press("hide", sources, item=number)

    assert 400 == asked.status_code
    assert f"It is the last item of {FIRST}, which is then not sent." in asked.text
    assert FIRST in editor.look(WEEKLY)
    answer = editor.send(fields_in(asked.text), "hide", sources, item=number)
    assert f"It was the last item: {FIRST} is not sent." in editor.said(answer)


def test_an_item_that_is_hidden_and_shown_again_can_be_put_back(site: DeskSite, editor: Editor) -> None:
    number, sources = item(editor.look(WEEKLY), TITLES[1]), f"{DESK}/sources"
    editor.press(f"retitle:{number}", WEEKLY, **{f"title-{number}": "A crane"})
    editor.press("hide", sources, item=number)
    assert "Hidden" in editor.look(WEEKLY)
    assert 409 == editor.press(f"include:{number}", WEEKLY).status_code
    [unhide] = re.findall(r'value="(unhide:[^"]+)"', editor.look(sources))
    editor.press(unhide, sources)

    page = editor.look(WEEKLY)
    assert f'value="include:{number}"' in page
    answer = editor.press(f"include:{number}", WEEKLY)

    assert "is in this edition now." in editor.said(answer)
    assert "A crane" in titles(editor.look(WEEKLY)), "with the title that it had"
    editor.press("release", WEEKLY)
    site.now += timedelta(days=7)
    assert site.world.publisher("run", at=site.now).out.startswith("nothing new"), "it is in no other one"


def test_an_invisible_introduction_counts_as_none(site: DeskSite, editor: Editor) -> None:
    editor.press("words", WEEKLY, subject=INVISIBLE, introduction=INVISIBLE)

    assert "" == edition(site)["introduction"]
    assert "It is now: The ferry sails twice a day" in editor.look(WEEKLY)
    site.world.publisher_edition("introduce", "weekly-1", INVISIBLE, at=site.now)
    assert "" == edition(site)["introduction"]


def test_a_refusal_names_no_command(site: DeskSite, editor: Editor) -> None:
    page = editor.look(WEEKLY)
    for do in ("up:nothing", "retitle:nothing", "include:nothing", "restore:nothing", "drop:nothing"):
        answer = editor.send(hidden_in(page), do, WEEKLY)
        assert 409 == answer.status_code
        assert "It is not possible any more" in answer.text
        assert "publisher edition" not in answer.text


def test_a_discarded_edition_comes_back_as_it_was(site: DeskSite, editor: Editor) -> None:
    page = editor.look(WEEKLY)
    pressed = item(page, TITLES[3])
    typed = {f"title-{pressed}": "Painted", "subject": "News", "introduction": "Dear all"}
    editor.send({**fields_in(page), **typed}, f"first:{pressed}", WEEKLY)
    editor.press(f"drop:{item(page, TITLES[5])}", WEEKLY)
    before, words = titles(editor.look(WEEKLY)), edition(site)
    editor.press("discard", WEEKLY)
    assert {} == site.world.editions()

    answer = editor.press("reopen:1", WEEKLY)

    assert f"{FIRST} is back as it was, and waits until you decide." == editor.said(answer)
    assert before == titles(editor.look(WEEKLY))
    assert all(words[each] == edition(site)[each] for each in ("subject", "introduction", "uids", "left_out"))
    for nonsense in ("reopen:1", "reopen:7", "reopen:x", "reopen:"):
        assert 409 == editor.press(nonsense, WEEKLY).status_code
    editor.press("release", WEEKLY)
    assert ["weekly-1"] == sorted(site.world.editions())


def test_after_the_next_edition_only_the_items_come_back(site: DeskSite, editor: Editor) -> None:
    editor.press("discard", WEEKLY)
    site.now += timedelta(minutes=20)
    site.world.list_above(news("4 March 2026", "The bridge is open.", theme="Ferries"))
    site.world.publisher("collect", at=site.now)
    assert 'value="reopen:1"' in editor.look(WEEKLY)
    editor.press("compose", WEEKLY)

    page = editor.look(WEEKLY)

    assert 'value="reopen:1"' not in page
    assert 'value="restore-earlier:1"' in page
    assert 409 == editor.press("reopen:1", WEEKLY).status_code


def test_what_another_editor_did_meanwhile_is_not_done_again(tmp_path: Path) -> None:
    """On every page, the form contains the state that it showed."""
    with busy_site(tmp_path / "site") as site:
        edith, otto = site.editor(), site.editor(OTTO)
        person, sent, sources, round_ = (f"{DESK}/{path}" for path in ("people/3", "sent", "sources", "round"))
        before = {path: hidden_in(edith.look(path)) for path in (person, sent, sources, round_)}
        [held] = re.findall(r'value="(discard:[^"]+)"', edith.look(sources))
        otto.press("end", person)
        otto.press("pause:", sent)
        otto.press("recall:weekly-1", sent)
        otto.press(held, sources)
        otto.press("postpone", round_, until="decided")

        answers = [
            edith.send(before[path], do, path)
            for path, do in (
                (person, "end"),
                (person, "erase"),
                (sent, "pause:weekly"),
                (sent, "recall:weekly-1"),
                (sources, held),
                (sources, held.replace("discard", "release")),
                (round_, "send"),
                (round_, "words"),
            )
        ]

        assert {409} == {answer.status_code for answer in answers}
        assert all("Somebody changed this since you opened the page." in answer.text for answer in answers)
        assert "cy…@example.org" in edith.look(person), "and is not erased"


@pytest.mark.parametrize("has_round", [False, True])
def test_who_misses_what_is_restored_is_said(tmp_path: Path, has_round: bool) -> None:
    with desk_site(tmp_path / "site", config=REVIEWED.replace(SMTP, SUBSCRIBERS + SMTP)) as site:
        subscribe(site.world, ADA, "*=daily")
        site.world.list_above(news("4 March 2026", "A ferry was sold.", theme="Ferries"))
        site.now += timedelta(minutes=20)
        site.world.publisher("collect", at=site.now)
        editor = site.editor()
        editor.press("discard", WEEKLY)
        if has_round:
            assert "1 mail goes out now." == editor.said(editor.press("send", ROUND, pace="daily"))

        told = "Subscribers whose mails went out meanwhile do not get it any more." in editor.look(WEEKLY)

        assert has_round == told
