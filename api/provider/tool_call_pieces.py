"""Tool calls put together from pieces, which name their call by `index` or, without one, follow it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.errors import ProviderError
from api.events import ToolCallStarted
from api.provider.pieces import encoded, whole

MAX_CALLS = 128
MAX_SIZE = 8 * 1024 * 1024
PIECE_SIZE = 100
_OWN = frozenset(("index", "id", "type", "function"))
_TOO_MANY = "The provider sent more tool calls than an answer can have."


@dataclass(slots=True)
class _Call:
    tool_call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    provider_fields: dict[str, object] = field(default_factory=dict)


class ToolCallPieces:
    """Collects the pieces of one answer; a new id at the index of another call begins a call of its own.

    `source` is said with what the provider wants back.
    """

    def __init__(self, source: str = "") -> None:
        self._source = source
        self._calls: list[_Call] = []
        self._at: dict[object, _Call] = {}
        self._size = 0

    def append(self, pieces: object) -> None:
        """Take the pieces of one delta.

        Raises:
            ProviderError: there are more calls, or they are longer, than an answer can have.
        """
        for piece in pieces if isinstance(pieces, list) else ():
            if isinstance(piece, Mapping):
                self._append(piece)
            self._size += PIECE_SIZE
        if self._size > MAX_SIZE or len(self._calls) > MAX_CALLS:
            raise ProviderError(_TOO_MANY)

    def take(self, message_fields: Mapping[str, object]) -> list[ToolCallStarted]:
        """Hand out the calls, which are complete, the first with what belongs to the whole answer."""
        calls, self._calls, self._at = self._calls, [], {}
        started = []
        for number, call in enumerate(calls):
            tool_call_id = call.tool_call_id or f"call_{number}"
            kept = {"tool_call": call.provider_fields, "message": {} if number else message_fields}
            fields: dict[str, object] = {of: values for of, values in kept.items() if values}
            if fields and self._source:
                fields["source"] = self._source
            arguments = whole("".join(call.arguments))
            started.append(ToolCallStarted(tool_call_id, call.name, arguments, provider_fields=fields or None))
        return started

    def _append(self, piece: Mapping[str, object]) -> None:
        function = piece.get("function")
        function = function if isinstance(function, Mapping) else {}
        tool_call_id, name = _word(piece.get("id")), _word(function.get("name"))
        call = self._call(piece.get("index"), tool_call_id, name)
        call.tool_call_id = call.tool_call_id or tool_call_id
        call.name = call.name or name
        arguments = function.get("arguments") or ""
        call.arguments.append(arguments if isinstance(arguments, str) else encoded(arguments).decode())
        self._size += len(call.arguments[-1]) + len(tool_call_id) + len(name)
        if not piece.keys() <= _OWN:
            self._keep(call, piece)

    def _keep(self, call: _Call, piece: Mapping[str, object]) -> None:
        """Keep what is no part of the call itself, such as a signature, for its provider."""
        own = {str(name): value for name, value in piece.items() if name not in _OWN and value is not None}
        self._size += len(encoded(own))
        call.provider_fields |= own if encoded(own) else {}

    def _call(self, index: object, tool_call_id: str, name: str) -> _Call:
        """Return the call that a piece belongs to."""
        index = index if isinstance(index, int | str) else None
        last = self._calls[-1] if self._calls else None
        call = last if index is None else self._at.get(index)
        is_other = bool(call and tool_call_id and call.tool_call_id and tool_call_id != call.tool_call_id)
        if call is None or is_other or (index is None and (tool_call_id or name) and not _goes_on(call, tool_call_id)):
            call = _Call()
            self._calls.append(call)
        if index is not None:
            self._at[index] = call
        return call


def _goes_on(call: _Call, tool_call_id: str) -> bool:
    return bool(tool_call_id) and call.tool_call_id == tool_call_id


def _word(value: object) -> str:
    return whole(value[:256]) if isinstance(value, str) else ""
