"""The gateways that are compared, each with one worker; what is not installed is None, and left out by name.

`make bench-gateways` installs them into `.gateways`, an environment of its own for each. Their logs of requests are off
where that can be said; Decant logs as it ships.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import requests

from tests.bench.api.servers import BenchProvider, Target, decant, nginx, nginx_binary, nothing
from tests.bench.measured import tree
from tests.support.processes import ROOT, WAIT_SECONDS, Server, clean_environment, free_port, wait_for

INSTALLED = ROOT / ".gateways"
HERE = Path(__file__).parent
PATH = "/v1/chat/completions"
ASKED = {
    "model": "bench",
    "stream": True,
    "messages": [{"role": "user", "content": '{"chunks":1,"rate":0,"chars":16}'}],
}

Starts = Callable[[BenchProvider, Path], AbstractContextManager[Target]]


def decant_v1(worker_class: str) -> Starts:
    """Run Decant, asked at `/v1`."""

    @contextlib.contextmanager
    def run(provider: BenchProvider, folder: Path) -> Iterator[Target]:
        with decant(worker_class)(provider, folder) as target:
            yield Target(target.port, target.pids, PATH, target.healthy_at)

    return run


@contextlib.contextmanager
def litellm(provider: BenchProvider, folder: Path) -> Iterator[Target]:
    """Run LiteLLM's proxy."""
    configuration = folder / "litellm.yaml"
    configuration.write_text(
        "model_list:\n"
        "  - model_name: bench\n"
        "    litellm_params:\n"
        "      model: openai/bench\n"
        f"      api_base: http://127.0.0.1:{provider.port}/v1\n"
        "      api_key: sk-bench\n",
        encoding="utf-8",
    )
    command = [
        "litellm",
        "--config",
        str(configuration),
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
        "--num_workers",
        "1",
    ]
    settings = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_TELEMETRY": "False"}
    with _running("litellm", command, folder, settings) as target:
        yield target


@contextlib.contextmanager
def portkey(provider: BenchProvider, folder: Path) -> Iterator[Target]:
    """Run Portkey's gateway; each request says where its provider is."""
    command = ["node", "node_modules/@portkey-ai/gateway/build/start-server.js", "--port={port}", "--headless"]
    headers = {
        "authorization": "Bearer sk-bench",
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"http://127.0.0.1:{provider.port}/v1",
    }
    with _running("node", command, folder, {"NODE_ENV": "production"}, headers) as target:
        yield target


@contextlib.contextmanager
def vllm_router(provider: BenchProvider, folder: Path) -> Iterator[Target]:
    """Run vLLM's router, in Rust."""
    command = ["vllm-router", "--worker-urls", f"http://127.0.0.1:{provider.port}", "--policy", "round_robin"]
    command += ["--host", "127.0.0.1", "--port", "{port}", "--log-level", "error"]
    command += ["--prometheus-port", str(free_port())]
    with _running("router", command, folder) as target:
        yield target


@contextlib.contextmanager
def envoy(provider: BenchProvider, folder: Path) -> Iterator[Target]:
    """Run Envoy as a bare proxy, with one thread."""
    port, configuration = free_port(), (HERE / "envoy.yaml").read_text(encoding="utf-8")
    path = folder / "envoy.yaml"
    path.write_text(configuration.replace("UPSTREAM", str(provider.port)).replace("PORT", str(port)), encoding="utf-8")
    command = ["envoy", "-c", str(path), "--concurrency", "1", "-l", "error", "--disable-hot-restart"]
    with _running("envoy", command, folder, port=port) as target:
        yield target


@contextlib.contextmanager
def nginx_v1(provider: BenchProvider, folder: Path) -> Iterator[Target]:
    """Run nginx as a bare proxy, with one worker."""
    with nginx(provider, folder) as target:
        yield Target(target.port, target.pids, PATH, target.healthy_at)


def installed(name: str) -> bool:
    """Say whether a gateway is there."""
    programs = {
        "litellm": INSTALLED / "litellm/bin/litellm",
        "portkey": INSTALLED / "node_modules/@portkey-ai/gateway/build/start-server.js",
        "vllm-router": INSTALLED / "router/bin/vllm-router",
        "envoy": INSTALLED / "envoy/bin/envoy",
    }
    return nginx_binary() is not None if name == "nginx" else name not in programs or programs[name].exists()


GATEWAYS: dict[str, Starts] = {
    "nothing": nothing,
    "decant-gevent": decant_v1("gevent"),
    "decant-gthread": decant_v1("gthread"),
    "litellm": litellm,
    "portkey": portkey,
    "vllm-router": vllm_router,
    "envoy": envoy,
    "nginx": nginx_v1,
}


@contextlib.contextmanager
def _running(
    place: str,
    command: list[str],
    folder: Path,
    settings: Mapping[str, str] = {},
    headers: Mapping[str, str] = {},
    port: int | None = None,
) -> Iterator[Target]:
    port = port or free_port()
    program = INSTALLED / place / "bin" / command[0]
    environment = clean_environment(**settings)
    environment["PATH"] = f"{program.parent}{os.pathsep}{environment['PATH']}"
    arguments = [word.format(port=port) if "{port}" in word else word for word in command[1:]]
    arguments = [str(INSTALLED / word) if word.startswith("node_modules/") else word for word in arguments]
    server = Server([str(program), *arguments], environment, port, folder / f"{place}-{port}.log")
    try:
        wait_for(lambda: _answers(server, headers), WAIT_SECONDS, f"{command[0]}, {place}")
        yield Target(port, tuple(tree(server.process.pid)), PATH, headers=headers)
    finally:
        server.stop()


def _answers(server: Server, headers: Mapping[str, str]) -> bool:
    assert server.process.poll() is None, f"the process ended: {server.logged()[-2000:]}"
    with contextlib.suppress(requests.RequestException):
        return requests.post(f"{server.url}{PATH}", json=ASKED, headers=headers, timeout=10).ok
    return False
