"""Where a person decides about a tool call."""

import json
from collections.abc import Callable
from typing import Any

from nicegui import events, ui

from ui import texts
from ui.messages import ToolDecision
from ui.parts import ToolCallPart

MAX_CHARACTERS = 500_000
MAX_REASON_CHARACTERS = 2000
MAX_EDITED = 200
SCOPES = ("once", "thread", "step")


class DecisionCard(ui.element, component="decision_card.js", dependencies=["kept_drafts.js"]):
    """Offers to approve a call once, for the chat or with all others that wait, with other arguments, or to deny it."""

    def __init__(
        self, call: ToolCallPart, run_id: str, arguments: str, on_decide: Callable[[ToolDecision], Any]
    ) -> None:
        super().__init__()
        self._props["id"] = f"decision-{self.id}"
        self._props["call"] = call.tool_call_id
        self._props["tool"] = f"{call.server}/{call.name}"
        self._props["draft"] = f"{run_id}/{call.tool_call_id}/{call.expires_at}"
        self._props["title"] = call.title or call.name
        self._props["server"] = call.server
        self._props["given"] = arguments
        self._props["others"] = 0
        self._props["texts"] = {
            "question": texts.DECISION_QUESTION,
            "of": texts.DECISION_OF,
            "arguments": texts.TOOL_ARGUMENTS,
            "once": texts.APPROVE_ONCE,
            "thread": texts.APPROVE_THREAD,
            "step": texts.APPROVE_ALL,
            "deny": texts.DENY,
            "reason": texts.DENY_REASON,
            "back": texts.CANCEL,
            "not_json": texts.ARGUMENTS_NOT_JSON,
            "too_long": texts.ANSWER_TOO_LONG,
            "not_connected": texts.NOT_CONNECTED,
            "other_not_json": texts.OTHER_NOT_JSON,
        }
        self.on("decide", lambda event: self._on_decide(event, on_decide))

    def show_others(self, count: int) -> None:
        """Say how many other calls wait."""
        if self._props["others"] != count:
            self._props["others"] = count
            self.update()

    def fail(self, sentence: str) -> None:
        """Say why the decision was not taken, and let it be made anew."""
        if not self.is_deleted:
            self.run_method("fail", sentence)

    def _on_decide(self, event: events.GenericEventArguments, decide: Callable[[ToolDecision], Any]) -> None:
        if decision := _decision(event.args):
            decide(decision)
        else:
            self.fail(texts.ARGUMENTS_NOT_JSON)


def _decision(args: object) -> ToolDecision | None:
    """Return what the browser says, if that is a decision."""
    match args:
        case {"decision": "deny", "reason": str(reason)}:
            return ToolDecision("deny", "once", None, reason[:MAX_REASON_CHARACTERS])
        case {"decision": "approve", "scope": str(scope), **rest} if scope in SCOPES:
            written = rest.get("arguments")
            others = rest.get("edited") or {}
            if not isinstance(others, dict) or len(others) > MAX_EDITED:
                return None
            edited = {str(call): _arguments(text) for call, text in others.items()}
            arguments = None if written is None else _arguments(written)
            if None in edited.values() or (written is not None and arguments is None):
                return None
            return ToolDecision("approve", scope, arguments, edited={k: v for k, v in edited.items() if v is not None})
        case _:
            return None


def _arguments(written: object) -> dict[str, Any] | None:
    """Read arguments as a person has written them."""
    try:
        read = json.loads(written) if isinstance(written, str) and len(written) <= MAX_CHARACTERS else None
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None
