"""The service sends mails while passes are running."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from publisher.serve.delivery_loop import DeliveryLoop
from publisher.serve.health import PassHealth
from tests.smtp_server import Say, Step, Wait, smtp_server
from tests.world import CONFIG, NOW, World, news

PATIENCE_S = 60.0


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def test_a_mail_goes_out_after_a_pass_while_a_silent_server_holds_up_nothing_and_health_says_how_mails_fare(
    tmp_path: Path,
) -> None:
    two = f'{CONFIG}\n[[audiences]]\nname = "daily"\nto = "daily@lists.example.org"\n'
    script = [
        Step("RCPT", Wait(0.5), about="readers@"),
        Step("RCPT", Say("550 5.1.1 no such list"), about="daily@"),
    ]
    with smtp_server(script) as server:
        smtp = f'\n[smtp]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        world = World(tmp_path / "site", news("3 March 2026", "The ferry sails."), config=two + smtp)
        stopping, health = threading.Event(), PassHealth(60.0)
        with world.opened(NOW) as publisher:
            assert not publisher.compose().all_problems
            publisher.pass_due(is_stopping=lambda: False)
            publisher.publish()
            publisher.compose()
            delivery_loop = DeliveryLoop(stopping, health)
            with delivery_loop.at_work():
                delivery_loop.wake(publisher)
                publisher.pass_due(is_stopping=lambda: False)  # while the server is silent
                wait_until(lambda: "mails" in health.state()[1])
        assert ["readers@lists.example.org"] == server.recipients

    health.note(0)
    is_well, told = health.state()
    assert (False, 1, "problems with mails") == (is_well, told["mail_problems"], told["why"])
    [fares] = told["mails"] if isinstance(told["mails"], list) else []
    assert ("daily-1", 1, 0) == (fares["name"], fares["refused"], fares["sent"])
    assert "daily@" not in str(told)
