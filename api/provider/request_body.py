"""The body of a request for a chat completion, built by LangChain, which is a requirement of the product.

This is the only module that knows LangChain, and a test pins the whole body, so that an upgrade that changes it fails
there. Its import takes 1.3 s of CPU and 45 MB, because of the SDKs behind it (`/usr/bin/time python -c 'import
langchain_openai.chat_models.base'`): `ChatModel` imports it beside the start.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import SecretStr

from api.messages import Message, ModelRequest, Role
from api.provider.pictures import PICTURES, newest_pictures, pictures_told
from api.provider.refusals import OUTPUT_LIMIT, OUTPUT_LIMIT_OF_REASONING_MODELS, TOOLS
from api.provider.told_steps import Fields, ToldStep, steps_of
from api.tool_calls import Tool

_MESSAGES: Mapping[Role, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}


class RequestBodies:
    """Builds bodies: `max_tokens` as such, never the Responses API; `extra_body` is added to each."""

    def __init__(self, extra_body: Mapping[str, object] | None = None) -> None:
        self._extra_body = extra_body or {}
        # A client that is there is not built from the environment; a body needs none.
        no_client = object()
        self._langchain = BaseChatOpenAI(
            api_key=SecretStr("none"),
            base_url="http://localhost",
            client=no_client,
            root_client=no_client,
            async_client=no_client,
            root_async_client=no_client,
            openai_proxy="",
            http_socket_options=(),
            use_responses_api=False,
        )

    def build(
        self,
        request: ModelRequest,
        told: Sequence[Message],
        refused_options: Collection[str] = (),
        source: str = "",
    ) -> dict[str, Any]:
        """Build the body which asks for a streamed answer to the messages `told`, without what is refused.

        A model that takes no tools is told of no calls either, one that takes no pictures is shown none. `source` is
        who is asked: what a provider wants back goes to no other.
        """
        body: dict[str, Any] = {**self._extra_body, "model": request.model, "stream": True}
        body["stream_options"] = {"include_usage": True}
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            is_refused = OUTPUT_LIMIT in refused_options
            body[OUTPUT_LIMIT_OF_REASONING_MODELS if is_refused else OUTPUT_LIMIT] = request.max_tokens
        if request.tools:
            body[TOOLS] = list(map(_function, request.tools))
        for option in refused_options:
            body.pop(option, None)
        messages, own_fields = _messages(told, refused_options, source)
        payload = self._langchain._get_request_payload(messages, **body)
        for place, fields in own_fields.items():
            payload["messages"][place] |= {name: value for name, value in fields.items() if name not in refused_options}
        return payload


def _function(tool: Tool) -> Fields:
    described = {"name": tool.provider_name, "description": tool.description, "parameters": dict(tool.input_schema)}
    return {"type": "function", "function": described}


def _messages(
    told: Sequence[Message], refused_options: Collection[str], source: str
) -> tuple[list[BaseMessage], dict[int, Fields]]:
    """Return the messages, and what LangChain does not know of them by their places."""
    messages: list[BaseMessage] = []
    own_fields: dict[int, Fields] = {}
    has_tools = TOOLS not in refused_options
    steps = {place: steps_of(answer) for place, answer in enumerate(told) if has_tools and answer.role == "assistant"}
    is_shown = PICTURES not in refused_options
    shown = newest_pictures(step for answer in steps.values() for step in answer) if is_shown else ()
    for place, message in enumerate(told):
        if place in steps:
            _add_steps(messages, own_fields, steps[place], shown, source)
        elif message.text or message.role != "assistant":
            messages.append(_MESSAGES[message.role](content=message.text))
    return messages, own_fields


def _add_steps(
    messages: list[BaseMessage],
    own_fields: dict[int, Fields],
    steps: Sequence[ToldStep],
    shown: Collection[int],
    source: str,
) -> None:
    for step in steps:
        fields = step.own_fields(source)
        if step.calls:
            # Source: `content` of an assistant message is null where there are only calls (the same reference).
            fields |= {"tool_calls": step.calls_told(source), "content": step.text or None}
        if fields:
            own_fields[len(messages)] = fields
        messages.append(AIMessage(content=step.text))
        messages += [ToolMessage(text, tool_call_id=call_id) for call_id, text in step.results_told()]
        if pictures := pictures_told(step, shown):
            # Megabytes, which LangChain need not look at.
            own_fields[len(messages)] = {"content": pictures}
            messages.append(HumanMessage(content=""))
