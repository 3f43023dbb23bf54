"""Counts never fall and end at the total, whatever is reported in between."""

from publisher.model.progress import Steps


class Watcher:
    """Records what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []

    def __call__(self, step: str, done: int, total: int) -> None:
        self.told.append((step, done, total))


def test_steps_are_told_from_the_first_to_the_last() -> None:
    watcher = Watcher()

    steps = Steps(watcher, "feeds", 3)
    steps.advance(2)
    steps.advance(1)

    assert [("feeds", 0, 3), ("feeds", 2, 3), ("feeds", 3, 3)] == watcher.told


def test_more_steps_than_expected_end_at_the_total() -> None:
    watcher = Watcher()

    Steps(watcher, "feeds", 3).advance(5)

    assert ("feeds", 3, 3) == watcher.told[-1]


def test_the_number_of_done_steps_never_falls() -> None:
    watcher = Watcher()

    steps = Steps(watcher, "feeds", 9)
    steps.reach(6)
    steps.reach(4)

    assert [0, 6, 6] == [done for _, done, _ in watcher.told]
