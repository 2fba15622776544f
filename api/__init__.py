"""The API: the only process that talks to models and the database.

Importing a module of the package imports this one first, so it imports nothing itself: gevent patches before Flask is
there, and the embedded model starts without it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from api.config import Config


def create_app(config: "Config | None" = None) -> "Flask":
    """Build the application; see `api.app.create_app`."""
    from api import app  # noqa: PLC0415 - See above.

    return app.create_app(config)
