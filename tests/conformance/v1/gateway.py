"""Decant with a scripted provider behind it, and other people's programs in front."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.installed import FOLDER
from tests.support.missing import missing
from tests.support.processes import ROOT, Server, clean_environment, running_api
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

# The model that openai-python's own tests ask for; everybody else takes it from here.
TOKEN = "a-token"
MODEL = "gpt-6-astra"


@dataclass(frozen=True)
class Gateway:
    """A running Decant, whose `/v1` is at `base_url`, and the provider that it asks."""

    api: Server
    provider: ScriptedProvider

    @property
    def base_url(self) -> str:
        """Where a client of OpenAI's protocol is pointed."""
        return f"{self.api.url}/v1"


@contextmanager
def running_gateway(folder: Path, models: Sequence[str] = (MODEL,), **settings: object) -> Iterator[Gateway]:
    """Run both; every model does as it is told until it is scripted."""
    with ScriptedProvider() as provider:
        for model in models:
            provider.script(model, Scenario(obeys=True))
        names = ",".join(models)
        given = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": names, "API_TOKEN": TOKEN, **settings}
        with running_api(folder, **given) as api:
            yield Gateway(api, provider)
            assert "Traceback" not in api.logged(), api.logged()


def installed(program: str) -> str:
    """Return the path of a program in the environment of the clients and suites."""
    path = FOLDER / "openai" / "bin" / program
    if not path.exists():
        missing(f"{program} is not installed: `make conformance` does it")
    return str(path)


def source_of_openai_python() -> Path:
    """Return the folder of openai-python's source, tests included."""
    found = sorted((FOLDER / "openai" / "source").glob("openai-*/tests"))
    if not found:
        missing("openai-python's source is not there: `make conformance` fetches it")
    return found[-1].parent


def run(command: Sequence[str], folder: Path, seconds: float, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a suite in a folder, with none of the machine's proxies and keys; it may take so many seconds."""
    return subprocess.run(
        command,
        cwd=folder,
        env={**clean_environment(**environment), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def from_here(**environment: str) -> dict[str, str]:
    """Return the environment of a program of another environment that imports modules of this repository."""
    return {"PYTHONPATH": str(ROOT), **environment}
