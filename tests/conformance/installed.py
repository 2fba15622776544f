"""Where `make conformance` has put other people's suites and servers."""

import json
import os
from pathlib import Path

from tests.support.missing import missing
from tests.support.processes import ROOT

FOLDER = ROOT / ".conformance"
MODULES = FOLDER / "node_modules" / "@modelcontextprotocol"


def node_module(name: str) -> list[str]:
    """Return the command that runs a package of npm."""
    package = MODULES / name / "package.json"
    if not package.exists():
        missing(f"{name} is not installed: `make conformance` does it, and needs the npm registry")
    commands = json.loads(package.read_text(encoding="utf-8"))["bin"]
    script = commands if isinstance(commands, str) else next(iter(commands.values()))
    return [str(FOLDER / "venv" / "bin" / "node"), str(package.parent / script)]


def python_module(name: str) -> list[str]:
    """Return the command that runs a package of PyPI."""
    python = FOLDER / "venv" / "bin" / "python"
    if not python.exists():
        missing(f"{name} is not installed: `make conformance` does it")
    return [str(python), "-m", name]


def older_program(name: str) -> list[str]:
    """Return the command that runs a program of PyPI with the SDK of its time."""
    program = FOLDER / "older" / "bin" / name
    if not program.exists():
        missing(f"{name} is not installed: `make conformance` does it")
    return [str(program)]


def environment() -> dict[str, str]:
    """Return the environment of a suite that starts Decant's client."""
    return {**os.environ, "PATH": f"{FOLDER / 'venv' / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


def folder_with(path: Path, **files: str) -> Path:
    """Make a folder with files."""
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / f"{name}.txt").write_text(text, encoding="utf-8")
    return path
