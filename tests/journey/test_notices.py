"""The operator and the editors get each notice (a mail about a source or an edition) exactly once."""

import shutil
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.world import CONFIG, NOW, World, news

OPERATOR = '\n[notices]\nto = "The operator <ops@example.org>"\n'
EDITED = 'review = "2h"\neditor = "desk@example.org"\n'
ITEMS = (
    news("3 March 2026", "The office is closed on Friday. It opens on Monday."),
    news("2 March 2026", "A new rule at the border.", theme="Borders & Visa"),
)


def world_of(folder: Path, config: str) -> World:
    """Return a site after one run."""
    return World.after_run(folder / "site", "\n\n".join(ITEMS), config=config)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site whose operator is notified."""
    return world_of(tmp_path, CONFIG + OPERATOR)


def told(world: World) -> list[str]:
    folder = world.outbox / "notices"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def run(world: World, minutes: float) -> list[str]:
    return world.publisher("run", at=NOW + timedelta(minutes=minutes)).lines


def fail(world: World, *minutes: float) -> None:
    """Let the source be unreadable at these moments, and readable again afterwards."""
    hidden = world.listing.with_suffix(".hidden")
    world.listing.rename(hidden)
    for moment in minutes:
        run(world, moment)
    hidden.rename(world.listing)


def test_failures_are_told_once_when_they_go_on_and_so_is_their_end(world: World) -> None:
    fail(world, 15, 30)
    assert [] == told(world)
    fail(world, 45, 60, 75)

    assert ["0001-news-failing"] == told(world)
    assert ["source news: well", "notice: 0002-news-well: Example News: the source news is well again"] == run(
        world, 90
    )
    assert ["nothing new"] == run(world, 105)
    assert ["0001-news-failing", "0002-news-well"] == told(world)


def test_a_mishap_that_passes_is_not_told(world: World) -> None:
    fail(world, 15, 30)
    run(world, 45)
    fail(world, 60, 75)

    assert [] == told(world)


def test_a_source_that_is_read_seldom_is_told_after_a_day(world: World) -> None:
    fail(world, 60, 26 * 60)

    assert ["0001-news-failing"] == told(world)


def test_a_notice_says_what_since_when_and_what_to_do(world: World) -> None:
    fail(world, 15, 30, 45)
    folder = world.outbox / "notices" / "0001-news-failing"
    mail = message_from_bytes((folder / "notice.eml").read_bytes(), policy=policy.default)

    assert {"notice.eml", "notice.txt"} == {path.name for path in folder.iterdir()}
    assert "The editor <editor@example.org>" == mail["From"]
    assert "The operator <ops@example.org>" == mail["To"]
    assert "Example News: the source news cannot be read" == mail["Subject"]
    assert "Wed, 04 Mar 2026 10:15:00 +0000" == mail["Date"]
    assert "<0001-news-failing.20260304T101500Z.notice@news.example.org>" == mail["Message-ID"]
    assert "auto-generated" == mail["Auto-Submitted"]
    assert "text/plain" == mail.get_content_type()
    text = (folder / "notice.txt").read_text("utf-8")
    assert text == mail.get_content().replace("\r\n", "\n")
    assert "cannot be read, since 4 March 2026, 10:45 (Europe/Brussels)." in text
    assert f"    there is no {world.listing}" in text
    assert f"  publisher collect news --config {world.config}\n" in text


def test_an_empty_source_is_told_at_once(world: World) -> None:
    whole = world.listing.read_text("utf-8")
    world.listing.write_text("", "utf-8")
    run(world, 15)
    run(world, 30)
    world.listing.write_text(whole, "utf-8")
    run(world, 45)

    assert ["0001-news-empty", "0002-news-well"] == told(world)


def test_a_silent_source_is_told_once_and_again_when_it_speaks(tmp_path: Path) -> None:
    world = world_of(tmp_path, CONFIG.replace('"news.txt"', '"news.txt"\nexpect_every = "60 days"') + OPERATOR)
    day = 24 * 60
    assert ["nothing new"] == run(world, 59 * day)

    assert "source news: silent" in run(world, 61 * day)
    assert ["nothing new"] == run(world, 62 * day)
    world.list_above(news("6 May 2026", "At last."))
    run(world, 63 * day)

    assert ["0001-news-silent", "0002-news-well"] == told(world)


@pytest.mark.parametrize("verb", ["release", "discard"])
def test_a_held_source_is_told_with_what_to_decide(world: World, verb: str) -> None:
    world.list_above(*(news("4 March 2026", f"Ship number {number} came in.") for number in range(40)))
    run(world, 15)
    run(world, 30)
    assert ["0001-news-held"] == told(world)
    text = (world.outbox / "notices" / "0001-news-held" / "notice.txt").read_text("utf-8")
    assert "it would add 40" in text
    assert f"  publisher source {verb} news --config {world.config}\n" in text

    world.publisher_source(verb, "news", at=NOW + timedelta(minutes=45))

    assert ["0001-news-held", "0002-news-well"] == told(world)


def test_a_layout_that_drifted_is_told_apart(tmp_path: Path) -> None:
    titled = [news("3 March 2026", f"Ship number {number} came in.\nTitle: Ship {number}") for number in range(20)]
    world = World(tmp_path / "site", "\n\n".join(titled), config=CONFIG + OPERATOR)
    run(world, 15)
    world.listing.write_text(world.listing.read_text("utf-8").replace("Title:", "Name:"), "utf-8")
    run(world, 30)

    assert ["0001-news-drifted"] == told(world)
    assert "source news: drifted since" in world.publisher("status", at=NOW + timedelta(minutes=45)).out


def test_without_an_address_nothing_is_mailed_and_the_turn_is_told_once(tmp_path: Path) -> None:
    world = world_of(tmp_path, CONFIG)
    world.listing.unlink()
    lines = [run(world, minutes) for minutes in (15, 30, 45, 60)]

    assert [[], [], ["source news: failing"], []] == lines
    assert [] == told(world)


def test_a_rehearsal_tells_nobody(world: World) -> None:
    world.listing.unlink()
    run(world, 15)
    run(world, 30)

    outcome = world.publisher("run", "--dry-run", at=NOW + timedelta(minutes=45))

    assert "source news: failing" in outcome.lines
    assert [] == told(world)


def test_a_notice_the_disk_refused_is_written_by_the_next_run_as_it_was_recorded(world: World, tmp_path: Path) -> None:
    undisturbed = world.copied_to(tmp_path / "undisturbed")
    (world.outbox / "notices").write_text("in the way")
    fail(world, 15, 30, 45)
    assert any("notice 0001-news-failing" in line for line in world.publisher("status").lines)
    (world.outbox / "notices").unlink()
    world.listing.rename(world.listing.with_suffix(".gone"))
    run(world, 60)

    assert ["0001-news-failing"] == told(world)
    fail(undisturbed, 15, 30, 45)
    late, timely = (
        (site.outbox / "notices" / "0001-news-failing" / "notice.txt").read_text("utf-8").replace(str(site.folder), "")
        for site in (world, undisturbed)
    )
    assert timely == late


def test_a_notice_that_was_sent_and_deleted_is_not_written_again(world: World) -> None:
    fail(world, 15, 30, 45, 60)
    shutil.rmtree(world.outbox / "notices")
    world.listing.rename(world.listing.with_suffix(".gone"))

    run(world, 75)

    assert [] == told(world)


# --- held editions ---------------------------------------------------------------------------------------------------


def test_the_editor_gets_the_held_edition_once_with_what_to_do(tmp_path: Path) -> None:
    world = World(tmp_path / "site", "\n\n".join(ITEMS), config=CONFIG + EDITED)  # not copied: the mail names folders
    world.publisher("run", at=NOW)

    folder = world.outbox / "notices" / "0001-weekly-1-review"
    mail = message_from_bytes((folder / "notice.eml").read_bytes(), policy=policy.default)
    assert "desk@example.org" == mail["To"]
    assert (
        "Example News, No.\N{NO-BREAK SPACE}1 waits for you until 4 March 2026, 12:30 (Europe/Brussels)"
        == mail["Subject"]
    )
    text = (folder / "notice.txt").read_text("utf-8")
    held = world.outbox / "held"
    assert text.startswith((held / "weekly-1.txt").read_text("utf-8"))
    assert text.endswith((held / "weekly-1" / "digest.txt").read_text("utf-8"))
    assert f"Look at digest.html and digest.txt in {held / 'weekly-1'}." in text
    for verb in ("show", "introduce", "drop", "postpone", "release", "discard"):
        assert f"  publisher edition {verb} weekly-1" in text
    for words in ("The office is closed on Friday", "A new rule at the border"):
        assert f". {words}" in text

    world.publisher_edition("postpone", "weekly-1", "1d", at=NOW + timedelta(hours=1))
    run(world, 90)

    assert ["0001-weekly-1-review"] == told(world)

    world.edit("The office is closed on Friday", "The office is closed on Thursday")
    run(world, 100)
    run(world, 110)

    assert ["0001-weekly-1-review", "0002-weekly-1-review"] == told(world)
    again = (world.outbox / "notices" / "0002-weekly-1-review" / "notice.txt").read_text("utf-8")
    assert (
        "Changed in its source since it was composed, and here:\n  The office is closed on Thursday\n"
        "    It was: The office is closed on Friday\n"
    ) in again


def test_the_editor_is_told_what_was_withdrawn_and_that_nothing_is_left(tmp_path: Path) -> None:
    world = world_of(tmp_path, CONFIG + EDITED)
    old = news("1 January 2026", "Old.")
    world.listing.write_text(f"{ITEMS[1]}\n\n{old}", encoding="utf-8")
    run(world, 10)
    run(world, 20)

    assert ["0001-weekly-1-review", "0002-weekly-1-review"] == told(world)
    left = "Withdrawn since it was composed, and no longer in it:\n  The office is closed on Friday\n"
    assert left in (world.outbox / "notices" / "0002-weekly-1-review" / "notice.txt").read_text("utf-8")
    assert left in (world.outbox / "held" / "weekly-1.txt").read_text("utf-8")

    world.listing.write_text(old, encoding="utf-8")
    lines = run(world, 30)
    run(world, 40)

    assert "compose: weekly-1 is discarded: no item is left in it" in lines
    assert ["0001-weekly-1-review", "0002-weekly-1-review", "0003-weekly-1-review"] == told(world)[:3]
    assert ["0004-weekly-2-review"] == told(world)[3:]  # of the old item, which was new
    gone = (world.outbox / "notices" / "0003-weekly-1-review" / "notice.txt").read_text("utf-8")
    assert "The last item of Example News, No.\N{NO-BREAK SPACE}1 was withdrawn, so it does not go out." in gone
    for title in ("The office is closed on Friday", "A new rule at the border"):
        assert f"  {title}\n" in gone


def test_the_editor_reads_the_language_of_the_digest(tmp_path: Path) -> None:
    world = world_of(tmp_path, f'{CONFIG}{EDITED}language = "fr"\n')

    text = (world.outbox / "notices" / "0001-weekly-1-review" / "notice.txt").read_text("utf-8")

    assert "n°\N{NO-BREAK SPACE}1 vous attend jusqu’au 4 mars 2026, 12:30 (Europe/Brussels)." in text


def test_without_an_editor_nobody_is_told_by_mail(tmp_path: Path) -> None:
    world = world_of(tmp_path, f'{CONFIG}review = "2h"\n')

    assert [] == told(world)
