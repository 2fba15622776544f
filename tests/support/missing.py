"""What a test needs of the system and does not find."""

import os
import shutil
from typing import NoReturn

import pytest


def missing(part: str) -> NoReturn:
    """Skip the test for want of a part, and say of which; in CI fail it, because nothing is skipped there."""
    if os.environ.get("CI"):
        pytest.fail(part)
    pytest.skip(part)


def program(*names: str) -> str:
    """Return the path of the first of these programs that is installed."""
    return next(filter(None, map(shutil.which, names)), None) or missing(f"none of {', '.join(names)} is on the path")
