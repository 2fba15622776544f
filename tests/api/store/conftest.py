"""The fixtures of the store tests."""

from tests.stores import empty_url

__all__ = ["empty_url"]
