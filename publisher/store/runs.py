"""Runs: which verb ran when, and which problems it met."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert, select

from publisher.store.engine import Database
from publisher.store.schema import runs

DELIVER = "deliver"
"""The verb that runs beside the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run of a verb."""

    verb: str
    started: datetime
    finished: datetime
    exit_code: int
    problems: tuple[str, ...]
    """A line each."""


class Runs:
    """The runs so far."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, run: RunRow) -> None:
        """Keep a run."""
        with self._database.writing() as connection:
            connection.execute(insert(runs).values(asdict(run)))

    def has_failed(self, verb: str) -> bool:
        """Whether the last run had a problem: the last of `deliver` for `deliver`, else the last of another verb."""
        is_alike = runs.c.verb == DELIVER if verb == DELIVER else runs.c.verb != DELIVER
        query = select(runs.c.exit_code).where(is_alike).order_by(runs.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            return bool(connection.execute(query).scalar())

    def latest(self, *, limit: int) -> list[RunRow]:
        """Runs, the latest first, at most `limit`."""
        columns = runs.c["verb", "started", "finished", "exit_code", "problems"]
        query = select(*columns).order_by(runs.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [RunRow(**row) for row in connection.execute(query).mappings()]
