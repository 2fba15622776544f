"""Starts the scripted provider and talks to it from a test.

with ScriptedProvider() as provider:
    provider.script("slow", Scenario(text="…", chunks_per_second=20))
    …                                    # ask the model "slow" at provider.base_url
    provider.wait_for(lambda calls: calls[-1].client_closed_at)
"""

import http.client
import json
import select
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from tests.support.processes import WAIT_SECONDS
from tests.support.provider.scenario import Scenario
from tests.support.provider.server import Call

ROOT = Path(__file__).parents[3]


class ScriptedProvider:
    """The provider's process; unscripted models answer with the last user message."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.provider", "--until-stdin-closes", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], WAIT_SECONDS)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            self.stop()
            raise RuntimeError("the scripted provider did not start")
        self.port = int(line)
        self._speaks_tls = "--certificate" in arguments
        self.base_url = f"http{'s' if self._speaks_tls else ''}://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def script(self, model: str, *scenarios: Scenario) -> str:
        """Say what requests for this model get: the scenarios in turn, the last one for ever."""
        self._control("POST", "/script", {"model": model, "scenarios": [asdict(scenario) for scenario in scenarios]})
        return model

    def release(self, model: str) -> None:
        """Let the answers of this model go on that are held."""
        self._control("POST", "/release", {"model": model})

    def calls(self, model: str | None = None) -> list[Call]:
        """List the calls so far, of one model or of all."""
        return [Call(**call) for call in self._control("GET", f"/log/{model or ''}")["calls"]]

    def open_connections(self) -> int:
        """Count the connections which the provider's clients hold open."""
        return int(self._control("GET", "/log")["open_connections"])

    def wait_for(self, condition: Callable[[list[Call]], Any], *, timeout_seconds: float = WAIT_SECONDS) -> list[Call]:
        """Ask for the calls until the condition holds for them; a call that is not there yet may raise."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            calls = self.calls()
            try:
                if condition(calls):
                    return calls
            except (IndexError, TypeError):
                pass
            if time.monotonic() > deadline:
                raise AssertionError(f"the provider did not see it within {timeout_seconds} s: {calls[-1:]}")
            time.sleep(0.01)

    def reset(self) -> None:
        """Forget calls and scripts."""
        self._control("DELETE", "/log")

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def _control(self, method: str, path: str, body: object = None) -> Any:
        connection = self._connection()
        try:
            connection.request(method, path, json.dumps(body).encode() if body is not None else None)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not self._speaks_tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS, context=context)
