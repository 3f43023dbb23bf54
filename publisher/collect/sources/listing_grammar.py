"""The grammar of a listing: which lines are dates, labels or text, and where an item begins. A block is a run of lines
without a blank line; a row is a line of a block, read as a label or as text.

- A line that is only a date, as `listing_dates.date_line` reads it, begins an item, and so does `Publication
  date: 10 February 2022`. Below a line of text whose sentence has not ended, a date is text: a wrapped line may begin
  with one.
- `Date: …` begins an item at the beginning of a block, unless the item above lacks labels and is older: then it is the
  date of an event. A line `Updated …` begins an item unless it is the first or the last line of the item above.
- A label line (`Main theme: …`, `Mots-clés : …`) counts unless it stands between two lines of text. The words of labels
  are in `listing_labels`; a line with any other word and a colon is text. A theme as long as a sentence, an unknown
  language and a link that is no address are text, too; but label lines above such a line stay labels.
- Label lines directly above a date, with no text above them, belong to the item that the date begins.
- Blank lines separate paragraphs; the lines of one paragraph are joined, but for the points of a list. A single line
  above all items is a heading.

A line that clearly is a date but cannot be read begins an unreadable item, so that the text below it does not end up in
the item above. The same is true of a date with other words beside it (`10 May 2022 in Brussels`) right below labels.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby

from publisher.collect.sources.date_words import Said, is_saying
from publisher.collect.sources.enclosures import enclosures_of
from publisher.collect.sources.harvest import Harvest
from publisher.collect.sources.listing_dates import DateLine, date_line, is_named, looks_dated
from publisher.collect.sources.listing_faults import ABOVE_ALL
from publisher.collect.sources.listing_labels import SINGLE, meaning_of, split_label, values_of
from publisher.collect.sources.moments import embargo_of, expiry_of
from publisher.collect.sources.near_dates import NO_DAY
from publisher.collect.sources.order import is_oldest_first, newest_first
from publisher.collect.sources.text import clean_name, clean_pasted_lines, join_wrapped
from publisher.collect.sources.unread import Unread, turn_round
from publisher.collect.sources.values import FieldError
from publisher.collect.sources.withheld import says_no
from publisher.model.items import Item
from publisher.model.problems import Problem

_TEXT = "this line has a date and is taken for text"
_RULE = re.compile(r"(?:[-*_=~+#·•—–─═] ?){3,}")
"""A line that only separates: `---`, `* * *`."""
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*$")


def parse(text: str, where: str, known: frozenset[str] = frozenset()) -> Harvest:
    """Return the items of a listing, and the lines and items that could not be read or are withheld.

    `where` names the listing in problems, before the line number; themes that are `known` may contain commas.
    """
    lines_of_text = clean_pasted_lines(text)
    reader = _Reader(known, ends_with_labels=any(map(_is_filed, lines_of_text)))
    for block in _blocks_of(lines_of_text):
        reader.take(block)
    if reader.upside_down:
        return Harvest(items=(), problems=(_problem(where, *reader.upside_down),))
    lines: list[int] = []
    items: list[Item] = []
    for start, item in reader.items():
        lines.append(start)
        items.append(item)
    faults = sorted(reader.faults)
    notes = [*reader.notes]
    if items and reader.is_headed:
        notes.append((faults.pop(0)[0], "this line above the first date is taken for a heading"))
    unread: Iterable[Unread] = (
        Unread(day=reader.days.get(line), place=sum(other < line for other in lines)) for line, _ in faults
    )
    if is_oldest_first(items):
        unread = turn_round(unread, len(items))
    return Harvest(
        items=newest_first(items),
        problems=tuple(_problem(where, *fault) for fault in faults),
        unread=tuple(unread),
        notes=tuple(_problem(where, *note) for note in sorted(notes)),
        withheld=tuple(reader.withheld),
    )


def _blocks_of(lines: Iterable[str]) -> Iterator[list[tuple[int, str]]]:
    """Yield each group of lines between empty lines and rules, as pairs of a line number and the line."""
    for has_words, group in groupby(enumerate(lines, start=1), key=lambda pair: bool(_RULE.sub("", pair[1], count=1))):
        if has_words:
            yield list(group)


def _problem(where: str, line: int, what: str) -> Problem:
    return Problem(where=f"{where}:{line}", what=what)


def _is_filed(line: str) -> bool:
    """Whether a line is a label for themes or keywords."""
    return meaning_of(split_label(line)[0]) in ("themes", "keywords")


# --- one line --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Label:
    """A line such as `Keywords: video, research`."""

    line: str
    meaning: str
    values: tuple[str, ...]


class _Mistaken(str):
    """A line that begins like a label but has a value that no label allows. The line counts as text; real labels next
    to it stay labels.
    """

    __slots__ = ()


def _row_of(line: str, known: frozenset[str]) -> DateLine | _Label | str:
    head, value = split_label(line)
    meaning = meaning_of(head)
    if meaning == "date" and value:
        row = date_line(value) or DateLine(None, f"{value!r} is no date")
        return replace(row, said=Said.LABEL, is_doubtful=False)
    if meaning is not None:
        values = values_of(meaning, value, known)
        # `Published: no` is a label, `Published: 10 February 2022` a date.
        return (date_line(line) or _Mistaken(line)) if values is None else _Label(line, meaning, values)
    return date_line(line) or line


def _file(value: str) -> dict[str, str]:
    title, _, url = value.rpartition(" ")
    return {"url": url, "title": title}


# --- items -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """The lines of one item, collected while a listing is read. The class has nothing to do with drafts that a source
    withholds.
    """

    line: int
    """The number of the line with the item's date."""
    head: DateLine
    """What the line with the item's date says. If the date cannot be read, these lines make no item."""
    written: str
    """The line with the item's date, unchanged."""
    paragraphs: list[str] = field(default_factory=list)
    labels: list[_Label] = field(default_factory=list)

    @property
    def moment(self) -> date | datetime | None:
        return self.head.moment

    @property
    def is_labelled(self) -> bool:
        return self.head.said is not Said.NOTHING

    @property
    def day(self) -> date | None:
        return self.moment.date() if isinstance(self.moment, datetime) else self.moment

    @property
    def is_empty(self) -> bool:
        return not self.paragraphs and not self._values("title")

    def take(self, rows: Sequence[_Label | str]) -> None:
        """Add the labels and lines of text of a block. A label between two lines of text counts as text, too."""
        texts = [index for index, row in enumerate(rows) if isinstance(row, str) and not isinstance(row, _Mistaken)]
        between = range(texts[0], texts[-1] + 1) if texts else range(0)
        text: list[str] = []
        for index, row in enumerate(rows):
            if isinstance(row, _Label) and index not in between:
                self.labels.append(row)
            else:
                text.append(row if isinstance(row, str) else row.line)
        if text:
            self.paragraphs.append(join_wrapped(text))

    @property
    def status(self) -> str:
        """The line that marks the item as withheld (`Status: draft`); empty if there is none."""
        drafts = [label for label in self._labels("draft") if not all(map(says_no, label.values))]
        shown = [label for label in self._labels("shown") if all(map(says_no, label.values))]
        return next((label.line for label in (*self._labels("status"), *drafts, *shown)), "")

    def item(self, day: date) -> Item:
        """Return the item. If the source withholds it (`status`), its embargo and expiry are ignored.

        Raises:
            FieldError: the item's embargo or expiry cannot be read.
        """
        title, link, language, embargo, expires = (self._values(meaning)[:1] for meaning in SINGLE)
        surplus = [label.line for meaning in SINGLE for label in self._labels(meaning)[1:]]
        return Item(
            date=day,
            published=self.moment if isinstance(self.moment, datetime) else None,
            text="\n\n".join([*(self.paragraphs or title), *surplus]),
            title=clean_name("".join(title)),
            link="".join(link),
            language="".join(language),
            labels=tuple(self._values("themes")),
            keywords=tuple(self._values("keywords")),
            enclosures=enclosures_of([_file(value) for value in self._values("enclosures")]),
            is_minor_edit=bool(self._values("edit")),
            embargo=None if self.status else embargo_of("".join(embargo)),
            expires=None if self.status else expiry_of("".join(expires)),
        )

    def _labels(self, meaning: str) -> list[_Label]:
        return [label for label in self.labels if label.meaning == meaning and label.values]

    def _values(self, meaning: str) -> list[str]:
        values = (value for label in self._labels(meaning) for value in label.values)
        named = map(clean_name, values) if meaning in ("themes", "keywords") else values
        return list(dict.fromkeys(filter(None, named)))


