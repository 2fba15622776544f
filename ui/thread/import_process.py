"""Reads an exported thread in a process of its own, which can be killed.

One call of the JSON decoder for a file of 32 MB would keep this process from everything else for seconds, also in a
thread: `python -m ui.thread.import_process MODEL…` reads the file from its input and writes what the API takes.
"""

import json
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from ui import texts
from ui.errors import PageError
from ui.thread.thread_file import UnreadableExport, from_json

LIMIT_SECONDS = 60.0
_REFUSED = 3
_ROOT = Path(__file__).parents[2]


def read_apart(content: bytes, models: Collection[str]) -> bytes:
    """Return the body of the request that imports the file, without a model that is not among these.

    Raises:
        UnreadableExport: it holds no thread; the sentence says what it is instead.
        PageError: it could not be read in its time.
    """
    command = [sys.executable, "-m", __name__, *models]
    try:
        done = subprocess.run(  # noqa: S603 - A module of ours.
            command, input=content, capture_output=True, timeout=LIMIT_SECONDS, cwd=_ROOT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise PageError(texts.IMPORT_UNREAD) from exc
    if done.returncode == _REFUSED:
        raise UnreadableExport(done.stdout.decode())
    if done.returncode:
        raise PageError(texts.IMPORT_UNREAD)
    return done.stdout


def main() -> int:
    """Read standard input and write the body, or the sentence that refuses it."""
    try:
        fields = from_json(sys.stdin.buffer.read())
    except UnreadableExport as refusal:
        sys.stdout.buffer.write(str(refusal).encode("utf-8", "replace"))
        return _REFUSED
    if fields.get("model") not in sys.argv[1:]:
        fields.pop("model", None)
    sys.stdout.buffer.write(json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
