"""The documentation names everything that exists, and nothing else. Its links work."""

import json
import re
from functools import cache
from pathlib import Path

import click

from publisher.cli.commands import cli
from publisher.cli.output import as_json
from publisher.cli.report_output import report_as_values
from publisher.collect.sources import listing_labels
from publisher.compose.outbox import edition_files
from publisher.config.document import Document
from publisher.config.keys import REQUIRED, Key, keys_of
from publisher.model.digests import Digest, DigestItem
from publisher.model.editions import Notice
from publisher.model.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_TRY_LATER, EXIT_USAGE
from publisher.model.mail_reports import DeliverReport, DeliveryTally, RoundReport
from publisher.model.problems import Problem
from publisher.model.reports import CollectReport, ComposeReport, ConditionChange, PublishReport, RunReport
from publisher.model.site import Mailbox
from publisher.model.sources import SourceCondition
from tests.editions import AUDIENCE, SITE, edition_of, record_of
from tests.world import NOW

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
COMMON = "Options of every command for a site"
ITEM = DigestItem(uid="tag:1", title="One", url="https://news.example.org/items/1.html", themes=("general",))


def section(title: str) -> str:
    """Return the part of the reference under a heading, up to the next heading of the same or a higher level."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,2}} |^\1 |\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference.md has no heading {title!r}"
    return found[2]


def rows(text: str) -> list[list[str]]:
    """Return the cells of a section's tables, without their header rows."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def named(text: str) -> list[str]:
    """Return the first cells of a section's tables."""
    return [cells[0].strip("`") for cells in rows(text)]


# --- config.toml -----------------------------------------------------------------------------------------------------


def described(key: Key) -> list[str]:
    if key.default is REQUIRED:
        default = "required"
    elif key.default is None:
        default = "not set"
    else:
        default = f"`{json.dumps(key.default, ensure_ascii=False)}`"
    return [f"`{key.path}`", key.expected.replace("<", r"\<"), default, key.meaning.replace("<", r"\<")]


def test_every_key_is_described_as_it_is_and_no_other() -> None:
    assert [described(key) for key in keys_of(Document)] == rows(section("config.toml"))


# --- commands --------------------------------------------------------------------------------------------------------


def options_of(command: click.Command) -> set[str]:
    """Return the options of a command, such as `--dry-run` and `--output PATH`."""
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return {
        option.opts[0] if option.is_flag else f"{option.opts[0]} {option.metavar or option.type.name.upper()}"
        for option in options
    }


