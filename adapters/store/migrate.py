"""Bringing a database to the schema of this version, while others may be starting at the same moment.

One transaction holds the whole migration, under a lock that the others wait for; who comes second finds nothing to do.
A database that has the schema already is only asked for its revision.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text

from adapters.store.bulk import is_sqlite
from adapters.store.partitions import is_part
from adapters.store.statistics import describe_tables
from adapters.store.tables import metadata
from adapters.store.transactions import Database
from callcenter.domain.errors import StoreRefused

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0004"
"""The last step in `migrations/versions`."""

_LOCK = 4_775_204_281_736_221
"""An advisory lock that nobody else takes: any number, once and for all."""


async def migrate(database: Database) -> None:
    """Make the tables, or bring them up to date. Raises StoreRefused for a database that a newer version wrote."""
    async with database.reading() as transaction:
        current = await transaction.run(revision)
    if current == HEAD:
        return
    async with database.writing() as transaction:
        await transaction.run(upgrade)


def revision(connection: Connection) -> str | None:
    """The step at which a database is; None if it has none of our tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection, target: str = "head") -> None:
    """Run all steps that are missing up to a target, within the connection's transaction."""
    from alembic import command

    _lock(connection)
    _refuse_newer(connection)
    command.upgrade(alembic_config(connection), target)
    if is_sqlite(connection):
        describe_tables(connection)


def alembic_config(connection: Connection) -> "Config":
    """Alembic's settings over an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "adapters.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


COMPARED: dict[str, Any] = {
    "compare_type": True,
    # Parts of a table are no tables of their own.
    "include_name": lambda name, kind, _parents: kind != "table" or not is_part(name),
}
"""How Alembic compares a database with our tables."""


def configure(context: Any, connection: Connection) -> None:
    """What Alembic has to know about our tables; for `migrations/env.py`."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        **COMPARED,
        # SQLite cannot alter most things; Alembic then copies the table.
        render_as_batch=is_sqlite(connection),
        # The whole migration is one transaction, which `migrate` holds.
        transactional_ddl=True,
    )


def _lock(connection: Connection) -> None:
    """SQLite's writer is alone already."""
    if not is_sqlite(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _refuse_newer(connection: Connection) -> None:
    from alembic.script import ScriptDirectory

    current = revision(connection)
    known = {step.revision for step in ScriptDirectory.from_config(alembic_config(connection)).walk_revisions()}
    if current is not None and current not in known:
        raise StoreRefused(connection.engine.url.render_as_string(), f"a newer version has written it: {current}")
