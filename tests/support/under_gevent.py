"""Runs pytest with everything patched by gevent, as a gunicorn worker is."""

import subprocess
import sys
from pathlib import Path

PATCHED_PYTEST = (
    "from gevent import monkey; monkey.patch_all(); import pytest, sys; sys.exit(pytest.main(sys.argv[1:]))"
)


def run_under_gevent(test_file: str) -> None:
    """Run the file's tests, but those with gevent in their name, in a process of their own."""
    arguments = [sys.executable, "-c", PATCHED_PYTEST, test_file, "-k", "not gevent", "-p", "no:cacheprovider"]
    root = Path(__file__).parents[2]
    finished = subprocess.run(arguments, cwd=root, capture_output=True, text=True, timeout=600, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
