"""What the service logs of its passes."""

from dataclasses import replace

from publisher.model.problems import Problem
from publisher.serve.logs import PassLog


def test_what_every_pass_meets_is_told_once() -> None:
    log = PassLog()
    full = Problem(where="publish", what="the disk is full")
    gone = Problem(where="source 'news'", what="there is no news.txt")

    told = [
        log.take_new(problems)
        for problems in (
            [full, gone],
            [full, replace(gone, is_repeated=True)],
            [],
            [replace(gone, is_repeated=True)],
            [full],
        )
    ]

    assert [[full, gone], [], [], [], [full]] == told
