"""A thread as a file and back: Markdown of one way through it, JSON of all of it; pure, no I/O."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ui import texts
from ui.client.decoding import decode_message
from ui.errors import PageError
from ui.messages import Message
from ui.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from ui.thread.markdown_blocks import embedded
from ui.thread.state import ChatState
from ui.threads import Thread

FIELDS = ("title", "model", "system_prompt")
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
        UnreadableExport: it holds none.
    """
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise _unreadable("it is not JSON") from exc
    if not isinstance(fields, dict) or not isinstance(fields.get("messages"), list):
        raise _unreadable("it has no messages")
    try:
        for message in fields["messages"]:
            decode_message({"status": "completed", "run": None, **message})
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise _unreadable("one of its messages is none") from exc
    kept = {name: fields[name] for name in FIELDS if isinstance(fields.get(name), str)}
    return {**kept, "messages": fields["messages"]}


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
                yield f"*{texts.TOOL_CALL.format(name=_escaped(name))}*"
                yield _fenced(arguments, "json")
            case ToolResultPart(_, content, is_error):
                yield f"*{texts.EXPORT_TOOL_ERROR if is_error else texts.EXPORT_TOOL_RESULT}*"
                yield _fenced(content)


def _escaped(line: str) -> str:
    """Return a line of plain text as Markdown that reads so."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(line.split()))


def _fenced(text: str, language: str = "") -> str:
    """Return the text as a block of code, in a fence that does not occur in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _unreadable(reason: str) -> UnreadableExport:
    return UnreadableExport(texts.IMPORT_UNREADABLE.format(reason=reason))
