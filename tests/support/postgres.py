"""A PostgreSQL for tests: the server of `DATABASE_URL`, or else a cluster of our own in a temporary folder.

The cluster listens on loopback and a Unix socket, writes without fsync, and is gone after the session.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.missing import missing
from tests.support.processes import WAIT_SECONDS, free_port, wait_for

SETTINGS = {"listen_addresses": "127.0.0.1", "fsync": "off", "full_page_writes": "off", "max_connections": "200"}
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class PostgresCluster:
    """A server that can be stopped and started again on the same port."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._folder = folder
        self._port = free_port()
        self._server: subprocess.Popen[bytes] | None = None
        # The server refuses to run as root.
        self._user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def create(self) -> None:
        """Make the cluster's files."""
        if self._user:
            shutil.chown(self._folder, "postgres", "postgres")
        command = [self._binaries / "initdb", "-D", self._folder / "cluster", "-U", "postgres", "-A", "trust"]
        subprocess.run(
            [*command, "--no-sync", "--encoding=UTF8", "--locale=C"], check=True, capture_output=True, **self._user
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [option for name, value in SETTINGS.items() for option in ("-c", f"{name}={value}")]
        command = [
            self._binaries / "postgres",
            "-D",
            self._folder / "cluster",
            "-p",
            str(self._port),
            "-k",
            self._folder,
        ]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*command, *options], stdout=log, stderr=log, cwd=self._folder, **self._user
            )
        wait_for(self._answers, what="PostgreSQL to answer")

    def stop(self) -> None:
        """End the server at once, as a crash would."""
        if self._server is not None:
            subprocess.run(
                [self._binaries / "pg_ctl", "stop", "-D", self._folder / "cluster", "-m", "immediate", "-w"],
                check=True,
                capture_output=True,
                cwd=self._folder,
                **self._user,
            )
            self._server.wait(WAIT_SECONDS)
            self._server = None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def run_cluster() -> Iterator[PostgresCluster]:
    """Run a cluster of our own; skip where no PostgreSQL is installed, which under CI is a failure."""
    binaries = _binaries()
    if binaries is None:
        missing("no PostgreSQL server is installed (initdb is neither on the path nor in /usr/lib/postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="decant-postgres-"))
    cluster = PostgresCluster(binaries, folder)
    try:
        cluster.create()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder)


@contextmanager
def server_url() -> Iterator[str]:
    """Give the address of a server on which databases may be made."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
    else:
        with run_cluster() as cluster:
            yield cluster.url


@contextmanager
def fresh_database(url: str, name: str, template: str = "template0") -> Iterator[str]:
    """Make a database on the server of `url`, a copy of `template`, and drop it afterwards."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
    try:
        yield _with_database(url, name)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def empty_database(url: str) -> None:
    """End what still uses a migrated database and delete all that it holds: much faster than to make a new one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(END_OTHERS)
        connection.execute("DELETE FROM threads")
        connection.execute("DELETE FROM mcp_calls")
        connection.execute("DELETE FROM accounts WHERE id <> 'local'")


def _with_database(url: str, name: str) -> str:
    address, question, options = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{question}{options}"


def _binaries() -> Path | None:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None
