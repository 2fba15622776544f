"""The API: a Flask application that streams a model's answers.

`create_app` builds, wires and returns. It also imports: `api.config` and `api.embedded_model` then start without Flask
and LangChain, and gevent patches before either is there.
"""

from typing import TYPE_CHECKING

from api.config import Config, load_config

if TYPE_CHECKING:
    from flask import Flask


def create_app(config: Config | None = None) -> "Flask":
    """Build the application from `config`, or from the environment.

    Raises:
        ConfigError: A setting is missing or wrong.
    """
    from flask import Flask

    from api import access, commands, errors_http, request_log
    from api.chat_model import ChatModel
    from api.ids import new_id
    from api.routes import documentation, health, models, stream, threads
    from api.routes import runs as run_routes
    from api.run_recorder import RunRecorder
    from api.run_registry import RunRegistry
    from api.store import open_store
    from api.store.engine import is_sqlite, make_engine
    from api.store.migration import migrate
    from api.thread_runs import ThreadRuns

    config = config or load_config()
    app = Flask("api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = config.max_body_bytes
    request_log.register(app, config.log_level)
    errors_http.register(app)
    access.register(app, config.api_tokens)
    chat_model = ChatModel(
        base_url=config.provider.base_url,
        api_key=config.provider.api_key,
        max_connections=config.max_streams,
        context_tokens=config.context_tokens,
    )
    runs = RunRegistry(chat_model, config, request_log.log_run)
    store = open_store(make_engine(config.database_url))
    if is_sqlite(store.engine):
        migrate(store.engine)
    owner = new_id()
    recorder = RunRecorder(store, owner, runs.concluded)
    thread_runs = ThreadRuns(store, runs, recorder, owner, config)
    app.extensions |= {"runs": runs, "recorder": recorder, "store": store}
    commands.register(app, store)
    app.register_blueprint(health.create_blueprint(chat_model, config.provider, store))
    app.register_blueprint(threads.create_blueprint(store, config))
    app.register_blueprint(run_routes.create_blueprint(thread_runs, store, config))
    app.register_blueprint(models.create_blueprint(config.provider.models))
    app.register_blueprint(stream.create_blueprint(runs, config))
    app.register_blueprint(documentation.create_blueprint(config))
    return app
