"""The Flask application: builds, wires and returns."""

from flask import Flask

from api import commands
from api.config import Config, load_config
from api.ids import new_id
from api.provider.models import Models
from api.provider.probe import ProviderProbe
from api.routes import (
    access,
    approvals,
    documentation,
    errors,
    health,
    mcp_tools,
    models,
    openai,
    request_log,
    runs,
    stream,
    threads,
    tools,
)
from api.runs.decisions import Decisions
from api.runs.holding import Holding
from api.runs.launcher import Launcher
from api.runs.recorder import RunRecorder
from api.runs.registry import RunRegistry
from api.runs.run import Run
from api.runs.thread_runs import ThreadRuns
from api.store import open_store
from api.store.engine import is_sqlite, make_engine
from api.store.migration import prepare
from api.tools.hub import ToolHub
from api.tools.servers import load_servers


def create_app(config: Config | None = None) -> Flask:
    """Build the application from `config`, or from the environment.

    Raises:
        ConfigError: A setting is missing or wrong, or what it names (the database, MCP servers) cannot be used.
    """
    config = config or load_config()
    app = Flask("api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = config.max_body_bytes
    request_log.register(app, config.log_level)
    errors.register(app)
    access.register(app, config.api_tokens, config.cors_origins)
    models_of = Models(config)
    registry = RunRegistry(models_of.find, config, request_log.log_run)
    store = open_store(make_engine(config.database_url))
    if is_sqlite(store.engine):
        prepare(store.engine)
    owner = new_id()
    hub = ToolHub(load_servers(config), config.decision_seconds)

    def note_end(run: Run) -> None:
        holding.note_end(run)
        registry.note_end(run)

    recorder = RunRecorder(store, owner, note_end)
    launcher = Launcher(store, registry, recorder, owner, config, hub)
    thread_runs = ThreadRuns(store, registry, launcher, owner, config)
    decisions = Decisions(store, registry, launcher, owner, config, hub)
    app.extensions |= {"chat_model": models_of.default, "registry": registry, "recorder": recorder, "store": store}
    holding = Holding(store, owner, hub, lambda decided: decisions.go_on(decided, new_id()))
    app.extensions |= {"tools": hub, "holding": holding}
    commands.register(app, store)
    probe = ProviderProbe(models_of.default.model_names, config.provider)
    app.register_blueprint(health.create_blueprint(models_of.default.warm_up, probe.problem, store))
    app.register_blueprint(threads.create_blueprint(store, config))
    app.register_blueprint(approvals.create_blueprint(store, hub))
    app.register_blueprint(runs.create_blueprint(thread_runs, decisions, store, config))
    app.register_blueprint(tools.create_blueprint(hub, config))
    app.register_blueprint(models.create_blueprint(config.models))
    app.register_blueprint(stream.create_blueprint(registry, launcher, config))
    app.register_blueprint(openai.create_blueprint(registry, models_of.gateway, config))
    app.register_blueprint(mcp_tools.create_blueprint(thread_runs, store, config))
    app.register_blueprint(documentation.create_blueprint(config))
    return app
