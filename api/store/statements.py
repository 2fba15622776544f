"""Statements which SQLite and Postgres say in different words, made once for both.

A list of values is one parameter here: with one parameter for each value, every length of a list would be a statement
of its own, compiled and planned anew.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, Table, TextClause, text
from sqlalchemy.dialects import postgresql, sqlite

from api.store.engine import is_sqlite


class Statement(NamedTuple):
    """One statement in the words of each database."""

    sqlite: TextClause
    postgres: TextClause

    def on(self, connection: Connection) -> TextClause:
        """Return it in the words of the connection's database."""
        return self.sqlite if is_sqlite(connection) else self.postgres


IN_SQLITE = "IN (SELECT value FROM json_each(:run_ids))"
IN_POSTGRES = "= ANY(CAST(:run_ids AS text[]))"

_OWNED = (
    "SELECT number, id, cancel_requested_at IS NOT NULL FROM runs WHERE owner = :owner AND status = 'running' AND id"
)
# Locked in the order of their ids, so that no two transactions wait for each other.
OWNED = Statement(text(f"{_OWNED} {IN_SQLITE}"), text(f"{_OWNED} {IN_POSTGRES} ORDER BY id FOR NO KEY UPDATE"))

_LAST_SEQ = "(SELECT max(seq) FROM run_events WHERE run_number = of_run.value) FROM"
LAST_SEQS = Statement(
    text(f"SELECT value, {_LAST_SEQ} json_each(:numbers) AS of_run"),
    text(f"SELECT value, {_LAST_SEQ} unnest(CAST(:numbers AS bigint[])) AS of_run (value)"),
)

_CANCELLED = "SELECT id FROM runs WHERE status = 'running' AND cancel_requested_at IS NOT NULL AND id"
CANCELLED = Statement(text(f"{_CANCELLED} {IN_SQLITE}"), text(f"{_CANCELLED} {IN_POSTGRES}"))

_INSERT_LINES = "INSERT INTO run_events (run_number, seq, lines)"
_UNNESTED = "SELECT * FROM unnest(CAST(%s AS bigint[]), CAST(%s AS integer[]), CAST(%s AS bytea[]))"


def listed(connection: Connection, values: Collection[object]) -> str:
    """Write values as the one parameter that `OWNED`, `LAST_SEQS` and `CANCELLED` take for a list."""
    return orjson.dumps(list(values)).decode() if is_sqlite(connection) else _array_of(values)


def insert_rows(connection: Connection, rows: Collection[tuple[int, int, bytes]]) -> None:
    """Insert rows of the log: the run's number, the row's last seq, its lines.

    Postgres takes a batch as arrays in one statement, SQLite row by row, both past SQLAlchemy: an event appended costs
    3.3 µs on SQLite and 1.8 µs in Postgres' client (`python -m tests.bench.runs.cpu`).
    """
    if is_sqlite(connection):
        connection.exec_driver_sql(f"{_INSERT_LINES} VALUES (?, ?, ?)", list(rows))
        return
    numbers, seqs, lines = zip(*rows, strict=True)
    hexed = [f'"\\\\x{line.hex()}"' for line in lines]
    arrays = (_array_of(numbers), _array_of(seqs), _array_of(hexed))
    connection.exec_driver_sql(f"{_INSERT_LINES} {_UNNESTED}", arrays)


def insert_if_new(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Insert a row; False where there is one of its key, also of a transaction that goes on."""
    insert = sqlite.insert if is_sqlite(connection) else postgresql.insert
    return connection.execute(insert(table).values(**row).on_conflict_do_nothing()).rowcount == 1


def _array_of(values: Iterable[object]) -> str:
    """Write values that need no quoting as an array of Postgres: cheaper than to let psycopg adapt a list."""
    return "{" + ",".join(map(str, values)) + "}"
