"""People subscribe on the site: letters, digests, and leaving, with a real mail server at the other end."""

import email
import email.policy
import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zipfile import ZipFile

import pytest

from publisher.model.bounces import BounceScore
from publisher.model.departures import SuppressionKind
from publisher.model.subscribers import Request
from tests.contract.test_store_bounce_scores import came_back
from tests.journey.test_deliver import smtp
from tests.sink import Sink, Taken
from tests.visitor import FormSite
from tests.world import CONFIG, NOW, Outcome, World, news, prepared, run_main

ADA, BEN = "ada@example.org", "ben@example.org"
FERRY = news("3 March 2026", "The ferry sails twice a day.", theme="Ferries")
CRANE = news("3 March 2026", "A new crane arrived.", theme="Cranes")
SUBSCRIBERS = """
[subscribers]
from = "Harbour news <news@example.org>"
privacy_url = "https://example.org/privacy"
postal_address = "Quay 1, 1000 Brussels"
"""
ONLY_PEOPLE = CONFIG.partition("[[audiences]]")[0] + SUBSCRIBERS
ANY_PORT = 1


SENDING = ONLY_PEOPLE + smtp(ANY_PORT)


@pytest.fixture
def world(tmp_path: Path, sink: Sink) -> World:
    """A site of two themes, which has subscribers and no list, after its first run."""
    world = World.after_run(tmp_path / "site", f"{FERRY}\n\n{CRANE}", config=SENDING)
    return sending_to(sink, world)


def sending_to(sink: Sink, world: World) -> World:
    """Return the site with this server instead of the one in its configuration, which was never used."""
    world.configure(f"port = {ANY_PORT}", f"port = {sink.port}")
    return world


