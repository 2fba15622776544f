"""Runs get a number, and the rows of their log are kept as they come, found by it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

UNPRUNED, RUNNING = sa.text("events_pruned_at IS NULL"), sa.text("status = 'running'")


def upgrade() -> None:
    """Number the runs, keeping them and their events."""
    if op.get_context().dialect.name == "sqlite":
        _rebuild()
    else:
        _alter()


def _rebuild() -> None:
    # Other tables go on to refer to a table that is renamed; the old one is dropped when nothing refers to it.
    old_runs = sa.Table("runs", sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)
    old_events = sa.Table("run_events", sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)
    owners = {
        "account_id": sa.ForeignKey("accounts.id"),
        "thread_id": sa.ForeignKey("threads.id", ondelete="CASCADE"),
        "message_id": sa.ForeignKey("messages.id", ondelete="CASCADE"),
    }
    runs = op.create_table(
        "numbered_runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, key, nullable=False) for name, key in owners.items()),
        *(
            sa.Column(old.name, old.type, nullable=old.nullable)
            for old in old_runs.columns
            if old.name not in owners and old.name != "id"
        ),
        sa.UniqueConstraint("account_id", "idempotency_key", name="runs_idempotency_key"),
    )
    names = [column.name for column in old_runs.columns]
    op.execute(runs.insert().from_select(names, sa.select(old_runs).order_by(old_runs.c.created_at, old_runs.c.id)))
    run_number = sa.ForeignKey("numbered_runs.number", ondelete="CASCADE")
    events = op.create_table(
        "numbered_run_events",
        sa.Column("run_number", sa.Integer, run_number, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("lines", sa.LargeBinary, nullable=False),
    )
    numbered = sa.select(runs.c.number, old_events.c.seq, old_events.c.lines).join(
        runs, runs.c.id == old_events.c.run_id
    )
    op.execute(events.insert().from_select(["run_number", "seq", "lines"], numbered))
    op.drop_table("run_events")
    op.drop_table("runs")
    op.rename_table("numbered_runs", "runs")
    op.rename_table("numbered_run_events", "run_events")
    op.create_index("runs_of_thread", "runs", ["thread_id"])
    op.create_index("runs_of_message", "runs", ["message_id"])
    op.create_index("runs_to_prune", "runs", ["ended_at"], sqlite_where=UNPRUNED)
    op.create_index("one_running_run_per_thread", "runs", ["thread_id"], unique=True, sqlite_where=RUNNING)


def _alter() -> None:
    op.drop_constraint("run_events_run_id_fkey", "run_events")
    op.drop_constraint("run_events_pkey", "run_events")
    op.drop_constraint("runs_pkey", "runs")
    op.execute("ALTER TABLE runs ADD COLUMN number BIGSERIAL PRIMARY KEY")
    op.create_unique_constraint("runs_id_key", "runs", ["id"])
    op.add_column("run_events", sa.Column("run_number", sa.BigInteger))
    op.execute("UPDATE run_events SET run_number = runs.number FROM runs WHERE runs.id = run_events.run_id")
    op.drop_column("run_events", "run_id")
    op.create_primary_key("run_events_pkey", "run_events", ["run_number", "seq"])
    op.create_foreign_key(
        "run_events_run_number_fkey", "run_events", "runs", ["run_number"], ["number"], ondelete="CASCADE"
    )
