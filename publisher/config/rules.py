"""Finds contradictions between keys of config.toml."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from publisher.collect.sources.base import keys_of
from publisher.config.audiences import AudienceTable
from publisher.config.bounces import bounces_problems
from publisher.config.document import Document
from publisher.config.mistakes import ParsedConfig
from publisher.config.smtp import smtp_problems
from publisher.config.sources import FeedTable, ForeignTable, PageTable, SourceTable
from publisher.config.store import sqlite_file
from publisher.config.subscribers import subscriber_problems
from publisher.config.templates import TemplatesTable
from publisher.config.themes import ThemesTable
from publisher.config.values import DATABASE, THEME_SLUG, absolute, is_database_address, variable_of
from publisher.model.problems import suggestion
from publisher.model.round_names import READERS, ROUND
from publisher.model.slugs import fold_label


class _Named(Protocol):
    @property
    def name(self) -> str:
        """The name of the table, or a stand-in if the table has no name."""
        ...


Row = TypeVar("Row", bound=_Named)
TAKEN = (ROUND.removesuffix("-"), READERS)
"""Names that no audience may have: `round-3` is the name of a round, and `subscribers` the name of all subscribers."""


def contradictions(reading: ParsedConfig, path: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield contradictions between keys, one line each. `path` is the path of config.toml, and `environ` has the
    variables that `env:` values name.
    """
    document, stand_ins = reading.document, reading.stand_ins
    if not document.sources and "sources" not in stand_ins:
        yield "sources: expected at least one table begun with [[sources]]"
    yield from _doubled_names("sources", document.sources, stand_ins)
    yield from _doubled_names("audiences", document.audiences, stand_ins)
    for where, source in _called("sources", document.sources, stand_ins):
        yield from _foreign_kind_problems(where, source)
        yield from _place_problems(where, source, stand_ins)
        yield from _secret_problems(where, source, environ)
    yield from _combined_problems(document, stand_ins)
    for where, audience in _called("audiences", document.audiences, stand_ins):
        if audience.name in TAKEN:
            yield f"{where}.name: mails to subscribers are called this; choose another, such as {audience.name}-list"
        yield from _item_count_problems(where, audience)
        if audience.editor and audience.review is None and f"{where}.review" not in stand_ins:
            yield f'{where}.editor: nothing is held for the editor without review; add it, such as review = "2h"'
    yield from _theme_problems(document.themes, document.site.language, stand_ins)
    yield from _former_theme_problems(document)
    yield from _theme_source_problems(document)
    yield from _store_problems(document, environ)
    yield from _folder_problems(document, path)
    if not any(path.startswith("smtp.") for path in stand_ins):
        yield from smtp_problems(document.smtp, environ)
    if not any(path.startswith("bounces.") for path in stand_ins):
        yield from bounces_problems(document.bounces, environ)
        if not any(path.startswith("subscribers") for path in stand_ins):
            yield from subscriber_problems(document.subscribers, document.smtp)


def _called(table: str, rows: Sequence[Row], stand_ins: frozenset[str]) -> list[tuple[str, Row]]:
    """Return the tables of a list, each with its path. The path ends in the table's name, or in its number if it has no
    name.
    """
    places = [f"{table}.{place}" for place in range(1, len(rows) + 1)]
    return [
        (place if f"{place}.name" in stand_ins else f"{table}.{row.name}", row)
        for place, row in zip(places, rows, strict=True)
    ]


def _doubled_names(table: str, rows: Sequence[Row], stand_ins: frozenset[str]) -> Iterator[str]:
    named = [where for where, row in _called(table, rows, stand_ins) if where == f"{table}.{row.name}"]
    for where, count in Counter(named).items():
        if count > 1:
            yield f"{where}.name: expected a name of its own, but {count} have this one"


# --- sources ---------------------------------------------------------------------------------------------------------


def _foreign_kind_problems(where: str, source: SourceTable) -> Iterator[str]:
    """Yield the problems of a source that another package's class reads; the class defines the keys that the source
    takes.
    """
    if not isinstance(source, ForeignTable):
        return
    try:
        parameters = keys_of(source.kind)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        yield f"{where}.kind: {source.kind!r} is no class that can be used here: {error}"
        return
    given = source.options()
    for name in given:
        if name not in parameters:
            yield f"{where}.{name}: no such key{suggestion(name, parameters)}"
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in given:
            yield f"{where}.{name}: {source.kind} cannot do without it, but it is missing"


