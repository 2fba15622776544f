"""The terms that search finds texts by have another form: every text is read again."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from api.parts import decode_parts, text_of
from api.store.search import index_terms

revision = "0004"
down_revision = "0003"

AT_ONCE = 500

messages = sa.table("messages", *map(sa.column, ("number", "parts", "search")))
threads = sa.table("threads", *map(sa.column, ("id", "title", "search")))


def upgrade() -> None:
    """Write the terms of all messages and titles anew, some at a time."""
    _rewrite(messages, messages.c.number, messages.c.parts, lambda parts: index_terms(text_of(decode_parts(parts))))
    _rewrite(threads, threads.c.id, threads.c.title, index_terms)


def _rewrite(
    table: sa.TableClause, key: sa.ColumnClause[object], written: sa.ColumnClause[str], terms: Callable[[str], str]
) -> None:
    connection = op.get_bind()
    change = sa.update(table).where(key == sa.bindparam("of_key")).values(search=sa.bindparam("terms"))
    asked = sa.select(key, written, table.c.search).order_by(key).limit(AT_ONCE)
    rows = connection.execute(asked).all()
    while rows:
        fresh = [{"of_key": row[0], "terms": terms(row[1])} for row in rows]
        changed = [new for new, row in zip(fresh, rows, strict=True) if new["terms"] != row[2]]
        if changed:
            connection.execute(change, changed)
        rows = connection.execute(asked.where(key > rows[-1][0])).all()
