"""Accounts, threads, messages, runs and the events of runs, with full text search."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# The index holds no text of its own: it points at `messages`, and triggers keep it.
ADD = "INSERT INTO message_search(rowid, search) VALUES (new.number, new.search)"
REMOVE = "INSERT INTO message_search(message_search, rowid, search) VALUES ('delete', old.number, old.search)"
SQLITE_SEARCH = (
    """CREATE VIRTUAL TABLE message_search USING fts5(
        search, content='messages', content_rowid='number', tokenize='ascii', detail='none')""",
    f"CREATE TRIGGER message_added AFTER INSERT ON messages BEGIN {ADD}; END",
    f"CREATE TRIGGER message_deleted AFTER DELETE ON messages BEGIN {REMOVE}; END",
    f"CREATE TRIGGER message_changed AFTER UPDATE OF search ON messages BEGIN {REMOVE}; {ADD}; END",
)
POSTGRES_SEARCH = (
    "CREATE INDEX messages_search ON messages USING gin (array_to_tsvector(string_to_array(search, ' ')))",
)


def upgrade() -> None:
    """Make the tables and the account `local`, which owns everything where there are no accounts."""
    accounts = op.create_table(
        "accounts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.bulk_insert(accounts, [{"id": "local", "created_at": time.time()}])
    _create_threads()
    _create_messages()
    _create_runs()
    _create_run_events()
    for statement in SQLITE_SEARCH if op.get_context().dialect.name == "sqlite" else POSTGRES_SEARCH:
        op.execute(sa.text(statement))


def _create_threads() -> None:
    op.create_table(
        "threads",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("system_prompt", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("deleted_at", sa.Double),
    )
    op.create_index("threads_newest", "threads", ["account_id", "updated_at", "id"])


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("thread_id", sa.Text, sa.ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
        sa.Column("parent_id", sa.Text, sa.ForeignKey("messages.id", ondelete="CASCADE")),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("parts", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
    )
    op.create_index("messages_of_thread", "messages", ["thread_id", "number"])
    op.create_index("messages_of_parent", "messages", ["parent_id"])


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("thread_id", sa.Text, sa.ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
        sa.Column("message_id", sa.Text, sa.ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("error_code", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("finish_reason", sa.Text),
        sa.Column("input_tokens", sa.Integer),
        sa.Column("output_tokens", sa.Integer),
        sa.Column("usage_is_estimated", sa.Boolean),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("heartbeat_at", sa.Double, nullable=False),
        sa.Column("cancel_requested_at", sa.Double),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.Column("events_pruned_at", sa.Double),
        sa.UniqueConstraint("account_id", "idempotency_key", name="runs_idempotency_key"),
    )
    op.create_index("runs_of_thread", "runs", ["thread_id"])
    op.create_index("runs_of_message", "runs", ["message_id"])
    unpruned, running = sa.text("events_pruned_at IS NULL"), sa.text("status = 'running'")
    op.create_index("runs_to_prune", "runs", ["ended_at"], sqlite_where=unpruned, postgresql_where=unpruned)
    op.create_index(
        "one_running_run_per_thread", "runs", ["thread_id"], unique=True, sqlite_where=running, postgresql_where=running
    )


def _create_run_events() -> None:
    op.create_table(
        "run_events",
        sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("lines", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
