"""Stands between an MCP server and its worker, as a process: `python -I -S relay.py PARENT COMMAND ARGUMENT …`.

A message is read by the worker at once, however many pieces it has, and holds up everything else there meanwhile. One
that is too long or has too many is an error here, under its number, and the rest of it is never in the worker's memory:
4 MB of small objects took 0.15 s there, 200,000 pieces of content 0.9 s (`python -m tests.support.message_cost`).
The kernel kills both when the worker dies, however it dies (PR_SET_PDEATHSIG of prctl(2); Linux alone has it).
Nothing but the standard library is loaded.
"""

import ctypes
import os
import re
import sys

MAX_BYTES = 16_000_000
MAX_MARKS = 100_000  # quotes and commas, which are what takes time
READ_BYTES = 1 << 20
SHOWN_BYTES = 300
TOO_MUCH = "This answer is too long, or has too many pieces, to be read."

# The number of a message stands before what it carries, or after it.
_FIRST = re.compile(rb'^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,18})\s*,')
_LAST = re.compile(rb'"id"\s*:\s*(\d{1,18})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$')


def tie(parent: int) -> None:
    """Die with the parent, also where it has gone already."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(1, 9)
    if os.getppid() != parent:
        os._exit(1)


def relay(reading: int, writing: int) -> None:
    """Copy lines until there are no more, bounded ones as they are."""
    line, head, is_long = bytearray(), b"", False
    while received := os.read(reading, READ_BYTES):
        *ends, rest = received.split(b"\n")
        for end in ends:
            line += end
            write_all(writing, bounded(bytes(line), head, is_long=is_long))
            line, head, is_long = bytearray(), b"", False
        line += rest
        if len(line) > MAX_BYTES:
            head, is_long = head or bytes(line[:SHOWN_BYTES]), True
            del line[:-SHOWN_BYTES]


def bounded(line: bytes, head: bytes, *, is_long: bool) -> bytes:
    """Return a line with its end, or an error in the place of one that is too much; `head` is how a long one began."""
    if not is_long and line.count(b'"') + line.count(b",") <= MAX_MARKS:
        return line + b"\n"
    found = _FIRST.match((head or line)[:SHOWN_BYTES]) or _LAST.search(line[-SHOWN_BYTES:])
    if found is None:
        return b""
    return b'{"jsonrpc":"2.0","id":%b,"error":{"code":-32000,"message":"%b"}}\n' % (found[1], TOO_MUCH.encode())


def write_all(writing: int, data: bytes) -> None:
    """Write everything."""
    view = memoryview(data)
    while view:
        view = view[os.write(writing, view) :]


def main() -> None:
    """Start the command, relay what it says, and end as it does."""
    tie(int(sys.argv[1]))
    relaying = os.getpid()
    reading, writing = os.pipe()
    server = os.fork()
    if server == 0:
        tie(relaying)
        os.dup2(writing, 1)
        os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - It is what it is for.
    os.close(writing)
    os.close(0)
    try:
        relay(reading, 1)
    except BrokenPipeError:
        os._exit(1)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(server, 0)[1]) & 0xFF)


if __name__ == "__main__":
    main()
