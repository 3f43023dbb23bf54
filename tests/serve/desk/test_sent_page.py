"""The page of sent mails at the editors' desk: pause, resume and recall, as the commands do."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.model.deliveries import DeliveryState, Result
from tests.busy_desk import LATER, busy_site
from tests.editor import DESK, DESK_CONFIG, OTTO, DeskSite, desk_site, hidden_in, text_of
from tests.serve.desk.test_round_page import CONFIG, HOUR, ROUND, subscribe
from tests.visitor import SMTP
from tests.world import news

SENT = f"{DESK}/sent"
DAY = timedelta(days=1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with busy_site(tmp_path / "site") as site:
        yield site


def paused(site: DeskSite) -> list[str]:
    with site.world.store() as store:
        return [*store.mail.ledger.pauses.current()]


def test_an_edition_whose_mail_waits_says_so_and_is_taken_back(site: DeskSite) -> None:
    editor = site.editor()
    text = text_of(editor.look(SENT))
    assert "The mail server cannot be used now." in text
    assert "Example News, No. 1 weekly-1 Wednesday 4 March 2026, 10:30 32 1 0 0 0 0" in text
    assert "Yes, take back 1 mail" in text

    assert "weekly-1: 1 mail is taken back." == editor.said(editor.press("recall:weekly-1", SENT))

    text = text_of(editor.look(SENT))
    assert "1 taken back" in text
    assert "Yes, take back" not in text
    assert "weekly-1: taken back (1 mail)" in text
    assert "Nothing of weekly-1 waits any more." == editor.said(editor.press("recall:weekly-1", SENT))
    assert "deliver --recall weekly-1 on" in site.world.publisher("status", at=LATER).out


def test_an_edition_that_was_taken_back_is_sent_after_all(site: DeskSite) -> None:
    editor = site.editor()
    assert 409 == editor.press("again:weekly-1", SENT).status_code, "it waits still"
    editor.press("recall:weekly-1", SENT)
    assert "Yes, send it again" in editor.look(SENT)

    assert "weekly-1 is sent to its list once more." == editor.said(editor.press("again:weekly-1", SENT))

    page = editor.look(SENT)
    assert "Yes, send it again" not in page
    assert "Yes, take back 1 mail" in page
    assert {409} == {editor.press(f"again:{name}", SENT).status_code for name in ("weekly-1", "letter-1", "")}


def test_mails_wait_and_go_on_all_of_them_or_those_of_one_audience(site: DeskSite) -> None:
    editor = site.editor()

    assert "All mails wait until you let them go on." == editor.said(editor.press("pause:", SENT))
    assert [""] == paused(site)
    assert "All mails are paused since Wednesday 4 March 2026, 11:30." in text_of(editor.look(SENT))
    said = editor.said(editor.press("pause:weekly", SENT))
    assert "The mails of Example News wait until you let them go on." == said
    text = text_of(editor.look(SENT))
    assert "Let Example News go on" in text
    assert "Example News is paused since Wednesday 4 March 2026, 11:30." in text
    assert "Example News: paused" in text
    assert "The mails of Example News still wait, because all mails are paused." == editor.said(
        editor.press("resume:weekly", SENT)
    )
    assert "All mails go on." == editor.said(editor.press("resume:", SENT))
    assert [] == paused(site)


def test_a_pause_that_another_editor_changed_is_not_changed_unseen(site: DeskSite) -> None:
    editor, other = site.editor(), site.editor(OTTO)
    seen = hidden_in(editor.look(SENT))
    other.press("pause:", SENT)

    assert 409 == editor.send(seen, "pause:weekly", SENT).status_code
    assert [""] == paused(site)


def test_unknown_names_cannot_be_paused_or_recalled(site: DeskSite) -> None:
    editor = site.editor()
    for do in ("recall:", "recall:weekly-99", "recall:../../etc", "pause:nobody", "resume:nobody"):
        assert 409 == editor.press(do, SENT).status_code, do
        assert [] == paused(site), do


def test_a_site_that_sends_nothing_says_what_its_outbox_is_for(tmp_path: Path) -> None:
    with desk_site(tmp_path / "site", config=DESK_CONFIG.replace(SMTP, "")) as site:
        page = site.editor().look(SENT)

        assert "No mail is sent from here" in page
        assert "Pause all mails" not in page
        assert "weekly-1" in page


def test_before_the_first_edition_the_page_says_when_there_is_one(tmp_path: Path) -> None:
    with desk_site(tmp_path / "site", listing="") as site:
        assert "Nothing was sent yet." in site.editor().look(SENT)


def test_refused_later_and_doubtful_mails_are_counted_and_the_rest_is_taken_back(tmp_path: Path) -> None:
    with desk_site(tmp_path / "site", config=CONFIG) as site:
        readers = [f"reader{number}@example.org" for number in range(5)]
        for each in readers:
            subscribe(site.world, each, "*=daily", at=site.now)
        site.now += HOUR
        site.world.list_above(news("4 March 2026", "A ferry was sold.", theme="Ferries"))
        site.world.publisher("run", "--due", at=site.now)
        editor = site.editor()
        assert "5 mails go out now." == editor.said(editor.press("send", ROUND, pace="daily"))
        with site.world.store() as store:
            claimed = {each.recipient: each for each in store.mail.ledger.claim(9, max_age=4 * DAY, now=site.now)}
            sent, refused, later, doubtful, waiting = (claimed[each] for each in readers)
            store.mail.ledger.write([sent, refused, later, doubtful], [], now=site.now)
            no, not_now = f"550 5.1.1 no {readers[1]}", f"451 4.2.1 not now, {readers[2]}"
            results = [
                Result(delivery=sent, state=DeliveryState.SENT, reply="250 taken"),
                Result(delivery=refused, state=DeliveryState.REFUSED, reply=no),
                Result(delivery=later, state=DeliveryState.QUEUED, reply=not_now, after=HOUR),
                Result(delivery=doubtful, state=DeliveryState.QUEUED, is_doubtful=True),
                Result(delivery=waiting, state=DeliveryState.QUEUED, is_attempt=False),
            ]
            store.mail.ledger.write([], results, now=site.now)

        text = text_of(editor.look(SENT))
        assert "3 mails are not handed over yet." in text
        begun = "To subscribers round-1 Daily Wednesday 4 March 2026, 11:30"
        assert f"{begun} – each subscriber has their own 2 1 1 1 next" in text
        assert (
            "next Wednesday 4 March 2026, 12:30 1 Why not sent : round-1 There is no such mailbox. 550 5.1.1 no re…@"
            in text
        )
        assert all(each not in editor.look(SENT) for each in readers)

        assert "round-1: 3 mails are taken back." == editor.said(editor.press("recall:round-1", SENT))

        assert "each subscriber has their own 0 1 1 0 1 3 taken back" in text_of(editor.look(SENT))
        assert "Chaque jour" in editor.look(f"{SENT}?language=fr")
        assert "round-1: 3 mails are sent after all." == editor.said(editor.press("again:round-1", SENT))
        assert "each subscriber has their own 3 1 1 0 1" in text_of(editor.look(SENT))
