"""Fixtures of several journeys."""

from collections.abc import Iterator

import pytest

from tests.sink import Sink, mail_sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server that accepts everything."""
    with mail_sink() as sink:
        yield sink
