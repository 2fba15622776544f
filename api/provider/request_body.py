"""The body of a request for a chat completion, built by LangChain, which is a requirement of the product.

This is the only module that knows LangChain, and a test pins the whole body, so that an upgrade that changes it fails
there. What it knows of OpenAI-compatible servers is worth its import, which takes 1.3 s of CPU and 45 MB because of the
SDKs behind it (`/usr/bin/time python -c 'import langchain_openai.chat_models.base'`): so it is imported when the first
body is built, or before by `warm_up`, and nothing else waits for it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

from api.messages import Message, ModelRequest

Build = Callable[..., dict[str, Any]]


def request_body(
    request: ModelRequest,
    told: Sequence[Message],
    *,
    refused_options: Collection[str] = (),
    extra_body: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Build the body which asks for a streamed answer to the messages `told`, without the options that are refused."""
    options: dict[str, object] = {**(extra_body or {}), "model": request.model, "stream": True}
    if "stream_options" not in refused_options:
        options["stream_options"] = {"include_usage": True}
    if request.temperature is not None:
        options["temperature"] = request.temperature
    if request.max_tokens is not None:
        is_refused = "max_tokens" in refused_options
        options["max_completion_tokens" if is_refused else "max_tokens"] = request.max_tokens
    return _langchain()([(message.role, message.text) for message in told], **options)


def warm_up() -> None:
    """Import LangChain, if no body has been built yet."""
    _langchain()


def refused_option(said: str, body: Mapping[str, object]) -> str | None:
    """Find the option of the body which the server does not know, by what it refused the request with."""
    if "stream_options" in body and "stream_options" in said:
        return "stream_options"
    if "max_tokens" in body and "max_completion_tokens" in said:
        return "max_tokens"
    return None


@cache
def _langchain() -> Build:
    """Return what builds a body of pairs of role and text: `max_tokens` as such, never the Responses API."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage  # noqa: PLC0415 # See above.
    from langchain_openai.chat_models.base import BaseChatOpenAI  # noqa: PLC0415
    from pydantic import SecretStr  # noqa: PLC0415

    types = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    # Clients that are there are not built from the environment; a body needs none.
    model = BaseChatOpenAI(
        api_key=SecretStr("none"),
        base_url="http://localhost",
        client=types,
        root_client=types,
        async_client=types,
        root_async_client=types,
        openai_proxy="",
        http_socket_options=(),
        use_responses_api=False,
    )

    def build(told: Sequence[tuple[str, str]], **options: Any) -> dict[str, Any]:  # noqa: ANN401 # LangChain's own.
        return model._get_request_payload([types[role](text) for role, text in told], **options)

    return build
