"""One cut from the start of its run to the last check."""

import contextlib
import itertools
import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.client import TERMINAL, Broken, Client, Seen
from tests.chaos.plan import Cut
from tests.chaos.world import World
from tests.support.processes import WAIT_SECONDS, wait_for
from tests.support.provider.server import Call

# A run whose process is gone is claimed within 40 s; a busy machine takes longer.
LONGEST_RUNNING_SECONDS = 40 + WAIT_SECONDS
# A run's process stores what it has every 0.2 s; a machine that is busy with chaos takes longer.
LAST_FLUSH_SECONDS = 2.5
BREAKS_PROCESSES = ("worker killed", "server restarted", "database restarted")


@dataclass
class Result:
    """What became of a cut; `problems` are named by their kind first: lost, doubled or other."""

    cut: Cut
    status: str = ""
    ended_after: float = 0.0
    unflushed: float = 0.0
    cancel_seconds: float | None = None
    connections: int = 0
    problems: list[str] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """Count the problems of a kind."""
        return sum(problem.startswith(kind) for problem in self.problems)


def play(world: World, cut: Cut) -> Result:
    """Run a cut and check everything."""
    result = Result(cut)
    try:
        _Episode(world, cut, result).play()
    except Exception as error:  # noqa: BLE001 - Whatever it is, it is a finding.
        result.problems.append(f"other: {type(error).__name__}: {error}")
    return result


