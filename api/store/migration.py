"""Bringing a database to the newest schema, however many processes try it at once.

`migrations/` holds numbered files, each with an `upgrade`. All pending ones run in one transaction under a lock.
"""

import sqlite3
from pathlib import Path

from alembic.config import Config as AlembicConfig
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from api.environment import ConfigError
from api.errors import StoreUnavailable
from api.store.engine import is_sqlite
from api.store.transactions import translated, without_blocking

MIGRATIONS = Path(__file__).parent / "migrations"
OLDER = "The database has an older schema: run `flask --app api db upgrade`."
NEWER = "The database has a newer schema than this version of Decant knows: start the newer version, or take another."
POSTGRES_LOCK = 0x6465_6361_6E74  # "decant"


def migrate(engine: Engine, target: str = "head", folder: Path = MIGRATIONS) -> None:
    """Run the migrations in `folder` up to `target` that the database does not have.

    Raises:
        ConfigError: The database has a newer schema.
        StoreUnavailable: The database does not answer.
    """
    without_blocking(engine, _migrate, engine, target, folder)


def prepare(engine: Engine) -> None:
    """Bring a file of SQLite to the newest schema.

    Raises:
        ConfigError: It cannot be used; the text says why.
    """
    try:
        migrate(engine)
    except (StoreUnavailable, DatabaseError, sqlite3.Error) as error:
        cause = error.__cause__ if isinstance(error, StoreUnavailable) else error
        reason = cause.orig if isinstance(cause, DBAPIError) else cause
        raise ConfigError(
            f"DATABASE_URL names the file {engine.url.database}, which cannot be used: {reason}. It has to be a "
            "database of Decant, or not there yet, in a folder that exists and can be written."
        ) from None


def problem_of(engine: Engine) -> str | None:
    """Say what keeps the database from being used, None if nothing.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    return without_blocking(engine, _problem_of, engine)


def _migrate(engine: Engine, target: str, folder: Path) -> None:
    with translated():
        if is_sqlite(engine):
            _use_write_ahead_log(engine)
        with engine.begin() as connection:
            if not is_sqlite(engine):
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRES_LOCK})")
            _upgrade(connection, target, _scripts(folder))


def _problem_of(engine: Engine) -> str | None:
    with translated(), engine.connect() as connection:
        if _is_read_only(connection):
            return "The database can be read but not written: give Decant the right to write it."
        scripts = _scripts(MIGRATIONS)
        revision = MigrationContext.configure(connection).get_current_revision()
        if revision == scripts.get_current_head():
            return None
        return OLDER if _knows(scripts, revision) else NEWER


def _is_read_only(connection: Connection) -> bool:
    if not is_sqlite(connection):
        return bool(connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on")
    # `BEGIN IMMEDIATE` alone becomes a transaction that reads where the file cannot be written.
    try:
        connection.exec_driver_sql("PRAGMA user_version = 0")
    except OperationalError as error:
        if "readonly" not in str(error.orig):
            raise
        return True
    return False


def _knows(scripts: ScriptDirectory, revision: str | None) -> bool:
    return revision is None or revision in {script.revision for script in scripts.walk_revisions()}


def _use_write_ahead_log(engine: Engine) -> None:
    # Kept in the file. SQLite refuses to change it within a transaction, so it has a lock of its own.
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def _upgrade(connection: Connection, target: str, scripts: ScriptDirectory) -> None:
    if not _knows(scripts, MigrationContext.configure(connection).get_current_revision()):
        raise ConfigError(NEWER)

    def pending(revision: str, _context: MigrationContext) -> list[RevisionStep]:
        return scripts._upgrade_revs(target, revision)

    with EnvironmentContext(AlembicConfig(), scripts, fn=pending) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def _scripts(folder: Path) -> ScriptDirectory:
    return ScriptDirectory(str(folder), version_locations=[str(folder)])
