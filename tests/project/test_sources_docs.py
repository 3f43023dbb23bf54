"""The examples of docs/sources.md work unchanged."""

import re
from pathlib import Path

import pytest

from publisher.collect.sources.base import KINDS
from publisher.config.config import Config
from tests.config.test_config import SMALLEST

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text("utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)


def test_every_kind_has_an_example() -> None:
    assert list(KINDS) == [match for example in EXAMPLES for match in re.findall(r'kind = "(\w+)"', example)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_configuration(tmp_path: Path, example: str) -> None:
    (tmp_path / "config.toml").write_text(SMALLEST.partition("[[sources]]")[0] + example, "utf-8")

    (source,) = Config.load(tmp_path / "config.toml").sources

    assert source.options
