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
from datetime import date, datetime
from itertools import groupby

from publisher.collect.sources.date_words import Said, is_saying
from publisher.collect.sources.escapes import unescape_characters
from publisher.collect.sources.harvest import Harvest
from publisher.collect.sources.listing_dates import DateLine, is_named, looks_dated
from publisher.collect.sources.listing_entries import Label, ListingEntry, is_filed, row_of
from publisher.collect.sources.listing_faults import ABOVE_ALL
from publisher.collect.sources.near_dates import NO_DAY
from publisher.collect.sources.order import is_oldest_first, newest_first
from publisher.collect.sources.text import clean_pasted_lines
from publisher.collect.sources.unread import Unread, turn_round
from publisher.collect.sources.values import FieldError
from publisher.model.items import Item
from publisher.model.problems import Problem

_TEXT = "this line has a date and is taken for text"
_RULE = re.compile(r"(?:[-*_=~+#·•—–─═] ?){3,}")
"""A line that only separates: `---`, `* * *`."""
_LINE_END = re.compile(r"&#(?:10|13|x0?[ad]);", re.IGNORECASE)
"""A line end written as HTML, which must not change the numbers of lines."""
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*$")


def _unescaped(line: str) -> str:
    """Return a line in which characters that a web page wrote as HTML (`R&amp;D`) are what they stand for."""
    return unescape_characters(_LINE_END.sub(" ", line)) if "&" in line else line


