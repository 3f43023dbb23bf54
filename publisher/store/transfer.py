"""Copies everything in a store into another database, SQLite or PostgreSQL.

All rows are written in one transaction, so a crash leaves empty tables, which the next attempt fills.
"""

from sqlalchemy import Connection, Table, delete, func, insert, inspect, literal, select

from publisher.model.errors import StoreError
from publisher.model.progress import Progress, Steps
from publisher.store.engine import BATCH, Database
from publisher.store.faults import translate_errors
from publisher.store.numbers import go_on_from, last_number
from publisher.store.people_schema import address_key
from publisher.store.schema import counters, departures_noted, program
from publisher.store.tables import metadata
from publisher.store.upgrade import check_head, has_tables

_FILLED = (counters, program, address_key, departures_noted)
"""Tables that have a row from the moment they are made."""


def refuse_full(database: Database) -> None:
    """Raise an error unless the database has no tables, or the tables of a store that never had an item.

    Raises:
        StoreError: the database has rows, or tables of another version.
    """
    if has_tables(database):
        check_head(database)
        with database.reading() as connection:
            full = [table.name for table in metadata.sorted_tables if _is_full(connection, table)]
    else:
        with translate_errors(database.place, database.file):
            full = inspect(database.engine).get_table_names()
    if full:
        raise StoreError(f"store {database.place}: it is not empty; name an empty database to copy to")


def copy_rows(source: Database, target: Database, *, progress: Progress) -> int:
    """Copy every row of every table; return the number of rows. The caller makes sure that neither database changes
    meanwhile.

    Raises:
        StoreError: the target is not empty, or one of the databases cannot be used. Then nothing is copied.
    """
    refuse_full(target)
    with source.reading() as reading, target.writing() as writing:
        total = sum(_count(reading, table) for table in metadata.sorted_tables)
        steps = Steps(progress, "rows", total)
        for table in _FILLED:
            writing.execute(delete(table))
        for table in metadata.sorted_tables:
            _copy_table(table, reading, writing, steps)
    return steps.done


def _copy_table(table: Table, reading: Connection, writing: Connection, steps: Steps) -> None:
    query = select(table).order_by(*table.primary_key.columns).execution_options(stream_results=True)
    with reading.execute(query) as found:
        for rows in found.mappings().partitions(BATCH):
            writing.execute(insert(table), [dict(row) for row in rows])
            steps.advance(len(rows))
    if table.autoincrement_column is not None:
        go_on_from(writing, table, last_number(reading, table))


def _is_full(connection: Connection, table: Table) -> bool:
    if table is counters:
        return bool(connection.execute(select(counters.c.log_end)).scalar())
    return (
        table not in _FILLED and connection.execute(select(literal(1)).select_from(table).limit(1)).first() is not None
    )


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