def _place_problems(where: str, source: SourceTable, stand_ins: frozenset[str]) -> Iterator[str]:
    if isinstance(source, FeedTable | PageTable) and stand_ins.isdisjoint((f"{where}.url", f"{where}.path")):
        given = [place for place in (source.url, source.path) if place is not None]
        if len(given) != 1:
            yield f"{where}: expected one of url and path, got {len(given)} of them"


def _secret_problems(where: str, source: SourceTable, environ: Mapping[str, str]) -> Iterator[str]:
    for name, value in source.options().items():
        variable = variable_of(value)
        if variable and not environ.get(variable):
            yield f"{where}.{name}: the environment variable {variable} is not set"


# --- audiences and feeds ---------------------------------------------------------------------------------------------


def _item_count_problems(where: str, audience: AudienceTable) -> Iterator[str]:
    least, most = audience.min_items, audience.max_items
    if most is not None and least > most:
        yield f"{where}.min_items: expected at most the {most} of max_items, got {least}; no edition could have both"


def _combined_problems(document: Document, stand_ins: frozenset[str]) -> Iterator[str]:
    feeds = document.feeds.combined
    yield from _doubled_names("feeds.combined", feeds, stand_ins)
    for where, feed in _called("feeds.combined", feeds, stand_ins):
        if feed.name in {document.themes.default.slug, *document.themes.named}:
            yield f"{where}.name: a theme is called this; choose another name"
        choices = {f"{where}.{key}" for key in ("themes", "keywords", "languages")}
        if not (feed.themes or feed.keywords or feed.languages) and stand_ins.isdisjoint(choices):
            yield f"{where}: expected themes, keywords or languages, or several of them; the feed of all items is there"


# --- themes ----------------------------------------------------------------------------------------------------------


def _theme_problems(themes: ThemesTable, language: str, stand_ins: frozenset[str]) -> Iterator[str]:
    for name in themes.named:
        try:
            THEME_SLUG.read(name)
        except ValueError as error:
            yield f"themes.{name}: {str(error) or f'expected {THEME_SLUG.expected}, got {name!r}'}"
        if name == themes.default.slug:
            yield f"themes.{name}: this is the slug of themes.default already; choose another for one of them"
    meant: dict[str, str] = {}
    for name, labels in themes.labels(language).items():
        is_titled = stand_ins.isdisjoint((f"themes.{name}", f"themes.{name}.title"))
        for label in labels if is_titled else labels[1:]:  # the first label is the title
            other = meant.setdefault(fold_label(label), name)
            if other != name:
                yield f"themes.{name}: the label {label!r} already means themes.{other}"


def _former_theme_problems(document: Document) -> Iterator[str]:
    themes = document.themes
    now = {themes.default.slug: "themes.default", **{name: f"themes.{name}" for name in themes.named}}
    now |= {feed.name: "a combined feed" for feed in document.feeds.combined}
    meant: dict[str, str] = {}
    for name, theme in themes.all.items():
        path = f"themes.{name}.was"
        for former in theme.was:
            if former in now:
                yield f"{path}: {former!r} is {now[former]} now, and cannot lead elsewhere; take it out, or rename that"
            if meant.setdefault(former, path) != path:
                yield f"{path}: {former!r} is in {meant[former]} as well; its address can lead to one theme only"


def _theme_source_problems(document: Document) -> Iterator[str]:
    known = [source.name for source in document.sources]
    for name, theme in document.themes.named.items():
        for source in theme.sources:
            if source not in known:
                yield f"themes.{name}.sources: there is no source {source!r}{suggestion(source, known)}"


# --- store and folders -----------------------------------------------------------------------------------------------


def _store_problems(document: Document, environ: Mapping[str, str]) -> Iterator[str]:
    if not (variable := variable_of(document.store.url)):
        return
    if not environ.get(variable):
        yield f"store.url: the environment variable {variable} is not set"
    elif not is_database_address(environ[variable]):
        yield f"store.url: expected {DATABASE} in the environment variable {variable}"


def _folder_problems(document: Document, path: Path) -> Iterator[str]:
    private = {
        "config.toml itself": path,
        "outbox.directory": path.parent / document.outbox.directory,
        "templates.directory": path.parent / document.templates.directory,
    }
    if (file := sqlite_file(document.store.url)) is not None:
        private["the file of store.url"] = path.parent / file
    for name, place in private.items():
        if absolute(place).is_relative_to(absolute(path.parent / document.feeds.directory)):
            yield f"feeds.directory: expected a folder of its own, because all in it is public; {name} lies inside"
    # the default folder may be missing: a site without templates of its own uses the shipped ones
    templates = document.templates.directory
    if templates != TemplatesTable().directory and not (path.parent / templates).is_dir():
        yield f"templates.directory: there is no folder {templates}; create it, or take the key out"
