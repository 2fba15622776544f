"""A chat completion in one piece as it goes on to a client: bytes in, bytes out, no I/O.

Source: "The chat completion object" of OpenAI's API reference, where `refusal` and `logprobs` are required and may be
null. What is well formed goes on byte for byte.
"""

import time
from dataclasses import dataclass
from typing import Any

import orjson

from api.errors import ProviderError, ProviderRejected, ProviderTruncated
from api.events import Usage
from api.provider.answer_words import NOT_AN_ANSWER, TRUNCATED, WEB_PAGE
from api.provider.choice_repair import ChoiceRepair
from api.provider.chunk_repair import MAX_CHOICES, encoded
from api.provider.errors import error_from_payload
from api.provider.pieces import SMALL_BYTES, chunks_of, usage_of
from api.provider.tool_call_numbers import number_whole

OBJECT = "chat.completion"


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """What goes to the client, the tokens where the provider told them, and how long the answer is."""

    body: bytes
    usage: Usage | None
    finish_reason: str
    content_chars: int


def repair_answer(received: bytes, completion_id: str, model: str) -> WholeAnswer:
    """Read an answer; one with more values in it than can be looked at goes on unread.

    Raises:
        ProviderError: it is none, or a failure.
        ProviderTruncated: it does not say why it ended.
    """
    if received.lstrip().startswith(b"<"):
        raise ProviderRejected(WEB_PAGE)
    found = chunks_of(received)
    if not found and received.lstrip().startswith(b"{"):
        return WholeAnswer(received, None, "stop", len(received))
    answer = found[0] if found else None
    if not isinstance(answer, dict) or not isinstance(answer.get("choices"), list):
        raise error_from_payload(answer) if isinstance(answer, dict | list) and answer else ProviderError(NOT_AN_ANSWER)
    if answer.get("error"):
        raise error_from_payload(answer)
    is_changed = _name(answer, completion_id, model) or not _is_strict(received)
    repairs: list[ChoiceRepair] = []
    for choice in answer["choices"][:MAX_CHOICES]:
        if not isinstance(choice, dict):
            raise ProviderError(NOT_AN_ANSWER)
        repair, is_other = _repair(choice, len(repairs))
        repairs.append(repair)
        is_changed = is_changed or is_other
    reasons = [repair.finish_reason for repair in repairs]
    if not reasons or reasons[0] is None:
        raise ProviderTruncated(TRUNCATED)
    chars = sum(repair.take_chars() for repair in repairs)
    return WholeAnswer(encoded(answer) if is_changed else received, usage_of(answer.get("usage")), reasons[0], chars)


def _repair(choice: dict[str, Any], number: int) -> tuple[ChoiceRepair, bool]:
    """Repair one choice in place, and say whether that changed it."""
    index = choice.get("index")
    repair = ChoiceRepair(index if type(index) is int else number)
    message = choice.pop("message", None)
    if not isinstance(message, dict):
        message = {"content": choice.pop("text", None)}
    choice["delta"] = message
    is_changed = number_whole(message)
    before = len(message), message.get("tool_calls")
    is_changed = repair.repair(choice) or is_changed or (len(message), message.get("tool_calls")) != before
    if repair.failure is not None:
        raise repair.failure
    for fields, name in ((message, "content"), (message, "refusal"), (choice, "logprobs")):
        if name not in fields:
            fields[name] = None
            is_changed = True
    for call in message.get("tool_calls") or ():
        del call["index"]  # Only chunks have one.
    choice["message"] = choice.pop("delta")
    return repair, is_changed


def _is_strict(received: bytes) -> bool:
    """Say whether every reader of JSON takes this, also such as refuse half a character."""
    if len(received) > SMALL_BYTES:
        return True  # `chunks_of` takes nothing else of this size.
    try:
        orjson.loads(received)
    except orjson.JSONDecodeError:
        return False
    return True


def _name(answer: dict[str, Any], completion_id: str, model: str) -> bool:
    named: dict[str, Any] = {"object": OBJECT} if answer.get("object") != OBJECT else {}
    if not isinstance(answer.get("id"), str) or not answer["id"]:
        named["id"] = completion_id
    if not isinstance(answer.get("model"), str) or not answer["model"]:
        named["model"] = model
    if type(answer.get("created")) is not int:
        named["created"] = int(time.time())
    answer.update(named)
    if answer.get("usage", {}) is None:
        del answer["usage"]
        return True
    return bool(named)
