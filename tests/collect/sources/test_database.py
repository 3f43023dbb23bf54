"""The `database` kind: rows as databases give them."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from publisher.collect.sources.database import DatabaseSource

NOW = datetime(2024, 3, 6, 11, tzinfo=UTC)


def test_of_two_columns_with_one_name_the_first_counts_and_bytes_may_be_text(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE news (id, date, title)")
        connection.execute("INSERT INTO news VALUES (1, '2024-03-04', CAST('Le café' AS BLOB))")
        connection.commit()
    query = "SELECT news.*, 7 AS id FROM news"

    (item,) = DatabaseSource("news", f"sqlite:///{path}", query).fetch(validator="", now=NOW).items

    assert (item.native_id, item.title) == ("1", "Le café")
