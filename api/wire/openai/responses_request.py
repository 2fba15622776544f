"""The body of `POST /v1/responses`, told as a chat completion: no I/O, no Flask.

Stateless: what went before comes with each request. Source: "Create a model response" of OpenAI's API reference and its
guide "Migrate to the Responses API".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from api.errors import BadRequest
from api.messages import GatewayRequest
from api.wire.fields import shown
from api.wire.openai.chat_request import Limits, parse_chat_request, read_flag, read_model
from api.wire.openai.responses_input import messages_of

# What means the same in both protocols, by the names in each.
_SAME = {
    "temperature": "temperature",
    "top_p": "top_p",
    "parallel_tool_calls": "parallel_tool_calls",
    "max_output_tokens": "max_tokens",
    "user": "user",
    "prompt_cache_key": "prompt_cache_key",
    "safety_identifier": "safety_identifier",
    "service_tier": "service_tier",
}
_STATE = {
    "previous_response_id": "send the whole conversation as input",
    "conversation": "send the whole conversation as input",
    "prompt": "send the prompt's text as instructions",
}


def parse_responses_request(body: object, models: tuple[str, ...], limits: Limits) -> GatewayRequest:
    """Check a decoded JSON body.

    Raises:
        BadRequest: a field is missing, wrong, or of what is not kept or done here.
        NotFound: there is no such model.
    """
    if not isinstance(body, dict):
        raise BadRequest('The body has to be a JSON object, as {"model": "…", "input": "…"}.')
    model = read_model(body, models)
    for field, instead in _STATE.items():
        if body.get(field) is not None:
            raise BadRequest(f"Decant keeps no state of responses, so {field} is unknown: {instead}.", param=field)
    if body.get("background"):
        raise BadRequest("Decant makes no responses in the background: leave background out.", param="background")
    told: dict[str, Any] = {"model": model, "messages": messages_of(body)}
    told |= {there: body[here] for here, there in _SAME.items() if body.get(here) is not None}
    if tools := _tools(body.get("tools")):
        told["tools"] = tools
        if (tool_choice := body.get("tool_choice")) is not None:
            told["tool_choice"] = _tool_choice(tool_choice)
    told |= _of_text(body.get("text")) | _of_reasoning(body.get("reasoning"))
    if read_flag(body, "stream"):
        told |= {"stream": True, "stream_options": {"include_usage": True}}
    return parse_chat_request(told, models, limits)


def _tools(tools: object) -> list[dict[str, Any]]:
    if tools is None:
        return []
    if not isinstance(tools, list):
        raise BadRequest("tools has to be a list.", param="tools")
    told = []
    for number, tool in enumerate(tools):
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str) or tool.get("type") != "function":
            kind = shown(tool.get("type")) if isinstance(tool, dict) else "that is no object"
            raise BadRequest(
                f"tools[{number}] is a tool {kind}: only functions with a name can be offered here.",
                param=f"tools[{number}]",
            )
        told.append({"type": "function", "function": _kept(tool, "name", "description", "parameters", "strict")})
    return told


def _tool_choice(choice: object) -> object:
    if isinstance(choice, str):
        return choice
    if isinstance(choice, dict) and choice.get("type") == "function" and isinstance(choice.get("name"), str):
        return {"type": "function", "function": {"name": choice["name"]}}
    raise BadRequest("tool_choice has to be auto, none, required or a function's name.", param="tool_choice")


def _of_text(text: object) -> dict[str, Any]:
    """Return the format of the answer, and how wordy it is to be."""
    if not isinstance(text, Mapping):
        return {}
    told: dict[str, Any] = {"verbosity": text["verbosity"]} if text.get("verbosity") is not None else {}
    form = text.get("format")
    if not isinstance(form, Mapping) or form.get("type") in (None, "text"):
        return told
    if form["type"] == "json_schema":
        schema = _kept(form, "name", "description", "schema", "strict")
        return told | {"response_format": {"type": "json_schema", "json_schema": schema}}
    return told | {"response_format": dict(form)}


def _of_reasoning(reasoning: object) -> dict[str, Any]:
    effort = reasoning.get("effort") if isinstance(reasoning, Mapping) else None
    return {} if effort is None else {"reasoning_effort": effort}


def _kept(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: fields[name] for name in names if fields.get(name) is not None}


def echoed(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a response repeats of its request."""
    tools: Sequence[Any] = body.get("tools") or ()
    reasoning, text = body.get("reasoning"), body.get("text")
    return {
        "background": False,
        "frequency_penalty": 0,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": None,
        "metadata": body.get("metadata") or {},
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "presence_penalty": 0,
        "previous_response_id": None,
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {"effort": None, "summary": None, **(reasoning if isinstance(reasoning, dict) else {})},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "store": False,
        "temperature": 1 if body.get("temperature") is None else body["temperature"],
        "text": {"format": {"type": "text"}, **(text if isinstance(text, dict) else {})},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": [{"description": None, "parameters": None, "strict": None, **tool} for tool in tools],
        "top_logprobs": 0,
        "top_p": 1 if body.get("top_p") is None else body["top_p"],
        "truncation": "disabled",
        "user": body.get("user"),
    }
