"""Threads as texts that a model or a person reads through the protocol, each bounded: pages, Markdown, passages."""

from collections.abc import Iterable, Sequence

from api.errors import BadRequest
from api.hub import in_turns
from api.parts import Part, TextPart, ToolCallPart, ToolResultPart
from api.store.message_search import FoundMessage
from api.store.records import StoredMessage, Thread
from api.tool_calls import text_of_content
from api.wire.mcp.protocol import Fields

MAX_PAGE_CHARS = 60_000
MAX_MARKDOWN_CHARS = 200_000
MAX_RESULT_CHARS = 2_000
PASSAGE_CHARS = 300
BEFORE_CHARS = 80
NAMES = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}
LEFT_OUT = "*The beginning is left out: the thread is longer than a resource may be.*"


def thread_page(
    thread: Thread, path: Sequence[StoredMessage], cursor: str | None, limit: int, max_chars: int = MAX_PAGE_CHARS
) -> Fields:
    """Return the messages of a path from a cursor on, as many and as long as a page may have.

    Raises:
        BadRequest: The cursor is not one that a page of this path gave.
    """
    place, begin = _place_of(path, cursor)
    entries: list[Fields] = []
    left = max_chars
    next_cursor = None
    for message in in_turns(path[place:]):
        text = said_in(message.parts)
        piece = text[begin : begin + left]
        if len(entries) == limit or (text and left <= 0):
            next_cursor = f"{message.message_id}.{begin}"
            break
        entries.append(_entry(message, piece, begin))
        left -= len(piece)
        if begin + len(piece) < len(text):
            next_cursor = f"{message.message_id}.{begin + len(piece)}"
            break
        begin = 0
    return {"thread_id": thread.thread_id, "title": thread.title, "messages": entries, "next_cursor": next_cursor}


def as_markdown(thread: Thread, path: Sequence[StoredMessage], max_chars: int = MAX_MARKDOWN_CHARS) -> str:
    """Write a path as Markdown; of a long one the end."""
    sections: list[str] = []
    left = max_chars
    for message in in_turns(reversed(path)):
        section = f"## {NAMES[message.role]}\n\n{said_in(message.parts)}"
        if len(section) > left:
            sections += [f"…{section[len(section) - left :]}" if left else "", LEFT_OUT]
            break
        sections.append(section)
        left -= len(section)
    written = [f"# {thread.title or 'Untitled'}", *reversed(sections)]
    return "\n\n".join(filter(None, written)) + "\n"


def page_text(page: Fields) -> str:
    """Write a page of a thread for who reads no fields."""
    sections = [f"# {page['title'] or 'Untitled'}"]
    sections += [f"## {NAMES[entry['role']]}\n\n{entry['text']}" for entry in page["messages"]]
    if page["next_cursor"]:
        sections.append(f"*It goes on: cursor {page['next_cursor']}*")
    return "\n\n".join(sections)


def found_entry(found: FoundMessage, query: str) -> Fields:
    """Describe a message that was found, with a passage of it."""
    message = found.message
    return {
        "thread_id": message.thread_id,
        "thread_title": found.thread_title,
        "message_id": message.message_id,
        "role": message.role,
        "passage": passage_of(said_in(message.parts), query),
        "created_at": message.created_at,
    }


def passage_of(text: str, query: str) -> str:
    """Return what stands around the first word of a query, where it is found as it is written; else the beginning."""
    places = [text.find(word) for word in query.split()[:8]]
    if max(places, default=-1) < 0:
        lowered = text.lower()
        places = [lowered.find(word.lower()) for word in query.split()[:8]]
    first = min((place for place in places if place >= 0), default=0)
    begin = max(0, first - BEFORE_CHARS)
    passage = " ".join(text[begin : begin + PASSAGE_CHARS].split())
    return f"{'…' if begin else ''}{passage}{'…' if len(text) > begin + PASSAGE_CHARS else ''}"


def said_in(parts: Iterable[Part]) -> str:
    """Return what a person reads of parts: texts, and of tools what was called and what came of it."""
    said = []
    for part in parts:
        if isinstance(part, TextPart):
            said.append(part.text)
        elif isinstance(part, ToolCallPart):
            said.append(f"*Tool {part.server + '/' if part.server else ''}{part.title or part.name}*")
        elif isinstance(part, ToolResultPart):
            text = text_of_content(part.content)
            said.append(text if len(text) <= MAX_RESULT_CHARS else f"{text[:MAX_RESULT_CHARS]}…")
    return "\n\n".join(filter(None, said))


def _entry(message: StoredMessage, text: str, begin: int) -> Fields:
    return {
        "message_id": message.message_id,
        "role": message.role,
        "status": message.status,
        "text": text,
        "begin": begin,
        "created_at": message.created_at,
    }


def _place_of(path: Sequence[StoredMessage], cursor: str | None) -> tuple[int, int]:
    if not cursor:
        return 0, 0
    message_id, _, begin = cursor.rpartition(".")
    for place, message in enumerate(path):
        if message.message_id == message_id and begin.isascii() and begin.isdigit() and len(begin) < 10:
            return place, int(begin)
    raise BadRequest("This cursor is none of this thread as it is now: begin anew without it.")
