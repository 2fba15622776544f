"""The fixtures of the tests of pages."""

from tests.support.opened_page import api, page

__all__ = ["api", "page"]