def read(taken: Taken) -> EmailMessage:
    message = email.message_from_bytes(taken.mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(taken: Taken) -> str:
    body = read(taken).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def people(world: World, verb: str, *arguments: str, at: datetime = NOW) -> Outcome:
    """Run `publisher subscribers VERB`."""
    return run_main("subscribers", verb, "--config", str(world.config), "--now", at.isoformat(), *arguments)


def ask(world: World, address: str = ADA, **choices: str) -> None:
    with world.opened(NOW) as publisher:
        publisher.people.subscribe(Request(address=address, choices=choices, language="fr", words="I agree."))


def test_each_request_gives_one_letter_with_a_link_to_confirm(world: World, sink: Sink) -> None:
    for _ in range(3):
        ask(world, ferries="weekly", cranes="daily")

    world.publisher("deliver", at=NOW)

    [taken] = sink.taken
    letter = read(taken)
    assert (ADA,) == taken.recipients
    assert "Veuillez confirmer\u00a0: Example News par courriel" == letter["Subject"]
    assert "auto-generated" == letter["Auto-Submitted"]
    assert letter["List-Unsubscribe"] is None
    words = text_of(taken)
    assert "Ferries, chaque semaine" in words
    assert "ferry sails" not in words
    token = re.search(r"https://news\.example\.org/-/confirm/(\S+)", words)
    assert token
    html = letter.get_body(("html",))
    assert html is not None
    assert f'href="{token[0]}"' in html.get_content()

    with world.opened(NOW) as publisher:
        ada = publisher.people.confirm(token[1])
    assert ada is not None
    assert {"cranes": "daily", "ferries": "weekly"} == ada.choices


def test_what_is_held_of_somebody_who_has_not_confirmed_is_printed(world: World) -> None:
    assert [f"publisher: nothing is held of {ADA}"] == people(world, "held", ADA).problems
    ask(world, ferries="weekly")

    held = people(world, "held", ADA.upper()).json

    [asked] = held["asked_for"]
    assert ("confirm", {"ferries": "weekly"}, None) == (asked["kind"], asked["choices"], asked["used_at"])
    assert asked["words"]
    assert (ADA, {"unconfirmed": 30}) == (held["address"], {"unconfirmed": held["kept_for_days"]["unconfirmed"]})
    assert ["queued"] == [each["state"] for each in held["letters"]]
    people(world, "erase", ADA)
    people(world, "suppress", ADA, "--reason", "by telephone")
    assert ["by telephone"] == [each["reason"] for each in people(world, "held", ADA).json["suppressed"]]


def test_a_pass_erases_who_did_not_confirm_for_a_month(world: World) -> None:
    ask(world, ferries="weekly")
    world.publisher("deliver", at=NOW)

    for days, is_there in ((29, True), (31, False)):
        world.publisher("run", at=NOW + timedelta(days=days))

        with closing(sqlite3.connect(world.config.with_name("publisher.db"))) as connection:
            assert is_there == (ADA in "".join(connection.iterdump()))


def test_the_operator_adds_lists_and_ends(world: World, sink: Sink) -> None:
    agreed = ("--agreed", "form on paper")
    assert ["no one is subscribed"] == people(world, "list").lines

    assert 0 == people(world, "add", ADA, "ferries=weekly", *agreed, at=NOW).exit_code
    assert 0 == people(world, "add", BEN, "*=daily", *agreed, "--dry-run", at=NOW).exit_code
    assert [f"{ADA}  since Wed 2026-03-04 10:30: ferries weekly"] == people(world, "list").lines

    assert 2 == people(world, "add", BEN, "ferry=weekly", *agreed, at=NOW).exit_code
    assert 2 == people(world, "add", BEN, "weekly", *agreed, at=NOW).exit_code
    assert 2 == people(world, "add", BEN, "*=daily", "--agreed", " ", at=NOW).exit_code
    assert 2 == people(world, "add", BEN, "*=daily", *agreed, "--language", "xx", at=NOW).exit_code
    french = people(world, "add", BEN, "*=daily", *agreed, "--language", "FR", "--dry-run", "--json", at=NOW).json
    assert "fr" == french["language"]
    assert [f"{ADA}: follows nothing"] == people(world, "end", ADA, at=NOW).lines
    assert [] == people(world, "list", "--json").json
    [ada] = people(world, "list", "--ended", "--json").json
    assert (ADA, {}) == (ada["address"], ada["choices"])

    assert [f"{ADA}: would be erased"] == people(world, "erase", ADA, "--dry-run").lines
    assert [f"{ADA}: erased"] == people(world, "erase", ADA).lines
    assert [f"publisher: nothing is held of {ADA}"] == people(world, "erase", ADA).problems
    assert [] == people(world, "list", "--ended", "--json").json
    assert [] == sink.taken


def test_people_move_out_and_in_and_a_rehearsal_says_it_first(world: World, sink: Sink, tmp_path: Path) -> None:
    people(world, "add", ADA, "ferries=weekly", *AGREED)
    ours, mailman = tmp_path / "ours.csv", tmp_path / "members.txt"
    mailman.write_text(f"{ADA}\n{BEN}\nno address\n", "utf-8")

    assert [f"{ours}: 1 person"] == people(world, "export", str(ours)).lines
    link, pipe = world.folder / "latest.csv", world.folder / "pipe"
    link.symlink_to(target := world.folder / "target.csv")
    os.mkfifo(pipe)
    assert 0 == people(world, "export", str(link)).exit_code
    assert link.is_symlink()
    assert ours.read_bytes() == target.read_bytes()
    for program in (people(world, "export", str(pipe)), world.publisher("backup", str(pipe))):
        assert 2 == program.exit_code
        assert "it is no file, so it cannot be replaced by one; name a file" in program.err
    assert pipe.is_fifo()
    for place in ("feeds/people.csv", "config.toml"):  # which everybody can read, or which the site needs
        refused = people(world, "export", str(world.folder / place))
        assert (2, True) == (refused.exit_code, "export " in refused.err)
    assert 0o600 == ours.stat().st_mode & 0o777
    assert ["Publisher: 0 people added, 1 left out", "  1 subscribed already: line 2"] == people(
        world, "import", str(ours), "--yes"
    ).lines

    terms = ("--follow", "*=weekly", "--agreed", "the old list", "--agreed-at", "2024-05-06")
    assert 2 == people(world, "import", str(mailman)).exit_code
    for rehearsal in ((), ("--dry-run",), ("--yes", "--dry-run")):
        rehearsed = people(world, "import", str(mailman), *terms, *rehearsal)
        assert "Mailman: 1 person would be added, 2 left out" == rehearsed.lines[0]
        assert "nothing is written yet; to import, add --yes" == rehearsed.lines[-1]
    assert 1 == len(people(world, "list").lines)
    mailman.write_text(f"{ADA}\nBen Hé <{BEN}>\nno address\n", "cp1252")
    latin = people(world, "import", str(mailman), *terms)
    assert [f"publisher: {mailman}: it is not UTF-8; name its encoding, such as --encoding windows-1252"] == (
        latin.problems
    )
    unknown = people(world, "import", str(mailman), *terms, "--encoding", "nothing")
    assert (2, "no encoding is called 'nothing'") == (unknown.exit_code, unknown.problems[0][11:42])
    mailman.write_text(f"{ADA}\nBen Hé <{BEN}>\nno address\n", "utf-16")
    done = people(world, "import", str(mailman), *terms, "--json", "--yes").json
    assert ("Mailman", 1) == (done["dialect"], done["added"])
    assert {"no address that mail servers take": [3], "subscribed already": [1]} == done["left_out"]
    assert f"{BEN}  since Mon 2024-05-06 00:00: everything weekly" == people(world, "list").lines[1]
    missing = people(world, "import", str(tmp_path / "none.csv"))
    assert [f"publisher: {tmp_path / 'none.csv'}: no such file or directory"] == missing.problems
    world.publisher("deliver", at=NOW)
    assert [] == sink.taken


def test_people_of_a_list_are_asked_first(world: World, sink: Sink, tmp_path: Path) -> None:
    members = tmp_path / "members.txt"
    members.write_text(f"{ADA}\n{BEN}\n", "utf-8")
    terms = ("import", str(members), "--follow", "ferries=weekly", "--confirm")

    told = people(world, *terms).lines
    assert [
        "Mailman: 2 people would be asked to confirm, 0 left out",
        "nothing is written yet; to import, add --yes",
    ] == told
    world.publisher("deliver", at=NOW)
    assert [] == sink.taken

    assert ["Mailman: 2 people asked to confirm, 0 left out"] == people(world, *terms, "--yes").lines
    assert ["no one is subscribed"] == people(world, "list").lines
    world.publisher("deliver", at=NOW)
    letters = {taken.recipients[0]: text_of(taken) for taken in sink.taken}
    assert {ADA, BEN} == set(letters)
    words = letters[ADA]
    assert "Ferries, weekly" in words
    token = re.search(r"/-/confirm/(\S+)", words)
    assert token
    with world.opened(NOW) as publisher:
        assert publisher.people.confirm(token[1]) is not None
    out = ["  1 asked to confirm already: line 2", "  1 subscribed already: line 1"]
    assert ["Mailman: 0 people asked to confirm, 2 left out", *out] == people(world, *terms, "--yes").lines


def test_the_archive_of_mailchimp_is_read_as_it_comes(world: World, tmp_path: Path) -> None:
    head = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,{}LEID,EUID,NOTES,TAGS\n"
    row = '{},"Lovelace, Ada",2,2024-01-02 03:04:05,192.0.2.1,2024-01-03 04:05:06,192.0.2.1,{},1,e1,,\n'
    with ZipFile(tmp_path / "audience_export_3f2a.zip", "w") as archive:
        subscribed = head.format("LAST_CHANGED,") + "".join(row.format(each, "2024-05-06") for each in (ADA, BEN))
        archive.writestr("cleaned_email_audience_export_3f2a.csv", head.format("CLEAN_TIME,") + row.format(BEN, "2025"))
        archive.writestr("subscribed_email_audience_export_3f2a.csv", f"\ufeff{subscribed}")
        archive.writestr("__MACOSX/._subscribed_email_audience_export_3f2a.csv", b"\0\0")
    with ZipFile(tmp_path / "two.zip", "w") as archive:
        for name in ("subscribed_a.csv", "subscribed_b.csv"):
            archive.writestr(name, subscribed)
    (tmp_path / "torn.zip").write_bytes(b"PK" + (tmp_path / "two.zip").read_bytes()[2:-30])

    terms = ("--follow", "*=weekly", "--agreed", "the old letter", "--yes")
    told = people(world, "import", str(tmp_path / "audience_export_3f2a.zip"), *terms).lines
    assert ["Mailchimp: 1 person added, 1 left out", "  1 in a list of people to leave out: line 3"] == told
    assert [ADA] == [each["address"] for each in people(world, "list", "--json").json]
    [problem] = people(world, "import", str(tmp_path / "two.zip"), *terms).problems
    assert "got subscribed_a.csv, subscribed_b.csv; unpack it and import one list, with --without" in problem
    [problem] = people(world, "import", str(tmp_path / "torn.zip"), *terms).problems
    assert problem.endswith("torn.zip: the archive cannot be read: File is not a zip file; unpack it")


def test_without_its_table_nobody_can_be_added(tmp_path: Path) -> None:
    world = World(tmp_path / "site", FERRY)

    outcome = people(world, "list")

    assert 2 == outcome.exit_code
    assert ["publisher: no one can subscribe, because config.toml has no [subscribers]"] == outcome.problems


# --- rounds ----------------------------------------------------------------------------------------------------------

THURSDAY, MONDAY = (datetime(2026, 3, day, 8, 0, tzinfo=UTC) for day in (5, 9))
"""Moments just after eight o'clock in Brussels, when the schedules make mails due."""
AGREED = ("--agreed", "form on paper")
MORE = news("5 March 2026", "The ferry sails thrice a day.", theme="Ferries")
BOTH = news("5 March 2026", "The crane lifts the ferry.", theme="Cranes; Ferries")


@pytest.fixture
def begun(tmp_path: Path, sink: Sink) -> World:
    """The site after a first run, with two subscribers. Two items are new since."""
    return sending_to(sink, prepared(tmp_path / "site", site_begun, "de"))


def site_begun(folder: Path, language_of_ben: str) -> World:
    """Return a site on which Ada follows ferries daily and cranes weekly, and Ben everything weekly. Two items are new
    since.
    """
    world = World.after_run(folder, f"{FERRY}\n\n{CRANE}", config=SENDING)
    people(world, "add", ADA, "ferries=daily", "cranes=weekly", *AGREED)
    people(world, "add", BEN, "*=weekly", *AGREED, "--language", language_of_ben)
    world.list_above(MORE, BOTH)
    return world


def round_planned(folder: Path, at: datetime) -> World:
    """Return a site whose first round of mails to subscribers is planned, and whose sending is paused."""
    world = site_begun(folder, "de")
    pause(world)
    world.publisher("run", at=at)
    return world


def pause(world: World) -> None:
    with world.store() as store:
        store.mail.ledger.pauses.begin(now=NOW)


def resume(world: World) -> None:
    with world.store() as store:
        store.mail.ledger.pauses.end()


def flat(taken: Taken) -> str:
    return " ".join(text_of(taken).split())


@pytest.fixture
def planned(tmp_path: Path, sink: Sink) -> World:
    """A site with one planned mail, to Ada, which waits because all sending is paused."""
    return sending_to(sink, prepared(tmp_path / "site", round_planned, THURSDAY))


def test_each_subscriber_gets_what_is_new_to_him_at_his_pace_and_once(begun: World, sink: Sink) -> None:
    first = begun.publisher("run", at=THURSDAY)

    assert "subscribers: round-1 (daily) with 1 mail" in first.lines
    assert "deliver: round-1 to 1 subscriber: 1 sent" in first.lines
    [to_ada] = sink.taken
    assert (ADA,) == to_ada.recipients
    for words in ("The ferry sails thrice a day", "The crane lifts the ferry"):
        assert words in text_of(to_ada)
    assert "twice" not in text_of(to_ada)
    assert "nothing new\n" == begun.publisher("run", at=THURSDAY + timedelta(hours=1)).out

    begun.publisher("run", at=MONDAY)

    [to_ben] = sink.taken[1:]
    assert (BEN,) == to_ben.recipients
    assert "thrice" in text_of(to_ben)
    assert "Sie bekommen dies, weil Sie Folgendes abonniert haben: Alles wöchentlich seit" in flat(to_ben)
    assert "nothing new\n" == begun.publisher("run", at=MONDAY + timedelta(days=30)).out
    assert 2 == len(sink.taken)


def test_why_tells_a_subscribers_story_and_what_became_of_an_item(begun: World) -> None:
    def why(*arguments: str) -> Outcome:
        return run_main("why", "--config", str(begun.config), "--now", THURSDAY.isoformat(), *arguments)

    ask(begun, "eve@example.org", ferries="daily")
    begun.publisher("run", at=THURSDAY)
    with begun.store() as store:
        last = store.items.last_number()
        old, more = (store.items.by_number([number])[0].short_id for number in (1, last))

    assert [
        f"{ADA} subscribed on Wed 2026-03-04 10:30",
        "  agreed on Wed 2026-03-04 10:30, as the operator says: form on paper",
        "  cranes weekly, since Wed 2026-03-04 10:30",
        "  ferries daily, since Wed 2026-03-04 10:30",
        "round-1 (daily) of Thu 2026-03-05 09:00, 2 items: sent Thu 2026-03-05 09:00, the server said: 250 taken",
        "next daily mail: Fri 2026-03-06 08:00, if something is new",
        "next weekly mail: Mon 2026-03-09 08:00, if something is new",
    ] == why(ADA).lines
    assert "so: it was sent" == why(ADA, more).lines[-3].strip()
    assert "so: it comes with the next weekly mail" == why(BEN, more).lines[-2].strip()
    was_here = "so: it does not come, because it was here before the subscription (an import begins one)"
    assert was_here == why(BEN, old).lines[-2].strip()
    assert [
        "eve@example.org is not subscribed",
        "somebody asked for it on Wed 2026-03-04 10:30, and it was not confirmed",
        "  the letter by which to confirm: sent Thu 2026-03-05 09:00, the server said: 250 taken",
    ] == why("eve@example.org").lines
    assert "  to everything weekly, which begins after number 2: due" in why(BEN, more).lines
    assert "  to ferries daily, which has dealt with numbers 3 to 4: dealt with" in why(ADA, more).lines
    told = why(ADA, more, "--json").json
    assert (["round-1"], "it was sent") == (told["item"]["mails"], told["item"]["verdict"])
    assert (2, "sent") == (told["mails"][0]["items"], told["mails"][0]["state"])
    assert 2 == why(ADA, "nowhere").exit_code
    people(begun, "end", BEN, at=THURSDAY)
    assert "so: it does not come, because the subscriber had left" == why(BEN, more).lines[-2].strip()


def test_a_subscribers_own_page_names_the_last_mails_and_how_he_agreed(begun: World) -> None:
    begun.publisher("run", at=THURSDAY)
    with begun.opened(THURSDAY) as publisher:
        [batch] = publisher.people.all()
        ada, ben = (publisher.people.links.tokens_of(each.number)[1] for each in batch)
    site = FormSite(begun, at=THURSDAY)
    pages = [site.visitor().get(f"/-/mine/{mine}").text for mine in (ada, ben)]
    site.close()

    assert "Because you agreed to it elsewhere, as was noted on 4 March 2026: form on paper" in pages[0]
    assert ["The last mails to you" in page for page in pages] == [True, False]
    themes = '<bdi lang="en">Cranes</bdi>, <bdi lang="en">Ferries</bdi>'
    assert f'<tr><th scope="row">5 March 2026</th><td>2 items: {themes}</td></tr>' in pages[0]


def test_a_mail_to_a_subscriber_says_why_and_how_to_leave(begun: World, sink: Sink) -> None:
    begun.publisher("run", at=THURSDAY)

    mail = read(sink.taken[0])
    assert "You get this because you follow: Ferries daily since 4 March 2026." in flat(sink.taken[0])
    stop = re.fullmatch(
        r"<(https://news\.example\.org/-/stop/(\S{28}))>,\s*<mailto:news@example\.org\?\S+>", mail["List-Unsubscribe"]
    )
    assert stop
    assert "List-Unsubscribe=One-Click" == mail["List-Unsubscribe-Post"]
    assert ("auto-generated", "bulk") == (mail["Auto-Submitted"], mail["Precedence"])
    html = mail.get_body(("html",))
    assert html is not None
    for words in (text_of(sink.taken[0]), html.get_content()):
        assert stop[1] in words
        assert re.search(r"https://news\.example\.org/-/mine/\S{31}", words)
        assert re.search(r"https://news\.example\.org/-/mine/\S{31}#why", words)
        assert "https://example.org/privacy" in words
        assert "Quay 1, 1000 Brussels" in words
        assert "No. 1" not in words

    with begun.opened(THURSDAY) as publisher:
        assert publisher.people.stop(stop[2])
    begun.list_above(news("6 March 2026", "A third ferry came.", theme="Ferries"))
    begun.publisher("run", at=MONDAY)
    assert [(ADA,), (BEN,)] == [taken.recipients for taken in sink.taken]


def test_a_subscriber_who_leaves_after_planning_gets_nothing_and_undoing_it_loses_none(
    planned: World, sink: Sink
) -> None:
    assert [] == sink.taken
    with planned.opened(THURSDAY) as publisher:
        [batch] = publisher.people.all()
        stop = publisher.people.links.tokens_of(batch[0].number)[0]
        publisher.people.stop(stop)

    resume(planned)
    planned.publisher("deliver", at=THURSDAY)
    assert [] == sink.taken

    with planned.opened(THURSDAY + timedelta(days=1)) as publisher:
        publisher.people.undo(stop)
    planned.publisher("deliver", at=THURSDAY + timedelta(days=1))
    [taken] = sink.taken
    assert "thrice" in text_of(taken)


def test_a_mail_sent_again_while_its_subscriber_had_left_comes_when_he_undoes_it(waiting: World, sink: Sink) -> None:
    with waiting.opened(MONDAY) as publisher:
        [batch] = publisher.people.all()
        stop = publisher.people.links.tokens_of(batch[0].number)[0]
        publisher.people.stop(stop)
    order(waiting, "--recall", "round-1")
    order(waiting, "--again", "round-1", "--yes")
    assert [(BEN,)] == [taken.recipients for taken in sink.taken]

    with waiting.opened(MONDAY + timedelta(days=1)) as publisher:
        publisher.people.undo(stop)
    waiting.publisher("deliver", at=MONDAY + timedelta(days=1))

    assert [(BEN,), (ADA,)] == [taken.recipients for taken in sink.taken]


def change(world: World, at: datetime, choices: dict[str, str], paused_until: datetime | None = None) -> None:
    """Change what the first subscriber follows, as on her own page."""
    with world.opened(at) as publisher:
        [batch] = publisher.people.all()
        mine = publisher.people.links.tokens_of(batch[0].number)[1]
        publisher.people.change(mine, choices=choices, language="en", paused_until=paused_until)


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        pytest.param({"cranes": "weekly"}, ["lifts"], id="an item of a theme that goes on stays"),
        pytest.param({"ferries": "daily"}, ["thrice", "lifts"], id="the dropped theme brought nothing"),
        pytest.param({"general": "weekly"}, None, id="nothing is left in it"),
    ],
)
def test_a_theme_dropped_after_planning_removes_its_items_from_the_mail(
    planned: World, sink: Sink, choices: dict[str, str], expected: list[str] | None
) -> None:
    change(planned, THURSDAY, choices)
    resume(planned)

    outcome = planned.publisher("deliver", at=THURSDAY)

    assert [] == outcome.problems
    assert ([] if expected is None else [expected]) == [
        [words for words in ("thrice", "lifts") if words in text_of(taken)] for taken in sink.taken
    ]
    assert "deliver: nothing" not in outcome.err
    assert "nothing new\n" == planned.publisher("run", at=THURSDAY + timedelta(hours=1)).out


