"""What the lines of a listing are: a date, a label or text (a row), and the rows of one item (an entry); pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from publisher.collect.sources.date_words import Said
from publisher.collect.sources.enclosures import enclosures_of
from publisher.collect.sources.listing_dates import DateLine, date_line
from publisher.collect.sources.listing_labels import SINGLE, meaning_of, split_label, values_of
from publisher.collect.sources.moments import embargo_of, expiry_of
from publisher.collect.sources.text import clean_name, join_wrapped
from publisher.collect.sources.withheld import says_no
from publisher.model.items import Item


def is_filed(line: str) -> bool:
    """Whether a line is a label for themes or keywords."""
    return meaning_of(split_label(line)[0]) in ("themes", "keywords")


@dataclass(frozen=True, slots=True)
class Label:
    """A line such as `Keywords: video, research`."""

    line: str
    meaning: str
    values: tuple[str, ...]


class Mistaken(str):
    """A line that begins like a label but has a value that no label allows. The line counts as text; real labels next
    to it stay labels.
    """

    __slots__ = ()


def row_of(line: str, known: frozenset[str]) -> DateLine | Label | str:
    head, value = split_label(line)
    meaning = meaning_of(head)
    if meaning == "date" and value:
        row = date_line(value) or DateLine(None, f"{value!r} is no date")
        return replace(row, said=Said.LABEL, is_doubtful=False)
    if meaning is not None:
        values = values_of(meaning, value, known)
        # `Published: no` is a label, `Published: 10 February 2022` a date.
        return (date_line(line) or Mistaken(line)) if values is None else Label(line, meaning, values)
    return date_line(line) or line


def _file(value: str) -> dict[str, str]:
    title, _, url = value.rpartition(" ")
    return {"url": url, "title": title}


@dataclass(slots=True)
class ListingEntry:
    """The lines of one item, collected while a listing is read."""

    line: int
    """The number of the line with the item's date."""
    head: DateLine
    """What the line with the item's date says. If the date cannot be read, these lines make no item."""
    written: str
    """The line with the item's date, unchanged."""
    paragraphs: list[str] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

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

    def take(self, rows: Sequence[Label | str]) -> None:
        """Add the labels and lines of text of a block. A label between two lines of text counts as text, too."""
        texts = [index for index, row in enumerate(rows) if isinstance(row, str) and not isinstance(row, Mistaken)]
        between = range(texts[0], texts[-1] + 1) if texts else range(0)
        text: list[str] = []
        for index, row in enumerate(rows):
            if isinstance(row, Label) and index not in between:
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

    def _labels(self, meaning: str) -> list[Label]:
        return [label for label in self.labels if label.meaning == meaning and label.values]

    def _values(self, meaning: str) -> list[str]:
        values = (value for label in self._labels(meaning) for value in label.values)
        named = map(clean_name, values) if meaning in ("themes", "keywords") else values
        return list(dict.fromkeys(filter(None, named)))
