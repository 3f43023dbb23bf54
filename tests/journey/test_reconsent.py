"""Subscribers who consented long ago are asked again: the operator counts and asks them, and they answer or do not."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.journey.test_deliver import smtp
from tests.journey.test_subscribers import people, read, text_of
from tests.sink import Sink
from tests.visitor import ADA, FORMS_CONFIG, LISTING, SMTP, FormSite
from tests.world import BASE_URL, NOW, World, news

BEN = "ben@example.org"
LATER = NOW + timedelta(days=3 * 365)
DAY = timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path, sink: Sink) -> World:
    """A site with two subscribers who consented long ago. One reads French, the other English."""
    world = World(tmp_path / "site", LISTING, config=FORMS_CONFIG.replace(SMTP, smtp(sink.port)))
    world.publisher("run", at=NOW)
    for address, language in ((ADA, "fr"), (BEN, "en")):
        people(world, "add", address, "*=daily", "--agreed", "paper", "--language", language)
    return world


def test_subscribers_who_answer_stay_and_the_others_are_ended(world: World, sink: Sink) -> None:
    told = people(world, "reconsent", "--older-than", "2y", at=LATER).lines
    assert [
        "2 of 2 subscribers agreed too long ago",
        f"  in {NOW.year}: 2",
        "2 letters would be queued",
        "who does not answer within 30 days after the letter was sent is ended",
        "nothing is sent yet; to ask them, add --yes",
    ] == told
    assert (
        "2 letters queued; other mails go first"
        in people(world, "reconsent", "--older-than", "2y", "--yes", at=LATER).lines
    )
    asked = "subscribers: 2 subscribers were asked whether mails are still wanted, and did not answer yet"
    assert asked in world.publisher("status", at=LATER).lines
    world.publisher("deliver", at=LATER)
    [ada] = [taken for taken in sink.taken if taken.recipients == (ADA,)]
    assert "Voulez-vous toujours ces courriels\u00a0?" in str(read(ada)["Subject"])
    assert "Tout, chaque jour" in text_of(ada)
    [link] = re.findall(rf"{re.escape(BASE_URL)}(-/confirm/\S+)", text_of(ada))

    site = FormSite(world)
    site.now = LATER + 5 * DAY
    page = site.visitor().get(f"/{link}").text
    assert "Voulez-vous toujours ces courriels" in page
    assert "Nous gardons votre adresse" in page
    assert 303 == site.visitor().post(f"/{link}").status_code
    site.close()
    again = people(world, "reconsent", "--older-than", "2y", "--json", at=LATER + 6 * DAY).json
    assert (0, 1, 0, True) == (again["old"], again["waiting"], again["asked"], again["is_rehearsal"])

    world.list_above(news("4 March 2026", "The bridge is open.", theme="Ferries"))
    world.publisher("run", at=LATER + 31 * DAY)

    sent = {taken.recipients for taken in sink.taken if "The bridge is open" in text_of(taken)}
    assert {(ADA,), ("readers@lists.example.org",)} == sent, "the list, and who answered"
    listed = people(world, "list", "--ended", at=LATER + 31 * DAY).lines
    assert ["everything daily", "follows nothing"] == [line.rpartition(": ")[2] for line in listed]
    assert [] == people(world, "list", "--json", at=LATER + 31 * DAY).json[1:]


def test_impossible_requests_are_refused_with_a_reason(tmp_path: Path) -> None:
    world = World(tmp_path / "site", LISTING, config=FORMS_CONFIG)
    refused = {
        (): "Missing option '--older-than'",
        ("--older-than", "soon"): "'soon' is no span such as 2y, 26w or 400d",
        ("--older-than", "99999y"): "'99999y' is longer than 100 years",
    }
    for arguments, problem in refused.items():
        outcome = people(world, "reconsent", *arguments)

        assert (2, True) == (outcome.exit_code, problem in "".join(outcome.problems)), arguments