def test_a_subscriber_who_pauses_after_planning_gets_the_mail_after_the_pause(planned: World, sink: Sink) -> None:
    until = THURSDAY + timedelta(days=20)
    change(planned, THURSDAY, {"ferries": "daily", "cranes": "weekly"}, until)
    resume(planned)

    planned.publisher("run", at=until - timedelta(minutes=1))
    assert [(BEN,)] == [taken.recipients for taken in sink.taken]

    planned.publisher("deliver", at=until + timedelta(minutes=1))
    assert [(BEN,), (ADA,)] == [taken.recipients for taken in sink.taken]
    assert "thrice" in text_of(sink.taken[1])


def order(world: World, *arguments: str, at: datetime = MONDAY) -> list[str]:
    outcome = world.publisher("deliver", *arguments, at=at)
    assert 0 == outcome.exit_code, outcome
    return outcome.lines


@pytest.fixture
def waiting(tmp_path: Path, sink: Sink) -> World:
    """A site with two planned mails to subscribers, which wait."""
    world = sending_to(sink, prepared(tmp_path / "site", round_planned, MONDAY))
    resume(world)
    return world


def test_a_round_is_taken_back_and_its_rest_goes_out_without_what_went_and_who_left(waiting: World, sink: Sink) -> None:
    assert ["round-1: 2 mails taken back"] == order(waiting, "--recall", "round-1")
    assert ["nothing new"] == order(waiting)
    waiting.edit(f"{MORE}\n\n", "")
    waiting.publisher("collect", at=MONDAY)
    people(waiting, "end", BEN, at=MONDAY)

    lines = order(waiting, "--again", "round-1", "--yes")

    assert "round-1: 2 taken back" == lines[0]
    assert "round-1: 2 mails queued" == lines[2]
    [taken] = sink.taken
    assert (ADA,) == taken.recipients
    assert "lifts" in text_of(taken)
    assert "thrice" not in text_of(taken)
    order(waiting, "--again", "round-1", "--yes")
    assert [taken] == sink.taken
    status = waiting.publisher("status", at=MONDAY).out
    assert "deliver --again round-1" in status
    assert "deliver --recall round-1" in status


