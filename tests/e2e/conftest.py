"""The fixtures of the browser tests."""

from tests.support.browser import browser, context, visit
from tests.support.markdown_stage import guarded_stage, stage
from tests.support.stack import stack

__all__ = ["browser", "context", "guarded_stage", "stack", "stage", "visit"]
