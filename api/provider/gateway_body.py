"""The body of a request that is passed on: the client's own, but for what its provider is known to refuse; pure.

Of a stream the provider is always asked for its usage, whoever wants it. What a provider refuses is left out only where
the answer stays what the client asked for: without its tools or its format it would be another one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from api.errors import ProviderError, ProviderRejected, RequestRefused
from api.provider.errors import REFUSES
from api.provider.pieces import word_of
from api.provider.provider_fields import DETAILS, NAMES
from api.provider.refusals import OUTPUT_LIMIT, OUTPUT_LIMIT_OF_REASONING_MODELS, refused_option, refused_param
from api.provider.refused_values import RefusedValues

USAGE_OPTIONS = "stream_options"
_RENAMED = {
    OUTPUT_LIMIT: OUTPUT_LIMIT_OF_REASONING_MODELS,
    OUTPUT_LIMIT_OF_REASONING_MODELS: OUTPUT_LIMIT,
}
_OF_MESSAGES = frozenset((*NAMES, DETAILS))
# With other values it may take these; so what it refuses is remembered with its value, or one client's mistake would
# take the option from all.
LET_GO = (
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
    "temperature",
    "top_p",
    "user",
    "verbosity",
)
_MAY_GO = (*LET_GO, USAGE_OPTIONS, *_RENAMED)


class ToldBody(NamedTuple):
    """A body for one provider, and which of the client's options it lacks."""

    body: dict[str, Any]
    left_out: tuple[str, ...]


def told_body(
    asked: Mapping[str, Any], model: str, refused: Collection[str], values: RefusedValues, *, is_streamed: bool
) -> ToldBody:
    """Return the body without what this provider refuses for the model."""
    body = {**asked, "model": model}
    left_out = [option for option in LET_GO if option in asked and values.has(model, option, asked[option])]
    if USAGE_OPTIONS in refused and USAGE_OPTIONS in asked:
        left_out.append(USAGE_OPTIONS)
    for option in left_out:
        del body[option]
    for option in sorted(refused):
        if option in _RENAMED and option in body:
            body.setdefault(_RENAMED[option], body.pop(option))
        elif option in _OF_MESSAGES:
            body["messages"] = [_without(message, option) for message in body["messages"]]
    if is_streamed and USAGE_OPTIONS not in refused:
        given = body.get(USAGE_OPTIONS)
        body[USAGE_OPTIONS] = {**(given if isinstance(given, dict) else {}), "include_usage": True}
    return ToldBody(body, tuple(left_out))


def option_to_leave_out(answered: bytes, body: Mapping[str, Any]) -> str | None:
    """Return the option that a provider refuses and that may go, None where it refuses something else.

    Only options that may go are looked for: a client's body may have very many others.
    """
    named = refused_param(answered)
    if isinstance(named, str) and named in body and named not in _MAY_GO:
        return None
    option = refused_option(answered, {name: body[name] for name in (*_MAY_GO, "messages") if name in body})
    return option if option in _MAY_GO or option in _OF_MESSAGES else None


def of_client(error: ProviderError, status: int, answered: bytes) -> ProviderError:
    """Return the error for a refusal, as the client's own where it is about what the client has written."""
    if status not in (400, 422) or type(error) is not ProviderRejected or not str(error).startswith(REFUSES):
        return error
    try:
        param = word_of(orjson.loads(answered)["error"].get("param"))
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        param = None
    return RequestRefused(str(error), param=param)


def texts_of(messages: Iterable[object]) -> Iterator[str]:
    """Yield what the messages say, which no error may repeat."""
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        for piece in content if isinstance(content, list) else (content,):
            text = piece.get("text") if isinstance(piece, dict) else piece
            if isinstance(text, str):
                yield text


def _without(message: object, option: str) -> object:
    if isinstance(message, dict) and option in message:
        return {name: value for name, value in message.items() if name != option}
    return message
