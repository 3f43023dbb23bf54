"""Review: an edition is held for its editor, who decides. No item is lost, and nothing goes out too early."""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from tests.world import CONFIG, NOW, World, news

MONDAY = NOW + timedelta(days=5)  # a tick of the schedule lies before it
SOON = NOW + timedelta(hours=1)
DEADLINE = NOW + timedelta(hours=2)
ITEMS = (
    news("3 March 2026", "The office is closed on Friday. It opens on Monday."),
    news("2 March 2026", "A new rule at the border.", theme="Borders & Visa"),
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site that holds its editions for two hours, with its first edition held."""
    return World.after_run(tmp_path / "site", "\n\n".join(ITEMS), config=f'{CONFIG}review = "2h"\n')


def edition(world: World, verb: str, *arguments: str, hours: float = 1) -> list[str]:
    outcome = world.publisher_edition(verb, *arguments, at=NOW + timedelta(hours=hours))
    assert (0, "") == (outcome.exit_code, outcome.err)
    return outcome.lines


def held_text(world: World, name: str = "weekly-1") -> str:
    return (world.outbox / "held" / name / "digest.txt").read_text("utf-8")


def message(folder: Path) -> Message:
    return message_from_bytes((folder / "digest.eml").read_bytes())


def but_for_date(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of an edition without the date of its mail, and without what depends on the date."""
    return {
        name: re.sub(rb'(?m)^Date: .*$|"released_at": .*$|"digest.eml": .*$', b"", data)
        for name, data in contents.items()
    }


def item_named(world: World, words: str) -> str:
    [line] = [line for line in edition(world, "show", "weekly-1")[2:] if words in line]
    return line.split()[1]


def in_outbox(world: World) -> list[str]:
    return sorted(path.name for path in world.outbox.iterdir() if not path.name.startswith("."))


def test_a_held_edition_does_not_look_ready_and_the_editor_is_told(world: World) -> None:
    assert ["held"] == in_outbox(world)
    assert {} == world.editions()
    assert ["weekly-1", "weekly-1.txt"] == sorted(path.name for path in (world.outbox / "held").iterdir())
    notice = (world.outbox / "held" / "weekly-1.txt").read_text("utf-8")
    until = "until 4 March 2026, 12:30 (Europe/Brussels)"
    assert notice.startswith(f"Example News, No.\N{NO-BREAK SPACE}1 waits for you {until}.\nThen it goes out.\n")
    assert "/-/desk" not in notice
    for verb in ("show", "introduce", "drop", "postpone", "release", "discard"):
        assert f"publisher edition {verb} weekly-1" in notice
    status = world.publisher("status", at=SOON)
    assert (
        "edition weekly-1: held for you until Wed 2026-03-04 12:30, then it goes out; "
        "look into held/weekly-1 of the outbox" in status.lines
    )


def test_without_a_decision_an_edition_is_sent_at_the_deadline_unchanged(world: World) -> None:
    held = world.contents("outbox/held/weekly-1")
    before = world.files()
    assert "nothing new\n" == world.publisher("run", at=DEADLINE - timedelta(seconds=1)).out
    assert before == world.files()

    outcome = world.publisher("run", "--due", at=DEADLINE)

    assert ["compose: weekly-1 with 2 items"] == outcome.lines
    assert but_for_date(held) == but_for_date(world.contents("outbox/weekly-1"))
    assert ["weekly-1"] == sorted(world.editions())
    assert not list((world.outbox / "held").iterdir())
    assert "nothing new\n" == world.publisher("run", at=DEADLINE).out


def test_a_mail_is_dated_when_it_was_let_go_and_keeps_its_id(world: World) -> None:
    held = message(world.outbox / "held" / "weekly-1")
    edition(world, "postpone", "weekly-1", "2d")
    edition(world, "release", "weekly-1", hours=30)

    released = message(world.outbox / "weekly-1")

    assert ["Wed, 04 Mar 2026 09:30:00 +0000", "Thu, 05 Mar 2026 15:30:00 +0000"] == [held["Date"], released["Date"]]
    assert held["Message-ID"] == released["Message-ID"]
    assert "2026-03-05T15:30:00+00:00" == world.editions()["weekly-1"]["released_at"]


def test_an_edition_of_a_removed_audience_is_reported_and_can_be_ended(world: World) -> None:
    audience = world.config.read_text("utf-8").partition("[[audiences]]")[2]
    world.configure(f"[[audiences]]{audience}", "")
    told = "edition weekly-1: its audience is not in config.toml any more"
    assert any(line.startswith(told) for line in world.publisher("status", at=MONDAY).lines)
    assert "held for you" not in world.publisher("status", at=MONDAY).out
    assert any(line.startswith(f"fix: {told}") for line in world.publisher("check", at=MONDAY).lines)
    refused = world.publisher_edition("release", "weekly-1", at=MONDAY)
    assert (2, True) == (refused.exit_code, "`publisher edition discard weekly-1`" in refused.err)

    edition(world, "discard", "weekly-1")

    assert told not in world.publisher("status", at=MONDAY).out
    assert not list((world.outbox / "held").iterdir())


def test_an_edition_whose_audience_comes_back_goes_on(world: World) -> None:
    audience = world.config.read_text("utf-8").partition("[[audiences]]")[2]
    world.configure(f"[[audiences]]{audience}", "")
    world.publisher("run", at=MONDAY)
    world.config.write_text(f"{world.config.read_text('utf-8')}[[audiences]]{audience}", "utf-8")

    assert "compose: weekly-1 with 2 items" == world.publisher("run", at=MONDAY).lines[-1]


def test_an_undecided_edition_stays_held_if_configured_so(world: World) -> None:
    world.configure('review = "2h"', 'review = "2h"\non_silence = "keep"')

    assert "nothing new\n" == world.publisher("run", at=MONDAY).out
    assert "until you decide" in world.publisher("status", at=MONDAY).out

    assert ["compose: weekly-1 with 2 items"] == edition(world, "release", "weekly-1", hours=130)


def test_new_items_wait_while_an_edition_is_held_and_a_missed_tick_is_caught_up(world: World) -> None:
    world.publisher("run", "--due", at=NOW)
    world.configure('review = "2h"', 'review = "2h"\non_silence = "keep"')
    world.list_above(news("4 March 2026", "Third news."))
    world.publisher("run", "--due", at=MONDAY)
    assert ["held"] == in_outbox(world)

    edition(world, "release", "weekly-1", hours=130)
    outcome = world.publisher("run", "--due", at=MONDAY + timedelta(days=1))

    assert 1 == len([line for line in outcome.lines if line.startswith("compose: weekly-2 with 1 item, held until")])


def test_the_editor_drops_introduces_and_releases(world: World) -> None:
    name = item_named(world, "office")

    edition(world, "introduce", "weekly-1", "Dear readers,\n\nread <this> first.")
    edition(world, "drop", "weekly-1", name)

    lines = edition(world, "show", "weekly-1")
    assert [line for line in lines if line.endswith("A new rule at the border  [Borders & Visa]")]
    assert [line for line in lines if line.startswith("  -") and line.endswith("[General]  (left out for good)")]
    assert "The office" not in held_text(world)
    assert "Dear readers,\n\nread <this> first." in held_text(world)
    html = (world.outbox / "held" / "weekly-1" / "digest.html").read_text("utf-8")
    assert "read &lt;this&gt; first." in html
    held = world.contents("outbox/held/weekly-1")
    assert ["compose: weekly-1 with 1 item"] == edition(world, "release", "weekly-1")
    assert but_for_date(held) == but_for_date(world.contents("outbox/weekly-1"))
    assert "nothing new\n" == world.publisher("run", at=MONDAY).out


def test_an_item_put_off_is_in_the_next_edition(world: World) -> None:
    edition(world, "drop", "weekly-1", item_named(world, "office"), "--until-next")
    edition(world, "release", "weekly-1")

    world.publisher("run", at=MONDAY)

    assert "The office is closed" in held_text(world, "weekly-2")
    assert "border" not in held_text(world, "weekly-2")


def test_a_postponed_edition_waits_from_now(world: World) -> None:
    assert ["compose: weekly-1 with 2 items, held until Thu 2026-03-05 11:30"] == edition(
        world, "postpone", "weekly-1", "1d"
    )
    assert "nothing new\n" == world.publisher("run", at=DEADLINE).out
    assert "5 March 2026, 11:30" in (world.outbox / "held" / "weekly-1.txt").read_text("utf-8")

    world.publisher("run", at=NOW + timedelta(hours=25))

    assert ["weekly-1"] == sorted(world.editions())


def test_a_discarded_edition_is_sent_to_nobody(world: World) -> None:
    assert ["compose: weekly-1 discarded"] == edition(world, "discard", "weekly-1")

    assert "nothing new\n" == world.publisher("run", at=MONDAY).out
    assert {} == world.editions()
    assert not list((world.outbox / "held").iterdir())
    [line] = edition(world, "list")
    assert line.endswith(": discarded, with 2 items")
    world.list_above(news("9 March 2026", "Something later."))
    assert "weekly-2 with 1 item" in world.publisher("run", at=MONDAY).out


def test_items_withdrawn_while_an_edition_is_held_leave_it(world: World) -> None:
    world.edit(ITEMS[0] + "\n\n", "")
    world.listing.write_text(ITEMS[1] + "\n\n" + news("1 January 2026", "Old."), encoding="utf-8")

    world.publisher("collect", at=SOON)
    world.publisher("compose", at=SOON)

    assert "The office" not in held_text(world)


def test_a_held_edition_follows_its_sources_until_it_is_released(world: World) -> None:
    """The edition goes out with the present content of its source, and without a correction of something that was never
    sent.
    """
    world.edit("on Friday", "on Thursday")
    world.publisher("run", at=SOON)

    assert "closed on Thursday" in held_text(world)
    assert "closed on Friday" not in held_text(world)
    told = (world.outbox / "held" / "weekly-1.txt").read_text("utf-8")
    assert "  The office is closed on Thursday\n    It was: The office is closed on Friday\n" in told
    assert any(line.endswith("(changed in its source)") for line in edition(world, "show", "weekly-1"))

    world.edit("on Thursday", "on Tuesday")
    world.publisher("run", at=DEADLINE)

    sent = (world.outbox / "weekly-1" / "digest.txt").read_text("utf-8")
    assert "closed on Tuesday" in sent
    world.list_above(news("5 March 2026", "Something later."))
    world.publisher("run", at=MONDAY)
    assert "Corrected since" not in (world.outbox / "held" / "weekly-2" / "digest.html").read_text("utf-8")


def test_the_editor_sees_what_is_corrected_and_readers_what_it_read_before(world: World) -> None:
    edition(world, "release", "weekly-1")
    world.edit("on Friday", "on Thursday")
    world.list_above(news("5 March 2026", "Something later."))

    world.publisher("run", at=MONDAY)

    shown = [line for line in edition(world, "show", "weekly-2", hours=24 * 6) if line.startswith("  *")]
    assert ["The office is closed on Thursday  [General]  (corrected since it was sent)"] == [
        line.split("  ", 4)[-1] for line in shown
    ]
    assert "In No.\xa01 it read: “The office is closed on Friday”" in held_text(world, "weekly-2")


def test_the_editor_has_the_last_word_on_subject_titles_and_order(world: World) -> None:
    edition(world, "order", "weekly-1", "2")
    edition(world, "retitle", "weekly-1", "1", "Another rule")
    edition(world, "introduce", "weekly-1", "See [the map](https://example.org/map).")

    text = held_text(world)
    assert text.index("1. Another rule\n") < text.index("2. The office is closed")
    assert "\nSee the map [1].\n\n[1] https://example.org/map\n" in text
    assert "subject: Another rule, and 1 more" in edition(world, "show", "weekly-1")

    edition(world, "subject", "weekly-1", "What you were waiting for")
    edition(world, "retitle", "weekly-1", "1", "")
    edition(world, "release", "weekly-1")

    sent = world.editions()["weekly-1"]
    assert "What you were waiting for" == sent["subject"]
    titles = [item["title"].rstrip(".") for item in sent["items"]]
    assert ["A new rule at the border", "The office is closed on Friday"] == titles


@pytest.mark.parametrize("how", [(), ("--until-next",)], ids=["for good", "until the next"])
def test_a_dropped_item_can_be_restored(world: World, how: tuple[str, ...]) -> None:
    before = held_text(world)
    name = item_named(world, "office")
    edition(world, "drop", "weekly-1", "1", *how)
    assert before != held_text(world)
    [left_out] = [line for line in edition(world, "show", "weekly-1") if line.startswith("  -")]
    assert name in left_out

    edition(world, "restore", "weekly-1", name)

    assert before == held_text(world)
    edition(world, "release", "weekly-1")
    assert "nothing new\n" == world.publisher("run", at=MONDAY).out


def test_a_discarded_edition_can_be_restored_into_the_next_one(world: World) -> None:
    before = held_text(world)
    edition(world, "discard", "weekly-1")

    assert ["compose: 2 items restored, for the next edition"] == edition(world, "restore", "weekly-1")
    assert edition(world, "list")[-1].endswith(": nothing is left in it")

    assert any("weekly-2 with 2 items" in line for line in world.publisher("run", at=MONDAY).lines)
    assert before.partition("1. ")[2] == held_text(world, "weekly-2").partition("1. ")[2]
    refused = world.publisher_edition("restore", "weekly-1", at=MONDAY)
    assert (2, True) == (refused.exit_code, "taken out: nothing" in refused.err)


def test_a_decision_too_late_is_told(world: World) -> None:
    world.publisher("run", at=DEADLINE)

    outcome = world.publisher_edition("release", "weekly-1", at=DEADLINE)

    assert 2 == outcome.exit_code
    assert ["publisher: edition 'weekly-1' is not held; held now: none"] == outcome.problems


def test_a_number_that_no_edition_can_have_is_told(world: World) -> None:
    for verb in ("restore", "reopen", "release", "drop", "show"):
        arguments = ("1",) if verb == "drop" else ()

        outcome = world.publisher_edition(verb, "weekly-99999999999999999999999", *arguments, at=SOON)

        assert (2, 1) == (outcome.exit_code, len(outcome.problems)), verb
        assert outcome.problems[0].startswith("publisher: edition 'weekly-99999999999999999999999'"), verb


def test_a_list_of_impossible_length_is_refused(world: World) -> None:
    outcome = world.publisher_edition("list", "--limit", "99999999999999999999999", at=SOON)

    assert (2, True) == (outcome.exit_code, "is not in the range 1<=x<=1000000" in outcome.err)


def test_an_item_that_is_not_in_the_edition_is_an_error(world: World) -> None:
    outcome = world.publisher_edition("drop", "weekly-1", "nothing", at=SOON)

    assert 2 == outcome.exit_code
    assert "`publisher edition show weekly-1` names them" in outcome.err


def test_a_crash_after_a_decision_is_repaired_by_the_next_pass(world: World) -> None:
    with world.store() as store:
        store.editions.held.introduce("weekly", 1, "Recorded, and then the power went.")
    assert "power" not in held_text(world)

    world.publisher("run", at=SOON)

    assert "and then the power went." in held_text(world)


def test_a_crash_between_the_move_and_its_record_is_repaired(world: World) -> None:
    with world.store() as store:
        store.editions.held.release("weekly", 1, at=SOON)
    os.replace(world.outbox / "held" / "weekly-1", world.outbox / "weekly-1")  # noqa: PTH105  as a killed process did
    before = world.contents("outbox/weekly-1")

    outcome = world.publisher("run", at=SOON)

    assert ["compose: weekly-1 with 2 items"] == outcome.lines
    assert before == world.contents("outbox/weekly-1")
    assert not list((world.outbox / "held").iterdir())


def test_preview_shows_the_held_edition_and_check_judges_it(world: World, tmp_path: Path) -> None:
    edition(world, "introduce", "weekly-1", "Dear readers")

    world.publisher("preview", "--output", str(tmp_path / "preview"), at=SOON)

    assert (tmp_path / "preview" / "digest.txt").read_text("utf-8") == held_text(world)
    assert "Dear readers" in held_text(world)
    assert 2 == world.publisher("check", at=SOON).exit_code


def test_the_notice_says_what_changed_whoever_gave_the_title(world: World) -> None:
    """The editor's title stays, so the notice must name the source's new title. A new theme is not a new text."""
    edition(world, "retitle", "weekly-1", item_named(world, "office"), "Closed for a day")
    world.edit("on Friday", "on Thursday")
    world.edit("Borders & Visa", "Housing")
    world.publisher("run", at=SOON)

    told = (world.outbox / "held" / "weekly-1.txt").read_text("utf-8")

    assert (
        "  Closed for a day\n    It was: The office is closed on Friday\n"
        "    Its source calls it now: The office is closed on Thursday\n"
    ) in told
    assert "  A new rule at the border\n    Its title and text are as before; something else changed" in told
    assert "It said:" not in told


def test_dropping_the_last_item_says_that_the_edition_is_discarded(world: World) -> None:
    edition(world, "drop", "weekly-1", "1")

    said, told = edition(world, "drop", "weekly-1", "1")

    assert re.fullmatch(r"left out for good: “.+” \(\w+\)", said)
    assert "compose: weekly-1 is discarded: no item is left in it" == told
    assert "discarded, with 2 items" in edition(world, "list")[0]


def test_the_answer_names_the_item_that_was_touched(world: World) -> None:
    office = item_named(world, "office")
    title = f"“The office is closed on Friday” ({office})"

    assert f"first: {title}" == edition(world, "order", "weekly-1", office)[0]
    assert f"retitled: {title} to “Closed”" == edition(world, "retitle", "weekly-1", office, "Closed")[0]
    assert (
        f"left out until the next edition: “Closed” ({office})"
        == (edition(world, "drop", "weekly-1", office, "--until-next")[0])
    )
    assert "Closed" not in held_text(world)
    assert f"restored: {title}" == edition(world, "restore", "weekly-1", office)[0]
    assert "Closed" in held_text(world), "it has the title that its editor gave it"


def test_the_notice_quotes_what_a_corrected_text_said(world: World) -> None:
    world.edit("opens on Monday", "opens on Tuesday")
    world.publisher("run", at=SOON)

    told = (world.outbox / "held" / "weekly-1.txt").read_text("utf-8")

    assert (
        "  The office is closed on Friday\n    It said: It opens on Monday.\n    It says now: It opens on Tuesday.\n"
    ) in told