def test_a_mail_that_is_taken_back_in_a_pause_and_sent_again_comes_after_the_pause(waiting: World, sink: Sink) -> None:
    until = MONDAY + timedelta(days=20)
    change(waiting, MONDAY, {"ferries": "daily", "cranes": "weekly"}, until)
    order(waiting, "--recall", "round-1")
    order(waiting, "--again", "round-1", "--yes")
    assert [(BEN,)] == [taken.recipients for taken in sink.taken]

    waiting.publisher("deliver", at=until + timedelta(minutes=1))

    assert [(BEN,), (ADA,)] == [taken.recipients for taken in sink.taken]


def test_mails_that_wait_reach_nobody_who_is_suspended_or_suppressed_meanwhile(waiting: World, sink: Sink) -> None:
    """The suspended subscriber gets his mail when the suspension ends."""
    with waiting.store() as store:
        ada = store.people.subscribers.by_address(ADA)
        assert ada is not None
        score = BounceScore(points=5, last_at=MONDAY, suspended_at=MONDAY)
        store.people.bounce_scores.count_report(came_back("one"), ada.number, before=None, after=score)
        store.people.suppressions.add(BEN, SuppressionKind.COMPLAINT, now=MONDAY)

    for _ in range(2):  # the second time, cancelled mails are queued again
        waiting.publisher("deliver", at=MONDAY)
        assert [] == sink.taken
        order(waiting, "--again", "round-1", "--yes")
        assert [] == sink.taken

    with waiting.store() as store:
        store.people.bounce_scores.forget(ada.number, now=MONDAY + timedelta(days=1))
    waiting.publisher("deliver", at=MONDAY + timedelta(days=1))
    assert [(ADA,)] == [taken.recipients for taken in sink.taken]


