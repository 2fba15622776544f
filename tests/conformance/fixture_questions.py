"""The suite's tools that ask something first: a result says what, and the call comes again with the answers.

Their state goes through the client, which may change it: it is signed, with the method and the tool that it is for.
Source: MCP 2026-07-28, "Multi round-trip requests".
"""

import hashlib
import hmac
from collections.abc import Mapping

from api.wire.mcp.protocol import INVALID_PARAMS, Fields, McpError
from api.wire.mcp.server import Call
from api.wire.mcp.tool_table import Run, ToolDefinition
from tests.conformance.fixture_tools import content, define, text

CAPITAL = "What is the capital of France?"


def form(message: str, field: str, kind: str = "string") -> Fields:
    """Make a question with one field."""
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def sampling(prompt: str, max_tokens: int) -> Fields:
    """Make a question to the client's model."""
    message = {"role": "user", "content": text(prompt)}
    return {"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": max_tokens}}


NAME = form("What is your name?", "name")
ROOTS: Fields = {"method": "roots/list", "params": {}}
CAPABILITY_OF = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots"}


def asking_tools(key: bytes) -> list[tuple[ToolDefinition, Run]]:
    """Return the tools; `key` signs their states."""
    prefix = "test_input_required_result_"
    once = {
        "elicitation": {"user_name": NAME},
        "sampling": {"capital_question": sampling(CAPITAL, 100)},
        "list_roots": {"client_roots": ROOTS},
    }
    stated = {
        "request_state": {"confirm": form("Please confirm", "ok", "boolean")},
        "tampered_state": {"confirm": form("Please confirm", "ok", "boolean")},
        "multiple_inputs": {
            "user_name": NAME,
            "greeting": sampling("Generate a greeting", 50),
            "client_roots": ROOTS,
        },
    }
    tools: list[tuple[ToolDefinition, Run]] = [
        (define(prefix + name), lambda call, _, asked=asked: answer_once(call, asked))  # type: ignore[misc]
        for name, asked in once.items()
    ]
    tools += [
        (define(prefix + name), lambda call, _, asked=asked: answer_stated(call, asked, key))  # type: ignore[misc]
        for name, asked in stated.items()
    ]
    tools.append((define(f"{prefix}multi_round"), lambda call, _: answer_in_rounds(call, key)))
    tools.append((define(f"{prefix}capabilities"), answer_by_capabilities))
    return tools


def answer_once(call: Call, asked: Mapping[str, Fields]) -> Fields:
    """Ask until everything is answered."""
    answers = answers_to(call, asked)
    return content(text(f"Hello, {answers}!")) if answers else required(asked)


def answer_stated(call: Call, asked: Mapping[str, Fields], key: bytes) -> Fields:
    """The same, with a state that has to come back as it was."""
    if not answers_to(call, asked):
        return required(asked, sealed(call, "asked", key))
    opened(call, key)
    return content(text("state-ok"))


def answer_in_rounds(call: Call, key: bytes) -> Fields:
    """Ask one thing, then another."""
    first = {"step1": form("Step 1: What is your name?", "name")}
    second = {"step2": form("Step 2: What is your favorite color?", "color")}
    if not call.params.get("requestState"):
        return required(first, sealed(call, "one", key))
    is_first = opened(call, key) == "one"
    if is_first and answers_to(call, first):
        return required(second, sealed(call, "two", key))
    if not is_first and answers_to(call, second):
        return content(text("Thank you."))
    return required(first if is_first else second, call.params["requestState"])


def answer_by_capabilities(call: Call, _arguments: Fields) -> Fields:
    """Ask only what the client can answer."""
    wanted = {"user_name": NAME, "capital_question": sampling(CAPITAL, 100), "client_roots": ROOTS}
    able = {name: asked for name, asked in wanted.items() if CAPABILITY_OF[asked["method"]] in call.era.capabilities}
    if not able or answers_to(call, able):
        return content(text("Thank you."))
    return required(able)


def prompt_that_asks(call: Call) -> Fields:
    """A prompt that wants to know something first."""
    asked = {"user_context": form("What context should the prompt use?", "context")}
    if not answers_to(call, asked):
        return required(asked)
    return {"messages": [{"role": "user", "content": text("Use the context.")}]}


def answers_to(call: Call, asked: Mapping[str, Fields]) -> Fields:
    """Return the answers if all are there and are such."""
    given = call.params.get("inputResponses")
    answers = {name: given.get(name) for name in asked} if isinstance(given, dict) else {}
    is_whole = all(isinstance(answers.get(name), dict) and _is_answer(answers[name]) for name in asked)
    return answers if is_whole else {}


def required(asked: Mapping[str, Fields], state: str | None = None) -> Fields:
    """Make the result that asks."""
    return {"resultType": "input_required", "inputRequests": asked, **({"requestState": state} if state else {})}


def sealed(call: Call, state: str, key: bytes) -> str:
    """Sign a state for this call."""
    return f"{state}.{_signature(call, state, key)}"


def opened(call: Call, key: bytes) -> str:
    """Return the state that came back, if it is one of this call's."""
    state, _, signature = str(call.params.get("requestState", "")).rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(call, state, key).encode()):
        raise McpError(INVALID_PARAMS, "The requestState is none that was given for this call.")
    return state


def _signature(call: Call, state: str, key: bytes) -> str:
    signed = f"{call.request.method}\0{call.params.get('name')}\0{state}"
    return hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()


def _is_answer(answer: Fields) -> bool:
    if answer.get("action") == "accept":
        return isinstance(answer.get("content"), dict)
    return "role" in answer or isinstance(answer.get("roots"), list)
