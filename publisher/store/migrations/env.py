"""Runs the migrations on the connection that `store.migrate` hands over, inside its transaction."""

from alembic import context

from publisher.store.tables import metadata

# SQLite can roll back a change of its tables too: an interrupted migration leaves the database as it was.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
