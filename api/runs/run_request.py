"""What a client asks of a thread, and what becomes of it: a row to store, and what the model is told."""

from dataclasses import dataclass

from api.errors import BadRequest
from api.hub import in_turns
from api.messages import Message, ModelRequest, text_message
from api.parts import Part, TextPart, ToolCallPart
from api.runs.titles import title_of
from api.store.records import NewRun, RunContext, RunOptions, StoredMessage

CONTINUE = "Continue exactly where your last message stops. Repeat nothing and add no introduction."


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A tool that a person calls: its name, or `server/tool`, and the arguments as JSON."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a client asks of a thread.

    `content` is a new user message under `parent_id`; without it the message `parent_id` is answered again; with
    `continue_id` the answer of that id goes on, beside it. `is_first` says that there is no parent. Without `model` the
    thread's is asked. `tools` names the servers and, as `server/tool`, the tools that the run may use, None being all;
    with `tool` that one is called and no model asked.
    """

    content: str | None
    parent_id: str | None
    is_first: bool
    continue_id: str | None
    model: str | None
    temperature: float | None
    max_tokens: int | None
    tools: tuple[str, ...] | None = None
    tool: ToolRequest | None = None


def new_run(
    context: RunContext, asked: RunRequest, models: tuple[str, ...], idempotency_key: str | None
) -> tuple[NewRun, ModelRequest]:
    """Check what is asked; return what to store, and what the model is told of the thread.

    Raises:
        BadRequest: There is nothing to answer, or to go on with.
    """
    thread, path = context.thread, context.path
    told = [text_message("system", thread.system_prompt)] if thread.system_prompt else []
    told += [message for message in map(_told, in_turns(path)) if message is not None and _says(message)]
    parts: tuple[Part, ...] = ()
    answer_parts: tuple[Part, ...] = ()
    parent_id = path[-1].message_id if path else None
    if asked.continue_id is not None:
        if path[-1].role != "assistant" or not path[-1].text:
            raise BadRequest("continue_id has to name an answer of this thread that has text.")
        parent_id, answer_parts = path[-1].parent_id, path[-1].parts
        told.append(text_message("user", CONTINUE))
    elif asked.content is not None:
        parts = (TextPart(asked.content),)
        told.append(text_message("user", asked.content))
    elif asked.parent_id is None or path[-1].role != "user":
        raise BadRequest("Without content, parent_id has to name the user's message to answer again.")
    is_first = parent_id is None
    title = title_of(asked.content or "")
    model = asked.model or (thread.model if thread.model in models else models[0])
    tool, arguments = (asked.tool.name, asked.tool.arguments) if asked.tool else (None, None)
    options = RunOptions(asked.temperature, asked.max_tokens, asked.continue_id, asked.tools, tool, arguments)
    new = NewRun(thread.thread_id, model, parts, parent_id, is_first, answer_parts, idempotency_key, title, options)
    return new, ModelRequest(model, tuple(told), asked.temperature, asked.max_tokens)


def _told(message: StoredMessage) -> Message | None:
    return Message(message.role, message.parts) if message.role != "tool" else None


def _says(message: Message) -> bool:
    return bool(message.text) or any(isinstance(part, ToolCallPart) for part in message.parts)