class _Reader:
    """Turns blocks of lines into items."""

    def __init__(self, known: frozenset[str], *, ends_with_labels: bool) -> None:
        self._known = known
        self._ends_with_labels = ends_with_labels
        """Whether items of this listing have labels for themes or keywords: an item without any such label is then not
        complete yet.
        """
        self.faults: list[tuple[int, str]] = []
        """Line numbers, each with what is wrong on the line."""
        self.notes: list[tuple[int, str]] = []
        """Line numbers, each with a note: why an item is withheld, or that a line deliberately begins no item.
        """
        self.withheld: list[Item] = []
        """The items that the source withholds."""
        self.upside_down: tuple[int, str] | None = None
        """The line number and the problem to report, if dates seem to stand below their texts instead of above;
        otherwise `None`.

        Every text would then get the date of a neighbour.
        """
        self.is_headed = False
        """Whether only one unfinished line stands above the first date: a heading, not an item without a date."""
        self._drafts: list[_Draft] = []
        self._is_below_labels = False
        """Whether the last block ended with a label."""

    @property
    def days(self) -> dict[int, date]:
        """The date on each line that begins an item, by the number of the line; unreadable dates are missing."""
        return {draft.line: draft.day for draft in self._drafts if draft.day is not None}

    def take(self, block: Sequence[tuple[int, str]]) -> None:
        """Read a block: the lines between two blank lines."""
        rows: list[_Label | str] = []
        start = block[0][0]
        for number, line in block:
            row = _row_of(line, self._known)
            if isinstance(row, str) and not rows and looks_dated(line):
                row = self._look_at(number, row, is_alone=len(block) == 1)
            if not isinstance(row, DateLine):
                rows.append(row)
            elif self._is_remark(row, rows):
                self.notes.append((number, "the item has a date already, which counts; this one was left out"))
            elif self._begins(row, rows):
                rows = self._begin(row, (number, line), start, rows)
            else:
                rows.append(line)
                self.notes += [(number, _TEXT)] if row.is_doubtful or row.said is Said.DATE else []
        self._add(start, rows)

    def _look_at(self, number: int, line: str, *, is_alone: bool) -> DateLine | str:
        """Return an unreadable date, or else the line as text, for the first line of a block that has other words next
        to a date.
        """
        if self._is_below_labels and not is_named(line):
            return DateLine(None, f"{line!r} has words beside its date; put the date on a line of its own")
        if self._drafts and is_alone and not self._drafts[-1].is_empty:
            self.notes.append((number, _TEXT))
        return line

    def _is_remark(self, row: DateLine, rows: Sequence[_Label | str]) -> bool:
        """Whether a date belongs to a remark that the item above was changed."""
        return row.said is Said.UPDATED and self._is_fresh(rows)

    def _is_fresh(self, rows: Sequence[_Label | str]) -> bool:
        """Whether no text stands between the last date and the date below these rows."""
        has_text = any(isinstance(row, str) for row in rows)
        return bool(self._drafts) and self._drafts[-1].is_empty and not has_text

    def _begins(self, row: DateLine, rows: Sequence[_Label | str]) -> bool:
        """Whether a date begins an item at this place."""
        if row.said is Said.LABEL or not _may_end(rows):
            return row.said is Said.LABEL
        if row.said in (Said.NOTHING, Said.PUBLISHED) and not row.is_doubtful:
            return True
        if any(isinstance(each, str) for each in rows[-1:]) or not self._drafts:
            return not self._drafts
        if self._is_fresh(rows):
            return row.said is Said.DATE and row.moment == self._drafts[-1].moment
        return self._ends_item(row, rows)

    def _ends_item(self, row: DateLine, rows: Sequence[_Label | str]) -> bool:
        """Whether a date at the beginning of a block ends the item above, to which it may belong."""
        above = self._drafts[-1]
        if row.said is Said.UPDATED or row.is_heading or self._drafts[0].head.said is Said.DATE:
            return True
        is_over = bool(above.labels or rows) or not self._ends_with_labels
        if row.said is not Said.DATE or row.moment is None or above.day is None:
            return is_over
        # An event lies after its announcement; and in a list from new to old, nothing below is newer.
        day = row.moment.date() if isinstance(row.moment, datetime) else row.moment
        return bool(above.labels or rows) or day <= above.day

    def _begin(self, row: DateLine, at: tuple[int, str], start: int, above: list[_Label | str]) -> list[_Label | str]:
        """Begin an item; return the rows of the block that already belong to the item."""
        if above and isinstance(above[-1], str) and is_saying(above[-1]):
            above.pop()
        has_text = any(isinstance(other, str) for other in above)
        if has_text and row.said is not Said.NOTHING and not self._drafts:
            what = "this date stands beneath its text; put the date of each item above its text"
            self.upside_down = self.upside_down or (at[0], what)
        if has_text or (self._drafts and self._drafts[-1].line >= start):
            self._add(start, above)
            above = []
        self._drafts.append(_Draft(at[0], row, at[1]))
        return above

    def _add(self, start: int, rows: Sequence[_Label | str]) -> None:
        self._is_below_labels = bool(rows) and isinstance(rows[-1], _Label)
        if self._drafts:
            self._drafts[-1].take(rows)
        elif rows and not self.faults:
            self.faults.append((start, ABOVE_ALL))
            self.is_headed = len(rows) == 1 and isinstance(rows[0], str) and not _SENTENCE_END.search(rows[0])
        elif rows:
            self.is_headed = False

    def items(self) -> Iterator[tuple[int, Item]]:
        """Yield the items, each with the line of its date; `faults` is complete afterwards."""
        self._drafts = [draft for draft in self._without_remarks() if not self._is_heading(draft)]
        self.faults += [
            (draft.line, f"{draft.head.fault}; the item was left out") for draft in self._drafts if draft.head.fault
        ]
        for index, draft in enumerate(self._drafts):
            if draft.is_empty and (twin := self._twin(index)):
                twin.labels += draft.labels
        for index, draft in enumerate(self._drafts):
            if draft.day is not None and not draft.is_empty:
                yield from self._item(draft, draft.day)
            elif draft.day is not None and self._twin(index) is None:
                self.faults.append((draft.line, "there is no text beneath this date; the item was left out"))

    def _without_remarks(self) -> Iterator[_Draft]:
        """Yield the drafts (the lines collected for each date) that are items. A draft that only is a year in a text,
        or a note of a change, is added to the item above.
        """
        above: _Draft | None = None
        for draft in self._drafts:
            is_end = draft.head.said is Said.UPDATED and draft.is_empty
            is_text = draft.head.is_heading and not draft.is_empty
            if above is None or not (is_end or is_text):
                above = draft
                yield draft
                continue
            above.labels += draft.labels
            above.paragraphs += [draft.written, *draft.paragraphs] if is_text else []
            if is_end:
                self.notes.append((draft.line, "this line only says that the item above was changed; it was left out"))

    def _is_heading(self, draft: _Draft) -> bool:
        """Whether a draft (the lines of one date) consists only of a year or a month, which is a heading above dates.
        If so, a note about its line is added.
        """
        is_period = draft.head.is_heading or draft.head.fault.endswith(NO_DAY)
        if not (is_period and draft.is_empty and not draft.labels) or draft is self._drafts[-1]:
            return False
        self.notes.append((draft.line, "this line above a date is taken for a heading"))
        return True

    def _item(self, draft: _Draft, day: date) -> Iterator[tuple[int, Item]]:
        try:
            item = draft.item(day)
        except FieldError as error:
            self.faults.append((draft.line, f"{error}; the item was left out"))
        else:
            if draft.status:
                self.notes.append((draft.line, f"a draft ({draft.status})"))
                self.withheld.append(item)
            else:
                yield draft.line, item

    def _twin(self, index: int) -> _Draft | None:
        """Return the draft (the lines of one date) before or after an empty draft, if it has the same date and only one
        of the two has labels; otherwise return `None`.
        """
        draft = self._drafts[index]
        neighbours = (*self._drafts[max(0, index - 1) : index], *self._drafts[index + 1 : index + 2])
        for other in neighbours:
            if not other.is_empty and other.day == draft.day and other.is_labelled != draft.is_labelled:
                return other
        return None


def _may_end(rows: Sequence[_Label | str]) -> bool:
    """Whether an item may end after these rows of a block."""
    if not rows or isinstance(rows[-1], _Label) or _SENTENCE_END.search(rows[-1]):
        return True
    return is_saying(rows[-1]) and _may_end(rows[:-1])
