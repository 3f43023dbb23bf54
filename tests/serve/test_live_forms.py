"""The site behind the forms and the desk: a pass delays a visitor only for a short time."""

from functools import partial
from pathlib import Path

from publisher.app import WAIT_S, Publisher
from publisher.config.config import Config
from publisher.serve.live_forms import VISITOR_WAIT_S, LiveForms
from tests.world import NOW, World


def test_a_visitor_waits_for_a_pass_for_some_seconds_only(tmp_path: Path) -> None:
    world = World(tmp_path / "site")
    forms = LiveForms(Config.load(world.config), partial(Publisher.open, now=NOW))

    assert VISITOR_WAIT_S == forms.publisher().wait_s
    assert VISITOR_WAIT_S < WAIT_S / 10

    forms.close()
