"""A thread as a file and back: Markdown of one way through it, JSON of all of it; pure, no I/O."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ui import texts
from ui.client.decoding import decode_message
from ui.errors import PageError
from ui.messages import Message
from ui.parts import RESULT, ReasoningPart, TextPart, ToolCallPart
from ui.thread.foreign_file import kind_of_bytes, place_of, source_of
from ui.thread.markdown_blocks import embedded
from ui.thread.state import ChatState
from ui.threads import Thread

FIELDS = ("title", "model", "system_prompt")
VERSION = 1  # of a file that does not say which
ROLES = ("user", "assistant", "system", "tool")
PARTS = (TextPart.type, ReasoningPart.type, ToolCallPart.type, RESULT)
MAX_NAME_CHARACTERS = 60

# What Markdown takes for markup in a line of text.
_MARKUP = re.compile(
    r"""[`*]|\\(?=[!-/:-@[-`{-~])|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w+;)|~(?=.*~)|(?<=~)~|(?<=\s)#+$"""
)


class UnreadableExport(PageError):
    """The file is not an exported thread."""

    is_retryable = False


def to_json(thread: Thread, messages: Sequence[Any]) -> bytes:
    """Return the file that holds everything: the messages are as the API gives them."""
    fields: dict[str, Any] = {name: getattr(thread, name) for name in FIELDS}
    return json.dumps({**fields, "messages": messages}, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass")


def from_json(content: bytes) -> dict[str, Any]:
    """Return the fields of the thread that the file holds.

    Raises:
        UnreadableExport: it holds none; the sentence says what it is instead, and what can be read.
    """
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise _unreadable(kind_of_bytes(content) or place_of(exc)) from exc
    messages = fields.get("messages") if isinstance(fields, dict) else None
    unread = _first_unread(messages) if isinstance(messages, list) else 0
    if (unread is not None or not messages) and (source := source_of(fields)):
        raise _refusal(texts.IMPORT_FOREIGN.format(source=source))
    if not isinstance(messages, list):
        raise _unreadable(texts.NO_MESSAGES)
    if _is_newer(fields, messages):
        raise UnreadableExport(texts.IMPORT_NEWER)
    if unread is not None:
        raise _unreadable(texts.NO_MESSAGE.format(number=unread + 1))
    kept = {name: fields[name] for name in FIELDS if isinstance(fields.get(name), str)}
    return {**kept, "messages": messages}


def to_markdown(thread: Thread, messages: Sequence[Any], leaf_id: str | None) -> str:
    """Return one way through the thread as a document: the one that goes through `leaf_id`, without it the newest."""
    state = ChatState(map(decode_message, messages))
    leaf = state.get(leaf_id)
    if leaf:
        state.choose(leaf)
    sections = [f"# {_escaped(thread.title) or texts.EXPORT_UNTITLED}"]
    if thread.system_prompt:
        sections += [f"## {texts.SYSTEM_PROMPT}", embedded(thread.system_prompt)]
    for message in state.messages:
        sections += [f"## {texts.EXPORT_SAYS[message.role]}", *_sections(message)]
    return "\n\n".join(sections) + "\n"


def file_name(thread: Thread, kind: str) -> str:
    """Return a name that every system takes for the file."""
    words = re.sub(r"[^\w.-]+", " ", thread.title).strip(" .")[:MAX_NAME_CHARACTERS].strip()
    return f"{words or texts.EXPORT_UNTITLED}.{kind}"


def _sections(message: Message) -> Iterator[str]:
    for part in message.parts:
        match part:
            case TextPart():
                yield embedded(part.text)
            case ReasoningPart():
                quoted = "\n".join(f"> {line}".rstrip() for line in embedded(part.text).split("\n"))
                yield f"> **{texts.EXPORT_REASONING}**\n>\n{quoted}"
            case ToolCallPart(_, name, arguments):
                if name:
                    yield f"*{texts.TOOL_CALL.format(name=_escaped(part.title or name))}*"
                    yield _fenced(arguments, "json")
                if part.decision == "deny":
                    yield f"*{texts.TOOL_DENIED}{': ' if part.reason else ''}{_escaped(part.reason)}*"
                if result := part.result:
                    yield f"*{texts.EXPORT_TOOL_ERROR if result.is_error else texts.EXPORT_TOOL_RESULT}*"
                    yield _fenced(result.text)


def _escaped(line: str) -> str:
    """Return a line of plain text as Markdown that reads so."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(line.split()))


def _fenced(text: str, language: str = "") -> str:
    """Return the text as a block of code, in a fence that does not occur in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _first_unread(messages: Sequence[Any]) -> int | None:
    """Return the place of the first message that is none."""
    for number, message in enumerate(messages):
        try:
            decode_message({"status": "completed", "run": None, **message})
        except (KeyError, TypeError, ValueError, AttributeError):
            return number
    return None


def _is_newer(fields: dict[str, Any], messages: Sequence[Any]) -> bool:
    """Say whether the file says more than this version knows, in the form that it knows."""
    version = fields.get("version")
    if isinstance(version, int) and version > VERSION:
        return True
    ours = (message for message in messages if isinstance(message, dict) and isinstance(message.get("parts"), list))
    return any(
        message.get("role", ROLES[0]) not in ROLES
        or any(isinstance(part, dict) and part.get("type", PARTS[0]) not in PARTS for part in message["parts"])
        for message in ours
        if "message_id" in message
    )


def _unreadable(reason: str) -> UnreadableExport:
    return _refusal(texts.IMPORT_UNREADABLE.format(reason=reason))


def _refusal(sentence: str) -> UnreadableExport:
    return UnreadableExport(f"{sentence} {texts.IMPORT_WORKS}")
