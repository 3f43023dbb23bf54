"""Prints the results of `publisher check --source`."""

from collections.abc import Iterator
from dataclasses import asdict
from zoneinfo import ZoneInfo

from publisher.admin.check_source import SHOWN, Caught, Examined, Offer, SeenItem
from publisher.cli.formats import local_time
from publisher.cli.output import print_json, print_lines
from publisher.model.problems import counted, some_of

_INDENT = "  "
_MOST_NOTES = 50


def show_examined(examined: Examined, *, is_json: bool, timezone: str) -> None:
    """Print on standard output what was found out about a source."""
    if is_json:
        print_json({"exit_code": examined.exit_code, **asdict(examined)})
    else:
        print_lines(_lines(examined, ZoneInfo(timezone)))


def _lines(examined: Examined, zone: ZoneInfo) -> Iterator[str]:
    if examined.kind:
        yield from _source(examined)
    for problem in examined.problems:
        yield f"{'fix' if problem.exit_code else 'note'}: {problem}"
    if examined.failure:
        yield f"fix: {examined.source}: {examined.failure}"
    for note in examined.notes[:_MOST_NOTES]:
        yield f"note: {note}"
    if len(examined.notes) > _MOST_NOTES:
        yield f"… and {counted(len(examined.notes) - _MOST_NOTES, 'note')} more"
    if examined.kind:
        yield from _outcome(examined, zone)
    for number, offer in enumerate(examined.offers):
        yield from ("",) if number or examined.kind else ()
        yield from _offer(offer, examined, is_first=number == 0)


def _source(examined: Examined) -> Iterator[str]:
    yield f"source {examined.source} ({examined.kind}): {counted(examined.listed, 'item')}"
    if examined.listed:
        yield "with " + ", ".join(f"{word} {number}" for word, number in examined.having.items())
    for item in examined.items:
        yield ""
        yield from _item(item)
    if examined.listed > len(examined.items):
        yield ""
        yield f"… and {examined.listed - len(examined.items)} more"
    if examined.caught:
        yield ""
        yield "what the selectors find"
        width = max(len(caught.key) for caught in examined.caught)
        for caught in examined.caught:
            yield from _caught(caught, width)
    yield ""


def _item(item: SeenItem) -> Iterator[str]:
    made = "  (it has no title; this is how it begins)" if item.is_title_made else ""
    language = f"{item.language} (guessed)" if item.is_language_guessed else item.language or "the site's"
    labels = f"  (written: {', '.join(item.labels)})" if item.labels and item.labels != item.themes else ""
    yield f"{item.title}{made}"
    yield f"{_INDENT}date      {item.date}"
    yield f"{_INDENT}link      {item.link or 'none; the site makes a page for it'}"
    yield f"{_INDENT}themes    {', '.join(item.themes)}{labels}"
    yield f"{_INDENT}keywords  {', '.join(item.keywords) or 'none'}"
    if item.enclosures:
        yield f"{_INDENT}files     {some_of(item.enclosures, SHOWN)}"
    yield f"{_INDENT}language  {language}"
    yield f"{_INDENT}known by  {item.known_by}"


def _caught(caught: Caught, width: int) -> Iterator[str]:
    name = f"{_INDENT}{caught.key:{width}}  "
    if caught.key in ("item", "next"):
        yield f"{name}{caught.selector}: {caught.found or 'nothing'}"
    else:
        total = caught.found + len(caught.lacking)
        yield f"{name}{caught.selector}: in {caught.found or 'none'} of {counted(total, 'item')}"
    space = " " * len(name)
    if caught.examples and caught.key != "item":
        yield f"{space}such as {some_of([repr(text) for text in caught.examples], SHOWN)}"
    if caught.lacking and caught.found:
        yield f"{space}not in {some_of(caught.lacking, SHOWN)}"
    if caught.outside:
        yield f"{space}outside the items: {some_of([repr(text) for text in caught.outside], SHOWN)}"


def _outcome(examined: Examined, zone: ZoneInfo) -> Iterator[str]:
    done = examined.outcome
    if done is None:
        return
    counts = {"add": done.added, "revise": done.revised, "withdraw": done.withdrawn}
    told = [f"{word} {number}" for word, number in counts.items() if number]
    yield f"a pass would {' and '.join(told) or 'change nothing'}"
    if examined.waits_until:
        yield f"passes leave its server alone until {local_time(examined.waits_until, zone)}"
    if done.joined:
        yield f"{counted(done.joined, 'item')} of it came from another source before"
    yield from (f"note: {note}" for note in done.notes)
    for problem in done.problems:
        if problem not in (*examined.problems, *examined.notes):
            yield f"fix: {problem}"


def _offer(offer: Offer, examined: Examined, *, is_first: bool) -> Iterator[str]:
    if examined.kind:
        yield f"these selectors would find {counted(offer.listed, 'item')}:"
    else:
        what = "folder of Markdown" if offer.kind == "markdown" else offer.kind
        yield f"{'' if is_first else 'or '}a {what} with {counted(offer.listed, 'item')}: {offer.place}"
    for item in offer.items:
        yield f"{_INDENT}{item.date}  {item.title}"
    if examined.kind:
        yield "put this in the place of the source in config.toml:"
    else:
        yield "put this into config.toml:" if is_first else "which is this:"
    yield ""
    yield from offer.block.split("\n")
