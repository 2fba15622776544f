"""Freed memory goes back."""

import os
import subprocess
import sys

import pytest

from api.heap import find_trim
from tests.support.processes import ROOT

# Every 50th block stays, so that what is freed lies between blocks in use.
FRAGMENTED = """
import psutil
from api.heap import find_trim
blocks = [bytes(2000) for _ in range(50_000)]
kept = blocks[::50]
del blocks
before = psutil.Process().memory_info().rss
find_trim()(0)
print(before - psutil.Process().memory_info().rss)
"""


@pytest.mark.skipif(find_trim() is None, reason="this C library has no malloc_trim")
def test_what_is_freed_between_blocks_in_use_goes_back() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", FRAGMENTED]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout) > 50_000_000
