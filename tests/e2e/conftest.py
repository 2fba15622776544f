"""The fixtures of the browser tests."""

from tests.support.browser import browser, context, visit
from tests.support.markdown_stage import stage
from tests.support.stack import stack

__all__ = ["browser", "context", "stack", "stage", "visit"]
