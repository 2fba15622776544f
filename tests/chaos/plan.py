"""The plan of a chaos run: which answers, and what cuts each of them, all from one seed. No I/O."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.provider.answer import pieces
from tests.support.provider.scenario import Scenario

# How often each kind of cut is tried, out of a hundred.
WEIGHTS: Mapping[str, int] = {
    "reader dropped": 30,
    "second reader": 14,
    "cancelled elsewhere": 10,
    "worker killed": 8,
    "server restarted": 4,
    "database restarted": 4,
    "provider stalled": 5,
    "provider reset": 6,
    "provider ended early": 4,
    "provider 429": 5,
    "provider 500": 5,
    "provider garbage": 5,
}


@dataclass(frozen=True, slots=True)
class Cut:
    """One answer and what happens to it; `at_byte` is where of the reader's stream, 0 before the first token."""

    number: int
    kind: str
    deltas: tuple[str, ...]
    sent_deltas: int
    scenarios: tuple[Scenario, ...]
    at_byte: int
    drops: tuple[int, ...]
    status: str
    seed: int

    @property
    def model(self) -> str:
        """The model's name, of this cut alone, under which the provider has its script and its log."""
        return f"m{self.number}"

    @property
    def text(self) -> str:
        """The whole answer."""
        return "".join(self.deltas)


def make_plan(count: int, seed: int) -> list[Cut]:
    """Draw the cuts; every kind that there is room for comes at least once."""
    draw = random.Random(seed)
    kinds = list(WEIGHTS)[:count] + draw.choices(list(WEIGHTS), list(WEIGHTS.values()), k=max(0, count - len(WEIGHTS)))
    draw.shuffle(kinds)
    return [_cut(number, kind, draw) for number, kind in enumerate(kinds)]


def _cut(number: int, kind: str, draw: random.Random) -> Cut:
    deltas = tuple(f"{number}.{place}{draw.choice('é数🦆 x')} " for place in range(draw.randint(10, 90)))
    sent = draw.randint(1, len(deltas) - 1)
    rate = draw.choice((10.0, 20.0, 40.0, 80.0))
    whole = Scenario(deltas=deltas, chunks_per_second=rate)
    part = {"deltas": deltas[:sent], "chunks_per_second": rate, "finish_reason": None, "has_end_mark": False}
    is_before_first = kind == "cancelled elsewhere" and draw.random() < 0.5
    scenarios: Mapping[str, tuple[Scenario, ...]] = {
        "provider stalled": (
            Scenario(deltas=deltas, chunks_per_second=rate, pause_after_chunks=sent + 1, pause=90, comment_every=0.5),
        ),
        "provider reset": (Scenario(**part, ending="reset"),),
        "provider ended early": (Scenario(**part),),
        "provider garbage": (Scenario(raw=_garbage(deltas[:sent]), chunks_per_second=rate),),
        "provider 429": (Scenario(status=429, body="{}", headers={"retry-after": "0.3"}), whole),
        "provider 500": (Scenario(status=500, body="<html>"), whole),
    }
    is_failure = kind in ("provider stalled", "provider reset", "provider ended early", "provider garbage")
    silent = Scenario(deltas=deltas, chunks_per_second=rate, wait_before_first_chunk=15)
    length = 60 * len(deltas)
    return Cut(
        number=number,
        kind=kind,
        deltas=deltas,
        sent_deltas=sent if is_failure else len(deltas),
        scenarios=(silent,) if is_before_first else scenarios.get(kind, (whole,)),
        at_byte=0 if is_before_first else draw.randint(1, length),
        drops=tuple(draw.randint(1, length) for _ in range(draw.randint(1, 4))),
        status="failed" if is_failure else "cancelled" if kind == "cancelled elsewhere" else "completed",
        seed=draw.getrandbits(32),
    )


def _garbage(deltas: tuple[str, ...]) -> tuple[str, ...]:
    lines = [line.decode() for _, line in pieces(Scenario(deltas=deltas), {"model": "garbage"})]
    return (*lines[: len(deltas) + 1], "data: {not json at all\n\n")
