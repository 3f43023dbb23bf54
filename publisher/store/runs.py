"""Runs: which verb ran when, and which problems it met."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert, select

from publisher.store.engine import Database
from publisher.store.schema import runs


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

    def latest(self, *, limit: int) -> list[RunRow]:
        """Runs, the latest first, at most `limit`."""
        columns = runs.c["verb", "started", "finished", "exit_code", "problems"]
        query = select(*columns).order_by(runs.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [RunRow(**row) for row in connection.execute(query).mappings()]
