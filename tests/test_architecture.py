"""The rooms of the two sides and their laws, read from the syntax trees: see ARCHITECTURE.md."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import ROOT

# Values and what has no room of its own; every room may import them, they import one another only.
GROUND = {
    "api": {
        "config",
        "environment",
        "errors",
        "events",
        "heap",
        "hub",
        "ids",
        "messages",
        "parts",
        "providers",
        "tool_arguments",
        "tool_calls",
        "tool_names",
    },
    "ui": {
        "auth",
        "config",
        "errors",
        "events",
        "logs",
        "messages",
        "parts",
        "proxies",
        "security",
        "texts",
        "threads",
        "tools",
    },
}

# Every room, and the rooms that it may import beside the ground: complete, a module in no room fails.
LAYERS: dict[str, set[str]] = {
    "api": {"api.app"},
    "api.gunicorn.conf": {"api.gunicorn_http", "api.tools"},
    "api.gunicorn_http": set(),
    "api.embedded_model": set(),
    "api.mcp_server": {"api.wire"},
    "api.app": {"api.commands", "api.routes", "api.runs", "api.provider", "api.store", "api.tools"},
    "api.commands": {"api.store"},
    "api.routes": {"api.wire", "api.runs", "api.store"},
    "api.wire": {"api.runs", "api.store"},
    "api.runs": {"api.store"},
    "api.store": set(),
    "api.provider": set(),
    "api.tools": set(),
    "ui": set(),
    "ui.main": {"ui.pages", "ui.theme", "ui.client"},
    "ui.pages": {"ui.theme", "ui.elements", "ui.thread", "ui.client"},
    "ui.theme": {"ui.elements"},
    "ui.elements": {"ui.thread", "ui.markdown"},
    "ui.thread": {"ui.client"},
    "ui.client": set(),
    "ui.markdown": set(),
}

# Which modules may import a library.
FENCES = {
    "flask": {"api", "api.app", "api.commands", "api.routes"},
    "werkzeug": {"api.routes"},
    "langchain_core": {"api.provider.request_body"},
    "langchain_openai": {"api.provider.request_body"},
    "pydantic": {"api.provider.request_body", "api.tools"},
    "urllib3": {"api.provider", "ui.client.event_stream"},
    "http.client": {"api.provider"},
    "sqlalchemy": {"api.store"},
    "alembic": {"api.store"},
    "psycopg": {"api.store"},
    "sqlite3": {"api.store"},
    "click": {"api.commands"},
    "gevent": {"api.gunicorn.conf", "api.hub"},
    "gunicorn": {"api.gunicorn.conf", "api.gunicorn_http"},
    "mcp": {"api.tools"},
    "jsonschema": {"api.tool_arguments"},
    "httpx2": {"api.tools"},
    "xllamacpp": {"api.embedded_model"},
    "requests": {"ui.client.transport", "api.mcp_server"},
    "nicegui": {"ui.main", "ui.pages", "ui.theme", "ui.elements", "ui.client.api_watch"},
    "uvicorn": {"ui.main", "ui.proxies"},
    "comrak": {"ui.markdown"},
    "pygments": {"ui.markdown"},
    "math_core": {"ui.markdown"},
}

# What is a function of its arguments alone.
PURE = (
    "api.wire",
    "api.errors",
    "api.events",
    "api.messages",
    "api.parts",
    "api.tool_arguments",
    "api.tool_calls",
    "api.tool_names",
    "api.tools.policy",
    "api.provider.chunked_body",
    "api.provider.completion_decoder",
    "api.provider.context",
    "api.provider.errors",
    "api.provider.http1",
    "api.provider.pictures",
    "api.provider.told_steps",
    "api.provider.sse_decoder",
    "api.runs.titles",
    "api.store.run_lines",
    "api.store.words",
    "ui.markdown",
    "ui.client.decoding",
    "ui.client.sse",
    "ui.events",
    "ui.messages",
    "ui.parts",
    "ui.thread.answer",
    "ui.thread.context_offer",
    "ui.thread.resource_text",
    "ui.thread.state",
    "ui.thread.tool_command",
    "ui.thread.tree",
    "ui.threads",
)
EFFECTS = {"flask", "requests", "nicegui", "socket", "threading", "urllib3", "os", "subprocess", "time"}
ENVIRONMENT = {"api.config", "api.gunicorn.conf", "ui.config"}


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield name_of(path), ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            own = {name for name in submodules if _is_module(ROOT / Path(*name.split(".")))}
            found |= own or {node.module}
    return found


def _is_module(path: Path) -> bool:
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def is_in(name: str, place: str) -> bool:
    """Say whether a module is in a place; a side's own name is its `__init__` alone."""
    return is_within(name, place) if "." in place else name == place


def room_of(name: str) -> str | None:
    """Name the room of a module; of the ground it is its side's `*`."""
    side, _, rest = name.partition(".")
    if rest in GROUND[side]:
        return f"{side}.*"
    rooms = [room for room in LAYERS if is_in(name, room)]
    return max(rooms, key=len, default=None)


def own_imports(tree: ast.Module) -> set[str]:
    return {name for name in imports(tree) if name.split(".")[0] in GROUND}


@pytest.mark.parametrize(("side", "other"), [("api", "ui"), ("ui", "api")])
def test_the_two_sides_never_import_each_other(side: str, other: str) -> None:
    wrong = [(name, found) for name, tree in modules(side) for found in imports(tree) if is_within(found, other)]
    assert not wrong


def test_every_module_has_a_room() -> None:
    assert not [name for name, _ in modules("api", "ui") if room_of(name) is None]


def test_a_room_imports_the_ground_and_the_rooms_below_it() -> None:
    wrong = []
    for name, tree in modules("api", "ui"):
        room = room_of(name) or name
        allowed = {room, f"{name.split('.')[0]}.*", *LAYERS.get(room, ())}
        wrong += [(name, found) for found in own_imports(tree) if room_of(found) not in allowed]
    assert not wrong


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name: own_imports(tree) - {name} for name, tree in modules("api", "ui")}
    while leaves := {name for name, found in graph.items() if not found & graph.keys()}:
        graph = {name: found for name, found in graph.items() if name not in leaves}
    assert not graph


@pytest.mark.parametrize("library", FENCES)
def test_a_library_stays_behind_its_fence(library: str) -> None:
    users = {name for name, tree in modules("api", "ui") for found in imports(tree) if is_within(found, library)}
    assert users
    assert not [user for user in users if not any(is_in(user, place) for place in FENCES[library])]


@pytest.mark.parametrize("place", PURE)
def test_pure_modules_import_nothing_with_effects(place: str) -> None:
    inside = [(name, tree) for name, tree in modules("api", "ui") if is_within(name, place)]
    assert inside
    assert not [(name, found) for name, tree in inside for found in imports(tree) if found.split(".")[0] in EFFECTS]


def test_the_environment_is_read_by_the_configurations_only() -> None:
    wrong = [
        name
        for name, tree in modules("api", "ui")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and name not in ENVIRONMENT
        if isinstance(node.value, ast.Name) and node.value.id == "os"
    ]
    assert not wrong


def test_every_entry_of_the_rules_exists() -> None:
    names = {name for name, _ in modules("api", "ui")}
    grounds = {f"{side}.{name}" for side, ground in GROUND.items() for name in ground}
    places = set().union(*FENCES.values())
    assert not [name for name in (*LAYERS, *grounds, *PURE, *ENVIRONMENT, *places) if name not in names]
