"""The `markdown` kind: a folder of Markdown files, each an item, with front matter.

Front matter gives the item's fields, under the names that Hugo, Jekyll and similar programs use. Without an id in the
front matter, the file's path is the item's id, so a file may be edited freely, and only moving the file makes a new
item. Drafts are left out.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

from publisher.collect.sources.base import Fetch
from publisher.collect.sources.columns import KEEPING, fields_within
from publisher.collect.sources.date_words import fold
from publisher.collect.sources.escapes import unescape_name
from publisher.collect.sources.fields import FieldRules, item_of
from publisher.collect.sources.files import find_merge, open_plain
from publisher.collect.sources.footnotes import gather_footnotes, number_footnotes, without_references
from publisher.collect.sources.front_matter import split
from publisher.collect.sources.harvest import harvest
from publisher.collect.sources.html_words import words_of
from publisher.collect.sources.links import seen_from
from publisher.collect.sources.moments import EMBARGO_NAMES, EXPIRY_NAMES, Undated, first_sight
from publisher.collect.sources.path_days import day_in_path
from publisher.collect.sources.shortcodes import (
    close_addresses,
    link_addresses,
    without_callout,
    without_comments,
    without_containers,
    without_shortcodes,
)
from publisher.collect.sources.values import FieldError
from publisher.collect.sources.withheld import is_flag
from publisher.model.errors import SourceError
from publisher.model.items import Item
from publisher.model.problems import Problem, some_of
from publisher.model.schedules import instant_of
from publisher.model.sources import FailureKind

READER = "markdown-16"
SUFFIXES = (".md", ".markdown", ".mdx")
_SHOWN = 3
MAX_BYTES = 1_000_000
"""The most bytes of one file."""


def _read_dialects(state: StateCore) -> None:
    """Number the footnotes of a parsed text, and move its shortcodes to the list `shortcodes` in the parser's
    environment.

    Shortcodes are marks that a site generator would replace. Code is left unchanged.
    """
    before = ""
    for token in state.tokens:
        if token.type == "inline":
            words = without_callout(token.content) if before == "blockquote_open" else token.content
            words, found = without_shortcodes(close_addresses(link_addresses(without_containers(words))))
            token.content = number_footnotes(words, state.env.get("footnotes", {}))
            state.env.setdefault("shortcodes", []).extend(found)
        before = before if token.type == "paragraph_open" else token.type


class _Parser(MarkdownIt):
    """Reads each link as a link; an address that may not be one is removed with all unsafe HTML, and its words stay."""

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002 - the parser's own name
        return True


_COMMONMARK = _Parser("commonmark", {"html": True}).enable(["table", "strikethrough"])
_COMMONMARK.core.ruler.after("block", "dialects", _read_dialects)
_IN_LANGUAGE = re.compile(
    r"(?P<path>.+)\.(?P<language>(?:bg|cs|da|de|el|en|es|et|fi|fr|ga|hr|hu|it|lt|lv|mt|nb|nl|no|pl|pt|ro|sk|sl|sv|uk)"
    r"(?:[-_][a-z]{2})?)",
    re.IGNORECASE,
)
"""The path of a file with its language, as Hugo and others write translations: `ferry.fr.md`."""
_PATTERN = re.compile(r"(?:^|/):[a-z]")
"""A pattern for addresses that Jekyll and Hugo fill in, such as `/:year/:title/`."""
_MORE = re.compile(r"<!--+\s*(?:more|truncate|excerpt|teaser_end)\s*--+>|\{/\*\s*truncate\s*\*/\}", re.IGNORECASE)
_FENCED = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}(?P=fence)|\Z)", re.DOTALL | re.MULTILINE)
_CONFLICT = re.compile(r"\.sync-conflict-\d|\([^)]*conflict(?:ed)? copy\b[^)]*\)", re.IGNORECASE)
"""The mark that Syncthing, Nextcloud or Dropbox put into the name of a copy when two people edited a file at once."""
_COPY = re.compile(
    r"(?P<of>.+?)(?:(?: -)? (?:copy|kopie|copie|kopia)(?: ?\(?\d+\)?)?| \(\d+\))|copy of (?P<mac>.+)", re.IGNORECASE
)
"""The name of a copy that Windows, macOS, a browser or Google Drive made."""
_OLD = re.compile(r"(?P<of>.+)\.(?:bak|backup|old|orig)", re.IGNORECASE)
"""The name of an earlier version that somebody kept beside a file."""
_HEADING = re.compile(r"\s*(?:# +(?P<words>[^\n]+?)(?: +#+)?|(?P<under>[^\n]+)\n=+) *(?:\n|\Z)")
"""A heading of the first level at the beginning of a text."""
_NAMES = {
    "id": ("id", "guid"),
    "date": (
        *("date", "pubdate", "published", "publishdate", "datepublished", "publishedat", "publishedon", "pubdatetime"),
        *("dateposted", "posted", "postedon", "datum", "created", "createdat", "createdon", "datecreated"),
    ),
    "title": ("title",),
    "link": ("link", "canonical", "canonicalurl", "permalink", "externalurl", "externallink", "url"),
    "summary": ("summary", "excerpt", "description", "teaser"),
    "language": ("language", "lang"),
    "themes": ("themes", "theme", "categories", "category"),
    "keywords": ("keywords", "keyword", "tags", "tag"),
    "enclosures": ("enclosures", "enclosure"),
    "edit": ("edit",),
    "authors": ("authors", "author"),
}
"""The names of each field in front matter, folded by `fold_name`; the first that is present counts."""
_DRAFTS = frozenset({"draft", "drafts", "brouillon", "brouillons", "concepten", "entwurf", "entwurfe", "unpublished"})
"""Names of folders of drafts, also used inside file names, such as `ferry.draft.md`."""
_TABLES = ("params", "extra", "meta", "metadata")
"""Tables of front matter in which site generators keep a site's own fields; fields that may withhold an item are read
there, too.
"""


@dataclass(frozen=True, slots=True)
class MarkdownSource:
    """A `Source` that reads a folder with its subfolders; names that begin with a dot or an underscore are skipped,
    except Jekyll's folder `_posts`.
    """

    name: str
    path: Path
    undated: Undated = "skip"
    timezone: str = "UTC"
    """The time zone in which the day of an item begins."""
    labels: frozenset[str] = frozenset()
    """Names of themes that contain separators, as in `FieldRules`."""
    base: str = ""
    """The folder's address on the web: the base URL of relative addresses and slugs."""

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        """Read every file. A file that cannot be read becomes a `Problem`; the items of the other files are returned,
        newest first.

        Raises:
            SourceError: the folder is not there, or no file could be read.
        """
        paths = list(self._paths())
        # Files are read one by one, and again if something changed: all together they may not fit into memory.
        digest = self._digest(paths)
        if validator == digest:
            return Fetch(items=(), validator=validator, is_unchanged=True)
        rules = FieldRules(
            today=first_sight(self.undated, now=now, timezone=self.timezone), labels=self.labels, base=self.base
        )
        shortcodes: dict[Path, list[str]] = {}
        found = harvest(
            self.name,
            ((str(path), path) for path in paths),
            lambda path: self._item(path, self._read_inside(path), rules, shortcodes),
            findings=rules.findings,
        )
        return Fetch(
            items=sorted(found.items, key=self._moment, reverse=True),
            validator=digest,
            problems=found.problems,
            remarks=[*found.remarks, *_remarks(shortcodes), *(() if paths else self._other_kinds())],
            # files are sorted by name, which says nothing about their dates
            unread=[replace(each, place=None) for each in found.unread],
            is_complete=True,
            notes=[*found.notes, *self._others(paths)],
            withheld=found.withheld,
        )

    def _moment(self, item: Item) -> datetime:
        return instant_of(item.published or datetime.combine(item.date, time()), self.timezone)

    def _paths(self) -> Iterator[Path]:
        if not self.path.is_dir():
            problem = f"there is no folder {self.path}; create it or correct `path`"
            raise SourceError(self.name, problem, kind=FailureKind.MISSING)
        for path in sorted(self.path.rglob("*")):
            if path.suffix.lower() in SUFFIXES and path.is_file() and not self._is_left_alone(path):
                yield path

    def _other_kinds(self) -> Iterator[Problem]:
        """Yield a remark if the folder, which has nothing to read, has files of other kinds."""
        others = (path.relative_to(self.path) for path in sorted(self.path.rglob("*")) if path.is_file())
        found = [str(path) for path in others if path.suffix.lower() not in SUFFIXES and path.name[0] != "."]
        if found:
            what = f"it has no Markdown ({', '.join(SUFFIXES)}), but {some_of(found, _SHOWN)}"
            yield Problem(where=str(self.path), what=what)

    def _is_left_alone(self, path: Path) -> bool:
        parts = path.relative_to(self.path).parts
        is_hidden = any((part[0] in "._" and part != "_posts") or part == "node_modules" for part in parts)
        return (
            is_hidden
            or _CONFLICT.search(path.name) is not None
            or self._is_copy(path)
            or self._is_about_the_folder(path)
        )

    def _is_copy(self, path: Path) -> bool:
        """Whether a file repeats one beside it: an earlier version (`ferry.bak.md`), a copy by its name and all its
        words (`ferry (1).md`), or a link to a file that is read itself.
        """
        if path.is_symlink():
            target, folder = path.resolve(), self.path.resolve()
            is_read = target.is_relative_to(folder) and target.suffix.lower() in SUFFIXES and target.is_file()
            return is_read and not self._is_left_alone(self.path / target.relative_to(folder))
        old, copy = _OLD.fullmatch(path.stem), _COPY.fullmatch(path.stem)
        if old and path.with_stem(old["of"]).is_file():
            return True
        original = path.with_stem(copy["of"] or copy["mac"]) if copy else path
        return original != path and original.is_file() and self._read(original) == self._read(path)

    def _is_about_the_folder(self, path: Path) -> bool:
        """Whether a file describes its folder: a README without front matter."""
        data = (self._read(path) or b"") if path.stem.lower() == "readme" else b"---"
        return not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"---", b"+++", b"{"))

    def _others(self, paths: Collection[Path]) -> Iterator[Problem]:
        """Yield a note about the files that are not read; `paths` are the files that are read."""
        read = {*paths}
        others = [path for path in sorted(self.path.rglob("*")) if _may_be_meant(path) and path not in read]
        if others:
            names = some_of([str(path.relative_to(self.path)) for path in others], _SHOWN)
            what = (
                f"not read, because no Markdown, because . or _ begins the name, a README, a copy, or a link: {names}"
            )
            yield Problem(where=str(self.path), what=what)

    def _read_inside(self, path: Path) -> bytes | None:
        """Return the bytes of a file of the source's folder, as `_read` does.

        Raises:
            FieldError: the file is a link to one outside the folder, which may not be meant for readers.
        """
        if not path.resolve().is_relative_to(self.path.resolve()):  # the folder itself may be a link
            raise FieldError("it is a link that leads out of the folder; put the file itself there")
        return self._read(path)

    def _read(self, path: Path) -> bytes | None:
        """Return the bytes of a file, at most one more than `MAX_BYTES`; return `None` if the file cannot be read."""
        try:
            with open_plain(path) as file:
                return file.read(MAX_BYTES + 1)
        except OSError:
            return None  # reported as the problem of that file

    def _digest(self, paths: Iterable[Path]) -> str:
        whole = hashlib.sha256()
        for path in paths:
            data = self._read(path)
            whole.update(f"{path.relative_to(self.path)}\0{len(data or b'')}\0".encode(errors="surrogateescape"))
            whole.update(data or b"")
        whole.update(f"{sorted(self.labels)}{self.base}".encode())
        return f"{READER}-{self.undated}:{whole.hexdigest()}"

    def _item(
        self, path: Path, data: bytes | None, rules: FieldRules, shortcodes: MutableMapping[Path, list[str]]
    ) -> Item:
        parts = split(_text(data))
        within = fields_within((parts.values.get(name) for name in _TABLES), (*KEEPING, *EMBARGO_NAMES, *EXPIRY_NAMES))
        taxonomies = fields_within([parts.values.get("taxonomies")], (*_NAMES["themes"], *_NAMES["keywords"]))  # Zola's
        front = {**within, **taxonomies, **parts.values}
        relative = path.relative_to(self.path).with_suffix("").as_posix()
        values = {field: _first(front, names) for field, names in _NAMES.items()}
        said = {name: value for name, value in front.items() if not (is_flag(value) or _is_of_file(value))}
        values["date"] = _first(said, _NAMES["date"])
        values["id"] = values["id"] or relative
        translated = _IN_LANGUAGE.fullmatch(relative)
        values["date"] = values["date"] or day_in_path(translated["path"] if translated else relative)
        values["language"] = values["language"] or (translated["language"] if translated else None)
        values["embargo"] = [front.get(name) for name in EMBARGO_NAMES]
        values["expires"] = [front.get(name) for name in EXPIRY_NAMES]
        values["link"] = self._link(values["link"], _first(front, ("slug",)))
        values["summary"] = values["summary"] or _above_more(parts.body)
        kept = {name: front.get(name) for name in KEEPING}
        kept["draft"] = kept["draft"] or _drafts_around(path.relative_to(self.path))
        if not kept["unlisted"]:
            kept["unlisted"] = _is_left_out(front.get("build"))  # `build` was once called `_build`
        environment: dict[str, Any] = {}
        values["title"], body = _titled(unescape_name(values["title"]), parts.body)
        values["html"] = _html(body, environment)
        shortcodes[path] = environment.get("shortcodes", [])
        try:
            return item_of(kept | values, self._rules_at(path, rules))
        except FieldError as error:
            if not parts.is_doubtful:
                raise
            raise FieldError(f"its front matter was not recognised, and {error}") from error

    def _link(self, link: object, slug: object) -> object:
        """Return the web address of an item, if the `link` or `slug` in its front matter gives one; a pattern, or a
        slug without the folder's address, gives none.
        """
        if isinstance(link, str) and _PATTERN.search(link):
            link = None
        link = link or (slug if self.base else None)
        return seen_from(link, self.base) if isinstance(link, str) else link

    def _rules_at(self, path: Path, rules: FieldRules) -> FieldRules:
        """Return the rules for one file: its relative addresses are resolved against its own address on the web."""
        folder = quote(f"{path.relative_to(self.path).parent.as_posix()}/")
        return replace(rules, base=urljoin(self.base, folder)) if self.base else rules


