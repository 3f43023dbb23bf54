"""What ran, when, and what it reported."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

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


def record_run(connection: Connection, run: RunRow) -> None:
    """Keep a run."""
    connection.execute(
        insert(runs).values(
            verb=run.verb,
            started=run.started,
            finished=run.finished,
            exit_code=run.exit_code,
            report=run.report,
        )
    )


def latest_runs(connection: Connection, *, limit: int) -> list[RunRow]:
    """The runs recorded last, latest first."""
    columns = runs.c["verb", "started", "finished", "exit_code", "report"]
    rows = connection.execute(select(*columns).order_by(runs.c.id.desc()).limit(limit)).mappings()
    return [RunRow(**row) for row in rows]
