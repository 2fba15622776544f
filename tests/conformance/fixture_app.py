"""The API with the conformance suite's fixtures at `/fixtures/mcp`: the same dispatcher, other methods.

`gunicorn -c api/gunicorn.conf.py 'tests.conformance.fixture_app:create_app()'`
"""

from flask import Flask

from api import create_app as create_api
from api.config import load_config
from api.routes.mcp import create_blueprint
from api.store import LOCAL_ACCOUNT_ID
from api.wire.mcp.server import Server
from api.wire.mcp.sessions import session_key
from api.wire.mcp.tool_table import tool_methods
from tests.conformance.fixture_questions import asking_tools, prompt_that_asks
from tests.conformance.fixture_texts import prompt_methods, resource_methods
from tests.conformance.fixture_tools import plain_tools


def create_app() -> Flask:
    """Build it."""
    config = load_config()
    app = create_api(config)
    key = session_key(config)
    methods = {
        **tool_methods([*plain_tools(), *asking_tools(key)]),
        **resource_methods(),
        **prompt_methods(prompt_that_asks),
    }
    capabilities = {"tools": {}, "resources": {}, "prompts": {}, "completions": {}}
    server = Server({"name": "fixtures", "title": "Fixtures", "version": "1"}, capabilities, "", methods)
    blueprint = create_blueprint(server, LOCAL_ACCOUNT_ID, config, lambda *_: None)
    app.register_blueprint(blueprint, url_prefix="/fixtures", name="fixtures")
    return app
