"""A provider for benchmarks: streams answers at their pace from one epoll loop, cheap enough for a thousand streams.

A request says what it wants in its last user message, as JSON: `{"chunks", "rate", "chars"}`; rate 0 is a burst. The
text of each chunk begins with `@` and the microsecond, by the machine's monotonic clock, at which it was sent, so that
the load generator measures each delta from end to end. `tests/provider` has the quirks, this one is fast.

    python -m tests.bench.provider      # prints its port and ends with its standard input
"""

import gc
import heapq
import json
import os
import select
import socket
import sys
import time

STAMP_CHARS = 13
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
OPENING = b'data: {"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012","object":"chat.completion.chunk","created":1700000000,'
OPENING += b'"model":"bench","service_tier":"default","system_fingerprint":"fp_0123456789",'
CHUNK = OPENING + b'"choices":[{"index":0,"delta":{"content":"@%b"},"logprobs":null,"finish_reason":null}]}\n\n'
FIRST = (
    OPENING
    + b'"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}\n\n'
)
FINISH = OPENING + b'"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}\n\n'
USAGE = OPENING + b'"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":%d,"total_tokens":%d}}\n\n'


def http_chunk(body: bytes) -> bytes:
    """Put the chunked coding around one write."""
    return b"%x\r\n%b\r\n" % (len(body), body)


class Connection:
    """One client: takes requests, and sends the answer of the one it works on."""

    def __init__(self, connected: socket.socket, loop: "Loop") -> None:
        self.socket = connected
        self.is_open = True
        self._loop = loop
        self._received = b""
        self._unsent = b""
        self._left = 0

    def on_readable(self) -> None:
        """Take what has come; begin an answer when a request is complete."""
        try:
            received = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self.close()
            return
        self._received += received
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if len(body) >= length:
            self._received = body[length:]
            self._answer(head, body[:length])

    def on_writable(self) -> None:
        """Send what the socket did not take before."""
        unsent, self._unsent = self._unsent, b""
        self._loop.watch_writing(self, wanted=False)
        self._send(unsent)

    def send_due(self, due: float) -> None:
        """Send the next chunk and ask to be called for the one after it."""
        if not self.is_open:
            return
        self._send(self._before + b"%012d" % (time.monotonic_ns() // 1000) + self._after)
        self._left -= 1
        if self._left:
            self._loop.call_at(due + self._interval, self)
        else:
            self._send(self._ending)

    def close(self) -> None:
        """Forget the client."""
        if self.is_open:
            self.is_open = False
            self._loop.forget(self)

    def _answer(self, head: bytes, body: bytes) -> None:
        if not head.startswith(b"POST"):
            listed = b'{"object":"list","data":[{"id":"bench","object":"model"}]}'
            self._send(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
                % (len(listed), listed)
            )
            return
        content = json.loads(body)["messages"][-1]["content"]
        wanted = json.loads(content if isinstance(content, str) else content[0]["text"])
        self._left = wanted["chunks"]
        usage = http_chunk(USAGE % (self._left, self._left + 9)) if b"include_usage" in body else b""
        self._ending = http_chunk(FINISH) + usage + http_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
        filler = (b" lorem ipsum dolor sit amet" * 100)[: max(0, wanted["chars"] - STAMP_CHARS)]
        self._before, self._after = http_chunk(CHUNK % (b"\0" + filler)).split(b"\0")
        size, _, rest = self._before.partition(b"\r\n")
        self._before = b"%x\r\n%b" % (int(size, 16) + STAMP_CHARS - 2, rest)
        self._send(HEAD + http_chunk(FIRST))
        if wanted["rate"]:
            self._interval = 1 / wanted["rate"]
            self.send_due(time.monotonic())
        else:
            one = self._before + b"%012d" % (time.monotonic_ns() // 1000) + self._after
            self._send(one * self._left + self._ending)

    def _send(self, payload: bytes) -> None:
        if self._unsent:
            self._unsent += payload
            return
        try:
            sent = self.socket.send(payload)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        if sent < len(payload):
            self._unsent = payload[sent:]
            self._loop.watch_writing(self, wanted=True)


class Loop:
    """Sockets by epoll and due times by heap."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._due: list[tuple[float, int, Connection]] = []
        self._count = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self._listener.settimeout(0)
        self._epoll.register(self._listener, select.EPOLLIN)
        self.port = self._listener.getsockname()[1]

    def run_until_stdin_closes(self) -> None:
        """Serve."""
        parent = sys.stdin.fileno()
        os.set_blocking(parent, False)
        self._epoll.register(parent, select.EPOLLIN)
        while True:
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                due, _, connection = heapq.heappop(self._due)
                connection.send_due(due)
            wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else -1
            for descriptor, event in self._epoll.poll(wait, 4096):
                if descriptor == parent:
                    return
                if descriptor == self._listener.fileno():
                    self._accept()
                elif connection := self._connections.get(descriptor):
                    if event & select.EPOLLOUT:
                        connection.on_writable()
                    if event & ~select.EPOLLOUT:
                        connection.on_readable()

    def call_at(self, due: float, connection: Connection) -> None:
        """Call `connection.send_due` at this moment."""
        self._count += 1
        heapq.heappush(self._due, (due, self._count, connection))

    def watch_writing(self, connection: Connection, *, wanted: bool) -> None:
        """Say whether the connection waits to write."""
        self._epoll.modify(connection.socket, select.EPOLLIN | (select.EPOLLOUT if wanted else 0))

    def forget(self, connection: Connection) -> None:
        """Close a connection."""
        self._connections.pop(connection.socket.fileno(), None)
        self._epoll.unregister(connection.socket)
        connection.socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except BlockingIOError:
                return
            connected.settimeout(0)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections[connected.fileno()] = Connection(connected, self)
            self._epoll.register(connected, select.EPOLLIN)


if __name__ == "__main__":
    gc.disable()
    loop = Loop()
    print(loop.port, flush=True)
    loop.run_until_stdin_closes()
