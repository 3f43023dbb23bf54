"""The output of `publisher why` for several subscribers."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.journey.test_deliver import smtp
from tests.journey.test_subscribers import (
    ADA,
    AGREED,
    BEN,
    BOTH,
    CRANE,
    FERRY,
    ONLY_PEOPLE,
    THURSDAY,
    ask,
    people,
    sending_to,
    site_begun,
)
from tests.sink import Sink
from tests.world import CONFIG, NOW, World, prepared, run_main

DAY = timedelta(days=1)
MONDAY = THURSDAY + 4 * DAY


@pytest.fixture
def world(tmp_path: Path, sink: Sink) -> World:
    """A site on which Ada follows ferries daily and cranes weekly, and Ben everything weekly. Two items are
    new since.
    """
    return sending_to(sink, prepared(tmp_path / "site", site_begun, "en"))


def why(world: World, *arguments: str, days: int = 0) -> list[str]:
    at = THURSDAY + days * DAY
    outcome = run_main("why", "--config", str(world.config), "--now", at.isoformat(), *arguments)
    assert 0 == outcome.exit_code, outcome.err
    return [line.strip() for line in outcome.lines]


def verdict(world: World, address: str, item: str, *, days: int = 0) -> str:
    [line] = [line for line in why(world, address, item, days=days) if line.startswith("so: ")]
    return line


def ids(world: World) -> list[str]:
    """Return the short ids of the site's items, in the order in which they were added."""
    with world.store() as store:
        return [each.short_id for each in store.items.by_number(range(1, store.items.last_number() + 1))]


def test_why_tells_of_pausing_leaving_and_coming_back(world: World) -> None:
    world.publisher("run", at=THURSDAY)
    with world.opened(THURSDAY) as publisher:
        ada = publisher.people.find(ADA)
        assert ada is not None
        mine = publisher.people.links.tokens_of(ada.number)[1]
        until = THURSDAY + 14 * DAY
        publisher.people.change(mine, choices=ada.choices, language="en", paused_until=until)
    assert "mails are paused until Thu 2026-03-19 09:00" in why(world, ADA)
    assert "next daily mail: Fri 2026-03-20 08:00, if something is new" in why(world, ADA)
    assert not any("paused" in line for line in why(world, ADA, days=15))

    people(world, "end", ADA, at=THURSDAY + DAY)
    left = why(world, ADA, days=1)
    assert "ferries daily, since Wed 2026-03-04 10:30, ended Fri 2026-03-06 09:00: the operator ended it" in left
    assert "no mail is due, because nothing is followed" == left[-1]
    people(world, "add", ADA, "ferries=weekly", "--agreed", "by telephone", at=THURSDAY + 2 * DAY)
    back = why(world, ADA, days=2)
    assert "agreed on Sat 2026-03-07 09:00, as the operator says: by telephone" in back
    assert "ferries weekly, since Sat 2026-03-07 09:00" in back


def test_why_tells_of_imported_and_unknown_addresses(world: World, tmp_path: Path) -> None:
    roster = tmp_path / "members.txt"
    roster.write_text("eve@example.org\n", "utf-8")
    terms = ("--follow", "ferries=weekly", "--agreed", "the old list", "--agreed-at", "2024-05-06")
    people(world, "import", str(roster), *terms, "--yes", at=THURSDAY)
    assert [
        "eve@example.org subscribed on Mon 2024-05-06 00:00",
        "agreed on Mon 2024-05-06 00:00, as the operator says: the old list",
        "ferries weekly, since Mon 2024-05-06 00:00",
        "no mail was planned yet",
        "next weekly mail: Mon 2026-03-09 08:00, if something is new",
    ] == why(world, "eve@example.org")

    people(world, "erase", "eve@example.org", at=THURSDAY)
    assert [
        "eve@example.org is not subscribed",
        "all that was held of it was erased: the file of departures keeps it out of imports (left here)",
    ] == why(world, "eve@example.org")
    erased = run_main("why", "--config", str(world.config), "--json", "eve@example.org").json
    unknown = run_main("why", "--config", str(world.config), "--json", "nobody@example.org").json
    assert ("erased", None) == (erased["departure"], unknown["departure"])
    assert [
        "nobody@example.org is not subscribed",
        "nothing else is known of it: it never subscribed, or all data about it was erased",
    ] == why(world, "nobody@example.org")
    # as after a restore of a backup that lacks a reader, whom the operator ends
    assert 2 == people(world, "end", "nobody@example.org", at=THURSDAY).exit_code
    assert [
        "nobody@example.org is not subscribed",
        "it left, and is not held any more: the file of departures keeps it out of imports (left here)",
    ] == why(world, "nobody@example.org")


def test_why_tells_of_removed_themes_and_paces(world: World) -> None:
    world.publisher("run", at=THURSDAY)
    config = world.config.read_text("utf-8")
    world.config.write_text(
        config.replace("[subscribers]\n", '[subscribers]\npaces = { weekly = "0 8 * * MON" }\n'), "utf-8"
    )
    assert "ferries daily, since Wed 2026-03-04 10:30; that pace is gone, so it comes weekly" in why(world, ADA)
    for item in ids(world):
        run_main("item", "hide", item, "--config", str(world.config), "--now", THURSDAY.isoformat())
    told = why(world, ADA, days=1)
    assert "cranes weekly, since Wed 2026-03-04 10:30; there is no such theme any more" in told


