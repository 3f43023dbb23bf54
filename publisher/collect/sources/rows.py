"""What the kinds share whose items are rows with columns, such as those of a table or a query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from publisher.collect.sources.base import Fetch
from publisher.collect.sources.fields import FieldRules
from publisher.collect.sources.harvest import Harvest
from publisher.collect.sources.moments import Undated, first_sight
from publisher.model.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSettings:
    """The keys of config.toml by which rows become items."""

    columns: Mapping[str, str | None] = field(default_factory=dict)
    """The column of each field of `fields.FIELDS`; one that is not named is in the column of its own name."""
    separator: str = ","
    """Between the themes, keywords or enclosures in one column."""
    undated: Undated = "skip"
    timezone: str = "UTC"
    labels: frozenset[str] = frozenset()
    """As `FieldRules` has them."""
    complete: bool = False
    """Whether it lists all that there is, so that what is missing is gone."""
    base: str = ""
    """Where relative addresses begin."""

    def in_words(self) -> str:
        """Return the settings as a text for validators: with other settings the same rows are read anew."""
        ordered = (sorted(self.columns.items()), sorted(self.labels))
        return repr((*ordered, self.separator, self.undated, self.complete, self.base))

    def rules(self, *, now: datetime) -> FieldRules:
        """Return the rules by which the fields of an item are read at this moment."""
        today = first_sight(self.undated, now=now, timezone=self.timezone)
        return FieldRules(separator=self.separator, today=today, labels=self.labels, base=self.base)

    def fetch_of(self, found: Harvest, *, validator: str, remarks: Sequence[Problem] = ()) -> Fetch:
        """Return what a reading gave, from what could be read of its rows."""
        return Fetch(
            items=found.items,
            validator=validator,
            problems=found.problems,
            notes=found.notes,
            remarks=remarks,
            unread=found.unread,
            is_complete=self.complete,
        )
