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

    from api import access, errors_http, request_log
    from api.chat_model import ChatModel
    from api.routes import documentation, health, models, stream
    from api.run_registry import RunRegistry

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
    )
    runs = RunRegistry(chat_model, config, request_log.log_run)
    app.extensions["runs"] = runs
    app.register_blueprint(health.create_blueprint(chat_model, config.provider))
    app.register_blueprint(models.create_blueprint(config.provider.models))
    app.register_blueprint(stream.create_blueprint(runs, config))
    app.register_blueprint(documentation.create_blueprint(config))
    return app
