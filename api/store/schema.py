"""The tables as queries see them; `migrations/` makes them, and a test holds the two together, the search index
excepted, which is each database's own.

Times are seconds since 1970 (UTC). Every owned row has `account_id`.
"""

from dataclasses import asdict
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from api.store.records import ACTIVE, RunOptions

# In the text of a statement and not parameters: planners then see that an index of active runs serves it.
RUNNING: ColumnElement[str] = literal_column("'running'")
REQUIRES_ACTION: ColumnElement[str] = literal_column("'requires_action'")
ACTIVE_STATUSES: list[ColumnElement[str]] = [literal_column(f"'{status}'") for status in ACTIVE]


def storable(text: str) -> str:
    """Return the text as it is stored: without NUL and halves of surrogate pairs."""
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


class StoredText(TypeDecorator[str]):
    """Text that every database takes: NUL, which Postgres refuses, and halves of surrogate pairs are replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Replace what cannot be stored."""
        return None if value is None else storable(value)


class StoredNames(TypeDecorator[tuple[str, ...]]):
    """Names as a list of JSON."""

    impl = StoredText
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str:  # noqa: ARG002
        """Encode them."""
        return orjson.dumps(value or ()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:  # noqa: ARG002
        """Decode them."""
        return tuple(orjson.loads(value)) if value else ()


class StoredOptions(TypeDecorator[RunOptions]):
    """The options of a run as an object of JSON, without those that are absent."""

    impl = StoredText
    cache_ok = True

    def process_bind_param(self, value: RunOptions | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Encode them."""
        given = {name: said for name, said in asdict(value or RunOptions()).items() if said is not None}
        return orjson.dumps(given).decode() if given else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> RunOptions:  # noqa: ARG002
        """Decode them."""
        given = orjson.loads(value) if value else {}
        names = given.pop("tools", None)
        return RunOptions(**given, tools=None if names is None else tuple(names))


class Now(FunctionElement[float]):
    """The time as the database has it: nodes over one Postgres need not agree on theirs."""

    inherit_cache = True
    type = Double()


@compiles(Now, "sqlite")
def _sqlite_now(_element: Now, _compiler: SQLCompiler, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(Now, "postgresql")
def _postgres_now(_element: Now, _compiler: SQLCompiler, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own.
    return "CAST(EXTRACT(epoch FROM clock_timestamp()) AS double precision)"


Number = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()


def _owner() -> Column[Any]:
    return Column("account_id", StoredText, ForeignKey("accounts.id"), nullable=False)


accounts = Table(
    "accounts",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("created_at", Double, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    Column("id", StoredText, primary_key=True),
    _owner(),
    Column("title", StoredText, nullable=False),
    Column("search", StoredText, nullable=False),  # the title's terms
    Column("model", StoredText, nullable=False),
    Column("system_prompt", StoredText, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("tools_off", StoredNames, nullable=False, default=(), server_default="[]"),
    Column("deleted_at", Double),  # a deleted thread can be restored until it is purged; 0 is one that is not there
)
Index("threads_newest", threads.c.account_id, threads.c.updated_at, threads.c.id)

messages = Table(
    "messages",
    metadata,
    Column("number", Number, primary_key=True),  # the order in which messages were added
    Column("id", StoredText, nullable=False, unique=True),
    _owner(),
    Column("thread_id", StoredText, ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    Column("parent_id", StoredText, ForeignKey("messages.id", ondelete="CASCADE")),
    Column("role", StoredText, nullable=False),
    Column("parts", StoredText, nullable=False),  # JSON, as `api.parts` writes it
    Column("status", StoredText, nullable=False),
    Column("run_id", StoredText),
    Column("created_at", Double, nullable=False),
    Column("search", StoredText, nullable=False),  # the text's terms
)
Index("messages_of_thread", messages.c.thread_id, messages.c.number)
Index("messages_of_parent", messages.c.parent_id)

runs = Table(
    "runs",
    metadata,
    Column("number", Number, primary_key=True),  # short, for the rows of the log
    Column("id", StoredText, nullable=False, unique=True),
    _owner(),
    Column("thread_id", StoredText, ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", StoredText, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Column("model", StoredText, nullable=False),
    Column("status", StoredText, nullable=False),
    Column("seq", Integer, nullable=False),  # of the last event, once the run has ended; until then the log says it
    Column("error_code", StoredText),
    Column("error_message", StoredText),
    Column("error_is_retryable", Boolean),
    Column("finish_reason", StoredText),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("usage_is_estimated", Boolean),
    Column("idempotency_key", StoredText),
    Column("owner", StoredText, nullable=False),  # the worker process that writes the run's events
    Column("heartbeat_at", Double, nullable=False),  # of the owner, by the database's clock
    Column("cancel_requested_at", Double),
    Column("created_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("events_pruned_at", Double),
    Column("action_expires_at", Double),  # of a run that waits for a person
    Column("options", StoredOptions),
    UniqueConstraint("account_id", "idempotency_key", name="runs_idempotency_key"),
)
Index("runs_of_thread", runs.c.thread_id)
Index("runs_of_message", runs.c.message_id)
is_running: ColumnElement[bool] = runs.c.status == RUNNING
is_parked: ColumnElement[bool] = runs.c.status == REQUIRES_ACTION
is_active: ColumnElement[bool] = runs.c.status.in_(ACTIVE_STATUSES)
has_events: ColumnElement[bool] = runs.c.events_pruned_at.is_(None)
Index("runs_to_prune", runs.c.ended_at, sqlite_where=has_events, postgresql_where=has_events)
Index("runs_parked", runs.c.action_expires_at, sqlite_where=is_parked, postgresql_where=is_parked)
Index("one_active_run_per_thread", runs.c.thread_id, unique=True, sqlite_where=is_active, postgresql_where=is_active)

# Rows are kept as they come and found by a small index: the runs of a worker write together, and with the rows in order
# of runs each of them would dirty a page of its own at every flush.
run_events = Table(
    "run_events",
    metadata,
    Column("run_number", Number, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),  # of the last event of the row
    Column("lines", LargeBinary, nullable=False),  # events that follow each other, as `run_lines` writes them
)

# What a person has approved for a thread: the tool as it was defined then.
tool_decisions = Table(
    "tool_decisions",
    metadata,
    _owner(),
    Column("thread_id", StoredText, ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True),
    Column("server", StoredText, primary_key=True),
    Column("tool", StoredText, primary_key=True),
    Column("definition_hash", StoredText, primary_key=True),
    Column("created_at", Double, nullable=False),
)

# Calls of MCP clients that go on, by session and request; one without a run has been cancelled before it began.
mcp_calls = Table(
    "mcp_calls",
    metadata,
    Column("account_id", StoredText, ForeignKey("accounts.id"), primary_key=True),
    Column("call_key", StoredText, primary_key=True),  # as `api.wire.mcp.sessions` makes it
    Column("run_id", StoredText),
    Column("created_at", Double, nullable=False),
)
Index("mcp_calls_by_age", mcp_calls.c.created_at)
