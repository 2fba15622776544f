"""Which option of a request a provider refuses, read from what it refused the request with; pure.

Sources: the `param` of OpenAI's error object; the sentences of vLLM, Mistral, xAI, Groq, Azure and Ollama.
"""

import re
from collections.abc import Mapping

import orjson

from api.provider.pictures import PICTURES
from api.provider.provider_fields import DETAILS, NAMES

# Without these there is no request, and nobody means them.
NEEDED = frozenset(("model", "messages", "stream"))
TOOLS = "tools"
OUTPUT_LIMIT = "max_tokens"
OUTPUT_LIMIT_OF_REASONING_MODELS = "max_completion_tokens"

_REFUSES = re.compile(
    r"(?i)unsupported|n[o']t support|unknown|unrecogni[sz]ed|not recogni[sz]ed|unexpected|not permitted|not allowed"
    r"|not available|extra_forbidden|extra (?:inputs|fields|keys)|invalid (?:parameter|argument|field)"
)
# Of Ollama, OpenRouter, vLLM and llama.cpp, which say it with any status.
_REFUSES_TOOLS = re.compile(
    r"(?i)n[o']t support (?:tool|function)|support tool use|tool choice requires|tools param requires"
    r"|(?:tools?|tool use|tool calling|function calling) (?:is|are) not (?:supported|available|enabled)"
)
# Of OpenAI, OpenRouter, Ollama, llama.cpp, vLLM, DeepSeek and Groq, with any status.
_REFUSES_PICTURES = re.compile(
    r"(?i)(?:n[o']t support|that support|unsupported|unknown variant|missing data required for|invalid).{0,60}\bimage"
    r"|\bimage(?:_url)?s?\b.{0,60}(?:not (?:supported|enabled|allowed)|only supported|may be provided)"
    r"|not a multimodal|content must be a string|cannot unmarshal array"
)


def refused_option(said: bytes, body: Mapping[str, object]) -> str | None:
    """Return the option of the body that the server does not take, or None where it refuses something else.

    What goes back to a provider in a message of the body is an option, too.
    """
    text = said.decode(errors="replace")
    if TOOLS in body and _REFUSES_TOOLS.search(text):
        return TOOLS
    if _REFUSES_PICTURES.search(text) and _has_pictures(body):
        return PICTURES
    if OUTPUT_LIMIT in body and OUTPUT_LIMIT_OF_REASONING_MODELS in text:
        return OUTPUT_LIMIT
    if not _REFUSES.search(text):
        return None
    options = [option for option in body if option not in NEEDED]
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        options += [name for name in (*NAMES, DETAILS) if name in message and name not in options]
    named = refused_param(said)
    if named in options:
        return named
    return next((option for option in options if re.search(rf"(?<![\w.]){re.escape(option)}(?!\w)", text)), None)


def _has_pictures(body: Mapping[str, object]) -> bool:
    messages = body.get("messages")
    contents = [message.get("content") for message in messages] if isinstance(messages, list) else []
    pieces = (piece for content in contents if isinstance(content, list) for piece in content)
    return any(isinstance(piece, dict) and PICTURES in piece for piece in pieces)


def refused_param(said: bytes) -> object:
    """Return what a refusal names as `param`, None where it names nothing."""
    try:
        error = orjson.loads(said)["error"]
        return error.get("param")
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return None
