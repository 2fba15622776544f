"""Runs that call tools while their processes are killed: no call is made twice, and no card waits for ever.

`python -m tests.chaos.tools --cuts 100 --seed 7`: on each database; every cut is one run with one call.
"""

import argparse
import contextlib
import json
import random
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.parts import decode_parts, fold_events
from tests.chaos.client import Broken, Client, Seen
from tests.chaos.episode import LONGEST_RUNNING_SECONDS
from tests.chaos.world import World, running_world
from tests.support.processes import wait_for
from tests.support.provider.scenario import Scenario
from tests.support.tool_api import SERVER, calling, is_ready

KINDS = ("killed in the call", "killed while parked", "killed at the decision", "denied", "restarted while parked")
SERVERS = {"mcpServers": {name: {**SERVER, "policy": {"linger": name}} for name in ("always", "ask")}}
ENDED = ("completed", "failed", "cancelled", "interrupted")


@dataclass
class ToolResult:
    """What became of one run; `problems` say what must not be."""

    kind: str
    status: str = ""
    calls: int = 0
    problems: list[str] = field(default_factory=list)


def run_tool_chaos(
    folder: Path, database: str, worker_class: str, *, cuts: int, seed: int, at_once: int
) -> tuple[list[ToolResult], list[str]]:
    """Play so many runs; return what became of each, and what the servers complained of."""
    draw = random.Random(seed)
    plan = [(number, KINDS[number % len(KINDS)], draw.getrandbits(32)) for number in range(cuts)]
    more = {"MCP_SERVERS": json.dumps(SERVERS), "NOTE": folder / "notes"}
    with running_world(folder, database, worker_class, cuts, **more) as world:
        for url in world.urls:
            wait_for(lambda url=url: is_ready(url), what="the MCP servers")  # type: ignore[misc]
        (folder / "notes").touch()
        with ThreadPoolExecutor(at_once) as pool:
            results = list(pool.map(lambda cut: play(world, *cut), plan))
        trouble = world.trouble()
    notes = Counter((folder / "notes").read_text(encoding="utf-8").splitlines())
    for (number, _, _), result in zip(plan, results, strict=True):
        result.calls = notes[f"echo call {number}"]
        if result.calls > 1:
            result.problems.append(f"the call was made {result.calls} times")
    return results, trouble


def play(world: World, number: int, kind: str, seed: int) -> ToolResult:
    """Run one run to its end, and check what is left."""
    result = ToolResult(kind)
    try:
        _play(world, number, result, random.Random(seed))
    except Exception as error:  # noqa: BLE001 - Whatever it is, it is a finding.
        result.problems.append(f"{type(error).__name__}: {error}")
    return result


def _play(world: World, number: int, result: ToolResult, draw: random.Random) -> None:
    kind, model = result.kind, f"m{number}"
    server = "always" if kind == "killed in the call" else "ask"
    arguments = json.dumps({"text": f"call {number}", "seconds": draw.uniform(0, 1)})
    world.provider.script(model, calling(("c1", f"{server}__linger", arguments)), Scenario(text="Done."))
    client = Client(world.urls, number)
    thread_id, run_id, stream = client.start(model, f"tools-{number}", "Go on.")
    stream.close()
    pause = threading.Event()
    breaking = threading.Thread(
        target=world.break_something,
        args=("server restarted" if kind.startswith("restarted") else "worker killed", draw),
    )
    if kind == "killed in the call":
        pause.wait(draw.uniform(0, 2))
        breaking.start()
    else:
        status = _wait(client, run_id, (*ENDED, "requires_action"))
        if kind != "killed at the decision":
            breaking.start()
            pause.wait(draw.uniform(0, 1))
        elif status == "requires_action":
            threading.Timer(draw.uniform(0, 0.05), breaking.start).start()
        if status == "requires_action":
            decision = "deny" if kind == "denied" else "approve"
            path = f"/runs/{run_id}/tool_calls/c1"
            decided = Client(world.urls, number + 1).ask("POST", path, json={"decision": decision})
            # The answer to an earlier try may have been lost with its process.
            if decided.status_code not in (202, 409):
                raise Broken(f"the decision was refused: {decided.status_code} {decided.text}")
    result.status = _wait(client, run_id, ENDED)
    with contextlib.suppress(RuntimeError):  # It was never started.
        breaking.join(120)
    _check(client, thread_id, run_id, result)


def _wait(client: Client, run_id: str, statuses: Sequence[str]) -> str:
    def status() -> str:
        found = str(client.ask("GET", f"/runs/{run_id}").json()["status"])
        return found if found in statuses else ""

    return wait_for(status, LONGEST_RUNNING_SECONDS, f"one of {', '.join(statuses)}")


def _check(client: Client, thread_id: str, run_id: str, result: ToolResult) -> None:
    seen = Seen()
    client.follow(run_id, seen, lambda _: False)
    events: list[tuple[str, bytes]] = []
    body = client.ask("GET", f"/runs/{run_id}/events", headers={"Accept": "application/x-ndjson"}).text
    for line in filter(None, body.split("\n")):
        fields: dict[str, Any] = json.loads(line)
        del fields["seq"]
        events.append((fields.pop("type"), json.dumps(fields).encode()))
    (answer,) = [
        message
        for message in client.ask("GET", f"/threads/{thread_id}/messages").json()["messages"]
        if message["role"] == "assistant"
    ]
    if fold_events(events) != decode_parts(json.dumps(answer["parts"])):
        result.problems.append("the log and the message differ")
    if answer["status"] != result.status:
        result.problems.append(f"the run is {result.status}, its message {answer['status']}")
    results = [part for part in answer["parts"] if part["type"] == "tool_result"]
    if result.status == "completed" and len(results) != 1:
        result.problems.append(f"a completed answer has {len(results)} results")
    if result.kind == "denied" and results and not results[0]["is_error"]:
        result.problems.append("a denied call was made")


def table(results: Sequence[ToolResult]) -> str:
    """Count how the runs of each kind ended, and how many calls were made."""
    rows = ["| cut | tried | completed | interrupted | other | calls made | problems |", "|---" * 7 + "|"]
    for kind in KINDS:
        own = [result for result in results if result.kind == kind]
        ends = Counter(result.status for result in own)
        counts = (len(own), ends["completed"], ends["interrupted"], len(own) - ends["completed"] - ends["interrupted"])
        wrong = sum(bool(result.problems) for result in own)
        rows.append(f"| {kind} | {' | '.join(map(str, counts))} | {sum(each.calls for each in own)} | {wrong} |")
    return "\n".join(rows)


def main() -> None:
    """Run it on both databases and print the tables; exit with 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="tests.chaos.tools", description=__doc__)
    parser.add_argument("--cuts", type=int, default=100, help="on each database")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--worker-class", choices=("gevent", "gthread"), default="gevent")
    arguments = parser.parse_args()
    is_sound = True
    for database in ("sqlite", "postgres"):
        print(f"tools: {database}, --cuts {arguments.cuts} --seed {arguments.seed}", flush=True)
        with tempfile.TemporaryDirectory(prefix="decant-chaos-") as folder:
            results, trouble = run_tool_chaos(
                Path(folder), database, arguments.worker_class, cuts=arguments.cuts, seed=arguments.seed, at_once=4
            )
        problems = [f"{result.kind}: {problem}" for result in results for problem in result.problems]
        print(table(results), *problems, *trouble, sep="\n", flush=True)
        is_sound = is_sound and not problems and not trouble
    sys.exit(not is_sound)


if __name__ == "__main__":
    main()
