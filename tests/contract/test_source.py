"""What every kind of source promises. A kind passes by subclassing `SourceContract`."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from publisher.errors import SourceError
from publisher.model import Item
from publisher.sources import Fetch, Source
from publisher.sources.listing import ListingSource

NOW = datetime(2022, 2, 11, 8, 0, tzinfo=UTC)

LISTED = (
    Item(
        date=date(2022, 2, 10), text="The reading room opens on Sundays.", labels=("Opening hours", "Study & Training")
    ),
    Item(date=date(2019, 10, 25), text="La bibliothèque prête des vélos.\n\nEt des casques.", keywords=("vélo",)),
    Item(date=date(2019, 10, 25), text="Closed on Monday."),
)


class SourceContract:
    """Subclass it, say how your kind is made, and every promise is tested."""

    def source(self, folder: Path, items: Sequence[Item]) -> Source:
        """Return a source named `news` that lists `items`; called again with the same folder, it has changed."""
        raise NotImplementedError

    def source_with_one_bad_item(self, folder: Path) -> Source:
        """Return a source that lists `LISTED[0]`, something that cannot be read, and `LISTED[1]`."""
        raise NotImplementedError

    def source_without_its_place(self, folder: Path) -> Source:
        """Return a source whose file or server is not there."""
        raise NotImplementedError

    def test_every_item_is_given_as_listed(self, tmp_path: Path) -> None:
        fetch = fetched(self.source(tmp_path, LISTED))

        assert tuple(fetch.items) == LISTED
        assert not fetch.problems
        assert not fetch.is_unchanged

    def test_reading_again_gives_the_same(self, tmp_path: Path) -> None:
        source = self.source(tmp_path, LISTED)

        assert tuple(fetched(source).items) == tuple(fetched(source).items)

    def test_what_has_not_changed_is_not_read(self, tmp_path: Path) -> None:
        first = fetched(self.source(tmp_path, LISTED))

        again = fetched(self.source(tmp_path, LISTED), validator=first.validator)

        assert again.is_unchanged
        assert not tuple(again.items)
        assert again.validator == first.validator != ""

    def test_what_has_changed_is_read(self, tmp_path: Path) -> None:
        first = fetched(self.source(tmp_path, LISTED))

        again = fetched(self.source(tmp_path, LISTED[1:]), validator=first.validator)

        assert not again.is_unchanged
        assert tuple(again.items) == LISTED[1:]
        assert again.validator != first.validator

    def test_a_source_may_list_nothing(self, tmp_path: Path) -> None:
        """Whether that is an error depends on what it listed before, which the source does not know."""
        assert not tuple(fetched(self.source(tmp_path, ())).items)

    def test_a_bad_item_is_named_and_the_others_are_given(self, tmp_path: Path) -> None:
        fetch = fetched(self.source_with_one_bad_item(tmp_path))

        assert tuple(fetch.items) == LISTED[:2]
        assert len(fetch.problems) == 1
        assert "\n" not in str(fetch.problems[0])

    def test_text_is_clean(self, tmp_path: Path) -> None:
        dirty = Item(date=date(2022, 2, 10), text="Cafe\u0301\u00a0is \x07open,\ufffe  come \u2028in ")

        (item,) = fetched(self.source(tmp_path, (dirty,))).items

        assert item.text == unicodedata.normalize("NFC", "Café is open, come in")

    def test_a_missing_place_is_an_error_in_one_line_that_names_the_source(self, tmp_path: Path) -> None:
        source = self.source_without_its_place(tmp_path)

        with pytest.raises(SourceError, match=r"\Asource 'news': [^\n]+\Z"):
            fetched(source)


def fetched(source: Source, *, validator: str = "") -> Fetch:
    return source.fetch(validator=validator, now=NOW)


class TestListingSource(SourceContract):
    def source(self, folder: Path, items: Sequence[Item]) -> Source:
        return self._listing(folder, "\n\n".join(map(self._written, items)))

    def source_with_one_bad_item(self, folder: Path) -> Source:
        bad = "31 February 2022\n\nThere was no such day."
        return self._listing(folder, "\n\n".join([self._written(LISTED[0]), bad, self._written(LISTED[1])]))

    def source_without_its_place(self, folder: Path) -> Source:
        return ListingSource("news", folder / "gone.txt")

    @staticmethod
    def _listing(folder: Path, text: str) -> Source:
        path = folder / "listing.txt"
        path.write_text(text, encoding="utf-8")
        return ListingSource("news", path)

    @staticmethod
    def _written(item: Item) -> str:
        labels = f"\nMain Theme: {', '.join(item.labels)}\nKeywords: {', '.join(item.keywords)}"
        return f"{item.date:%d %B %Y}\n\n{item.text}{labels}"
