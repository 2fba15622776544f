"""One answer in one page: how soon what is sent is seen, and what that costs."""

from tests.bench.answers import answer
from tests.bench.page.browser import Seen, watch
from tests.bench.page.lab import ALL, DECANT, PageLab, Peer
from tests.bench.report import Cell, Table, median

RATE = 50.0
CHUNK = 17
QUICK_SIZE = 2_000
SIZE = 51_000
SIZES = (8_000, 25_000, 51_000, 200_000)
NOTE = (
    "Lag in ms from the moment a marker is due to the frame that shows it; what is not there at the end counts with "
    "the wait so far. Bytes: received by the browser per byte of text, before compression."
)


def answers(lab: PageLab) -> Table:
    """Decant beside its peers."""
    sizes = lab.options.sizes or ((QUICK_SIZE,) if lab.options.is_quick else (SIZE,))
    return _measured(lab, Table("page_answer", f"One answer at {RATE:.0f} chunks/s in a browser", NOTE), ALL, sizes)


def sizes(lab: PageLab) -> Table:
    """Decant alone, from a short answer to a very long one."""
    sizes = lab.options.sizes or ((QUICK_SIZE, 2 * QUICK_SIZE) if lab.options.is_quick else SIZES)
    table = Table("page_sizes", f"Growth: Decant's page by the length of the answer, {RATE:.0f} chunks/s", NOTE)
    return _measured(lab, table, (DECANT,), sizes)


def _measured(lab: PageLab, table: Table, peers: tuple[Peer, ...], sizes: tuple[int, ...]) -> Table:
    present = lab.present(*peers)
    for size in sizes:
        text = answer(lab.options.kind, size)
        rounds: dict[Peer, list[Seen]] = {peer: [] for peer in present}
        for _ in range(lab.options.rounds):
            for peer in present:
                with lab.fresh(peer) as place:
                    rounds[peer].append(watch(place, peer.root, text, RATE, CHUNK))
        table.rows += [{"page": peer.name, "KB": size / 1000, **_row(seen)} for peer, seen in rounds.items()]
    return table


def _row(rounds: list[Seen]) -> dict[str, Cell]:
    told = [_told(seen) for seen in rounds]
    row: dict[str, Cell] = {}
    for name in told[0]:
        known = [one[name] for one in told if one[name] is not None]
        row[name] = median(known) if known else None
    return row | {"arrived": next((_failure(seen) for seen in rounds if seen.share < 1), True)}


def _told(seen: Seen) -> dict[str, float | None]:
    lags = [1000 * lag for lag in seen.lags()]
    quarter = max(1, len(lags) // 4)
    size = len(seen.schedule.text.encode())
    half = seen.socket_bytes(until=seen.schedule.began_at + seen.schedule.seconds / 2)
    return {
        "lag p50": percentile(lags, 50),
        "p95": percentile(lags, 95),
        "p99": percentile(lags, 99),
        "first quarter p95": percentile(lags[:quarter], 95),
        "last quarter p95": percentile(lags[-quarter:], 95),
        "bytes/byte": seen.socket_bytes() / size,
        "of the first half": None if seen.fetched > half / 2 else half / (size / 2),
        "main thread s": seen.main_thread_seconds,
        "its CPU s": seen.main_thread_cpu_seconds,
        "UI CPU s": seen.ui_cpu_seconds,
        "others cores": seen.others_cores,
    }


def _failure(seen: Seen) -> str:
    after = seen.ended_at - seen.schedule.began_at
    return f"NO: {seen.accident or 'still waiting'} after {after:.0f} s, {100 * seen.share:.0f} %"


def percentile(values: list[float], rank: int) -> float | None:
    """Return the value which `rank` percent of them do not exceed."""
    return sorted(values)[min(len(values) * rank // 100, len(values) - 1)] if values else None
