"""The input of a response as the messages of a chat completion: no I/O, no Flask.

Source: "Input items" of OpenAI's API reference. A model's own items (reasoning, text, function calls) that stand beside
each other are one message of the assistant there.
"""

from collections.abc import Callable, Mapping
from typing import Any

from api.errors import BadRequest
from api.wire.fields import shown

Messages = list[dict[str, Any]]

ROLES = ("user", "assistant", "system", "developer")


def messages_of(body: Mapping[str, Any]) -> Messages:
    """Return the messages for the `instructions` and the `input` of a request.

    Raises:
        BadRequest: an item is of no known kind, or lacks what it needs.
    """
    messages: Messages = []
    instructions, given = body.get("instructions"), body.get("input")
    if isinstance(instructions, str) and instructions:
        messages.append({"role": "system", "content": instructions})
    elif instructions is not None and not isinstance(instructions, str):
        raise BadRequest("instructions has to be a text.", param="instructions")
    if isinstance(given, str):
        return [*messages, {"role": "user", "content": given}]
    if not isinstance(given, list) or not given:
        raise BadRequest("input has to be a text or a list of items.", param="input")
    for number, item in enumerate(given):
        where = f"input[{number}]"
        kind = item.get("type", "message") if isinstance(item, dict) else None
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise BadRequest(f"{where} is an item of the unknown type {shown(kind)}.", param=where)
        reader(messages, item, where)
    for message in messages:
        if message.pop("is_open", False) and "tool_calls" not in message:
            message["content"] = message["content"] or ""
    return messages


def _read_message(messages: Messages, item: Mapping[str, Any], where: str) -> None:
    role, content = item.get("role"), item.get("content")
    if role not in ROLES:
        raise BadRequest(f"{where} has the unknown role {shown(role)}.", param=where)
    if not isinstance(content, str | list):
        raise BadRequest(f"{where} needs content, a text or a list of parts.", param=where)
    told = content if isinstance(content, str) else [_part(part, where) for part in content]
    if role == "assistant":
        message = _assistant(messages)
        text = told if isinstance(told, str) else "".join(part.get("text", "") for part in told)
        message["content"] = (message["content"] or "") + text
    else:
        messages.append({"role": role, "content": told})


def _read_call(messages: Messages, item: Mapping[str, Any], where: str) -> None:
    texts = {name: item.get(name) for name in ("call_id", "name", "arguments")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise BadRequest(f"{where} needs call_id, name and arguments as texts.", param=where)
    function = {"name": texts["name"], "arguments": texts["arguments"]}
    call = {"id": texts["call_id"], "type": "function", "function": function}
    _assistant(messages).setdefault("tool_calls", []).append(call)


def _read_output(messages: Messages, item: Mapping[str, Any], where: str) -> None:
    output = item.get("output")
    if not isinstance(item.get("call_id"), str) or not isinstance(output, str | list):
        raise BadRequest(f"{where} needs call_id and output.", param=where)
    content = output if isinstance(output, str) else [_part(part, where) for part in output]
    messages.append({"role": "tool", "tool_call_id": item["call_id"], "content": content})


def _read_reasoning(messages: Messages, item: Mapping[str, Any], where: str) -> None:
    """Give a model's thoughts back under the name by which most providers want them."""
    parts = item.get("content", [])
    if not isinstance(parts, list):
        raise BadRequest(f"{where} needs as content a list of parts.", param=where)
    texts = [part.get("text", "") if isinstance(part, dict) else None for part in parts]
    thoughts = [text for text in texts if isinstance(text, str)]
    if len(thoughts) < len(texts):
        raise BadRequest(f"{where} has a part whose text is none.", param=where)
    message = _assistant(messages)
    if thoughts:
        message["reasoning_content"] = message.get("reasoning_content", "") + "".join(thoughts)


def _read_reference(_messages: Messages, _item: Mapping[str, Any], where: str) -> None:
    raise BadRequest(f"{where} refers to an item, and Decant keeps none: send the item itself.", param=where)


_READERS: Mapping[str, Callable[[Messages, Mapping[str, Any], str], None]] = {
    "message": _read_message,
    "function_call": _read_call,
    "function_call_output": _read_output,
    "reasoning": _read_reasoning,
    "item_reference": _read_reference,
}


def _assistant(messages: Messages) -> dict[str, Any]:
    """Return the message of the assistant that is being read, after other messages a new one."""
    if not messages or not messages[-1].get("is_open"):
        messages.append({"role": "assistant", "content": None, "is_open": True})
    return messages[-1]


def _part(part: object, where: str) -> dict[str, Any]:
    kind = part.get("type") if isinstance(part, dict) else None
    if isinstance(part, dict) and kind in ("input_text", "output_text", "text") and isinstance(part.get("text"), str):
        return {"type": "text", "text": part["text"]}
    if isinstance(part, dict) and kind == "refusal" and isinstance(part.get("refusal"), str):
        return {"type": "text", "text": part["refusal"]}
    if isinstance(part, dict) and kind == "input_image" and isinstance(part.get("image_url"), str):
        image = {"url": part["image_url"], **({"detail": part["detail"]} if part.get("detail") else {})}
        return {"type": "image_url", "image_url": image}
    if isinstance(part, dict) and kind == "input_file" and isinstance(part.get("file_data"), str):
        return {"type": "file", "file": {name: part[name] for name in ("file_data", "filename") if part.get(name)}}
    raise BadRequest(f"{where} has a part of the type {shown(kind)}, which cannot be told to the model.", param=where)
