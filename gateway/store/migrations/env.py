"""Alembic's way in: run the migrations on the connection that `store.migrate` hands over."""

from alembic import context

from gateway.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # `store.migrate` holds one transaction around everything
)
context.run_migrations()