def test_what_waits_for_a_suspended_subscriber_begins_no_round_and_uses_up_no_words(waiting: World, sink: Sink) -> None:
    """The editor's words for the next mails are in mails."""
    week = timedelta(weeks=1)
    waiting.publisher("deliver", at=MONDAY)
    with waiting.store() as store:
        ada = store.people.subscribers.by_address(ADA)
        assert ada is not None
        score = BounceScore(points=5, last_at=MONDAY, suspended_at=MONDAY + 3 * week)
        store.people.bounce_scores.count_report(came_back("one"), ada.number, before=None, after=score)
    waiting.list_above(news("10 March 2026", "A tug was named.", theme="Ferries"))
    waiting.publisher("run", "--due", at=MONDAY + week)
    sent = len(sink.taken)
    run_main("round", "subject", "Of bridges", "--config", str(waiting.config))

    waiting.publisher("run", "--due", at=MONDAY + 2 * week)

    assert sent == len(sink.taken)
    waiting.list_above(news("24 March 2026", "A tug was painted.", theme="Ferries"))
    waiting.publisher("run", "--due", at=MONDAY + 3 * week)
    assert "Of bridges" == read(sink.taken[-1])["Subject"]


def test_a_round_that_waited_too_long_is_held_until_the_operator_sends_it(waiting: World, sink: Sink) -> None:
    late = MONDAY + timedelta(days=4)
    assert "2 held, older than smtp.max_age" in waiting.publisher("status", at=late).out
    assert ["nothing new; 2 mails held: see `publisher status`"] == order(waiting, at=late)
    refused = waiting.publisher("deliver", "--from", "round-1", at=late)
    assert (2, True) == (refused.exit_code, "deliver --again round-1" in refused.err)

    order(waiting, "--again", "round-1", "--yes", at=late)

    assert [(ADA,), (BEN,)] == sorted(taken.recipients for taken in sink.taken)
    assert 2 == waiting.publisher("deliver", "--again", "round-9", "--yes", at=late).exit_code


