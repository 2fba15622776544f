"""Under gevent nothing the store does holds the hub."""

import json
import subprocess
import sys
import threading

from api.hub import off_hub
from tests.support.processes import ROOT


def test_the_hub_turns_while_the_database_waits(database_url: str) -> None:
    command = [sys.executable, "-m", "tests.support.store_under_gevent", database_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    seen = json.loads(done.stdout)
    assert seen == {"waiting": 8, "counts": [8] * 60}


def test_under_native_threads_a_call_is_a_call() -> None:
    assert off_hub(threading.get_ident) == threading.get_ident()