def _may_be_meant(path: Path) -> bool:
    """Whether a path is a file, a link to a folder, which is not followed, or a link that leads nowhere."""
    return path.is_file() or path.is_symlink()


def _is_of_file(value: object) -> bool:
    """Whether the value of a date stands for the date of the file itself, such as Eleventy's `Created`. It is not used,
    because a copy of the file has another date.
    """
    return isinstance(value, str) and value.strip().lower().removeprefix("git ") in ("created", "last modified")


def _drafts_around(path: Path) -> str | None:
    """Return the part of a file's path that marks the file as a draft; return `None` if there is no such part."""
    parts = (*path.parts[:-1], *path.name.split(".")[1:-1])
    return next((part for part in parts if fold(part) in _DRAFTS), None)


def _is_left_out(build: object) -> bool:
    """Whether Hugo makes no page for a file, or lists the page nowhere; `build` is the file's field of that name."""
    if not isinstance(build, Mapping):
        return False
    return any(str(build.get(name)).lower() in ("never", "false") for name in ("list", "render"))


def _first(front: Mapping[str, object], names: tuple[str, ...]) -> object:
    """Return the value of the first of the named fields of front matter that is not empty; return `None` if all are
    empty.
    """
    return next((front[name] for name in names if front.get(name) not in (None, "", [])), None)


