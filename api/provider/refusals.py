"""Which option of a request a provider refuses, read from what it refused the request with; pure.

Sources: the `param` of OpenAI's error object; the sentences of vLLM, Mistral, xAI, Groq, Azure and Ollama.
"""

import re
from collections.abc import Mapping

import orjson

# Without these there is no request, and nobody means them.
NEEDED = frozenset(("model", "messages", "stream"))
OUTPUT_LIMIT = "max_tokens"
OUTPUT_LIMIT_OF_REASONING_MODELS = "max_completion_tokens"

_REFUSES = re.compile(
    r"(?i)unsupported|n[o']t support|unknown|unrecogni[sz]ed|not recogni[sz]ed|unexpected|not permitted|not allowed"
    r"|not available|extra_forbidden|extra (?:inputs|fields|keys)|invalid (?:parameter|argument|field)"
)


def refused_option(said: bytes, body: Mapping[str, object]) -> str | None:
    """Return the option of the body that the server does not take, or None where it refuses something else."""
    text = said.decode(errors="replace")
    if OUTPUT_LIMIT in body and OUTPUT_LIMIT_OF_REASONING_MODELS in text:
        return OUTPUT_LIMIT
    if not _REFUSES.search(text):
        return None
    options = [option for option in body if option not in NEEDED]
    named = _param(said)
    if named in options:
        return named
    return next((option for option in options if re.search(rf"(?<![\w.]){re.escape(option)}(?!\w)", text)), None)


def _param(said: bytes) -> object:
    try:
        error = orjson.loads(said)["error"]
        return error.get("param")
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return None
