"""Alembic's entry: runs the steps over the connection that `migrate` has opened and locked.

To write a new step: change `tables/`, then ``alembic -c adapters/store/migrations/alembic.ini revision --autogenerate``
against a database at the last step, and read what it wrote.
"""

from alembic import context

from adapters.store.migrate import configure

if context.is_offline_mode():
    raise SystemExit("the steps look at the database: run them over a connection")

connection = context.config.attributes["connection"]
configure(context, connection)
with context.begin_transaction():
    context.run_migrations()
