"""The import directions and library fences of the design, read from the syntax trees."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT

# What a module may import of its own side; a package stands for all its modules. Absent modules are unrestricted.
ALLOWED = {
    "api.events": set(),
    "api.messages": set(),
    "api.errors": set(),
    "api.sse": {"api.events"},
    "api.client_socket": set(),
    "api.clock": set(),
    "api.sse_decoder": set(),
    "api.ids": set(),
    "api.titles": set(),
    "api.parts": set(),
    "api.fields": {"api.errors"},
    "api.run_log": {"api.events"},
    "api.model_calls": {"api.events", "api.messages"},
    "api.run_reader": {"api.run_log"},
    "api.wire": {"api.store.records"},
    "api.provider_errors": {"api.errors"},
    "api.completion_decoder": {"api.errors", "api.events", "api.provider_errors", "api.sse_decoder"},
    "api.runs": {"api.errors", "api.events", "api.messages", "api.model_calls", "api.run_log"},
    "ui.events": set(),
    "ui.errors": set(),
    "ui.sse": {"ui.events"},
    "ui.messages": {"ui.events"},
    "ui.message_tree": {"ui.messages"},
    "ui.chat_state": {"ui.events", "ui.messages", "ui.message_tree"},
    "ui.mailbox": {"ui.errors", "ui.events"},
    "ui.event_stream": {"ui.errors", "ui.events", "ui.sse"},
}

# Which modules may import a library.
FENCES = {
    "langchain_core": {"api.chat_model"},
    "langchain_openai": {"api.chat_model"},
    "openai": {"api.chat_model"},
    "sqlalchemy": {"api.store"},
    "alembic": {"api.store"},
    "click": {"api.commands"},
    "gevent": {"api.gunicorn.conf", "api.arrivals"},
    "xllamacpp": {"api.embedded_model"},
    "requests": {"ui.api_client"},
    "pyromark": {"ui.markdown"},
    "pygments": {"ui.markdown"},
    "latex2mathml": {"ui.markdown"},
}

PURE = (
    "api.events",
    "api.messages",
    "api.errors",
    "api.sse",
    "api.stream_request",
    "api.completion_decoder",
    "api.openapi",
)
EFFECTS = {"flask", "requests", "nicegui", "socket", "threading", "urllib3", "httpx2", "os", "subprocess"}
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
            own = {name for name in submodules if (ROOT / Path(*name.split("."))).with_suffix(".py").exists()}
            found |= own or {node.module}
    return found


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize(("side", "other"), [("api", "ui"), ("ui", "api")])
def test_the_two_sides_never_import_each_other(side: str, other: str) -> None:
    wrong = [(name, found) for name, tree in modules(side) for found in imports(tree) if is_within(found, other)]
    assert not wrong


def test_imports_inside_a_side_follow_the_design() -> None:
    wrong = [
        (name, found)
        for name, tree in modules("api", "ui")
        if name in ALLOWED
        for found in imports(tree)
        if found.split(".")[0] in ("api", "ui") and not any(is_within(found, allowed) for allowed in ALLOWED[name])
    ]
    assert not wrong


def test_routes_are_imported_by_nobody_but_the_factory() -> None:
    wrong = [
        name
        for name, tree in modules("api")
        if name != "api" and not is_within(name, "api.routes")
        if any(is_within(found, "api.routes") for found in imports(tree))
    ]
    assert not wrong


def test_elements_do_not_know_http() -> None:
    wrong = [
        (name, found)
        for name, tree in modules("ui/elements")
        for found in imports(tree)
        if is_within(found, "ui.api_client") or is_within(found, "ui.run_reader")
    ]
    assert not wrong


@pytest.mark.parametrize("library", FENCES)
def test_a_library_stays_behind_its_fence(library: str) -> None:
    users = {name for name, tree in modules("api", "ui") for found in imports(tree) if is_within(found, library)}
    assert users
    assert not [user for user in users if not any(is_within(user, allowed) for allowed in FENCES[library])]


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_import_nothing_with_effects(module: str) -> None:
    found = dict(modules("api"))[module]
    assert not {name.split(".")[0] for name in imports(found)} & EFFECTS


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
    assert not [name for name in (*ALLOWED, *PURE, *ENVIRONMENT) if name not in names]
