"""Runs the migrations on the connection that `store.upgrade` hands over, inside its transaction."""

from alembic import context

from publisher.store.schema import metadata

# SQLite can undo a change of its tables too: a migration that is cut short leaves the database as it was.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
