"""The fixtures of the tests above a store."""

from tests.support.stores import (
    database_url,
    engine,
    migrated_file,
    migrated_template,
    postgres_database,
    postgres_url,
    store,
)
from tests.support.thread_api import provider, thread_api

__all__ = [
    "database_url",
    "engine",
    "migrated_file",
    "migrated_template",
    "postgres_database",
    "postgres_url",
    "provider",
    "store",
    "thread_api",
]
