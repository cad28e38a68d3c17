"""Alembic's entry: runs the steps over the connection that `migrate` has opened and locked.

To change the schema: change `tables/`, add a step beside the others, raise `migrate.HEAD`. The test of the steps says
what is still different. Steps that have been released are never changed.
"""

from alembic import context

from adapters.store.migrate import configure

if context.is_offline_mode():
    raise SystemExit("the steps look at the database: run them over a connection")

connection = context.config.attributes["connection"]
configure(context, connection)
with context.begin_transaction():
    context.run_migrations()
