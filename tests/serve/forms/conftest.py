"""A site with forms, for the tests of all forms."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.visitor import FORMS_CONFIG, LISTING, FormSite
from tests.world import NOW, World


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A site with news, which is made once."""
    world = World(tmp_path_factory.mktemp("forms") / "made", LISTING, config=FORMS_CONFIG)
    world.publisher("run", at=NOW)
    return world


@pytest.fixture
def site(made: World, tmp_path: Path) -> Iterator[FormSite]:
    site = FormSite(made.copied_to(tmp_path / "site"))
    yield site
    site.close()