def test_an_item_withdrawn_after_planning_is_not_in_the_mail(planned: World, sink: Sink) -> None:
    planned.edit(f"{MORE}\n\n", "")
    planned.publisher("run", at=THURSDAY + timedelta(minutes=1))
    resume(planned)

    planned.publisher("deliver", at=THURSDAY + timedelta(minutes=2))

    [taken] = sink.taken
    assert "lifts" in text_of(taken)
    assert "thrice" not in text_of(taken)


def test_a_site_with_a_list_and_subscribers_serves_both(tmp_path: Path, sink: Sink) -> None:
    config = CONFIG + SUBSCRIBERS + smtp(sink.port, bounces='"bounces@example.org"')
    world = World(tmp_path / "site", FERRY, config=config)
    world.publisher("run", at=NOW)
    people(world, "add", ADA, "*=daily", *AGREED)
    world.list_above(MORE)

    world.publisher("run", at=THURSDAY)

    to = {taken.recipients[0]: taken for taken in sink.taken[1:]}
    assert {"readers@lists.example.org", ADA} == {*to}
    assert re.fullmatch(r"bounces\+[0-9a-f]{20}@example\.org", to[ADA].sender)
    assert "bounces@example.org" == to["readers@lists.example.org"].sender
    assert b"/-/stop/" not in to["readers@lists.example.org"].mail


