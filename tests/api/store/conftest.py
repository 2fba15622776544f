"""The fixtures of every store test."""

from tests.stores import database_url, empty_url, engine, store

__all__ = ["database_url", "empty_url", "engine", "store"]
