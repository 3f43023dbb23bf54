"""The `feed` kind: RSS, Atom or JSON Feed, at an address or in a file. The only module that imports feedparser.

feedparser reads broken XML too, resolves relative links and knows a dozen vocabularies; it fetches nothing. What it
cannot read as a feed is an error of the source.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from publisher.collect.sources import feed_enclosures
from publisher.collect.sources.base import Fetch
from publisher.collect.sources.charset import decode
from publisher.collect.sources.columns import KEEPING, fields_within
from publisher.collect.sources.escapes import correct_html, is_blank, page_in_place, unescape_name
from publisher.collect.sources.feed_xml import correct_xml, ends_within_entry
from publisher.collect.sources.fields import FieldRules, item_of
from publisher.collect.sources.findings import Findings
from publisher.collect.sources.harvest import Harvest, harvest, joined_unread
from publisher.collect.sources.html_words import line_of, teaser_of, words_of
from publisher.collect.sources.links import absolute, seen_from, web_address
from publisher.collect.sources.moments import EMBARGO_NAMES, EXPIRY_NAMES, Undated, first_sight, says_date
from publisher.collect.sources.place import Place
from publisher.collect.sources.sandbox import read_apart
from publisher.collect.sources.text import clean_line
from publisher.collect.sources.unread import Unread
from publisher.collect.sources.values import FieldError
from publisher.model.errors import SourceError
from publisher.model.items import Item
from publisher.model.problems import Problem
from publisher.model.sources import LONGEST_WAIT

if TYPE_CHECKING:  # importing httpx takes 0.1 s, which a source that reads a file does not need
    from publisher.collect.sources.fetch import Fetcher

READER = "feed-13"
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
MAX_ITEMS = 20_000
"""The most items that are read from one document."""

_HARMLESS_BYTES = 32_768
"""Documents of this size or more are read in a separate process: feedparser takes quadratic time for some texts, such
as a long author's name, and 4 s at this size.
"""
_JSON = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*\{")
_PERIOD = {"hourly": 1, "daily": 24, "weekly": 24 * 7, "monthly": 24 * 30, "yearly": 24 * 365}


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A `Source` that reads one feed; its items have the ids the feed gives them."""

    name: str
    url: str = ""
    path: Path | None = None
    archives: int = 0
    """How many older documents of the feed (its archive, RFC 5005) a first reading fetches at most."""
    categories: Literal["themes", "keywords"] = "themes"
    """Whether the feed's categories become themes or keywords."""
    undated: Undated = "seen"
    timezone: str = "UTC"
    fetcher: "Fetcher | None" = None

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        """Read the feed. An item that cannot be read becomes a `Problem`; the other items are returned in the feed's
        order.

        Raises:
            SourceError: the feed cannot be fetched, is no feed, or no item could be read.
        """
        place = Place(
            self.name, self.url, self.path, self.fetcher, f"{READER}-{self.undated}-{self.categories}", ACCEPT
        )
        found = place.fetch(validator=validator, now=now)
        if found.is_unchanged:
            return Fetch(items=(), validator=validator, is_unchanged=True, fresh_until=found.fresh_until)
        document = self._document(found.body, found.url or self.url, found.charset)
        documents = [document]
        remarks = [*place.remarks(found)]
        if not validator:
            documents += self._older(document, place, now=now, remarks=remarks)
        rules = FieldRules(today=first_sight(self.undated, now=now, timezone=self.timezone))
        harvests = [self._harvest(each, rules) for each in documents]
        remarks += [self._cut_short(each) for each in documents if len(each.entries) > MAX_ITEMS]
        return Fetch(
            items=[item for each in harvests for item in each.items],
            validator=found.validator,
            problems=[problem for each in harvests for problem in each.problems],
            unread=joined_unread(harvests),
            notes=[note for each in harvests for note in each.notes],
            withheld=[item for each in harvests for item in each.withheld],
            remarks=[*remarks, *(remark for each in harvests for remark in each.remarks)],
            lifetime=min(document.lifetime, LONGEST_WAIT),
            fresh_until=found.fresh_until,
            keeps_first_date=True,
        )

    def _document(self, body: bytes, url: str, charset: str) -> "_Document":
        if _JSON.match(body):
            return _json_document(self.name, body, url, charset)
        if len(body) <= _HARMLESS_BYTES:
            return _xml_document(self.name, body, url, charset)
        return read_apart(self.name, _xml_document, self.name, body, url, charset)

    def _older(
        self, document: "_Document", place: Place, *, now: datetime, remarks: list[Problem]
    ) -> Iterator["_Document"]:
        """Yield the older documents of the feed's archive, until there is none, or one cannot be fetched."""
        seen = {self.url}
        for _ in range(self.archives):
            if not document.older or document.older in seen:
                return
            seen.add(document.older)
            try:
                found = place.fetch_from(document.older, now=now)
                document = self._document(found.body, found.url, found.charset)
            except SourceError as error:
                remarks.append(Problem(where=f"source {self.name!r}", what=f"its archive ends early: {error.problem}"))
                return
            yield document

    def _harvest(self, document: "_Document", rules: FieldRules) -> Harvest:
        entries = document.entries[:MAX_ITEMS]
        where = document.url or str(self.path)
        places = ((f"{where}, item {number}", entry) for number, entry in enumerate(entries, start=1))
        rules = replace(rules, findings=Findings())
        return harvest(self.name, places, lambda values: self._item(values, rules), findings=rules.findings)

    def _cut_short(self, document: "_Document") -> Problem:
        what = f"it has {len(document.entries)} items; the first {MAX_ITEMS} are read"
        return Problem(where=document.url or str(self.path), what=what)

    def _item(self, values: Mapping[str, object] | FieldError, rules: FieldRules) -> Item:
        if isinstance(values, FieldError):
            raise values
        return item_of({**values, self.categories: values["categories"]}, rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """One document of a feed, as it was read."""

    url: str
    entries: Sequence[dict[str, object] | FieldError]
    """The values of each entry by field, and `categories`; or the reason why the entry cannot be read."""
    older: str
    """The address of the next older document of the feed; empty if there is none."""
    lifetime: timedelta = timedelta(0)
    """How long the feed says that it stays unchanged; 0 if it does not say."""


# --- RSS and Atom ----------------------------------------------------------------------------------------------------


def _xml_document(source: str, body: bytes, url: str, charset: str) -> _Document:
    import feedparser  # late: its import takes 60 ms, which an unchanged feed does not need

    text = correct_xml(decode(body, server=charset, kind="xml"))
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        parsed = feedparser.parse(
            _Bytes(text.encode(errors="replace")),
            response_headers={**headers, "content-location": url},
            sanitize_html=False,
        )
    except Exception as error:  # a hostile document may raise anything; it is then no feed
        raise SourceError(source, f"this is no feed: {type(error).__name__}: {error}"[:200]) from error
    if not parsed.get("version") and not parsed.get("entries"):
        raise SourceError(source, f"this is no feed: {page_in_place(text) or _reason(parsed)}")
    feed = parsed.get("feed", {})
    language, base = feed.get("language", ""), url or web_address(str(feed.get("link") or ""))
    authors = _authors(feed)
    entries: list[dict[str, object] | FieldError] = [
        {"authors": authors, **_xml_values(entry, language, base, is_atom=parsed.version.startswith("atom"))}
        for entry in parsed.entries
    ]
    if entries and ends_within_entry(text, len(entries)):
        entries[-1] = _cut_off(parsed.entries[-1])
    return _Document(
        url=url,
        entries=entries,
        older=_older_link(feed.get("links", ()), url),
        lifetime=_lifetime(feed),
    )


def _cut_off(entry: Mapping[str, Any]) -> FieldError:
    error = FieldError("the document ends within it")
    native_id = entry.get("id")
    error.unread = Unread(native_id=native_id if isinstance(native_id, str) else "")
    return error


_EMBARGOES = ("dcterms_available", "validity_start", "prism_embargodate")
_EXPIRIES = ("expired", "validity_end", "prism_expirationdate", "prism_killdate")
"""feedparser's names of `expirationDate`, `dcterms:valid` and the elements of PRISM."""
_ORIGINALS = ("feedburner_origlink", "pheedo_origlink")
_DATES = ("published", "updated", "created", "prism_publicationdate")


class _Bytes:
    """A document as a file object: feedparser would treat plain bytes that look like an address as an address."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self) -> bytes:
        return self._data


def _xml_values(entry: dict[str, Any], feed_language: str, url: str, *, is_atom: bool) -> dict[str, object]:
    contents = sorted(entry.get("content", ()), key=lambda content: "html" not in str(content.get("type", "")))
    full = next((each for each in contents if not is_blank(str(each.get("value") or ""))), None)
    body = full or entry.get("summary_detail") or {}
    value, is_plain = str(body.get("value") or entry.get("summary") or ""), body.get("type") == "text/plain"
    if not value:
        value, is_plain = str(entry.get("media_caption") or ""), True
    base = str(body.get("base") or url)
    link = seen_from(_link(entry, is_atom=is_atom), base)
    # Atom's categories are plain text (RFC 4287 section 4.2.2), RSS's often HTML; Blogger's address is for programs.
    as_line = clean_line if is_atom else line_of
    names = [str(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", ())]
    return {
        "id": entry.get("id") if isinstance(entry.get("id"), str) else None,
        "date": _date(entry),
        "draft": entry.get("app_draft"),
        "status": entry.get("wp_status"),
        "password": entry.get("wp_post_password"),
        "embargo": [dict.get(entry, name) for name in _EMBARGOES],
        "expires": [dict.get(entry, name) for name in _EXPIRIES],
        "title": _title(entry, is_atom=is_atom),
        "text": value if is_plain else None,
        "html": None if is_plain else correct_html(value),
        "summary": _teaser(entry, value) if full else None,
        "link": link,
        # dc:language, or an xml:lang around the words.
        "language": entry.get("language") or _language(body) or _language(entry.get("title_detail")) or feed_language,
        "categories": [as_line(name) for name in names if not web_address(name)],
        "enclosures": feed_enclosures.of_entry(entry, value, base),
        # RFC 4287 section 4.2.1: an entry without an author has the feed's author.
        **({"authors": authors} if (authors := _authors(entry)) else {}),
    }


def _link(entry: dict[str, Any], *, is_atom: bool) -> str:
    """Return the link of an entry; return an empty string if it has none.

    feedparser treats a `guid` as a link unless the feed denies this, and many guids are no addresses. A service that
    counts clicks writes its own address into `link`, and the item's into another element. In RSS feedparser takes the
    last link, which may be within another element, such as `yandex:related`.
    """
    if original := next(filter(web_address, (str(dict.get(entry, name) or "") for name in _ORIGINALS)), ""):
        return original
    own = [str(each.get("href") or "") for each in entry.get("links", ()) if each.get("rel") == "alternate"]
    first = "" if is_atom else next(filter(None, own), "")
    link = first or str(entry.get("link") or "")
    return "" if link == entry.get("id") and not own and not web_address(link) else link


def _authors(said: Mapping[str, Any]) -> list[str]:
    """Return the names of the authors of an entry or a feed, or else their addresses."""
    authors = said.get("authors") or ()
    return [str(each.get(part)) for each in authors for part in ("name", "email") if each.get(part)]


def _teaser(entry: dict[str, Any], body: str) -> str:
    """Return the summary of an entry that has a text (`body`). Return an empty string if the summary only repeats the
    beginning of the text.
    """
    detail = entry.get("summary_detail") or {}
    written = str(detail.get("value") or entry.get("summary") or "")
    return teaser_of(written if detail.get("type") == "text/plain" else words_of(written), words_of(body))


def _title(entry: dict[str, Any], *, is_atom: bool) -> str:
    """Return the words of an entry's title. Atom says whether a title is HTML (RFC 4287 section 3.1); RSS does not."""
    title = str(entry.get("title") or "")
    is_plain = is_atom and (entry.get("title_detail") or {}).get("type") == "text/plain"
    return clean_line(title) if is_plain else line_of(title)


def _language(detail: Mapping[str, Any] | None) -> str:
    return str((detail or {}).get("language") or "")


def _date(entry: dict[str, Any]) -> str | None:
    """Return when an entry was published, as the feed writes it; feedparser's own parsing guesses."""
    # the class's own `get` would return `updated` for `published`, with a warning
    return _first_date([str(dict.get(entry, name) or "") for name in _DATES])


def _first_date(written: Sequence[str]) -> str | None:
    """Return the first of the dates `written` that a news item may have, or else the first one, so that its problem is
    reported.
    """
    said = [text for text in map(clean_line, written) if text]
    return next((text for text in said if says_date(text)), next(iter(said), None))


def _older_link(links: object, url: str) -> str:
    """Return the address of the archive before this document, or of the document's next page (RFC 5005). Return an
    empty string if the feed names neither.
    """
    found = (
        {str(link.get("rel")): str(link.get("href", "")) for link in links if isinstance(link, Mapping)}
        if isinstance(links, list)
        else {}
    )
    return absolute(found.get("prev-archive") or found.get("next") or "", url)


def _lifetime(feed: Mapping[str, Any]) -> timedelta:
    """Return the lifetime in `ttl` (RSS 2.0: minutes) or `sy:updatePeriod` and `sy:updateFrequency` (RSS 1.0)."""
    minutes = str(feed.get("ttl") or "").strip()
    if minutes.isascii() and minutes.isdecimal():
        return timedelta(minutes=int(minutes[:6]))
    hours = _PERIOD.get(str(feed.get("sy_updateperiod") or "").strip().lower(), 0)
    times = str(feed.get("sy_updatefrequency") or "1").strip()
    return timedelta(hours=hours) / max(int(times[:6]), 1) if times.isascii() and times.isdecimal() else timedelta(0)


def _reason(parsed: Mapping[str, Any]) -> str:
    reason = parsed.get("bozo_exception")
    return " ".join(str(reason).split())[:150] if reason else "it has no channel and no items"


# --- JSON Feed -------------------------------------------------------------------------------------------------------


def _json_document(source: str, body: bytes, url: str, charset: str) -> _Document:
    try:
        feed = json.loads(decode(body, server=charset, kind="xml"), parse_float=str)
    except (ValueError, RecursionError) as error:
        raise SourceError(source, f"this is no JSON: {error}"[:200]) from error
    if not str(feed.get("version", "")).startswith("https://jsonfeed.org/version/") or not isinstance(
        feed.get("items"), list
    ):
        raise SourceError(source, "this is no JSON Feed: expected `version` and `items`")
    language, authors = feed.get("language"), _json_authors(feed)
    base = url or next(filter(web_address, (str(feed.get(name) or "") for name in ("home_page_url", "feed_url"))), "")
    return _Document(
        url=url,
        entries=[
            {"authors": authors, **_json_values(item, language, base)}
            if isinstance(item, dict)
            else FieldError("expected a JSON object")
            for item in feed["items"]
        ],
        older=absolute(str(feed.get("next_url") or ""), url),
    )


def _json_values(item: Mapping[str, Any], language: object, base: str) -> dict[str, object]:
    """Return the values of an item of JSON Feed (https://www.jsonfeed.org/version/1.1/). A number as id is read as a
    text.
    """
    text, link = item.get("content_text"), item.get("url") or item.get("external_url")
    html = item.get("content_html")
    html = None if isinstance(html, str) and is_blank(html) else html
    # In version 1.1, a name that begins with an underscore is an extension.
    tables = [item, *(value for name, value in item.items() if name.startswith("_"))]
    return {
        **fields_within(tables, KEEPING),
        "embargo": list(fields_within(tables, EMBARGO_NAMES).values()),
        "expires": list(fields_within(tables, EXPIRY_NAMES).values()),
        "id": item.get("id"),
        "date": _first_date([str(item.get(name) or "") for name in ("date_published", "date_modified")]),
        "title": unescape_name(item.get("title")),
        "text": None if html else text or item.get("summary"),
        "html": html,
        "summary": teaser_of(str(item.get("summary") or ""), words_of(str(html or text or "")))
        if html or text
        else None,
        "link": seen_from(str(link or ""), base),
        "language": item.get("language") or language,
        "categories": item.get("tags"),
        "enclosures": feed_enclosures.of_json(item, html if isinstance(html, str) else "", base),
        **({"authors": authors} if (authors := _json_authors(item)) else {}),
    }


def _json_authors(said: Mapping[str, Any]) -> list[str]:
    """Return the names of authors: `authors`, or the one `author` of version 1."""
    authors = said.get("authors") or [said.get("author")]
    found = authors if isinstance(authors, list) else [authors]
    return [str(each["name"]) for each in found if isinstance(each, dict) and each.get("name")]