def test_a_round_waits_while_an_editor_looks_at_an_edition(tmp_path: Path, sink: Sink) -> None:
    config = CONFIG.replace('schedule = "0 8 * * MON"', 'schedule = "0 8 * * *"\nreview = "2h"')
    world = World(tmp_path / "site", FERRY, config=config + SUBSCRIBERS + smtp(sink.port))
    world.publisher("run", at=NOW)
    world.publisher_edition("release", "weekly-1", at=NOW)
    people(world, "add", ADA, "*=daily", *AGREED)
    world.list_above(MORE, BOTH)

    assert "subscribers: round-1" not in world.publisher("run", at=THURSDAY).out
    refused = run_main("round", "send", "daily", "--config", str(world.config), "--now", THURSDAY.isoformat())
    assert (2, True) == (refused.exit_code, "while weekly-2 waits for its editor" in refused.err)
    world.publisher_edition("drop", "weekly-2", "1", at=THURSDAY)
    world.publisher("run", at=THURSDAY + timedelta(hours=3))

    [taken] = [each for each in sink.taken if each.recipients == (ADA,)]
    assert 1 == sum(words in text_of(taken) for words in ("thrice", "lifts"))


def test_a_round_that_has_no_mail_is_no_news(begun: World, sink: Sink) -> None:
    people(begun, "end", ADA)
    people(begun, "end", BEN)
    people(begun, "add", ADA, "cranes=daily", *AGREED)
    begun.edit(f"{MORE}\n\n{BOTH}\n\n", f"{MORE}\n\n")
    begun.publisher("collect", at=THURSDAY - timedelta(minutes=1))
    begun.publisher("publish", at=THURSDAY - timedelta(minutes=1))

    assert "nothing new\n" == begun.publisher("run", at=THURSDAY).out
    assert [] == sink.taken


