"""Fixtures of most tests of the editors' desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editor import REVIEWED, DeskSite, Editor, desk_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    """A site whose first edition waits for an editor."""
    with desk_site(tmp_path / "site", config=REVIEWED) as site:
        yield site


@pytest.fixture
def editor(site: DeskSite) -> Editor:
    """An editor who is signed in at the site."""
    return site.editor()
