"""The page of sources at the editors' desk: a decision applies to what the editor saw, and a hidden item can be shown
again.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from tests.busy_desk import HARBOUR, LATER, OLD_BUOY, busy_site
from tests.editor import DESK, OTTO, DeskSite, hidden_in, text_of
from tests.world import news, run_main

SOURCES = f"{DESK}/sources"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with busy_site(tmp_path / "site") as site:
        yield site


def listed(site: DeskSite) -> int:
    return len(site.world.summaries("buoys"))


def test_each_source_says_how_it_fares_and_what_waits(site: DeskSite) -> None:
    text = text_of(site.editor().look(SOURCES))

    assert "1 source waits for your decision" in text
    assert "asked before the service began: today, 11:30, or later changed: today, 10:30" in text
    assert "Most of the items that it had are gone: perhaps it was cut short. It listed 25 items before." in text
    assert "Buoy number 24 was moved" in text
    assert "and 16 more" in text
    assert "If you accept it 21 items disappear from feeds and pages" in text
    assert "If you discard it 21 items stay with readers, though their source no longer lists them" in text
    assert "partners Fails There is no such file or folder, or it cannot be opened. It has failed since" in text
    assert "1 item waits, the next one until Tuesday 10 March 2026, 00:00" in text
    assert (
        "The swing bridge is closed for a week appears Tuesday 10 March 2026, 00:00 · for its date or embargo" in text
    )
    assert "No item is hidden." in text


def test_a_suspicious_reading_is_released_as_it_was_shown(site: DeskSite) -> None:
    editor = site.editor()
    assert 25 == listed(site)

    answer = editor.press("release:harbour", SOURCES)

    assert "Accepted: 21 withdrawn. Readers see it with the next pass." == editor.said(answer)
    assert "waits for your decision" not in text_of(editor.look(SOURCES))
    site.world.publisher("run", at=LATER)
    assert 4 == listed(site)
    assert "Accepted: 21 withdrawn" in editor.look(f"{DESK}/acts")


def test_readers_keep_what_a_discarded_reading_would_remove(site: DeskSite) -> None:
    editor = site.editor()

    assert "Discarded: nothing changes for readers." == editor.said(editor.press("discard:harbour", SOURCES))
    site.world.publisher("run", at=LATER)

    assert 25 == listed(site)


def test_a_source_that_lists_something_else_by_then_is_not_decided(site: DeskSite) -> None:
    editor, path = site.editor(), site.world.folder / "harbour.txt"
    flood = [news("3 March 2026", f"Mast number {number} was painted.", theme="Masts") for number in range(60)]
    path.write_text("\n\n".join([*flood, *HARBOUR, OLD_BUOY]), "utf-8")

    answer = editor.press("release:harbour", SOURCES)

    text = text_of(answer.text)
    assert (400, True) == (answer.status_code, "The source lists something else by now" in text)
    assert "If you accept it 60 new items appear" in text, "the page shows what it lists now"
    assert "60 new items" not in text_of(site.world.publisher("status").out) or 25 == listed(site)
    assert editor.said(editor.press("release:harbour", SOURCES)).startswith("Accepted: 60 added.")


def test_two_editors_do_not_decide_the_same_twice(site: DeskSite) -> None:
    first, second = site.editor(), site.editor(OTTO)
    seen = hidden_in(second.look(SOURCES))
    first.press("discard:harbour", SOURCES)

    answer = second.send(seen, "release:harbour", SOURCES, reason="my words")

    assert 409 == answer.status_code
    assert "Somebody changed this since you opened the page" in answer.text
    assert 'value="my words"' in answer.text, "nothing that was typed is lost"
    site.world.publisher("run", at=LATER)
    assert 25 == listed(site)


def test_a_source_is_read_at_once(site: DeskSite) -> None:
    editor = site.editor()
    assert "It was read, and has nothing new." == editor.said(editor.press("read:news", SOURCES))
    assert "It was read, and what it lists waits for your decision." == editor.said(
        editor.press("read:harbour", SOURCES)
    )

    answer = editor.press("read:partners", SOURCES)

    text = text_of(answer.text)
    assert "asked, and answered: today, 11:30" in text
    assert "asked: today, 11:30 no answer since the service began changed: today, 10:30" in text
    assert (400, True) == (answer.status_code, "The source cannot be read now" in answer.text)
    alert = text_of(editor.press("read:partners", f"{SOURCES}?language=fr").text.partition('role="alert">')[2])
    assert alert.startswith(" Rien n’a été fait La source ne peut être lue maintenant. Sources"), alert[:200]
    assert 1 == alert.count("partners.txt"), "in its row"


def test_a_mistake_is_undone(site: DeskSite) -> None:
    editor = site.editor()
    (uid,) = re.findall(
        r'value="hide:([^"]+)">[^<]*<span class="unseen">: <bdi[^>]*>Buoy number 9 was moved', editor.look(SOURCES)
    )

    said = editor.said(editor.press(f"hide:{unescape(uid)}", SOURCES, reason="  our lawyer\nasked "))

    assert said.startswith("Hidden.")
    assert "Buoy number 9 was moved." not in site.world.summaries("all")
    assert "our lawyer asked" in text_of(editor.look(SOURCES))
    assert "our lawyer asked" in run_main("item", "list", "--config", str(site.world.config)).out

    assert editor.said(editor.press(f"unhide:{unescape(uid)}", SOURCES)).startswith("Shown again")
    assert "Buoy number 9 was moved." in site.world.summaries("all")


def test_an_item_that_is_none_is_said_at_its_field_and_what_was_typed_stays(site: DeskSite) -> None:
    editor = site.editor()
    for name in ("", "https://nowhere.example.org/", "<script>alert(1)</script>", "a" * 30_000):
        answer = editor.press("hide", SOURCES, item=name, reason="why & wherefore")

        assert 400 == answer.status_code, name
        assert 'aria-invalid="true"' in answer.text, name
        assert "why &amp; wherefore" in answer.text, name
        assert "<script>alert" not in answer.text


def test_markup_from_sources_is_escaped(site: DeskSite) -> None:
    path = site.world.folder / "harbour.txt"
    evil = news("3 March 2026", '"><img src=x onerror=alert(1)> \u202egnp.exe {{ 7*7 }} %(num)s', theme="<b>x</b>")
    path.write_text("\n\n".join([evil, *HARBOUR, OLD_BUOY]), "utf-8")
    editor = site.editor()
    editor.press("read:harbour", SOURCES)

    page = editor.look(SOURCES)

    assert "<img" not in page
    assert "onerror" in text_of(page)
    assert "{{ 7*7 }} %(num)s" in text_of(page)
    assert "\u202e" not in page


def test_a_source_that_is_none_is_not_decided(site: DeskSite) -> None:
    editor = site.editor()

    for do in ("release:nothing", "discard:", "read:nothing", "unhide:nothing", "release:news"):
        assert 409 == editor.press(do, SOURCES).status_code, do


def test_an_item_that_waits_for_its_day_is_shown_now_and_stays(site: DeskSite) -> None:
    editor = site.editor()
    page = editor.look(SOURCES)
    [value] = re.findall(r'value="(appear:[0-9]+)"', page)

    answer = editor.press(value, SOURCES)

    assert "It is on the site now, and new for the next mails." == editor.said(answer)
    assert "appear:" not in editor.look(SOURCES)
    assert "The swing bridge is closed for a week" in " ".join(site.world.summaries("ferries"))
    site.now += timedelta(minutes=20)
    site.world.publisher("run", at=site.now)
    assert "The swing bridge is closed for a week" in " ".join(site.world.summaries("ferries"))
    refused = editor.press("appear:999", SOURCES)
    assert (409, True) == (refused.status_code, "This item does not wait any more." in refused.text)
