"""Bringing a database to the newest schema, however many processes try it at once.

`migrations/` holds numbered files, each with an `upgrade`. All pending ones run in one transaction under a lock.
"""

from pathlib import Path

from alembic.config import Config as AlembicConfig
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from api.store.engine import is_sqlite
from api.store.transactions import translated, without_blocking

MIGRATIONS = Path(__file__).parent / "migrations"
POSTGRES_LOCK = 0x6465_6361_6E74  # "decant"


def migrate(engine: Engine, target: str = "head", folder: Path = MIGRATIONS) -> None:
    """Run the migrations in `folder` up to `target` that the database does not have.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    without_blocking(engine, _migrate, engine, target, folder)


def is_current(engine: Engine) -> bool:
    """Say whether the database has every migration.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    return without_blocking(engine, _is_current, engine)


def _migrate(engine: Engine, target: str, folder: Path) -> None:
    with translated():
        if is_sqlite(engine):
            _use_write_ahead_log(engine)
        with engine.begin() as connection:
            if not is_sqlite(engine):
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRES_LOCK})")
            _upgrade(connection, target, _scripts(folder))


def _is_current(engine: Engine) -> bool:
    with translated(), engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == _scripts(MIGRATIONS).get_current_head()


def _use_write_ahead_log(engine: Engine) -> None:
    # Kept in the file. SQLite refuses to change it within a transaction, so it has a lock of its own.
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def _upgrade(connection: Connection, target: str, scripts: ScriptDirectory) -> None:
    def pending(revision: str, _context: MigrationContext) -> list[RevisionStep]:
        return scripts._upgrade_revs(target, revision)

    with EnvironmentContext(AlembicConfig(), scripts, fn=pending) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def _scripts(folder: Path) -> ScriptDirectory:
    return ScriptDirectory(str(folder), version_locations=[str(folder)])
