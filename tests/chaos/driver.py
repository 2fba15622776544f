"""Plays a whole plan against a world and checks, at the end, the database and the processes."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from api.store.engine import make_engine
from tests.chaos.episode import Result, play
from tests.chaos.plan import make_plan
from tests.chaos.world import World, running_world


@dataclass(frozen=True)
class Outcome:
    """What a chaos run found; `problems` are those of no cut in particular."""

    results: tuple[Result, ...]
    problems: tuple[str, ...]
    seconds: float
    kills: int


def run_chaos(folder: Path, database: str, worker_class: str, *, cuts: int, seed: int, at_once: int) -> Outcome:
    """Play the plan of the seed, so many answers at once."""
    began_at = time.monotonic()
    plan = make_plan(cuts, seed)
    with running_world(folder, database, worker_class, len(plan)) as world:
        with ThreadPoolExecutor(at_once) as pool:
            results = tuple(pool.map(lambda cut: play(world, cut), plan))
        problems = [*_database_problems(world), *world.trouble()]
    problems += [f"other: {node.orphans} processes outlived their server" for node in world.nodes if node.orphans]
    return Outcome(results, tuple(problems), time.monotonic() - began_at, len(world.kills))


def _database_problems(world: World) -> list[str]:
    engine = make_engine(world.database_url)
    counts = {
        "runs that still run": "SELECT count(*) FROM runs WHERE status = 'running'",
        "messages that differ from their runs in status": "SELECT count(*) FROM messages JOIN runs "
        "ON runs.id = messages.run_id WHERE runs.status <> messages.status",
        "runs whose last row of events is not their end": "SELECT count(*) FROM runs WHERE seq <> "
        "(SELECT max(run_events.seq) FROM run_events WHERE run_events.run_number = runs.number)",
    }
    with engine.connect() as connection:
        found = {what: connection.execute(text(query)).scalar_one() for what, query in counts.items()}
    engine.dispose()
    return [f"other: {count} {what}" for what, count in found.items() if count]