def test_status_tells_who_is_there_and_what_is_due(begun: World) -> None:
    ask(begun, "eve@example.org", ferries="daily")
    begun.publisher("run", at=THURSDAY)

    [line] = [line for line in begun.publisher("status", at=THURSDAY).lines if line.startswith("subscribers:")]

    assert line == (
        "subscribers: 2 subscribers, 1 not confirmed yet, last round-1 on Thu 2026-03-05 09:00, "
        "daily next Fri 2026-03-06 08:00, weekly next Mon 2026-03-09 08:00, monthly next Mon 2026-04-06 08:00"
    )


def test_status_tells_who_is_kept_after_a_site_gave_up_its_subscribers(begun: World) -> None:
    """Nobody ended their subscriptions, so no retention period begins."""
    begun.configure(SUBSCRIBERS, "")

    kept = begun.publisher("status", at=THURSDAY)
    begun.configure("[smtp]", f"{SUBSCRIBERS}\n[smtp]")
    for address in (ADA, BEN):
        people(begun, "end", address, at=THURSDAY)
    begun.configure(SUBSCRIBERS, "")
    ended = begun.publisher("status", at=THURSDAY)
    swept = begun.publisher("run", "--verbose", at=THURSDAY + timedelta(days=29))

    [line] = [line for line in kept.lines if line.startswith("subscribers:")]
    assert line == (
        "subscribers: 2 people are still subscribed, and kept for good, but config.toml has no [subscribers]; put it "
        "back, and end or erase each (`publisher subscribers list` names them)"
    )
    assert (75, 0) == (kept.exit_code, ended.exit_code)
    assert not [line for line in ended.lines if line.startswith("subscribers:")]
    assert "ended=2" in swept.err