def parse(text: str, where: str, known: frozenset[str] = frozenset()) -> Harvest:
    """Return the items of a listing, and the lines and items that could not be read or are withheld.

    `where` names the listing in problems, before the line number; themes that are `known` may contain commas.
    """
    lines_of_text = clean_pasted_lines("\n".join(_unescaped(line) for line in text.split("\n")))
    reader = _Reader(known, ends_with_labels=any(map(is_filed, lines_of_text)))
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
        self._entries: list[ListingEntry] = []
        self._is_below_labels = False
        """Whether the last block ended with a label."""

    @property
    def days(self) -> dict[int, date]:
        """The date on each line that begins an item, by the number of the line; unreadable dates are missing."""
        return {entry.line: entry.day for entry in self._entries if entry.day is not None}

    def take(self, block: Sequence[tuple[int, str]]) -> None:
        """Read a block: the lines between two blank lines."""
        rows: list[Label | str] = []
        start = block[0][0]
        for number, line in block:
            row = row_of(line, self._known)
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
        if self._entries and is_alone and not self._entries[-1].is_empty:
            self.notes.append((number, _TEXT))
        return line

    def _is_remark(self, row: DateLine, rows: Sequence[Label | str]) -> bool:
        """Whether a date belongs to a remark that the item above was changed."""
        return row.said is Said.UPDATED and self._is_fresh(rows)

    def _is_fresh(self, rows: Sequence[Label | str]) -> bool:
        """Whether no text stands between the last date and the date below these rows."""
        has_text = any(isinstance(row, str) for row in rows)
        return bool(self._entries) and self._entries[-1].is_empty and not has_text

    def _begins(self, row: DateLine, rows: Sequence[Label | str]) -> bool:
        """Whether a date begins an item at this place."""
        if row.said is Said.LABEL or not _may_end(rows):
            return row.said is Said.LABEL
        if row.said in (Said.NOTHING, Said.PUBLISHED) and not row.is_doubtful:
            return True
        if any(isinstance(each, str) for each in rows[-1:]) or not self._entries:
            return not self._entries
        if self._is_fresh(rows):
            return row.said is Said.DATE and row.moment == self._entries[-1].moment
        return self._ends_item(row, rows)

    def _ends_item(self, row: DateLine, rows: Sequence[Label | str]) -> bool:
        """Whether a date at the beginning of a block ends the item above, to which it may belong."""
        above = self._entries[-1]
        if row.said is Said.UPDATED or row.is_heading or self._entries[0].head.said is Said.DATE:
            return True
        is_over = bool(above.labels or rows) or not self._ends_with_labels
        if row.said is not Said.DATE or row.moment is None or above.day is None:
            return is_over
        # An event lies after its announcement; and in a list from new to old, nothing below is newer.
        day = row.moment.date() if isinstance(row.moment, datetime) else row.moment
        return bool(above.labels or rows) or day <= above.day

    def _begin(self, row: DateLine, at: tuple[int, str], start: int, above: list[Label | str]) -> list[Label | str]:
        """Begin an item; return the rows of the block that already belong to the item."""
        if above and isinstance(above[-1], str) and is_saying(above[-1]):
            above.pop()
        has_text = any(isinstance(other, str) for other in above)
        if has_text and row.said is not Said.NOTHING and not self._entries:
            what = "this date stands beneath its text; put the date of each item above its text"
            self.upside_down = self.upside_down or (at[0], what)
        if has_text or (self._entries and self._entries[-1].line >= start):
            self._add(start, above)
            above = []
        self._entries.append(ListingEntry(at[0], row, at[1]))
        return above

    def _add(self, start: int, rows: Sequence[Label | str]) -> None:
        self._is_below_labels = bool(rows) and isinstance(rows[-1], Label)
        if self._entries:
            self._entries[-1].take(rows)
        elif rows and not self.faults:
            self.faults.append((start, ABOVE_ALL))
            self.is_headed = len(rows) == 1 and isinstance(rows[0], str) and not _SENTENCE_END.search(rows[0])
        elif rows:
            self.is_headed = False

    def items(self) -> Iterator[tuple[int, Item]]:
        """Yield the items, each with the line of its date; `faults` is complete afterwards."""
        self._entries = [entry for entry in self._without_remarks() if not self._is_heading(entry)]
        self.faults += [
            (entry.line, f"{entry.head.fault}; the item was left out") for entry in self._entries if entry.head.fault
        ]
        for index, entry in enumerate(self._entries):
            if entry.is_empty and (twin := self._twin(index)):
                twin.labels += entry.labels
        for index, entry in enumerate(self._entries):
            if entry.day is not None and not entry.is_empty:
                yield from self._item(entry, entry.day)
            elif entry.day is not None and self._twin(index) is None:
                self.faults.append((entry.line, "there is no text beneath this date; the item was left out"))

    def _without_remarks(self) -> Iterator[ListingEntry]:
        """Yield the entries (the lines collected for each date) that are items. An entry that only is a year in a text,
        or a note of a change, is added to the item above.
        """
        above: ListingEntry | None = None
        for entry in self._entries:
            is_end = entry.head.said is Said.UPDATED and entry.is_empty
            is_text = entry.head.is_heading and not entry.is_empty
            if above is None or not (is_end or is_text):
                above = entry
                yield entry
                continue
            above.labels += entry.labels
            above.paragraphs += [entry.written, *entry.paragraphs] if is_text else []
            if is_end:
                self.notes.append((entry.line, "this line only says that the item above was changed; it was left out"))

    def _is_heading(self, entry: ListingEntry) -> bool:
        """Whether an entry (the lines of one date) consists only of a year or a month, which is a heading above dates.
        If so, a note about its line is added.
        """
        is_period = entry.head.is_heading or entry.head.fault.endswith(NO_DAY)
        if not (is_period and entry.is_empty and not entry.labels) or entry is self._entries[-1]:
            return False
        self.notes.append((entry.line, "this line above a date is taken for a heading"))
        return True

    def _item(self, entry: ListingEntry, day: date) -> Iterator[tuple[int, Item]]:
        try:
            item = entry.item(day)
        except FieldError as error:
            self.faults.append((entry.line, f"{error}; the item was left out"))
        else:
            if entry.status:
                self.notes.append((entry.line, f"a draft ({entry.status})"))
                self.withheld.append(item)
            else:
                yield entry.line, item

    def _twin(self, index: int) -> ListingEntry | None:
        """Return the entry (the lines of one date) before or after an empty entry, if it has the same date and only one
        of the two has labels; otherwise return `None`.
        """
        entry = self._entries[index]
        neighbours = (*self._entries[max(0, index - 1) : index], *self._entries[index + 1 : index + 2])
        for other in neighbours:
            if not other.is_empty and other.day == entry.day and other.is_labelled != entry.is_labelled:
                return other
        return None


def _may_end(rows: Sequence[Label | str]) -> bool:
    """Whether an item may end after these rows of a block."""
    if not rows or isinstance(rows[-1], Label) or _SENTENCE_END.search(rows[-1]):
        return True
    return is_saying(rows[-1]) and _may_end(rows[:-1])
