"""Many pages that stream from one UI process at once: how the lag grows, and whether a page starves."""

import json
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from typing import Any

from tests.bench.answers import answer
from tests.bench.api.servers import Pins
from tests.bench.page.answer import CHUNK, percentile
from tests.bench.page.clients import Plan
from tests.bench.page.lab import DECANT, UI_MARKDOWN, PageLab, Peer
from tests.bench.report import Cell, Table
from tests.bench.tries import AGREE, TRIES, middle_try
from tests.support.processes import ROOT

RATE = 20.0
SECONDS = 20
STEPS = {DECANT: (30, 60, 120, 160), UI_MARKDOWN: (5, 10, 20, 30)}
HELD_MS = 250
# A page starves when its own p95 is this many times what a held step allows.
STARVES = 2
BUSY_SHARE = 0.9


def at_once(lab: PageLab) -> Table:
    """Step by step more pages; a page that is not held any more is asked for no further step."""
    table = Table(
        "page_pages",
        f"Pages that stream at once from one UI process, {RATE:.0f} chunks/s each, socket clients without a browser",
        f"Lag in ms, due to received. Held: p95 < {HELD_MS} ms and no page's own p95 over {HELD_MS * STARVES} ms, in "
        f"{AGREE} of {TRIES} tries.",
    )
    for peer in lab.present(*STEPS):
        for pages in STEPS[peer][:1] if lab.options.is_quick else STEPS[peer]:
            measure = partial(_step, lab, peer, pages)
            step = measure() if lab.options.is_quick else middle_try(measure, _worst)
            table.rows.append({"page": peer.name, "pages": pages, **step, "held": _worst(step) < 1})
            if not table.rows[-1]["held"] and peer is not DECANT:
                break
    return table


def _step(lab: PageLab, peer: Peer, pages: int) -> dict[str, Cell]:
    text = answer(lab.options.kind, int(CHUNK * RATE * (5 if lab.options.is_quick else SECONDS)))
    with lab.fresh(peer) as place:
        plan = Plan(place.url, place.pid, str(place.folder), pages, text, RATE, CHUNK)
        with Pins.on(lab.options.pins.load):
            clients = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.page.clients"],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        output, _ = clients.communicate(json.dumps(asdict(plan)).encode(), timeout=SECONDS * 2 + 90)
    return _told(json.loads(output))


def _told(seen: dict[str, Any]) -> dict[str, Cell]:
    lags = [_lags(page, seen["ended_at"]) for page in seen["pages"]]
    together = [lag for page in lags for lag in page]
    p95, worst = percentile(together, 95) or 0.0, max(percentile(page, 95) or 0.0 for page in lags)
    due = [at for page in seen["pages"] for at in page["due"]]
    seconds = max(due) - min(due)
    return {
        "p50": percentile(together, 50),
        "p95": p95,
        "worst page p95": worst,
        "frames/s of a page": sum(page["frames"] for page in seen["pages"]) / len(lags) / seconds,
        "arrived %": 100 * sum(len(page["arrived_at"]) for page in seen["pages"]) / len(due),
        "UI cores": seen["ui_cpu"] / seconds,
        "client cores": seen["client_cpu"] / seconds,
        "valid": seen["client_cpu"] / seconds < BUSY_SHARE,
    }


def _worst(step: dict[str, Cell]) -> float:
    """Return the greatest share that a try took of the lags it is allowed."""
    return max(float(step["p95"] or 0) / HELD_MS, float(step["worst page p95"] or 0) / (HELD_MS * STARVES))


def _lags(page: dict[str, Any], ended_at: float) -> list[float]:
    missing = [ended_at] * (len(page["due"]) - len(page["arrived_at"]))
    return [1000 * (at - due) for due, at in zip(page["due"], page["arrived_at"] + missing, strict=True)]
