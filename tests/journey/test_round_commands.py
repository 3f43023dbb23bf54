"""The operator's commands for the next mails to subscribers: show, test, postpone, send, and decide about items."""

from datetime import timedelta
from pathlib import Path

from tests.journey.test_deliver import smtp
from tests.journey.test_subscribers import ADA, BEN, CRANE, FERRY, ONLY_PEOPLE, people, read, text_of
from tests.sink import mail_sink
from tests.world import NOW, World, news, run_main

HOUR = timedelta(hours=1)


def test_the_next_mails_are_shown_tried_put_right_and_sent(tmp_path: Path) -> None:
    with mail_sink() as sink:
        world = World(tmp_path / "site", f"{FERRY}\n\n{CRANE}", config=ONLY_PEOPLE + smtp(sink.port))
        world.publisher("run", at=NOW)
        for address, choice in ((ADA, "*=weekly"), (BEN, "ferries=daily")):
            people(world, "add", address, choice, "--agreed", "on paper")
        at = NOW + HOUR
        world.list_above(news("4 March 2026", "A ferry was sold.", theme="Ferries"))
        world.list_above(news("4 March 2026", "The bridge is open.", theme="Cranes"))
        world.publisher("run", "--due", at=at)

        def mails(verb: str, *arguments: str) -> list[str]:
            asked = ("--config", str(world.config), "--now", at.isoformat())
            outcome = run_main("round", verb, *asked, *arguments)
            assert 0 == outcome.exit_code, outcome.err
            return outcome.lines

        shown = mails("show")
        assert "weekly: next Mon 2026-03-09 08:00, to 1 person at most" in shown
        bridge, ferry = (
            next(line.split()[1] for line in shown if words in line and line.startswith("  "))
            for words in ("bridge is open", "ferry was sold")
        )
        assert not any("bridge is open" in line for line in mails("show", "--theme", "ferries"))
        mails("show", "--output", str(tmp_path / "mail"))
        assert ["digest.html", "digest.txt"] == sorted(path.name for path in (tmp_path / "mail").iterdir())

        assert mails("test", "editor@example.org")[0].startswith("sent to editor@example.org: 250")
        [test] = sink.taken
        assert ("editor@example.org",) == test.recipients
        assert str(read(test)["Subject"]).startswith("[Test] ")
        assert "The bridge is open" in text_of(test)

        mails("retitle", bridge, "The bridge opens")
        mails("move", mails("show")[-1].split()[1], "first")
        mails("introduce", "Dear reader.")
        mails("subject", "Of bridges")
        mails("postpone", "1d")
        assert "postponed: held until Thu 2026-03-05 11:30" in mails("show")
        mails("resume")

        assert ["subscribers: round-1 (weekly) with 1 mail"] == mails("send", "weekly")
        world.publisher("deliver", at=at)
        mail = sink.taken[-1]
        assert (ADA,) == mail.recipients
        assert "Of bridges" == read(mail)["Subject"]
        assert text_of(mail).index("Dear reader.") < text_of(mail).index("The bridge opens")
        again = run_main("round", "send", "weekly", "--config", str(world.config), "--now", at.isoformat())
        assert (2, True) == (again.exit_code, "nothing is new to the subscribers" in again.err)

        assert ["subscribers: round-2 (daily) with 1 mail"] == mails("send", "daily")
        mails("drop", ferry)
        world.publisher("deliver", at=at)
        assert mail is sink.taken[-1], "the only item of a mail that waited was left out"
        assert any(line.endswith("(left out)") for line in mails("show"))
        mails("restore", ferry)
