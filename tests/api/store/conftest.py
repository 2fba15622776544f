"""The fixtures of every store test."""

from tests.stores import database_url, empty_url, engine, migrated_template, postgres_url, store

__all__ = ["database_url", "empty_url", "engine", "migrated_template", "postgres_url", "store"]
