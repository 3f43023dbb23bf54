"""What ran, when, and what it reported."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert, select

from publisher.store.engine import Database
from publisher.store.schema import runs


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One pass of a verb."""

    verb: str
    started: datetime
    finished: datetime
    exit_code: int
    report: str
    """What is kept of the verb's report, as JSON."""


class Runs:
    """The runs kept so far."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, verb: str, *, started: datetime, finished: datetime, exit_code: int, report: str) -> None:
        """Keep what is to be kept of a pass of a verb, as JSON."""
        run = RunRow(verb=verb, started=started, finished=finished, exit_code=exit_code, report=report)
        with self._database.writing() as connection:
            connection.execute(insert(runs).values(asdict(run)))

    def latest(self, *, limit: int) -> list[RunRow]:
        """The runs recorded last, latest first."""
        columns = runs.c["verb", "started", "finished", "exit_code", "report"]
        query = select(*columns).order_by(runs.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [RunRow(**row) for row in connection.execute(query).mappings()]