def _text(data: bytes | None) -> str:
    if data is None or len(data) > MAX_BYTES:
        raise FieldError("it cannot be read" if data is None else f"it has more than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise FieldError(f"byte {error.start + 1} is not UTF-8; save the file as UTF-8") from error
    # a text about Git shows the marks of a merge as code
    if "<<<<<<< " in text and (problem := find_merge(_FENCED.sub(lambda code: "\n" * code[0].count("\n"), text))):
        raise FieldError(problem)
    return text


def _titled(title: object, body: str) -> tuple[object, str]:
    """Return the title and the text of an item. A heading of the first level above the text is the title if front
    matter has none, and is left out if front matter has the same: readers would see it twice.
    """
    heading = _HEADING.match(body)
    if not heading:
        return title, body
    words = words_of(_html(heading["words"] or heading["under"]))
    if title and fold(str(title)) != fold(words):
        return title, body
    return title or words, body[heading.end() :]


def _above_more(body: str) -> str:
    """Return the text above `<!--more-->` or a similar mark, with which many generators end a summary; return an empty
    string if there is no such mark.
    """
    match = _MORE.search(body)
    return words_of(_html(without_references(body[: match.start()]))) if match else ""


def _html(body: str, environment: MutableMapping[str, Any] | None = None) -> str:
    body, numbers = gather_footnotes(without_comments(body))
    environment = {} if environment is None else environment
    environment["footnotes"] = numbers
    return str(_COMMONMARK.render(body, environment)).replace("<p></p>\n", "")  # where only shortcodes were


def _remarks(shortcodes: Mapping[Path, Sequence[str]]) -> Iterator[Problem]:
    for path, found in shortcodes.items():
        if found:
            what = f"left out of its text, as another program fills it in: {some_of(found, _SHOWN)}"
            yield Problem(where=str(path), what=what, exit_code=0)