def commands_of(group: click.Group, prefix: str = "") -> dict[str, click.Command]:
    """Return every command by its full name; groups are not commands."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found.update(commands_of(command, f"{prefix}{name} "))
        else:
            found[prefix + name] = command
    return found


COMMANDS = commands_of(cli)


def titled(name: str) -> str:
    """Return the heading of a command in the reference, such as `publisher compose [AUDIENCE]`."""
    arguments = [parameter for parameter in COMMANDS[name].params if isinstance(parameter, click.Argument)]
    words = [
        argument.metavar or ("{}" if argument.required else "[{}]").format((argument.name or "").upper())
        for argument in arguments
    ]
    return " ".join(["publisher", name, *words])


def test_every_command_is_described_and_no_other() -> None:
    headings = re.findall(r"^### (publisher .+)$", section("Commands"), re.MULTILINE)

    assert sorted(titled(name) for name in COMMANDS) == sorted(headings)


def test_every_option_of_a_command_is_described_and_no_other() -> None:
    common = named(section(COMMON))
    assert {"--config PATH"} <= set(common)
    for name, command in COMMANDS.items():
        options = options_of(command)
        own = named(section(titled(name)))
        assert (name, sorted(options)) == (name, sorted([*own, *(common if "--config PATH" in options else [])]))


def test_every_field_of_a_report_is_described_and_no_other() -> None:
    notice = Notice(
        about="news", kind="failing", at=NOW, to=Mailbox(address="a@example.org"), language="en", subject="", text=""
    )
    report = RunReport(
        collect=CollectReport(),
        publish=PublishReport(),
        compose=ComposeReport(editions=(edition_of(record_of("One.")),)),
        rounds=(RoundReport(name="round-1", paces=("daily",)),),
        deliver=DeliverReport(editions=(DeliveryTally(name="weekly-1", to="a@example.org"),)),
        condition_changes=(ConditionChange(source="news", condition=SourceCondition.WELL, since=None, detail=""),),
        notices=(notice,),
        problems=(Problem(where="news", what="gone"),),
    )

    printed = fields(json.loads(as_json(report_as_values(report))))

    described = {name for cells in rows(section("What commands print")) for name in re.findall("`([^`]+)`", cells[1])}
    assert {part.removesuffix("[]") for path in printed for part in path.split(".")} == {
        name.removesuffix("[]") for name in [*named(section("What commands print")), *described]
    }


def test_the_exit_codes_are_described() -> None:
    assert {0, EXIT_BUG, EXIT_USAGE, EXIT_TRY_LATER, EXIT_INTERRUPTED} == {
        int(code) for code in named(section("Exit codes"))
    }


# --- files -----------------------------------------------------------------------------------------------------------


def fields(value: object, path: str = "") -> set[str]:
    """Return the names of the fields of a JSON value, such as `number`, `items[].uid` and `items[].themes[]`. Names of
    files with hashes count as values.
    """
    if isinstance(value, list):
        return {name for each in value for name in fields(each, f"{path}[]")} or {f"{path}[]"}
    if isinstance(value, dict) and path != "sha256":
        return {field for name, inner in value.items() for field in fields(inner, f"{path}.{name}".lstrip("."))}
    return {path}


def test_every_field_of_edition_json_is_described_and_no_other() -> None:
    digest = Digest(
        subject="One", preheader="", html="<p>", text="", shown=(ITEM,), corrected=(ITEM,), left_out=(ITEM,)
    )
    files = edition_files(edition_of(record_of("One.")), digest, b"", audience=AUDIENCE, site=SITE)
    written = json.loads(files["edition.json"])

    assert sorted(fields(written)) == sorted(named(section("edition.json")))


# --- the listing -----------------------------------------------------------------------------------------------------


def test_every_label_of_a_listing_is_described_and_no_other() -> None:
    documented = {
        cells[0].strip("`"): tuple(
            tuple(map(listing_labels.fold_word, re.findall("`([^`]+)`", cell))) for cell in cells[1:]
        )
        for cells in rows(section("Labels"))
    }

    assert listing_labels.WORDS == documented


# --- links -----------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub and others make from headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def found_in_pages(pattern: str) -> list[tuple[Path, str]]:
    """Return what the pages have that matches a pattern, each with its page."""
    return [(page, each) for page in PAGES for each in re.findall(pattern, page.read_text("utf-8"), re.MULTILINE)]


def test_links_within_the_documentation_lead_somewhere() -> None:
    anchors_of = cache(anchors)
    for page, link in found_in_pages(r"\]\((?!https?:)([^)\s]+)\)"):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), (page, link)
        assert not anchor or anchor in anchors_of(target), (page, link)


def test_how_to_begins_with_a_list_of_all_its_parts() -> None:
    contents, *parts = (ROOT / "docs" / "how-to.md").read_text("utf-8").split("\n## ")

    assert [part.partition("\n")[0] for part in parts] == re.findall(r"^  - \[(.+)\]\(#", contents, re.MULTILINE)


def test_no_list_is_in_one_paragraph() -> None:
    """A program that fills paragraphs joins the points of a list."""
    assert [] == found_in_pages(r"^(?!\|).*[a-z`][.:] - (?:In|A|An|The|It|If|With|Without) .*$")


def test_each_row_of_a_table_is_on_one_line() -> None:
    """A program that fills paragraphs joins two rows, or breaks a row in which the table then ends."""
    assert [] == found_in_pages(r"^\|.*[^|\n]$")


def test_no_page_has_the_marks_of_a_merge_conflict() -> None:
    assert [] == found_in_pages(r"^(?:<{7} .*|={7}|>{7} .*)$")


def test_files_of_the_project_that_the_documentation_names_are_there() -> None:
    named_files = found_in_pages(r"`((?:publisher|tests|docs|\.ci)/[\w./-]+)`")

    assert [] == [(page, name) for page, name in named_files if not (ROOT / name).exists()]


INTERNALS = (ROOT / "docs" / "internals.md").read_text("utf-8").partition("## The packages")[2]
PACKAGES = re.findall(r"^\| `([\w/]+)/` \| .* \| (.*) \|$", INTERNALS, re.MULTILINE)


def test_internals_names_every_package() -> None:
    packages = {path.parent.name for path in (ROOT / "publisher").glob("*/__init__.py")}

    assert packages == {name for name, _ in PACKAGES if "/" not in name}


def test_the_modules_that_internals_names_are_in_their_package() -> None:
    for package, first in PACKAGES:
        modules = [name for name in re.findall(r"`(\w+)`", first) if name.islower()]

        assert modules, package
        assert [] == [(package, name) for name in modules if not (ROOT / "publisher" / package / f"{name}.py").exists()]
