"""Runs that wait for a person and what they go on with; what a thread's person has approved and switched off."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

PARKED = sa.text("status = 'requires_action'")


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("runs", sa.Column("action_expires_at", sa.Double))
    op.add_column("runs", sa.Column("options", sa.Text))
    op.create_index("runs_parked", "runs", ["action_expires_at"], sqlite_where=PARKED, postgresql_where=PARKED)
    op.add_column("threads", sa.Column("tools_off", sa.Text, nullable=False, server_default="[]"))
    op.create_table(
        "tool_decisions",
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("thread_id", sa.Text, sa.ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("server", sa.Text, primary_key=True),
        sa.Column("tool", sa.Text, primary_key=True),
        sa.Column("definition_hash", sa.Text, primary_key=True),
        sa.Column("created_at", sa.Double, nullable=False),
    )
