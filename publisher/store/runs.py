"""Runs: when each of publisher's verbs (such as `collect` or `deliver`) ran, and the problems that it met."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select

from publisher.store.engine import Database
from publisher.store.schema import runs

RUN = "run"
"""The name under which a run of all steps is recorded."""
DELIVER = "deliver"
"""The verb whose runs may overlap runs of the other verbs."""
KEPT = 500
"""How many runs are kept. They cover five days of a service that meets a problem every quarter of an hour."""
_COLUMNS = runs.c["verb", "started", "finished", "exit_code", "problems"]
_LATEST = select(*_COLUMNS).order_by(runs.c.id.desc())
_LAST_DELIVERY = _LATEST.where(runs.c.verb == DELIVER).limit(1)
_LAST_OTHER = _LATEST.where(runs.c.verb != DELIVER).limit(1)
_LAST = select(func.max(runs.c.id)).group_by(runs.c.verb == DELIVER).scalar_subquery()
_INSERT = insert(runs).returning(runs.c.id)
_FORGET = delete(runs).where(runs.c.id <= bindparam("upto"), runs.c.id.not_in(_LAST))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run of a verb, such as `collect` or `deliver`."""

    verb: str
    started: datetime
    finished: datetime
    exit_code: int
    problems: tuple[str, ...]
    """The problems that the run met, one line each."""


class Runs:
    """The recorded runs of publisher's verbs, such as `collect` and `deliver`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, run: RunRow) -> None:
        """Record a run, and delete all but the last `KEPT` runs; the last run of each kind is always kept."""
        with self._database.writing() as connection:
            (number,) = connection.execute(_INSERT, asdict(run)).one()
            connection.execute(_FORGET, {"upto": number - KEPT})

    def last_before(self, verb: str) -> RunRow | None:
        """Return the run of a verb before the present one: for `deliver` the last run of `deliver`, otherwise the last
        run of any other verb. Return `None` if there was none.
        """
        with self._database.reading() as connection:
            row = connection.execute(_LAST_DELIVERY if verb == DELIVER else _LAST_OTHER).mappings().one_or_none()
            return RunRow(**row) if row else None

    def latest(self, *, limit: int) -> list[RunRow]:
        """Return the latest runs, latest first, at most `limit`."""
        with self._database.reading() as connection:
            return [RunRow(**row) for row in connection.execute(_LATEST.limit(limit)).mappings()]
