"""Where Alembic begins. The connection comes from the caller, inside a transaction that holds the lock."""

from alembic import context

from watchword.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
