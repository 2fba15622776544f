"""The fixtures of the store tests."""

from tests.support.stores import empty_url

__all__ = ["empty_url"]
