"""The tables: made once, migrated, and never touched by a program that is too old for them."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from publisher.model.errors import StoreError
from publisher.store import Store
from publisher.store.migrate import alembic_config
from publisher.store.schema import HEAD
from publisher.store.tables import metadata
from tests.contract.stories import collect, record
from tests.databases import dump


def change(url: str, *statements: str) -> None:
    """Change a database as another program would do."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_head_is_the_last_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_the_migrations_lead_to_the_tables_the_program_knows(bare_url: str) -> None:
    Store.open(bare_url).close()

    engine = create_engine(bare_url)
    with engine.connect() as connection:
        found = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(found, metadata) == []
    engine.dispose()


def test_names_constraints_and_orders_are_those_the_program_knows(bare_url: str, tmp_path: Path) -> None:
    """Alembic's own comparison ignores keys, and the columns and conditions of indexes."""
    Store.open(bare_url).close()
    modelled = create_engine(f"sqlite:///{tmp_path / 'modelled.db'}")
    metadata.create_all(modelled)
    migrated = create_engine(bare_url)

    assert described(migrated) == described(modelled)

    migrated.dispose()
    modelled.dispose()


def described(engine: object) -> dict[str, object]:
    inspector = inspect(engine)
    assert inspector is not None
    return {
        name: (
            inspector.get_pk_constraint(name)["constrained_columns"],
            sorted((key["constrained_columns"], key["referred_table"]) for key in inspector.get_foreign_keys(name)),
            sorted(unique["column_names"] for unique in inspector.get_unique_constraints(name)),
            sorted(
                (index["column_names"], bool(index["unique"]), is_partial(index))
                for index in inspector.get_indexes(name)
                if not index.get("duplicates_constraint")
            ),
            [(column["name"], column["nullable"]) for column in inspector.get_columns(name)],
        )
        for name in sorted(metadata.tables)
    }


def is_partial(index: ReflectedIndex) -> bool:
    return any(option.endswith("_where") for option in index.get("dialect_options", {}))


def test_opening_again_changes_nothing(durable_url: str) -> None:
    with Store.open(durable_url) as store:
        collect(store, record("a"))
        before = dump(store)

    with Store.open(durable_url) as store:
        assert dump(store) == before


def test_a_database_of_a_newer_publisher_is_refused_and_left_alone(durable_url: str) -> None:
    Store.open(durable_url).close()
    change(durable_url, "UPDATE alembic_version SET version_num = 's9999'")

    with pytest.raises(StoreError, match=r"publisher [\d.]+ has changed it \(tables s9999, this one knows s\d+\)"):
        Store.open(durable_url)

    change(durable_url, f"UPDATE alembic_version SET version_num = '{HEAD}' WHERE version_num = 's9999'")
    Store.open(durable_url).close()


@pytest.mark.parametrize("version", ["0001", "0011"])
def test_a_store_made_before_the_first_release_is_refused_by_one_line(bare_url: str, version: str) -> None:
    change(
        bare_url,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
        f"INSERT INTO alembic_version VALUES ('{version}')",
        "CREATE TABLE items (number INTEGER)",
    )

    with pytest.raises(StoreError) as caught:
        Store.open(bare_url)

    told = f"a publisher before the first release made it (version {version}), which this one does not read"
    assert str(caught.value).endswith(f": {told}; move it away, or name another database in store.url")
    assert "\n" not in str(caught.value)
    engine = create_engine(bare_url)
    assert sorted(inspect(engine).get_table_names()) == ["alembic_version", "items"]
    engine.dispose()


def test_a_database_of_another_program_is_refused_and_left_alone(bare_url: str) -> None:
    change(bare_url, "CREATE TABLE items (id INTEGER)")

    with pytest.raises(StoreError, match="it holds tables of another program; name another database"):
        Store.open(bare_url)

    engine = create_engine(bare_url)
    assert inspect(engine).get_table_names() == ["items"]
    engine.dispose()


def test_a_version_table_without_a_version_is_as_good_as_none(bare_url: str) -> None:
    """A table of versions without a row is left when the tables of a migration were rolled back."""
    change(bare_url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")

    with Store.open(bare_url) as store:
        assert store.log.end() == 0
