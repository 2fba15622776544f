"""The body of a request that is passed on: the client's own, but for what its provider is known to refuse; pure.

Of a stream the provider is always asked for its usage, whoever wants it. What a provider refuses is left out only where
the answer stays what the client asked for: without its tools or its format it would be another one.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson

from api.errors import ProviderError, ProviderRejected, RequestRefused
from api.provider.errors import REFUSES
from api.provider.pieces import word_of
from api.provider.provider_fields import DETAILS, NAMES
from api.provider.refusals import OUTPUT_LIMIT, OUTPUT_LIMIT_OF_REASONING_MODELS

USAGE_OPTIONS = "stream_options"
_RENAMED = {
    OUTPUT_LIMIT: OUTPUT_LIMIT_OF_REASONING_MODELS,
    OUTPUT_LIMIT_OF_REASONING_MODELS: OUTPUT_LIMIT,
}
_OF_MESSAGES = frozenset((*NAMES, DETAILS))
_LET_GO = frozenset(
    (
        "metadata",
        "parallel_tool_calls",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream_options",
        "temperature",
        "top_p",
        "user",
        "verbosity",
    )
)


class ToldBody(NamedTuple):
    """A body for one provider, and which of the client's options it lacks."""

    body: dict[str, Any]
    left_out: tuple[str, ...]


def told_body(asked: Mapping[str, Any], model: str, refused: Collection[str], *, is_streamed: bool) -> ToldBody:
    """Return the body without the options which this provider refuses for the model."""
    body = {**asked, "model": model}
    left_out = []
    for option in sorted(refused):
        if option in _RENAMED and option in body:
            body.setdefault(_RENAMED[option], body.pop(option))
        elif option in _LET_GO and option in body:
            del body[option]
            left_out.append(option)
        elif option in _OF_MESSAGES:
            body["messages"] = [_without(message, option) for message in body["messages"]]
    if is_streamed and USAGE_OPTIONS not in refused:
        given = body.get(USAGE_OPTIONS)
        body[USAGE_OPTIONS] = {**(given if isinstance(given, dict) else {}), "include_usage": True}
    return ToldBody(body, tuple(left_out))


def can_go(option: str) -> bool:
    """Say whether a request may be asked again without the option."""
    return option in _LET_GO or option in _RENAMED or option in _OF_MESSAGES


def of_client(error: ProviderError, status: int, answered: bytes) -> ProviderError:
    """Return the error for a refusal, as the client's own where it is about what the client has written."""
    if status not in (400, 422) or type(error) is not ProviderRejected or not str(error).startswith(REFUSES):
        return error
    try:
        param = word_of(orjson.loads(answered)["error"].get("param"))
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        param = None
    return RequestRefused(str(error), param=param)


def _without(message: object, option: str) -> object:
    if isinstance(message, dict) and option in message:
        return {name: value for name, value in message.items() if name != option}
    return message
