"""How much a run of the benchmarks measures."""

from dataclasses import dataclass, field

from tests.bench.api.servers import Pins


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line; the last four matter to the page only."""

    is_quick: bool = False
    rounds: int = 3
    pins: Pins = field(default_factory=Pins)
    kind: str = "mixed"
    sizes: tuple[int, ...] = ()
    only: tuple[str, ...] = ()
    answers: int = 1000
