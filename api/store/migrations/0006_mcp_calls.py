"""Calls of MCP clients of the older generation, for whoever gets the notification that cancels one."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "mcp_calls",
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.id"), primary_key=True),
        sa.Column("call_key", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("mcp_calls_by_age", "mcp_calls", ["created_at"])
