"""What a benchmark found: tables for people, the same as JSON for programs."""

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

Cell = str | int | float | bool | None


@dataclass
class Table:
    """Rows with the same keys; `note` says how to read them."""

    name: str
    title: str
    note: str = ""
    rows: list[dict[str, Cell]] = field(default_factory=list)

    def text(self) -> str:
        """Format as a Markdown table."""
        columns = list(self.rows[0]) if self.rows else []
        cells = [columns] + [[_shown(row.get(column)) for column in columns] for row in self.rows]
        widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
        lines = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in cells
        ]
        rule = "| " + " | ".join("-" * width for width in widths) + " |"
        return "\n".join([f"\n### {self.title}", *([self.note] if self.note else []), "", lines[0], rule, *lines[1:]])


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)


def machine() -> dict[str, Cell]:
    """Describe where and when."""
    model = platform.processor() or platform.machine()
    if (cpuinfo := Path("/proc/cpuinfo")).exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d %H:%M %z"),
    }


def write_json(path: Path, options: dict[str, Cell], tables: Sequence[Table]) -> None:
    """Write everything."""
    told = {
        "machine": machine(),
        "options": options,
        "tables": {table.name: {"title": table.title, "note": table.note, "rows": table.rows} for table in tables},
    }
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _shown(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "NO"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"
    return str(cell)