def test_items_that_came_before_were_withdrawn_or_hidden(world: World) -> None:
    world.publisher("collect", at=THURSDAY - DAY)
    waiting = ids(world)[2]
    assert "so: it does not come yet, because its time has not come" == verdict(world, BEN, waiting, days=-1)
    for verb in ("collect", "publish"):
        world.publisher(verb, at=THURSDAY - timedelta(minutes=1))
    old, _, new, other = ids(world)
    older = "so: it does not come, because it was here before the subscription (an import begins one)"
    assert older == verdict(world, BEN, old)
    assert "so: it comes with the next weekly mail" == verdict(world, BEN, new)
    run_main("item", "hide", new, "--config", str(world.config), "--now", THURSDAY.isoformat())
    assert "so: it does not come, because it is hidden" == verdict(world, BEN, new)
    world.edit(f"{BOTH}\n\n", "")
    world.publisher("collect", at=THURSDAY)
    assert "so: it does not come, because it was withdrawn" == verdict(world, BEN, other)


def test_an_item_of_long_ago(world: World) -> None:
    world.publisher("run", at=THURSDAY)
    new = ids(world)[-1]
    assert "so: it was sent" == verdict(world, ADA, new)
    world.publisher("run", at=THURSDAY + 120 * DAY)
    told = why(world, ADA, new, days=120)
    assert "so: its round is over, and what was sent so long ago is not known any more" in told
    assert "mails of more than 90 days ago are forgotten but for their counts" in why(world, ADA, days=120)


def test_while_an_edition_waits_for_its_editor(tmp_path: Path, sink: Sink) -> None:
    reviewed = CONFIG.replace('name = "weekly"', 'name = "weekly"\nreview = "3d"', 1)
    table = ONLY_PEOPLE[ONLY_PEOPLE.index("\n[subscribers]") :]
    world = World(tmp_path / "site", f"{FERRY}\n\n{CRANE}", config=reviewed + table + smtp(sink.port))
    world.publisher("run", at=NOW)
    people(world, "add", ADA, "*=weekly", *AGREED)
    [line] = [line for line in why(world, ADA) if line.endswith("waits for its editor")]
    assert line.startswith("no mail is made while weekly-1")


def test_why_tells_what_stops_all_mails(world: World, sink: Sink) -> None:
    world.publisher("backup", str(world.folder / "news.backup"), at=NOW)
    world.publisher("deliver", "--pause", at=THURSDAY)
    world.publisher("run", at=THURSDAY)
    paused = "no mail goes out: all are paused since Thu 2026-03-05 09:00; `publisher deliver --resume` lets them go on"
    told = why(world, ADA)
    assert paused in told
    assert any("2 items: waits to be sent" in line for line in told), told
    assert paused in why(world, ADA, ids(world)[2]), "it tells of an item as well"
    assert any(line.endswith("`publisher deliver --again round-1` sends it") for line in why(world, ADA, days=4))

    world.publisher("deliver", "--resume", at=THURSDAY)
    sink_port = str(sink.port)
    world.config.write_text(world.config.read_text("utf-8").replace(f"port = {sink_port}", "port = 9"), "utf-8")
    world.publisher("deliver", at=THURSDAY)
    [outage] = [line for line in why(world, ADA) if line.startswith("no mail goes out since Thu 2026-03-05 09:00: ")]
    assert "127.0.0.1" in outage

    world.publisher("restore", str(world.folder / "news.backup"), at=THURSDAY)
    restored = "no mail is made since Thu 2026-03-05 09:00, when the site was restored; `publisher restore` shows"
    assert any(line.startswith(restored) for line in why(world, ADA))


def test_why_tells_the_state_of_the_confirmation_letter(world: World) -> None:
    ask(world, "eve@example.org", ferries="daily")
    world.publisher("deliver", "--pause", at=NOW)
    told = why(world, "eve@example.org")
    assert "the letter by which to confirm: waits to be sent" in told
    assert any(line.startswith("no mail goes out: all are paused") for line in told)

    world.publisher("deliver", "--resume", at=NOW)
    world.publisher("deliver", at=NOW)
    assert "the letter by which to confirm: sent Wed 2026-03-04 10:30" in why(world, "eve@example.org")[2]


def test_why_tells_of_the_question_whether_a_subscriber_still_wants_mails(world: World) -> None:
    world.publisher("run", at=THURSDAY)
    people(world, "reconsent", "--older-than", "1d", "--yes", at=THURSDAY + 2 * DAY)
    told = why(world, ADA, days=3)
    assert "asked on Sat 2026-03-07 09:00 whether the mails are still wanted, and not answered yet" in told
    world.publisher("run", at=THURSDAY + 3 * DAY)
    world.publisher("run", at=THURSDAY + 40 * DAY)
    told = why(world, ADA, days=40)
    assert any(
        line.endswith("the subscriber was asked, and did not say that the mails are still wanted") for line in told
    )
