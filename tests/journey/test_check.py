"""`publisher check` reports mistakes before readers see their effects."""

import re
from pathlib import Path

import pytest

from tests.visitor import SMTP, SUBSCRIBERS
from tests.world import CONFIG, NOW, World, news, run_main

REAL = (
    CONFIG.replace("example.org", "harbour.eu").replace("Example News", "Harbour")
    + 'postal_address = "1 Harbour Street"\n'
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site with its own addresses, and two new items."""
    items = [
        news("3 March 2026", "Title: The office\n\nThe office is closed.", theme="Opening hours"),
        news("2 March 2026", "Title: A rule\n\nIt is short.", theme="Visa"),
    ]
    return World(tmp_path / "site", "\n\n".join(items), config=REAL)


def test_a_site_that_is_well_says_so_and_keeps_nothing(world: World) -> None:
    world.forget_runs()
    before = world.files()

    outcome = world.publisher("check", at=NOW)

    assert (0, "all is well\n", "") == (outcome.exit_code, outcome.out, outcome.err)
    assert before == world.files()


def test_with_nothing_new_a_mail_of_the_latest_items_is_judged(world: World) -> None:
    world.publisher("run", at=NOW)
    (world.folder / "templates").mkdir()
    (world.folder / "templates" / "digest.txt").write_text("{{ site.base_url }}", encoding="utf-8")

    outcome = world.publisher("check", at=NOW)

    assert 2 == outcome.exit_code
    assert (
        "fix: audience 'weekly', text part: its text part says nothing but addresses, as spam does; fix digest.txt"
        in outcome.lines
    )


def test_addresses_of_an_example_must_be_replaced(world: World) -> None:
    world.configure("https://news.harbour.eu/", "https://news.example.org/")

    outcome = world.publisher("check", at=NOW)

    assert 2 == outcome.exit_code
    assert ["fix: site.base_url: news.example.org is an example address that does not exist; write your own"] == (
        outcome.lines
    )


def test_a_schedule_that_is_due_on_either_of_two_days_is_explained(world: World) -> None:
    world.configure('schedule = "0 8 * * MON"', 'schedule = "0 8 1-7 * MON"')

    outcome = world.publisher("check", at=NOW)

    assert 0 == outcome.exit_code
    expected = (
        "hint: audiences.weekly.schedule: it is due on days 1-7 of the month, and on days MON of the week as well, "
        "as cron has it; for the first Monday of a month write MON#1 as the day of week and * as the day of month"
    )
    assert [expected] == outcome.lines


def test_hints_do_not_fail(world: World) -> None:
    world.configure('postal_address = "1 Harbour Street"', "")

    outcome = world.publisher("check", "--json", at=NOW)

    assert 0 == outcome.exit_code == outcome.json["exit_code"]
    [found] = outcome.json["found"]
    assert ("mails", "audience 'weekly', unsubscribing", True) == (found["check"], found["where"], found["is_hint"])


def test_a_broken_template_is_named_with_its_line_even_when_no_mail_needs_it(world: World) -> None:
    (world.folder / "templates").mkdir()
    broken = world.folder / "templates" / "withdrawn.html"
    broken.write_text("\n{% if %}", encoding="utf-8")

    outcome = world.publisher("check", at=NOW)

    assert 2 == outcome.exit_code
    [line] = outcome.lines
    assert line.startswith(f"fix: templates: template {broken}:2: ")


def test_a_source_that_fails_is_told(world: World) -> None:
    world.listing.unlink()

    outcome = world.publisher("check", at=NOW)

    assert 2 == outcome.exit_code
    assert outcome.lines[0].startswith("fix: source 'news': there is no ")


def test_a_file_where_a_folder_should_be_is_told(world: World) -> None:
    world.outbox.write_text("", encoding="utf-8")

    outcome = world.publisher("check", at=NOW)

    assert 2 == outcome.exit_code
    assert [f"fix: outbox.directory: {world.outbox} is a file where a folder should be; move it away"] == outcome.lines


def test_a_picture_that_is_not_there_is_told(world: World) -> None:
    world.configure("[[audiences]]", '[digest]\nlogo = "assets/logo.png"\n\n[[audiences]]')

    outcome = world.publisher("check", at=NOW)

    assert 2 == outcome.exit_code
    logo = world.folder / "feeds" / "assets" / "logo.png"
    assert [f"fix: digest.logo: there is no {logo}; put the picture there"] == outcome.lines


def test_names_that_may_be_slips_are_hinted_at(world: World) -> None:
    world.publisher("run", at=NOW)
    tables = '[themes.visas]\ntitle = "Visas"\n[themes.hours]\ntitle = "Hours"\nlabels = ["Opening hours", "Times"]\n'
    world.config.write_text(f"{world.config.read_text('utf-8')}\n{tables}", encoding="utf-8")
    world.list_above(news("3 March 2026", "Title: No theme\n\nNor a subject."))

    outcome = world.publisher("check", at=NOW)

    assert (0, "") == (outcome.exit_code, outcome.err)
    assert [
        "label 'Visa': 1 item is in a theme that came by itself; did you mean 'visas'?",
        "themes.visas: no item belongs to it",
        "feeds/opening-hours: no item goes there any more",
    ] == [re.split(r" then|;(?! did)", line.removeprefix("hint: "))[0] for line in outcome.lines]


def test_items_without_a_title_of_their_own_are_counted(world: World) -> None:
    long = "The office is open on every day but for the first Monday of each month and all days on which it is closed"
    world.list_above(news("3 March 2026", f"{long}, {long}."), news("3 March 2026", "No title."))

    outcome = world.publisher("check", at=NOW)

    assert 0 == outcome.exit_code
    expected = (
        "hint: titles: 2 of 4 items have no title of their own, and the first sentence is shown instead; "
        "one of these sentences is cut; titles written in the source read better in lists and subjects"
    )
    assert [expected] == outcome.lines


def test_a_feed_that_readers_fetch_seldom_is_named(world: World) -> None:
    world.list_above(
        *(news("3 March 2026", f"Title: Report {number}\n\n" + "It is long. " * 13_000) for number in range(4))
    )
    world.publisher("run", at=NOW)

    outcome = world.publisher("check", at=NOW)

    assert 0 == outcome.exit_code
    large = [line for line in outcome.lines if " kB, and some readers take no more than 512;" in line]
    names = [re.split(r"[:/]", line.removeprefix("hint: "))[1:3] for line in large]
    assert sorted(names) == [[f, n] for f in ("all", "general") for n in ("atom.xml", "feed.json", "rss.xml")]


def test_a_newcomer_is_told_nothing_of_the_themes_of_the_shipped_sample(tmp_path: Path) -> None:
    run_main("init", str(tmp_path / "site"))

    outcome = run_main("check", "--config", str(tmp_path / "site" / "config.toml"), "--now", NOW.isoformat())

    assert [] == [line for line in outcome.lines if "theme" in line or "label" in line]
    assert "site.base_url" in outcome.out


def test_a_mail_server_in_the_open_is_a_hint_and_a_file_it_needs_must_be_there(world: World) -> None:
    smtp = '\n[smtp]\nhost = "mail.harbour.eu"\n'
    world.config.write_text(f'{REAL}{smtp}security = "none"\n', "utf-8")
    [hint] = world.publisher("check", at=NOW).lines
    assert hint.startswith("hint: smtp.security: mails go to mail.harbour.eu in the open")

    world.config.write_text(f'{REAL}{smtp}user = "news"\npassword = "file:secret"\nca_file = "ca.pem"\n', "utf-8")
    outcome = world.publisher("check", at=NOW)
    assert (2, ["smtp.ca_file", "smtp.password"]) == (
        outcome.exit_code,
        [line.split(": ")[1] for line in outcome.lines],
    )


def test_forms_that_nobody_can_reach_are_told(world: World) -> None:
    people = REAL + SUBSCRIBERS.replace("example.org", "harbour.eu") + SMTP
    world.config.write_text(people, "utf-8")
    fix, hint = world.publisher("check", at=NOW).lines
    assert fix.startswith("fix: service.listen: it is not set, so nobody can subscribe")
    assert "smtp.bounces: nobody reads which mails to subscribers come back" in hint

    (world.folder / "box").touch()
    read = people.replace(SMTP, f'{SMTP.rstrip()}\nbounces = "bounces@harbour.eu"\n[bounces]\nmbox = "box"\n')
    world.config.write_text(f'{read}\n[service]\nlisten = "127.0.0.1:8000"\n', "utf-8")
    assert ["all is well"] == world.publisher("check", at=NOW).lines
