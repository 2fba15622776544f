"""A load generator: holds streams open against one server and measures them from end to end, in a process of its own.

    echo '{"port": …, "streams": 100, …}' | python -m tests.bench.load      # prints one JSON object

One epoll loop over raw sockets. A stream that ends is replaced at once, so the number of streams stays; the first
answer of each stream is shorter, by its place, so that ends and beginnings are spread. After the ramp comes the window,
and only what happens within it counts. The provider puts `@` and its microsecond before each chunk's text: the number
of `@` is the number of chunks, whatever shape they arrive in, and an answer that ends with another number is a failure.
"""

import gc
import heapq
import json
import select
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from tests.bench.measured import cpu_seconds, machine_busy_seconds

END = b"\r\n0\r\n\r\n"
OK = b"HTTP/1.1 200"
RETRY_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to ask for, how often and how long; `watched` names groups of processes whose CPU time to take."""

    port: int
    path: str = "/stream"
    accept: str = "text/plain"
    streams: int = 100
    chunks: int = 200
    rate: float = 20.0
    chars: int = 16
    ramp_seconds: float = 2.0
    window_seconds: float = 5.0
    sample_seconds: float = 1.0
    is_staggered: bool = True
    answers: int = 0  # With a number: no window, but so many answers as fast as they go.
    thread_ids: Sequence[str] = ()  # With threads: stored runs, a stream in each, every question its first message.
    headers: Mapping[str, str] = field(default_factory=dict)
    watched: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass
class Seen:
    """What the window saw, in seconds."""

    seconds: float = 0.0
    chunks: int = 0
    reads: int = 0
    answers: int = 0
    failures: int = 0
    first_text: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    samples: list[tuple[float, int, float]] = field(default_factory=list)


class Stream:
    """One of the streams: an answer, then the next."""

    def __init__(self, load: "Load", chunks: int, place: int = 0) -> None:
        self.place = place
        self._load = load
        self.begin(chunks)

    def begin(self, chunks: int) -> None:
        """Connect; the request goes out when the socket is ready."""
        self.chunks_wanted = chunks
        self.chunks = 0
        self.began_at = time.monotonic()
        self.text_at: float | None = None
        self._tail = b""
        self._status_is_known = False
        self.socket = socket.socket()
        self.socket.settimeout(0)
        self.socket.connect_ex(("127.0.0.1", self._load.plan.port))
        self._load.watch(self)

    def on_writable(self) -> None:
        """Send the request."""
        self._load.sent(self)
        try:
            self.socket.send(self._load.request(self.chunks_wanted, self.place))
        except OSError:
            self._end(is_complete=False)

    def on_readable(self) -> None:
        """Take what has arrived."""
        load, seen = self._load, self._load.seen
        try:
            received = self.socket.recv(262144)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        now = time.monotonic()
        if not received:
            self._end(is_complete=False)
            return
        if not self._status_is_known:
            self._status_is_known = True
            if not received.startswith(OK):
                self._end(is_complete=False)
                return
        if chunks := received.count(b"@"):
            self.chunks += chunks
            if load.is_measuring:
                seen.chunks += chunks
                seen.reads += 1
                if self.text_at is not None:
                    seen.gaps.append(now - max(self.text_at, load.window_began_at))
                elif self.began_at >= load.window_began_at:
                    seen.first_text.append(now - self.began_at)
                at = received.find(b"@")
                stamp = received[at + 1 : at + 13]
                if len(stamp) == 12:
                    seen.lags.append(now - int(stamp) / 1e6)
            self.text_at = now
        end = received[-len(END) :] if len(received) >= len(END) else (self._tail + received)[-len(END) :]
        self._tail = end
        if end == END:
            self._end(is_complete=self.chunks == self.chunks_wanted)

    def _end(self, *, is_complete: bool) -> None:
        self._load.forget(self)
        self.socket.close()
        if self._load.is_measuring:
            self._load.seen.answers += 1
            self._load.seen.failures += not is_complete
        self._load.ended(self, is_complete=is_complete)


class Load:
    """The streams, the loop and the window."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.seen = Seen()
        self.is_measuring = False
        self.window_began_at = 0.0
        self._epoll = select.epoll()
        self._streams: dict[int, Stream] = {}
        self._starts: list[tuple[float, int, Stream | None]] = []
        self._count = 0
        self._requests: dict[tuple[int, int], bytes] = {}

    def run(self) -> Seen:
        """Ramp up, measure, and stop."""
        began_at = time.monotonic()
        plan = self.plan
        if plan.answers:
            return self._run_answers()
        for place in range(plan.streams):
            self._start_at(began_at + plan.ramp_seconds * 0.8 * place / plan.streams, None)
        self._turn_until(began_at + plan.ramp_seconds)
        self._open_window()
        for number in range(1, int(plan.window_seconds / plan.sample_seconds) + 1):
            self._turn_until(self.window_began_at + number * plan.sample_seconds)
            self._sample()
        self._close_window()
        return self.seen

    def request(self, chunks: int, place: int) -> bytes:
        """Build the request of the stream at a place for so many chunks."""
        key = (chunks, place if self.plan.thread_ids else 0)
        if key not in self._requests:
            self._requests[key] = self._built(chunks, place)
        return self._requests[key]

    def _built(self, chunks: int, place: int) -> bytes:
        wanted = json.dumps({"chunks": chunks, "rate": self.plan.rate, "chars": self.plan.chars})
        path, asked = self.plan.path, {"thread_id": "bench", "messages": [{"role": "user", "content": wanted}]}
        if self.plan.thread_ids:
            thread_id = self.plan.thread_ids[place % len(self.plan.thread_ids)]
            path, asked = f"/threads/{thread_id}/runs", {"content": wanted, "parent_id": None}
        if path.startswith("/v1/"):
            asked = {"model": "bench", "stream": True, "messages": asked["messages"]}
        body = json.dumps(asked).encode()
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.plan.headers.items())
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {self.plan.accept}\r\n{headers}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def watch(self, stream: Stream) -> None:
        """Wait for the connection to be there."""
        self._streams[stream.socket.fileno()] = stream
        self._epoll.register(stream.socket, select.EPOLLOUT)

    def sent(self, stream: Stream) -> None:
        """Wait for the answer."""
        self._epoll.modify(stream.socket, select.EPOLLIN)

    def forget(self, stream: Stream) -> None:
        """Wait for nothing."""
        self._epoll.unregister(stream.socket)
        del self._streams[stream.socket.fileno()]

    def ended(self, stream: Stream, *, is_complete: bool) -> None:
        """Replace an answer that has ended; a failed one a little later."""
        if self.plan.answers and self._count >= self.plan.answers:
            return
        self._start_at(time.monotonic() + (0 if is_complete else RETRY_SECONDS), stream)

    def _run_answers(self) -> Seen:
        self._open_window()
        for _ in range(min(self.plan.streams, self.plan.answers)):
            self._start_at(self.window_began_at, None)
        while self._starts or self._streams:
            self._turn(0.5)
        self._close_window()
        return self.seen

    def _start_at(self, moment: float, stream: Stream | None) -> None:
        self._count += 1
        heapq.heappush(self._starts, (moment, self._count, stream))

    def _turn_until(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0:
            self._turn(left)

    def _turn(self, wait: float) -> None:
        now = time.monotonic()
        while self._starts and self._starts[0][0] <= now:
            _, number, stream = heapq.heappop(self._starts)
            if stream is not None:
                stream.begin(self.plan.chunks)
            elif self.plan.answers or not self.plan.is_staggered:
                Stream(self, self.plan.chunks, number)
            else:
                Stream(self, max(1, self.plan.chunks * number // self.plan.streams), number)
        if self._starts:
            wait = min(wait, max(0.0, self._starts[0][0] - now))
        for descriptor, event in self._epoll.poll(wait, 4096):
            if stream := self._streams.get(descriptor):
                if event & select.EPOLLOUT:
                    stream.on_writable()
                else:
                    stream.on_readable()

    def _open_window(self) -> None:
        self._cpu = {name: cpu_seconds(pids) for name, pids in self.plan.watched.items()}
        self._own_cpu = time.process_time()
        self._machine_busy = machine_busy_seconds()
        self.window_began_at = time.monotonic()
        self.is_measuring = True
        self._sample()

    def _sample(self) -> None:
        served = cpu_seconds(self.plan.watched.get("server", ()))
        self.seen.samples.append((time.monotonic() - self.window_began_at, self.seen.chunks, served))

    def _close_window(self) -> None:
        now = time.monotonic()
        self.is_measuring = False
        self.seen.seconds = now - self.window_began_at
        self.seen.cpu = {name: cpu_seconds(pids) - self._cpu[name] for name, pids in self.plan.watched.items()}
        self.seen.cpu["load"] = time.process_time() - self._own_cpu
        busy = machine_busy_seconds() - self._machine_busy
        self.seen.cpu["others"] = max(0.0, busy - sum(self.seen.cpu.values()))
        for stream in self._streams.values():
            # What is still being waited for counts with the wait so far.
            if stream.text_at is None:
                self.seen.first_text.append(now - max(stream.began_at, self.window_began_at))
            elif self.plan.rate and now - stream.text_at > 1 / self.plan.rate:
                self.seen.gaps.append(now - max(stream.text_at, self.window_began_at))


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def summary(seen: Seen) -> dict[str, object]:
    """Put the lists of times into percentiles, in milliseconds."""
    told = {name: value for name, value in asdict(seen).items() if name not in ("first_text", "gaps", "lags")}
    for name in ("first_text", "gaps", "lags"):
        values = getattr(seen, name)
        told[name] = {"count": len(values)} | {
            key: None if (value := percentile(values, share)) is None else round(value * 1000, 3)
            for key, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
        }
    return told


if __name__ == "__main__":
    gc.disable()
    print(json.dumps(summary(Load(Plan(**json.load(sys.stdin))).run())))
