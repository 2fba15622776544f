"""The fixtures of the tests of threads and runs."""

from tests.stores import migrated_template, postgres_url
from tests.thread_api import provider, thread_api

__all__ = ["migrated_template", "postgres_url", "provider", "thread_api"]
