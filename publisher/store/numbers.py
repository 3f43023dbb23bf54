"""The highest number that a table ever gave to a row. It is kept after the row is deleted, because the number of a
subscriber is never reused.
"""

from sqlalchemy import Connection, Table, func, literal, select, text


def last_number(connection: Connection, table: Table) -> int:
    """Return the highest number that a table with automatic numbers ever gave, or 0 if it gave none."""
    column = table.autoincrement_column
    assert column is not None, table.name
    highest = connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
    if connection.dialect.name == "postgresql":
        given = connection.execute(_LAST_VALUE, {"table": table.name, "column": column.name}).scalar()
    elif table.dialect_options["sqlite"]["autoincrement"]:
        given = connection.execute(_SEQ, {"name": table.name}).scalar()
    else:
        given = 0
    return max(highest, given or 0)


def go_on_from(connection: Connection, table: Table, last: int) -> None:
    """Make a table give numbers higher than `last`, and than those it contains."""
    last = max(last, last_number(connection, table))
    column = table.autoincrement_column
    assert column is not None, table.name
    if not last:
        return
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(literal(table.name), literal(column.name))
        connection.execute(select(func.setval(sequence, last)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        # SQLite maintains this table itself, without a key that an upsert could name.
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), {"name": table.name, "last": last}
        )


_LAST_VALUE = text("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:table, :column) AS regclass))")
_SEQ = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