class _Episode:
    def __init__(self, world: World, cut: Cut, result: Result) -> None:
        self._world = world
        self._cut = cut
        self._result = result
        self._draw = random.Random(cut.seed)
        self._client = Client(world.urls, cut.number)
        self._drops = iter(itertools.accumulate(cut.drops))
        self._next_drop = next(self._drops)
        self._others: list[threading.Thread] = []
        self._has_cut = False
        self._cancelled_at: float | None = None
        self._broken: list[BaseException] = []

    def play(self) -> None:
        """Run it to its end and check what is left."""
        cut, world = self._cut, self._world
        world.provider.script(cut.model, *cut.scenarios)
        self.thread_id, self.run_id, stream = self._client.start(cut.model, f"{cut.seed}-{cut.number}", "Go on.")
        self._readers = [Seen()]
        if cut.at_byte == 0:
            with contextlib.suppress(AssertionError):  # The run's process may be gone before it has asked.
                wait_for(lambda: world.provider.calls(cut.model), 3, "the call")
            self._strike()
        self._client.follow(self.run_id, self._readers[0], self._on_bytes, stream)
        if not self._has_cut:
            self._strike()  # The answer was shorter than the place of the cut: it strikes after the end.
        for other in self._others:
            other.join(120)
        if self._broken:
            raise Broken("; ".join(map(str, self._broken)))
        self._check()

    def _on_bytes(self, count: int) -> bool:
        if not self._has_cut and count >= self._cut.at_byte:
            self._strike()
        if self._cut.kind == "reader dropped" and count >= self._next_drop:
            self._next_drop = next(self._drops, 1 << 60)
            return True
        return False

    def _strike(self) -> None:
        self._has_cut = True
        if self._cut.kind == "second reader":
            self._readers.append(Seen())
            client = Client(self._world.urls, self._cut.number + 1)
            self._beside(client.follow, self.run_id, self._readers[-1], lambda _: False)
        elif self._cut.kind == "cancelled elsewhere":
            self._cancelled_at = time.monotonic()
            Client(self._world.urls, self._cut.number + 1).ask("POST", f"/runs/{self.run_id}/cancel")
        elif self._cut.kind in BREAKS_PROCESSES:
            self._beside(self._world.break_something, self._cut.kind, self._draw)

    def _beside(self, call: Any, *arguments: Any) -> None:
        def run() -> None:
            try:
                call(*arguments)
            except Exception as error:  # noqa: BLE001 - It fails the episode, not this thread.
                self._broken.append(error)

        self._others.append(threading.Thread(target=run))
        self._others[-1].start()

    def _check(self) -> None:
        run = self._ended_run()
        replayed = self._replay(run["seq"])
        messages = self._client.ask("GET", f"/threads/{self.thread_id}/messages").json()["messages"]
        stored = "".join(part["text"] for part in messages[-1]["parts"] if part["type"] == "text")
        calls = self._world.provider.calls(self._cut.model)
        self._expect([message["role"] for message in messages] == ["user", "assistant"], "doubled: messages")
        self._expect(messages[-1]["status"] == run["status"], "other: the message and the run differ in status")
        self._expect(replayed == stored, "lost: the log and the message differ")
        for seen in self._readers:
            self._expect(seen.terminal is None or "".join(seen.text) == stored, "lost: a reader saw another text")
        self._check_text(run, stored, calls)
        self._check_calls(calls)
        self._result.status = run["status"]
        self._result.connections = sum(seen.connections for seen in self._readers)

    def _ended_run(self) -> dict[str, Any]:
        began_at = time.monotonic()

        def ended() -> dict[str, Any] | None:
            run = self._client.ask("GET", f"/runs/{self.run_id}").json()
            return run if run["status"] != "running" else None

        run = wait_for(ended, LONGEST_RUNNING_SECONDS, "the run to be over")
        self._result.ended_after = time.monotonic() - began_at
        return run

    def _frames(self, path: str) -> list[str]:
        """Read events as they are sent, without the comments of a silence, as while the database restarts."""
        frames = self._client.ask("GET", path).content.decode().split("\n\n")[:-1]
        return [frame for frame in frames if not frame.startswith(":")]

    def _replay(self, last_seq: int) -> str:
        """Replay all and a rest: numbered without gaps, one end, byte for byte the same; return the text."""
        path = f"/runs/{self.run_id}/events"
        whole = self._frames(path)
        seen = Seen()
        for frame in whole:
            number, event_type, fields = (line.partition(": ")[2] for line in frame.split("\n"))
            seen.take(event_type, int(number), json.loads(fields))
        self._expect(seen.terminal in TERMINAL and seen.seq == last_seq, "other: the log has no end")
        after = self._draw.randint(0, last_seq - 1)
        self._expect(self._frames(f"{path}?after={after}") == whole[after:], "other: a replay differs")
        seen_all = self._client.ask("GET", f"{path}?after={last_seq}").status_code
        self._expect(seen_all == 204, "other: no 204 after the end")
        return "".join(seen.text)

    def _events(self, path: str) -> bytes:
        """Read events to the end, without the comments: a database that is away makes heartbeats."""
        body = self._client.ask("GET", path).content
        return body.removeprefix(b": open\n\n").replace(b": heartbeat\n\n", b"")

    def _check_text(self, run: dict[str, Any], stored: str, calls: list[Call]) -> None:
        cut, status = self._cut, run["status"]
        sent = "".join(cut.deltas[: cut.sent_deltas])
        stored_deltas = len(list(itertools.takewhile(lambda text: text <= len(stored), self._lengths())))
        self._expect(cut.text.startswith(stored), "doubled: what is stored is not how the answer begins")
        self._expect("".join(cut.deltas[:stored_deltas]) == stored, "lost: part of a delta")
        # A cancel may come after the end.
        expected = {cut.status, "interrupted", *(["completed"] if self._cancelled_at is not None else [])}
        self._expect(status in expected, f"other: it is {status}: {run['error']}")
        if status in ("completed", "failed"):
            self._expect(stored == sent, f"lost: {len(sent) - len(stored)} characters of a {status} answer")
        elif status == "interrupted" and calls:
            self._check_interrupted(stored_deltas, calls[-1])

    def _check_interrupted(self, stored_deltas: int, call: Call) -> None:
        """What was sent well before the process went away has to be there."""
        missing = call.chunks_sent_at[1 : 1 + len(self._cut.deltas)][stored_deltas:]
        if missing:
            gone_at = call.client_closed_at or call.ended_at or missing[0]
            without_database = self._world.seconds_without_database(missing[0], gone_at)
            self._result.unflushed = max(0.0, gone_at - missing[0] - without_database)
            self._expect(
                self._result.unflushed < LAST_FLUSH_SECONDS, f"lost: {self._result.unflushed:.2f} s before the end"
            )

    def _check_calls(self, calls: list[Call]) -> None:
        spoke = [call for call in calls if len(call.chunks_sent_at) > 1]
        self._expect(len(spoke) <= 1, f"doubled: the provider was asked {len(spoke)} times")
        self._expect(len(calls) <= len(self._cut.scenarios), f"doubled: {len(calls)} calls")
        wait_for(lambda: all(map(_is_over, self._calls())), what="the provider's connections to be closed")
        closed = self._calls()
        if self._cancelled_at is not None and closed and closed[-1].client_closed_at is not None:
            self._result.cancel_seconds = closed[-1].client_closed_at - self._cancelled_at

    def _calls(self) -> list[Call]:
        return self._world.provider.calls(self._cut.model)

    def _lengths(self) -> Any:
        return itertools.accumulate(map(len, self._cut.deltas))

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self._result.problems.append(otherwise)


def _is_over(call: Call) -> bool:
    return call.ended_at is not None or call.client_closed_at is not None
