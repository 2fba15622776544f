"""Where a person answers what an MCP server asks before its tool answers."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from nicegui import events, ui

from ui import texts
from ui.messages import ToolDecision
from ui.parts import ToolCallPart

MAX_CHARACTERS = 500_000
MAX_FIELDS = 50
MAX_CHOICES = 200
# Source: the primitive schemas of MCP 2026-07-28, "Elicitation".
INPUTS = {"email": "email", "uri": "url", "date": "date"}


class QuestionCard(ui.element, component="question_card.js", dependencies=["kept_drafts.js"]):
    """Shows a flat form, or an address that a person may open, and offers to decline and to cancel."""

    def __init__(self, call: ToolCallPart, run_id: str, on_decide: Callable[[ToolDecision], Any]) -> None:
        super().__init__()
        self._props["draft"] = f"{run_id}/{call.tool_call_id}/{call.expires_at}"
        self._props["id"] = f"question-{self.id}"
        self._props["server"] = call.server
        self._props["questions"] = [_question(question) for question in call.questions if isinstance(question, dict)]
        self._props["texts"] = {
            "asks_before": texts.SERVER_ASKS_BEFORE,
            "asks_after": texts.SERVER_ASKS_AFTER,
            "opens": texts.SERVER_OPENS,
            "send": texts.SEND_ANSWER,
            "done": texts.HAVE_OPENED,
            "decline": texts.DECLINE,
            "cancel": texts.CANCEL,
            "too_long": texts.ANSWER_TOO_LONG,
            "not_connected": texts.NOT_CONNECTED,
        }
        self.on("answer", lambda event: self._on_answer(event, on_decide))

    def show_others(self, count: int) -> None:
        """Nothing: each question is answered for itself."""

    def fail(self, sentence: str) -> None:
        """Say why the answer was not taken, and let it be given anew."""
        if not self.is_deleted:
            self.run_method("fail", sentence)

    def _on_answer(self, event: events.GenericEventArguments, decide: Callable[[ToolDecision], Any]) -> None:
        try:
            answers = json.loads(event.args) if len(event.args) <= MAX_CHARACTERS else None
        except (TypeError, ValueError, RecursionError):
            answers = None
        if isinstance(answers, dict):
            decide(ToolDecision("answer", answers=answers))
        else:
            self.fail(texts.ARGUMENTS_NOT_JSON)


def _question(question: Mapping[str, Any]) -> dict[str, Any]:
    url = question.get("url")
    schema = question.get("schema")
    return {
        "key": str(question.get("key")),
        "message": str(question.get("message")),
        "fields": [*_fields(schema)] if isinstance(schema, dict) else [],
        **(_address(url) if isinstance(url, str) else {}),
    }


def _address(url: str) -> dict[str, str]:
    """Return an address to open, if it is one of the web."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return {}
    # Of the others two readers may see two hosts.
    is_plain = url.isprintable() and not set(url) & set("\\ ") and "@" not in parts.netloc
    return {"url": url} if is_plain and parts.scheme in ("http", "https") and parts.hostname else {}


def _fields(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    properties, needed = schema.get("properties"), schema.get("required")
    entries = [*properties.items()][:MAX_FIELDS] if isinstance(properties, dict) else []
    for name, described in entries:
        field = described if isinstance(described, dict) else {}
        kind = _kind(field)
        yield {
            "name": str(name),
            "title": str(field.get("title") or name),
            "description": str(field.get("description") or ""),
            "kind": kind,
            "choices": _choices(field) or _choices(field.get("items")),
            "isNeeded": isinstance(needed, list) and name in needed,
            "isWhole": field.get("type") == "integer",
            "given": _given(kind, field.get("default")),
        }


def _given(kind: str, default: object) -> object:
    """Return a default that fits its field."""
    match kind:
        case "boolean":
            return default is True
        case "choices":
            return [value for value in default if isinstance(value, str)] if isinstance(default, list) else []
        case "number":
            return default if isinstance(default, int | float) and not isinstance(default, bool) else None
        case _:
            return default if isinstance(default, str) else None


def _kind(field: Mapping[str, Any]) -> str:
    if field.get("type") == "array":
        return "choices"
    if _choices(field):
        return "choice"
    match field.get("type"):
        case "boolean":
            return "boolean"
        case "number" | "integer":
            return "number"
        case _:
            return INPUTS.get(str(field.get("format")), "text")


def _choices(field: object) -> list[dict[str, str]]:
    """Return what may be chosen, with its titles."""
    if not isinstance(field, dict):
        return []
    titled = field.get("oneOf") or field.get("anyOf")
    if isinstance(titled, list):
        entries = [each for each in titled[:MAX_CHOICES] if isinstance(each, dict) and "const" in each]
        return [{"value": str(each["const"]), "title": str(each.get("title") or each["const"])} for each in entries]
    values, names = field.get("enum"), field.get("enumNames")
    if not isinstance(values, list):
        return []
    shown = names if isinstance(names, list) and len(names) == len(values) else values
    pairs = zip(values[:MAX_CHOICES], shown, strict=False)
    return [{"value": str(value), "title": str(title)} for value, title in pairs]
