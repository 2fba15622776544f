"""The pieces of tool calls in one choice, each with the index of its call and the first with its id; pure."""

import uuid
from typing import Any

from api.errors import ProviderError
from api.provider.pieces import encoded

MAX_CALLS = 128
TOO_MANY = "The provider sent more tool calls than an answer can have."


class ToolCallNumbers:
    """Numbers calls 0, 1, 2 … as they come; a new id at the index of another call begins a call of its own.

    A call whose name comes later begins with its name: clients take that of the first piece.
    """

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._at: dict[object, int] = {}
        self._nameless: dict[int, tuple[dict[str, Any], list[str]]] = {}

    @property
    def has_any(self) -> bool:
        """Whether there is a call."""
        return bool(self._ids)

    def number(self, pieces: list[Any]) -> bool:
        """Repair the pieces of one delta in place, and say whether that changed them.

        Raises:
            ProviderError: there are more calls than an answer can have.
        """
        calls = [piece for piece in pieces if isinstance(piece, dict)]
        is_changed = len(calls) != len(pieces) or bool(self._nameless)
        for piece in calls:
            is_changed = self._number(piece) or is_changed
        named = [piece for piece in calls if self._has_name(piece)]
        pieces[:] = named
        return is_changed or len(named) < len(calls)

    def flush(self) -> list[dict[str, Any]]:
        """Return the calls whose name has not come."""
        nameless, self._nameless = self._nameless, {}
        for piece, arguments in nameless.values():
            piece["function"] = {"name": "", "arguments": "".join(arguments)}
        return [piece for piece, _ in nameless.values()]

    def _has_name(self, piece: dict[str, Any]) -> bool:
        """Say whether a piece may go on; what waits for its name goes on with it."""
        number, function = piece["index"], piece["function"]
        if number not in self._nameless:
            if "type" not in piece or function.get("name"):
                return True
            self._nameless[number] = piece, []
        waiting, arguments = self._nameless[number]
        arguments.append(function.get("arguments") or "")
        if not function.get("name"):
            return False
        del self._nameless[number]
        piece |= {**waiting, "function": {**function, "arguments": "".join(arguments)}}
        return True

    def _number(self, piece: dict[str, Any]) -> bool:
        before = {name: piece.get(name) for name in ("index", "id", "type")}
        function = piece.get("function")
        is_changed = not isinstance(function, dict)
        function = piece["function"] = function if isinstance(function, dict) else {}
        number, is_first = self._call(piece.get("index"), _word(piece.get("id")), _word(function.get("name")))
        piece["index"] = number
        if is_first:
            piece["id"], piece["type"] = self._ids[number], "function"
        elif "id" in piece and not piece["id"]:
            del piece["id"]
        if "name" in function and not isinstance(function["name"], str):
            del function["name"]
            is_changed = True
        is_changed = repair_arguments(function, is_first=is_first) or is_changed
        return is_changed or any(piece.get(name) != value for name, value in before.items())

    def _call(self, index: object, tool_call_id: str, name: str) -> tuple[int, bool]:
        """Return the number of the call that a piece belongs to, and whether it is its first."""
        index = index if isinstance(index, int | str) else None
        last = len(self._ids) - 1 if self._ids else None
        number = last if index is None else self._at.get(index)
        is_other = number is not None and bool(tool_call_id) and tool_call_id != self._ids[number]
        begins = index is None and bool(tool_call_id or name) and (number is None or tool_call_id != self._ids[number])
        is_first = number is None or is_other or begins
        if number is None or is_first:
            number = len(self._ids)
            if number >= MAX_CALLS:
                raise ProviderError(TOO_MANY)
            self._ids.append(tool_call_id or new_call_id())
        if index is not None:
            self._at[index] = number
        return number, is_first


def number_whole(message: dict[str, Any]) -> bool:
    """Number the calls of a message that came whole, each a call of its own; say whether one had a number."""
    calls = message.get("tool_calls")
    whole = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    had_number = any("index" in call for call in whole)
    for number, call in enumerate(whole):
        call["index"] = number
    return had_number


def new_call_id() -> str:
    """Make the id of a tool call whose provider gives none."""
    return f"call_{uuid.uuid4().hex[:24]}"


def repair_arguments(function: dict[str, Any], *, is_first: bool) -> bool:
    """Make the arguments the text they have to be, and say whether they were none."""
    arguments = function.get("arguments")
    if isinstance(arguments, str) or (arguments is None and not is_first and "arguments" not in function):
        return False
    function["arguments"] = "" if arguments is None else encoded(arguments).decode()
    return True


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
