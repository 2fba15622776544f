"""What stands around the product where it is hosted: nginx in front of it, and a bound on its memory."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.missing import program
from tests.support.processes import Server, clean_environment, free_port

# As people copy it, with the buffering of responses that nginx has by default.
_NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
    }}
  }}
}}
"""

# `running_api(folder, app=BOUNDED, …)` has this many bytes of addresses for each worker.
BOUNDED = "tests.chaos.surroundings:create_bounded_app()"
MOST_BYTES = 1_500_000_000


@contextlib.contextmanager
def nginx_before(server: Server, folder: Path) -> Iterator[Server]:
    """Run nginx in front of a server."""
    os.environ["PATH"] += f"{os.pathsep}/usr/sbin"
    port, upstream = free_port(), server.url.rpartition(":")[2]
    user = "user root;" if os.getuid() == 0 else ""
    path = folder / "nginx.conf"
    path.write_text(_NGINX.format(folder=folder, port=port, upstream=upstream, user=user), encoding="utf-8")
    command = [program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(path)]
    front = Server(command, clean_environment(), port, folder / "nginx.log")
    try:
        front.wait_until_healthy()
        yield front
    finally:
        front.stop()


def create_bounded_app() -> object:
    """Build the API in a process that gets no more memory than a small host has, as under `ulimit -v`."""
    from api import app

    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    return app.create_app()
