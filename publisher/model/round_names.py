"""The names of rounds (all mails that subscribers get at one moment) and of all subscribers together. No edition and no
audience may have such a name.
"""

ROUND = "round-"
"""The prefix of the names of rounds, such as `round-3`."""
READERS = "subscribers"
"""The name of all subscribers together, used like an audience's, above all in List-Id."""


def round_name(number: int) -> str:
    """Return the name of a round (all mails that subscribers get at one moment), such as `round-3`."""
    return f"{ROUND}{number}"


def is_round_name(name: str) -> bool:
    """Whether `round_name` made this name."""
    return name.startswith(ROUND) and name.removeprefix(ROUND).isdecimal()


def number_of_round(name: str) -> int:
    """Return the number in a round's name: 3 for `round-3`."""
    return int(name.removeprefix(ROUND))
