"""Maintenance from the command line: `flask --app api db upgrade`, `flask --app api prune`, `flask --app api stats`."""

import time

import click
from flask import Flask
from flask.cli import AppGroup

from api.environment import ConfigError
from api.errors import StoreUnavailable
from api.store import Store
from api.store.migration import migrate

DAY_SECONDS = 86_400


def register(app: Flask, store: Store) -> None:
    """Add the commands."""
    database = AppGroup("db", help="The database.")
    app.cli.add_command(database)

    @database.command("upgrade")
    def upgrade() -> None:
        """Bring the database to the newest schema."""
        try:
            migrate(store.engine)
        except (ConfigError, StoreUnavailable) as error:
            raise click.ClickException(str(error)) from None
        click.echo("decant: the database is up to date.")

    @app.cli.command("prune")
    @click.option("--days", default=1.0, show_default=True, help="Keep the events of runs that ended since.")
    @click.option("--deleted-days", default=30.0, show_default=True, help="Keep threads deleted since.")
    def prune(days: float, deleted_days: float) -> None:
        """Delete events of finished runs, and threads deleted long ago."""
        now = time.time()
        runs = store.maintenance.prune(now - days * DAY_SECONDS)
        threads = store.imports.purge(now - deleted_days * DAY_SECONDS)
        click.echo(f"decant: pruned the events of {runs} runs, purged {threads} deleted threads.")

    @app.cli.command("stats")
    def stats() -> None:
        """Count the rows of every table."""
        for name, count in store.maintenance.stats().items():
            click.echo(f"{name} {count}")
