"""config.toml as values: read once at the start of every command, all its problems found together.

What each key may be stands in `keys.py`. Here are the values that come of them, and what one key means for another.
Relative paths are relative to the file, wherever a command is started. Nothing heavy is imported: every command pays.
"""

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from publisher.collect.sources.base import KINDS, is_path, keys_of
from publisher.config.colours import DARK_PAGE, LIGHTER_BY, nearest_readable
from publisher.config.keys import DATABASE, KEYS, PATHS, STYLE, THEME_SLUG, check, is_database_address, suggestion
from publisher.model.editions import Audience, DigestStyle
from publisher.model.errors import ConfigError
from publisher.model.feeds import CombinedFeed, FeedSettings
from publisher.model.labels import fold_label
from publisher.model.schedules import Schedule, ScheduleError
from publisher.model.site import Mailbox, Site
from publisher.model.sources import Fetching, SourcePolicy
from publisher.model.themes import Theme, ThemeMap, ThemeRule

_SQLITE_FILE = re.compile(r"sqlite:///(?P<file>[^?]+)(?P<query>(\?.*)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where the store is."""

    url: str
    """An SQLAlchemy URL; the file of an SQLite one is absolute. May hold a password: never shown."""

    @property
    def file(self) -> Path | None:
        """The SQLite file; None: the store is on a server or in memory."""
        match = _SQLITE_FILE.fullmatch(self.url)
        return Path(match["file"]) if match and match["file"] != ":memory:" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One place where items come from."""

    name: str
    kind: str
    options: Mapping[str, Any]
    """The keys of its kind that are set; paths are absolute, secrets read. May hold passwords: never shown."""
    policy: SourcePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What only `publisher serve` asks for."""

    collect_every: timedelta
    listen: str = ""
    """Host and port of the web server; empty: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything the operator decided. All paths are absolute."""

    path: Path
    site: Site
    store: StoreSettings
    sources: tuple[SourceSettings, ...]
    themes: ThemeMap
    feeds: FeedSettings
    feeds_directory: Path
    audiences: tuple[Audience, ...]
    digest: DigestStyle
    fetching: Fetching
    outbox_directory: Path
    templates_directory: Path
    service: ServiceSettings
    notices_to: Mailbox | None
    """Who is told of sources that need looking after; None: nobody, by mail."""

    @classmethod
    def load(cls, path: Path, *, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read the file; `environ` holds what `env:` values name.

        Raises:
            ConfigError: it cannot be read, or some keys are wrong: all of them are named.
        """
        path = _plain(path)
        values, problems = check(_parse(path))
        problems += _contradictions(values, path, environ)
        if problems:
            raise ConfigError(str(path), problems)
        return _config(values, path, environ)


# --- reading ---------------------------------------------------------------------------------------------------------


def _parse(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(str(path), ["no such file; `publisher init` makes a new site"]) from error
    except OSError as error:
        raise ConfigError(str(path), [f"it cannot be read: {error.strerror}"]) from error
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(str(path), [f"line {line} is not in UTF-8; save the file in that encoding"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), [f"this is not TOML: {error}"]) from error


# --- what one key means for another ----------------------------------------------------------------------------------


def _contradictions(values: Mapping[str, Any], path: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong between keys. Keys that are wrong by themselves are not in `values`."""
    if not values.get("sources", True):
        yield "sources: expected at least one table begun with [[sources]]"
    yield from _doubled_names("sources", values.get("sources", ()))
    yield from _doubled_names("audiences", values.get("audiences", ()))
    yield from _kind_problems(values.get("sources", ()))
    yield from _place_problems(values.get("sources", ()))
    yield from _secret_problems(values.get("sources", ()), environ)
    yield from _schedule_problems(values)
    yield from _combined_problems(values)
    yield from _item_count_problems(values.get("audiences", ()))
    yield from _theme_problems(values.get("themes", {}))
    yield from _former_theme_problems(values)
    yield from _theme_source_problems(values)
    yield from _store_problems(values, environ)
    yield from _folder_problems(values, path)


def _doubled_names(table: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for name, count in Counter(row["name"] for row in rows if "name" in row).items():
        if count > 1:
            yield f"{table}.{name}.name: expected a name of its own, but {count} have this one"


def _kind_problems(sources: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with sources of a kind that is not ours: what it takes is told by its class."""
    for place, source in enumerate(sources, start=1):
        if "kind" in source and source["kind"] not in KINDS:
            yield from _foreign_kind_problems(source, f"sources.{source.get('name', place)}")


def _foreign_kind_problems(source: Mapping[str, Any], path: str) -> Iterator[str]:
    try:
        parameters = keys_of(source["kind"])
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        yield f"{path}.kind: {source['kind']!r} is no class that can be used here: {error}"
        return
    given = _own_keys(source)
    for name in given:
        if name not in parameters:
            yield f"{path}.{name}: no such key{suggestion(name, parameters)}"
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in given:
            yield f"{path}.{name}: {source['kind']} cannot do without it, but it is missing"


def _own_keys(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a source that are its kind's, without those that are not set."""
    return {
        name: value for name, value in source.items() if f"sources[].{name}" not in _KEY_PATHS and value is not None
    }


_KEY_PATHS = frozenset(key.path for key in KEYS)


def _place_problems(sources: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for place, source in enumerate(sources, start=1):
        if source.get("kind") in ("feed", "page") and {"url", "path"} <= source.keys():
            given = [name for name in ("url", "path") if source[name] is not None]
            if len(given) != 1:
                yield f"sources.{source.get('name', place)}: expected one of url and path, got {len(given)} of them"


def _secret_problems(sources: Sequence[Mapping[str, Any]], environ: Mapping[str, str]) -> Iterator[str]:
    for place, source in enumerate(sources, start=1):
        for name, value in _own_keys(source).items():
            variable = _variable(value)
            if variable and not environ.get(variable):
                yield f"sources.{source.get('name', place)}.{name}: the environment variable {variable} is not set"


def _variable(value: object) -> str:
    """Return the environment variable that a value names; empty when it is a value itself."""
    return value.removeprefix("env:") if isinstance(value, str) and value.startswith("env:") else ""


def _schedule_problems(values: Mapping[str, Any]) -> Iterator[str]:
    for place, audience in enumerate(values.get("audiences", ()), start=1):
        if audience.get("schedule") is not None:
            try:
                Schedule.parse(audience["schedule"], values["site"].get("timezone", "UTC"))
            except ScheduleError as error:
                yield f"audiences.{audience.get('name', place)}.schedule: {error}"


def _item_count_problems(audiences: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for place, audience in enumerate(audiences, start=1):
        least, most = audience.get("min_items"), audience.get("max_items")
        if least and most and least > most:
            path = f"audiences.{audience.get('name', place)}"
            yield f"{path}.min_items: expected at most the {most} of max_items, got {least}; no edition could have both"


def _combined_problems(values: Mapping[str, Any]) -> Iterator[str]:
    feeds = values.get("feeds", {}).get("combined", ())
    yield from _doubled_names("feeds.combined", feeds)
    themes = values.get("themes", {})
    taken = {*themes, themes.get("default", {}).get("slug")} - {"default"}
    for place, feed in enumerate(feeds, start=1):
        path = f"feeds.combined.{feed.get('name', place)}"
        if feed.get("name") in taken:
            yield f"{path}.name: a theme is called this; choose another name"
        if not any(feed.get(key, True) for key in ("themes", "keywords", "languages")):
            yield f"{path}: expected themes, keywords or languages, or several of them; the feed of all items is there"


def _theme_problems(themes: Mapping[str, Any]) -> Iterator[str]:
    default = themes.get("default", {}).get("slug")
    meant: dict[str, str] = {}
    for name, table in themes.items():
        if name != "default":
            try:
                THEME_SLUG.read(name)
            except ValueError as error:
                yield f"themes.{name}: {THEME_SLUG.problem_with(name, error)}"
        if name == default and name != "default":
            yield f"themes.{name}: this is the slug of themes.default already; choose another for one of them"
        for label in _labels(table):
            other = meant.setdefault(fold_label(label), name)
            if other != name:
                yield f"themes.{name}: the label {label!r} already means themes.{other}"


def _former_theme_problems(values: Mapping[str, Any]) -> Iterator[str]:
    themes = values.get("themes", {})
    now = {table.get("slug") if name == "default" else name: f"themes.{name}" for name, table in themes.items()}
    now |= {feed["name"]: "a combined feed" for feed in values.get("feeds", {}).get("combined", ()) if "name" in feed}
    meant: dict[str, str] = {}
    for name, table in themes.items():
        for former in table.get("was", ()):
            path = f"themes.{name}.was"
            if former in now:
                yield f"{path}: {former!r} is {now[former]} now, and cannot lead elsewhere; take it out, or rename that"
            if meant.setdefault(former, path) != path:
                yield f"{path}: {former!r} is in {meant[former]} as well; its address can lead to one theme only"


def _theme_source_problems(values: Mapping[str, Any]) -> Iterator[str]:
    known = [source["name"] for source in values.get("sources", ()) if "name" in source]
    for name, table in values.get("themes", {}).items():
        for source in table.get("sources", ()):
            if source not in known:
                yield f"themes.{name}.sources: there is no source {source!r}{suggestion(source, known)}"


def _labels(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the source may call a theme: its title, and the other labels."""
    title = (table["title"],) if "title" in table else ()
    return (*title, *table.get("labels", ()))


def _store_problems(values: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[str]:
    url = values.get("store", {}).get("url", "")
    if not url.startswith("env:"):
        return
    variable = url.removeprefix("env:")
    if not environ.get(variable):
        yield f"store.url: the environment variable {variable} is not set"
    elif not is_database_address(environ[variable]):
        yield f"store.url: expected {DATABASE} in the environment variable {variable}"


def _folder_problems(values: Mapping[str, Any], path: Path) -> Iterator[str]:
    feeds = values.get("feeds", {}).get("directory")
    if feeds is None:
        return
    private = {"config.toml itself": path}
    store = _SQLITE_FILE.fullmatch(values.get("store", {}).get("url", ""))
    if store is not None:
        private["the file of store.url"] = path.parent / store["file"]
    for table in ("outbox", "templates"):
        if "directory" in values.get(table, {}):
            private[f"{table}.directory"] = path.parent / values[table]["directory"]
    for name, place in private.items():
        if _plain(place).is_relative_to(_plain(path.parent / feeds)):
            yield f"feeds.directory: expected a folder of its own, because all in it is public; {name} lies inside"


# --- values ----------------------------------------------------------------------------------------------------------


def _config(values: Mapping[str, Any], path: Path, environ: Mapping[str, str]) -> Config:
    site = Site(**{**values["site"], "author": _author(values["site"])})
    themes = _theme_map(values["themes"])
    return Config(
        path=path,
        site=site,
        store=StoreSettings(url=_database_url(values["store"]["url"], path.parent, environ)),
        sources=tuple(_source(source, path.parent, environ) for source in values["sources"]),
        themes=themes,
        feeds=_feeds(values["feeds"], themes),
        feeds_directory=_plain(path.parent / values["feeds"]["directory"]),
        audiences=tuple(_audience(audience, site, themes) for audience in values["audiences"]),
        digest=_digest_style(values["digest"], site),
        fetching=_fetching(values["fetching"]),
        outbox_directory=_plain(path.parent / values["outbox"]["directory"]),
        templates_directory=_plain(path.parent / values["templates"]["directory"]),
        service=ServiceSettings(
            collect_every=values["service"]["collect_every"], listen=values["service"]["listen"] or ""
        ),
        notices_to=values["notices"]["to"],
    )


def _author(site: Mapping[str, Any]) -> Mailbox:
    return Mailbox(name=site["author"]["name"], address=site["author"]["email"])


def _source(source: Mapping[str, Any], folder: Path, environ: Mapping[str, str]) -> SourceSettings:
    options = {
        name: environ[variable] if (variable := _variable(value)) else value
        for name, value in _own_keys(source).items()
    }
    for name in _paths_among(options, source["kind"]):
        options[name] = _plain(folder / options[name])
    if source["kind"] == "database":
        options["url"] = _database_url(options["url"], folder, environ)
    policy = SourcePolicy(
        since=source["since"],
        expect_every=source["expect_every"],
        hold_above=source["hold_above"],
        keeps_tracking=source["keep_tracking"],
        joined_by=source["joined_by"],
    )
    return SourceSettings(name=source["name"], kind=source["kind"], options=MappingProxyType(options), policy=policy)


def _fetching(fetching: Mapping[str, Any]) -> Fetching:
    return Fetching(
        timeout_s=fetching["timeout"].total_seconds(),
        max_bytes=fetching["max_megabytes"] * 1_000_000,
        private=fetching["private"],
    )


def _paths_among(options: Mapping[str, Any], kind: str) -> list[str]:
    if kind in KINDS:
        return [name for name in options if f"sources[{kind}].{name}" in PATHS]
    parameters = keys_of(kind)
    return [name for name in options if is_path(parameters[name])]


def _theme_map(themes: Mapping[str, Any]) -> ThemeMap:
    default = Theme(slug=themes["default"]["slug"], title=themes["default"]["title"])
    slugs = {name: default.slug if name == "default" else name for name in themes}
    return ThemeMap(
        default=default,
        themes=tuple(Theme(slug=name, title=themes[name]["title"]) for name in themes if name != "default"),
        by_label=tuple((fold_label(label), slugs[name]) for name in themes for label in _labels(themes[name])),
        rules=tuple(rule for name in themes if name != "default" and (rule := _theme_rule(name, themes[name]))),
        was=tuple((former, slugs[name]) for name in themes for former in themes[name]["was"]),
    )


def _theme_rule(slug: str, theme: Mapping[str, Any]) -> ThemeRule | None:
    if not (theme["keywords"] or theme["words"] or theme["sources"]):
        return None
    return ThemeRule(
        slug=slug,
        keywords=tuple(map(fold_label, theme["keywords"])),
        words=tuple(map(fold_label, theme["words"])),
        sources=theme["sources"],
    )


def _feeds(feeds: Mapping[str, Any], themes: ThemeMap) -> FeedSettings:
    combined = tuple(
        CombinedFeed(**{**feed, "themes": tuple(map(themes.current, feed["themes"]))}) for feed in feeds["combined"]
    )
    own: dict[str, Any] = {
        name: value or "" if name in ("icon", "logo", "hub") else value
        for name, value in feeds.items()
        if name not in ("directory", "combined")
    }
    return FeedSettings(**own, combined=combined)


def _audience(audience: Mapping[str, Any], site: Site, themes: ThemeMap) -> Audience:
    schedule = audience["schedule"]
    # With the former names, too: until feeds are published again, items are still known by those.
    known_as = (name for slug in map(themes.current, audience["themes"]) for name in (slug, *themes.former(slug)))
    return Audience(
        name=audience["name"],
        title=audience["title"] or site.title,
        themes=tuple(dict.fromkeys(known_as)),
        sender=audience["from"] or site.author,
        to=audience["to"],
        reply_to=audience["reply_to"],
        schedule=None if schedule is None else Schedule.parse(schedule, site.timezone),
        first=audience["first"],
        unsubscribe_url=audience["unsubscribe_url"] or "",
        unsubscribe_mailto=audience["unsubscribe_mailto"] or "",
        postal_address=audience["postal_address"],
        language=audience["language"] or "",
        languages=audience["languages"],
        is_public=audience["archive"],
        content=audience["content"],
        shows_keywords=audience["keywords"],
        overflow=audience["overflow"],
        min_items=audience["min_items"],
        max_items=audience["max_items"],
        review=audience["review"],
        on_silence=audience["on_silence"],
        editor=audience["editor"],
    )


def _digest_style(digest: Mapping[str, Any], site: Site) -> DigestStyle:
    accent = digest["accent"]
    dark = STYLE.accent_dark if accent == STYLE.accent else nearest_readable(accent, on=DARK_PAGE, ratio=LIGHTER_BY)
    return DigestStyle(
        **{
            **digest,
            "accent_dark": digest["accent_dark"] or dark,
            "logo": digest["logo"] or "",
            "logo_alt": digest["logo_alt"] or site.title,
        }
    )


def _database_url(url: str, folder: Path, environ: Mapping[str, str]) -> str:
    if url.startswith("env:"):
        url = environ[url.removeprefix("env:")]
    if url.startswith("postgresql://"):
        return url.replace("postgresql:", "postgresql+psycopg:", 1)  # older SQLAlchemy would look for another driver
    match = _SQLITE_FILE.fullmatch(url)
    if match is None or match["file"] == ":memory:":
        return url
    return f"sqlite:///{_plain(folder / match['file'])}{match['query']}"


def _plain(path: Path) -> Path:
    """Return an absolute path without `..`."""
    return Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would follow a link away from the site's folder)
