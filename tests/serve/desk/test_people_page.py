"""The pages of subscribers at the editors' desk: numbers, one person, export. Addresses are only where they
are needed.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from structlog.testing import capture_logs

from publisher.admin.why import Verdict
from publisher.model.bounces import BounceScore
from publisher.model.deliveries import DeliveryState
from publisher.model.departures import SuppressionKind
from publisher.model.subscribers import EndReason, Request
from publisher.rendering.template_files import shipped_templates
from publisher.subscribers.transfer import Transfer
from tests.busy_desk import ADA, BEN, CYD, LATER, busy_site
from tests.contract.test_store_bounce_scores import came_back
from tests.editor import DESK, DESK_CONFIG, EDITH, OTTO, DeskSite, desk_site, hidden_in, text_of
from tests.world import NOW, World

PEOPLE = f"{DESK}/people"
PAGES = (DESK, f"{DESK}/sources", f"{DESK}/sent", PEOPLE, f"{DESK}/people/import", f"{DESK}/acts")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with busy_site(tmp_path / "site") as site:
        yield site


def known(site: DeskSite, address: str) -> bool:
    with site.world.opened(LATER) as publisher:
        return publisher.people.find(address) is not None


def test_how_many_follow_what_over_time(site: DeskSite) -> None:
    text = text_of(site.editor().look(PEOPLE))

    assert "2 people follow something." in text
    assert "January 2026 0 February 2026 2 March 2026 2 Today 2" in text
    assert "Everything Daily 0 1 1" in text
    assert "Cranes Monthly 0 1 0" in text
    assert "Ferries Weekly 0 1 1" in text


def test_a_site_without_subscribers_has_no_such_page(tmp_path: Path) -> None:
    with desk_site(tmp_path / "site", config=DESK_CONFIG) as site:
        editor = site.editor()

        assert f'href="{PEOPLE}"' not in editor.look(f"{DESK}/acts")
        assert [404, 404, 404] == [
            editor.browser.get(path, buffered=True).status_code for path in (PEOPLE, f"{PEOPLE}/1", f"{PEOPLE}/import")
        ]


def test_before_anybody_subscribes_the_page_says_how_people_come(tmp_path: Path) -> None:
    with busy_site(tmp_path / "site") as site:
        editor = site.editor()
        for address in (ADA, BEN, CYD):
            editor.press("erase", PEOPLE, address=address)

        text = text_of(editor.look(PEOPLE))

        assert "Nobody is subscribed yet." in text
        assert "Bring people in from a list" in text


def test_a_person_is_found_by_the_whole_address_and_shown_by_number(site: DeskSite) -> None:
    editor = site.editor()

    answer = editor.press("find", PEOPLE, address=f" {CYD.upper()} ")

    assert (303, True) == (answer.status_code, answer.location.startswith(f"{PEOPLE}/3?"))
    text = text_of(editor.look(answer.location))
    assert "cy…@example.org Subscribed since Monday 2 March 2026, 10:30." in text
    assert "Ferries Weekly Monday 2 March 2026, 10:30 now" in text
    assert "as an editor or the operator said A form on paper." in text
    assert "No mail was sent yet" in text
    acts = text_of(editor.look(PEOPLE.replace("/people", "/acts")))
    assert ("Looked at." in acts, "It is not known" in acts) == (True, False)
    assert 404 == editor.browser.get(f"{PEOPLE}/{'9' * 23}", buffered=True).status_code


def test_an_address_that_is_nobodys_is_said_at_its_field(site: DeskSite) -> None:
    editor = site.editor()
    for typed, said in (
        ("nobody@example.org", "Nobody is subscribed with this address, and nothing is known of it."),
        ("", "Enter an email address such as name@example.org."),
        ("<script>", "Enter an email address such as name@example.org."),
        ("cyd@example.or", "Nobody is subscribed with this address"),
        ("%@example.org", "Nobody is subscribed with this address"),
        ("c" * 300 + "@example.org", "Enter an email address such as name@example.org."),
    ):
        answer = editor.press("find", PEOPLE, address=typed)

        assert (typed, 400, True) == (typed, answer.status_code, said in text_of(answer.text))
        assert 'aria-invalid="true"' in answer.text, typed


def test_somebody_who_did_not_confirm_is_known_and_can_be_erased(site: DeskSite) -> None:
    editor, asked = site.editor(), "dora@example.org"
    request = Request(address=asked, choices={"ferries": "weekly"}, language="en", words="I agree.")
    site.open().people.subscribe(request)

    answer = editor.press("find", PEOPLE, address=asked)
    assert "Somebody asked for it on 2026-03-04, unconfirmed." in text_of(answer.text)
    assert "1 more asked and has not confirmed yet." in text_of(editor.look(PEOPLE))

    assert "All that was held of the address is erased." == editor.said(editor.press("erase", PEOPLE, address=asked))
    assert 400 == editor.press("erase", PEOPLE, address=asked).status_code, "nothing is held any more"


def test_a_persons_subscriptions_are_ended_and_all_is_erased(site: DeskSite) -> None:
    editor, other, page = site.editor(), site.editor(OTTO), f"{PEOPLE}/2"
    seen = hidden_in(other.look(page))

    assert editor.said(editor.press("end", page)).startswith("All subscriptions are ended")
    assert "Follows nothing now, and gets no mail." in text_of(editor.look(page))
    assert 409 == other.send(seen, "erase", page).status_code, "the form was made when he followed something"
    assert "All that was held of this person is erased." == editor.said(editor.press("erase", page))

    assert not known(site, BEN)
    assert 404 == editor.browser.get(page, buffered=True).status_code
    assert 404 == editor.send(hidden_in(editor.look(PEOPLE)), "end", page).status_code


def test_why_an_item_comes_or_not(site: DeskSite) -> None:
    editor, page = site.editor(), f"{PEOPLE}/3"

    def why(item: str) -> str:
        return text_of(editor.look(f"{page}?item={item}"))

    with site.world.store() as store:
        items = {each.item.text: each.uid for each in store.items.added_last("all", limit=50)}
    ferry = next(uid for text, uid in items.items() if text.startswith("The ferry sails"))
    crane = next(uid for text, uid in items.items() if text.startswith("A new crane"))

    assert "It does not come: it is older than the subscription." in why(ferry)
    assert "It does not come: it is in no theme that is followed." in why(crane)
    assert "No single item has this address or id." in why("https://nowhere.example.org/")


def test_every_fate_of_an_item_has_words() -> None:
    template = (shipped_templates() / "desk" / "person.html").read_text("utf-8")

    assert [] == [value for value in (*Verdict, *EndReason, *DeliveryState) if f'  "{value}": _("' not in template]


def test_the_export_is_a_file_that_an_import_reads_back(site: DeskSite) -> None:
    editor = site.editor()

    answer = editor.press("export", PEOPLE)

    assert 200 == answer.status_code
    assert "attachment; filename=subscribers-2026-03-04.csv" == answer.headers["Content-Disposition"]
    assert "no-store" == answer.headers["Cache-Control"]
    assert {BEN, CYD} == set(re.findall(r"^\w+@example.org", answer.text, re.MULTILINE)), "those who follow something"
    assert "2 people were exported." in editor.look(f"{DESK}/acts")


def test_addresses_stand_in_no_page_record_log_or_path(site: DeskSite) -> None:
    """The exceptions are the form in which a wrong address was typed, and the export."""
    editor = site.editor()
    with capture_logs() as logs:
        answers = [
            editor.press("find", PEOPLE, address=CYD),
            editor.press("erase", PEOPLE, address=ADA),
            editor.press("end", f"{PEOPLE}/3"),
            editor.press("export", PEOPLE),
            editor.press("find", PEOPLE, address="nobody@example.org"),
            editor.press("erase", PEOPLE, address="nobody@example.org"),
            editor.press("erase", f"{PEOPLE}/2"),
        ]
    assert {303, 200, 400} == {answer.status_code for answer in answers}
    pages = "".join(editor.look(path) for path in (*PAGES, f"{PEOPLE}/3"))
    told = pages + repr(logs) + "".join(answer.location or "" for answer in answers) + acts_of(site.world)

    for address in (ADA, BEN, CYD, "nobody@example.org"):
        assert address not in told, address
    assert EDITH in pages


def acts_of(world: World) -> str:
    with world.opened(NOW) as publisher:
        return repr(publisher.desk.acts(limit=100))


def test_a_persons_page_says_what_keeps_mails_from_him_and_from_everybody(site: DeskSite) -> None:
    with site.world.store() as store:
        gone = BounceScore(points=5, last_at=NOW, suspended_at=NOW)
        store.people.bounce_scores.count_report(came_back("one"), 3, before=None, after=gone)
        store.people.suppressions.add(CYD, SuppressionKind.COMPLAINT, now=NOW)
        store.mail.ledger.pauses.begin(now=NOW)
        store.mail.outages.note("it does not answer", now=NOW)
        store.settlements.begin(taken_at=None, at=NOW)

    text = text_of(site.editor().look(f"{PEOPLE}/3"))

    when = "Wednesday 4 March 2026, 10:30"
    assert (
        f"Suppressed since {when}: gets no mail, whatever a form or an import says (complained about a mail)." in text
    )
    assert f"Gets no mails since {when}, because mails came back." in text
    assert f"All mails are paused since {when}." in text
    assert "The mail server cannot be used now." in text
    assert f"Since the site was restored ({when}) no mail is made" in text


def test_a_persons_page_says_that_he_was_asked_again_and_how_he_agreed_to_move(site: DeskSite) -> None:
    with site.world.opened(LATER + timedelta(days=900)) as publisher:
        assert 2 == publisher.renewer.ask(agreed_before=LATER).asked
    with site.world.store() as store, store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE consents SET kind = 'moved' WHERE subscriber = 3")

    text = text_of(site.editor().look(f"{PEOPLE}/3"))

    assert re.search(r"Asked on \w+ \d+ August 2028, \d\d:\d\d whether mails are still wanted; no answer yet\.", text)
    assert "confirmed at the new address" in text


def test_quoted_server_replies_mask_the_address(site: DeskSite) -> None:
    with site.world.store() as store, store.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO bounces (mark, at, kind, name, recipient, token, status, words) VALUES "
            f"('m', '2026-03-04 10:00:00', 'failed', 'round-1', '{CYD}', '', '5.1.1', 'unknown: <CYD@example.org>')"
        )

    page = site.editor().look(f"{PEOPLE}/3")

    assert "unknown: &lt;cy…@example.org&gt;" in page
    assert CYD not in page.lower()


def test_one_export_is_written_at_a_time(site: DeskSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long export occupies a thread of the server; several would occupy all of them."""
    first, second = site.editor(), site.editor(OTTO)
    hidden = hidden_in(first.look(PEOPLE)), hidden_in(second.look(PEOPLE))
    begun, goes_on, export = Event(), Event(), Transfer.export

    def export_slowly(self: Transfer) -> Iterator[str]:
        begun.set()
        assert goes_on.wait(20)
        yield from export(self)

    monkeypatch.setattr(Transfer, "export", export_slowly)  # an export of a million people takes as long
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(first.send, hidden[0], "export", PEOPLE)
        assert begun.wait(20)
        refused = second.send(hidden[1], "export", PEOPLE)
        goes_on.set()

        assert (409, 200) == (refused.status_code, answer.result().status_code)
    assert "Another export is being written just now." in refused.text
    assert 200 == second.send(hidden[1], "export", PEOPLE).status_code


def test_ended_subscriptions_are_not_ended_again(site: DeskSite) -> None:
    editor = site.editor()
    editor.press("end", f"{PEOPLE}/3")

    answer = editor.press("end", f"{PEOPLE}/3")

    assert 409 == answer.status_code
    assert "there is nothing to end" in answer.text
