"""Each key of config.toml is stated once: check, reference, starter configuration and JSON Schema are made from it."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import jsonschema
import pytest
from pydantic import Field

from publisher.config.config import Config
from publisher.config.document import Document
from publisher.config.feeds import FeedsTable
from publisher.config.keys import REQUIRED, keys_of
from publisher.config.reference import reference
from publisher.config.schema import DIRECTIVE, FILE, json_schema
from publisher.config.starter import starter
from publisher.config.tables import key, table
from publisher.model.errors import ConfigError
from tests.config.test_config import SMALLEST
from tests.world import CONFIG, ROOT, run_main

REFERENCE = ROOT / "docs" / "reference.md"
SHIPPED = ROOT / "config.toml"
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
EXAMPLES = [
    (page, block)
    for page in PAGES
    for block in re.findall(
        r"^```toml\n(.*?)^```|^cat > config\.toml <<'END'\n(.*?)^END$",
        page.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
]
ENVIRON = {
    "PUBLISHER_STORE_URL": "sqlite:///store.db",
    "PUBLISHER_SMTP_PASSWORD": "secret",
    "PUBLISHER_BOUNCES_PASSWORD": "secret",
}
WRITTEN_FOR_ANOTHER_KIND = re.compile(r"sources\[(?!\]|listing)")


# --- one definition, three texts -------------------------------------------------------------------------------------


class ChangedFeeds(FeedsTable):
    """Which feeds there are, and where. Every theme has a feed."""

    limit: Annotated[int, Field(ge=1, le=1000)] = key("How many items a feed holds.", default=51)


class ChangedDocument(Document):
    """A config.toml whose table `feeds` is `ChangedFeeds`."""

    feeds: ChangedFeeds = table()


def test_the_reference_is_what_the_tables_say() -> None:
    page = REFERENCE.read_text("utf-8")

    assert reference(page) == page, "run docs/make_reference.py"


def test_the_shipped_configuration_is_what_the_tables_say() -> None:
    assert starter() == SHIPPED.read_text("utf-8"), "run docs/make_reference.py"


def test_another_default_changes_reference_starter_configuration_and_schema() -> None:
    page, shipped = REFERENCE.read_text("utf-8"), starter()

    changed = (reference(page, ChangedDocument), starter(ChangedDocument), json_schema(ChangedDocument))

    assert ["| `feeds.limit` | a number from 1 to 1000 | `51` | How many items a feed holds. |"] == new_lines(
        page, changed[0]
    )
    assert ["# limit = 51                            # How many items a feed holds."] == new_lines(shipped, changed[1])
    assert {50, 51} == {
        each["definitions" if "definitions" in each else "$defs"][name]["properties"]["limit"]["default"]
        for each, name in ((json_schema(), "FeedsTable"), (changed[2], "ChangedFeeds"))
    }
    assert 51 == ChangedDocument.model_validate(tomllib.loads(CONFIG)).feeds.limit


def new_lines(before: str, after: str) -> list[str]:
    known = {*before.splitlines()}
    return [line for line in after.splitlines() if line not in known]


def test_every_key_says_what_it_is_for() -> None:
    keys = list(keys_of(Document))

    assert [] == [key.path for key in keys if not key.meaning.endswith(".") or not key.expected]
    assert len(keys) == len({key.path for key in keys})


def test_every_required_key_and_every_key_that_is_not_set_has_an_example() -> None:
    assert ["sources[*].*"] == [
        key.path for key in keys_of(Document) if key.example is None and key.default in (REQUIRED, None)
    ]


# --- the starter configuration ---------------------------------------------------------------------------------------


def uncommented(text: str) -> str:
    """Return the starter configuration with every optional key set. Prose stays in comments."""
    return re.sub(r"(?m)^# {1,3}(?=[a-z_]+ = |\[)", "", text)


def load(folder: Path, text: str) -> Config:
    (folder / "config.toml").write_text(text, "utf-8")
    return Config.load(folder / "config.toml", environ=ENVIRON)


def test_the_shipped_configuration_is_valid() -> None:
    config = Config.load(SHIPPED, environ={})

    assert ["weekly"] == [audience.name for audience in config.audiences]
    assert config.sources[0].options["path"].is_file()


def test_the_starter_configuration_shows_every_key() -> None:
    written = tomllib.loads(uncommented(starter()))

    assert [] == [
        key.path
        for key in keys_of(Document)
        if not WRITTEN_FOR_ANOTHER_KIND.match(key.path) and not is_written(written, re.split(r"[.\[]", key.path))
    ]


def is_written(written: Any, steps: list[str]) -> bool:
    if not steps:
        return True
    step, *others = steps
    if isinstance(written, list):
        return any(is_written(each, others) for each in written)
    inner = [value for name, value in written.items() if step in (name, "*")]
    return any(is_written(each, others) for each in inner)


def test_every_default_and_every_example_is_a_value_its_key_takes(tmp_path: Path) -> None:
    """Every key in the starter configuration may be uncommented as it is."""
    started, full = load(tmp_path, starter()), load(tmp_path, uncommented(starter()))

    assert started.site == full.site
    assert started.themes == full.themes
    assert (started.feeds.limit, started.feeds.formats) == (full.feeds.limit, full.feeds.formats)
    assert started.store == full.store
    assert started.audiences[0].first == full.audiences[0].first
    assert started.audiences[0].from_ == full.audiences[0].from_
    assert started.feeds_directory == full.feeds_directory


# --- the schema ------------------------------------------------------------------------------------------------------

SCHEMA = json_schema()


def mistakes(written: Mapping[str, Any]) -> Iterator[str]:
    """Yield the mistakes that a text editor with the schema would mark."""
    validator = jsonschema.validators.validator_for(SCHEMA)
    for error in validator(SCHEMA).iter_errors(json.loads(json.dumps(written))):
        yield f"{error.json_path}: {error.message}"


def test_the_schema_is_one() -> None:
    jsonschema.validators.validator_for(SCHEMA).check_schema(SCHEMA)


@pytest.mark.parametrize("text", [starter(), uncommented(starter()), CONFIG, SMALLEST], ids=range(4))
def test_valid_configurations_are_valid_by_the_schema(text: str) -> None:
    assert [] == list(mistakes(tomllib.loads(text)))


def test_examples_of_the_documentation_are_found() -> None:
    assert {"how-to.md", "sources.md", "tutorial.md"} <= {page.name for page, _ in EXAMPLES}


@pytest.mark.parametrize(
    ("page", "block"), EXAMPLES, ids=[f"{page.name}-{place}" for place, (page, _) in enumerate(EXAMPLES)]
)
def test_documented_configurations_are_valid_by_the_schema_and_by_the_check(
    tmp_path: Path, page: Path, block: tuple[str, str]
) -> None:
    written = tomllib.loads("".join(block))
    merged = {**tomllib.loads(SMALLEST), **written}
    missing = [name for name in ("site", "sources") if name not in written]
    tables = re.split(r"(?m)^(?=\[)", SMALLEST)
    whole = "".join(each for each in tables if any(re.match(rf"\[+{name}\b", each) for name in missing))

    assert [] == list(mistakes(merged)), page
    assert load(tmp_path, f"{whole}{''.join(block)}").site.title


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "$: 'site' is a required property"),
        ("[site]\ntitle = 'News'", "$.site: 'author' is a required property"),
        ("[site]\ntitle = 'News'", "$: 'sources' is a required property"),
        ("sources = []", "$.sources: [] "),
        ("[site]\ntitel = 'News'", "$.site: Additional properties are not allowed ('titel' was unexpected)"),
        ("[feeds]\nlimit = '50'", "$.feeds.limit: '50' is not of type 'integer'"),
        ("[feeds]\nlimit = 0", "$.feeds.limit: 0 is less than the minimum of 1"),
        ("[feeds]\nformats = ['atm']", "$.feeds.formats[0]: 'atm' is not one of ['rss', 'atom', 'json']"),
        ("[service]\ncollect_every = 'daily'", "$.service.collect_every: 'daily' does not match "),
        ("[[audiences]]\nname = 'weekly'", "$.audiences[0]: 'to' is a required property"),
        ("colour = 'red'", "$: Additional properties are not allowed ('colour' was unexpected)"),
        ("[[sources]]\nname = 'a'\nkind = 'feed'\narchives = -1", "$.sources[0]: "),
        ("[themes.a]\nlabels = 'A'", "$.themes.a.labels: 'A' is not of type 'array'"),
    ],
)
def test_mistakes_are_marked_by_the_schema_and_refused_by_the_check(tmp_path: Path, text: str, mistake: str) -> None:
    assert any(each.startswith(mistake) for each in mistakes(tomllib.loads(text)))
    with pytest.raises(ConfigError):
        load(tmp_path, text)


def test_a_new_site_has_the_schema_beside_its_configuration_which_names_it(tmp_path: Path) -> None:
    site = tmp_path / "site"

    run_main("init", str(site))

    assert DIRECTIVE + starter() == (site / "config.toml").read_text("utf-8")
    assert f"#:schema ./{FILE}\n" == DIRECTIVE
    assert json_schema() == json.loads((site / FILE).read_text("utf-8"))
