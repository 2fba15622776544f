"""The store: the only SQL of the API. Everything above it sees values and plain calls.

Each call is one transaction and blocks the greenlet or thread that makes it, never gevent's hub.
"""

from dataclasses import dataclass

from sqlalchemy import Engine

from api.store.imports import Imports
from api.store.maintenance import Maintenance
from api.store.mcp_calls import McpCalls
from api.store.message_search import MessageSearch
from api.store.messages import Messages
from api.store.run_decisions import RunDecisions
from api.store.run_events import RunEvents
from api.store.runs import Runs
from api.store.threads import Threads
from api.store.transactions import Database

LOCAL_ACCOUNT_ID = "local"


@dataclass(frozen=True, slots=True)
class Store:
    """What is kept, by kind."""

    engine: Engine
    threads: Threads
    messages: Messages
    imports: Imports
    runs: Runs
    run_events: RunEvents
    run_decisions: RunDecisions
    maintenance: Maintenance
    message_search: MessageSearch
    mcp_calls: McpCalls


def open_store(engine: Engine) -> Store:
    """Put the store over an engine; nothing is connected yet."""
    database = Database(engine)
    return Store(
        engine,
        Threads(database),
        Messages(database),
        Imports(database),
        Runs(database),
        RunEvents(database),
        RunDecisions(database),
        Maintenance(database),
        MessageSearch(database),
        McpCalls(database),
    )
