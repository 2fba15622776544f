"""A run that waits for a person counts as its thread's one run; a failure says whether asking again makes sense."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ACTIVE = sa.text("status IN ('running', 'requires_action')")
# What the codes of failures meant where nothing else was kept.
FAILED = sa.text(
    "UPDATE runs SET error_is_retryable = error_code NOT IN ('bad_request', 'context_too_long', 'content_filter')"
    " WHERE error_code IS NOT NULL"
)


def upgrade() -> None:
    """Keep `retryable` with the error; widen the index that allows a thread one run."""
    op.add_column("runs", sa.Column("error_is_retryable", sa.Boolean))
    op.execute(FAILED)
    op.drop_index("one_running_run_per_thread", "runs")
    op.create_index(
        "one_active_run_per_thread", "runs", ["thread_id"], unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE
    )
