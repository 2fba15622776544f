"""What providers send that Decant once lost or failed at, row by row of what is known of them, over real sockets.

The bodies are those of `test_completion_decoder.py`, which cuts them everywhere; here they come from a server.
"""

import json
import logging

import pytest

from api.errors import ProviderError, ProviderRejected, ProviderTruncated
from api.events import Event, MessageDelta, ReasoningDelta, ToolCallStarted
from api.messages import Finished
from api.provider.chat_model import ChatModel
from tests.api.provider.test_provider_quirks import joined
from tests.support.chat_model_calls import collect, delta, error_body, events_of, request, stream_of, text_of
from tests.support.provider.bodies import ANSWERS, KEPT, SKIPPED, chunk, event
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.under_gevent import run_under_gevent

WHOLE = ANSWERS | SKIPPED
# Fixtures of the rows that were once lost or half understood; the rest of the rows is below.
ROWS = {
    1: ("calls that share an index",),
    4: ("the name of the reasoning", "another name"),
    5: ("the name of the reasoning",),
    3: ("a signature of the call", "a signature that comes later"),
    7: ("reasoning details alone", "details"),
    8: ("think tags", "think tags that never close", "think tags in the text"),
    9: ("thinking parts", "a summary of reasoning"),
    14: ("groq's usage",),
    20: ("an image alone",),
    23: ("null and plain words", "two events in one"),
    25: ("a function call", "text completions"),
    26: ("details",),
}


def served(body: bytes) -> Scenario:
    return Scenario(raw=(body.decode("utf-8", "surrogateescape"),), bytes_per_write=7)


@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_of_a_provider(chat_model: ChatModel, provider: ScriptedProvider, name: str) -> None:
    body, expected = WHOLE[name]
    provider.script("quirk", served(body))
    assert joined(events_of(chat_model, request("quirk"))) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("name", KEPT)
def test_what_a_provider_wants_back(chat_model: ChatModel, provider: ScriptedProvider, name: str) -> None:
    body, kept = KEPT[name]
    provider.script("quirk", served(body + chunk({}, "stop")))
    said = [said for said in events_of(chat_model, request("quirk")) if not isinstance(said, ReasoningDelta)]
    call = said[0]
    assert isinstance(call, ToolCallStarted)
    fields = dict(call.provider_fields) if call.provider_fields else None
    source = fields.pop("source") if fields else None
    assert (fields, bool(source)) == (kept, kept is not None)
    assert said == [ToolCallStarted("c", "f", "{}", provider_fields=call.provider_fields), Finished("stop")]


def test_every_row_has_its_fixtures() -> None:
    assert {name for names in ROWS.values() for name in names} <= WHOLE.keys() | KEPT.keys()


@pytest.mark.parametrize(
    "reason",
    ["abort", "insufficient_system_resource", "MALFORMED_FUNCTION_CALL", "function_call_filter: UNEXPECTED_TOOL_CALL"],
)
def test_row_10_a_reason_that_is_a_failure(chat_model: ChatModel, provider: ScriptedProvider, reason: str) -> None:
    provider.script("quirk", stream_of(delta(content="kept"), delta(reason)))
    events: list[Event | Finished] = []
    with pytest.raises(ProviderTruncated, match="broke the answer off"):
        collect(chat_model.open().events(request("quirk")), events)
    assert text_of(events) == "kept"


def test_row_12_the_calls_decide_and_not_the_word(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    call = {"id": "c", "function": {"name": "f", "arguments": "{}"}}
    provider.script("quirk", stream_of(delta("stop", tool_calls=[call])))
    assert events_of(chat_model, request("quirk")) == [ToolCallStarted("c", "f", "{}"), Finished("stop")]


def test_row_14_groqs_error(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    provider.script("quirk", stream_of(delta(content="a"), {"choices": [], "x_groq": {"error": "over capacity"}}))
    with pytest.raises(ProviderError, match="over capacity"):
        events_of(chat_model, request("quirk"))


@pytest.mark.parametrize(
    ("usage", "seen"), [((3000, 1096), 4096), ((2000, 48), 2048), ((3000, 1095), None), ((5000, 900), None)]
)
def test_row_18_a_context_that_is_cut_in_silence_is_told_to_the_owner(
    chat_model: ChatModel,
    provider: ScriptedProvider,
    caplog: pytest.LogCaptureFixture,
    usage: tuple[int, int],
    seen: int | None,
) -> None:
    counted = {"usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]}}
    provider.script("quirk", stream_of(delta(content="a"), delta("length") | counted))
    with caplog.at_level(logging.WARNING):
        events_of(chat_model, request("quirk"))
    assert (f"only {seen} tokens" in caplog.text) == (seen is not None)
    assert ("num_ctx" in caplog.text) == (seen is not None)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("temperature", "Unsupported value: 'temperature' does not support 0.5 with this model."),
        ("max_tokens", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        ("stop", "Argument not supported on this model: stop"),
        ("stream_options", "Unrecognized request argument supplied: stream_options"),
    ],
)
def test_row_21_an_option_that_is_refused_is_left_out_from_then_on(
    provider: ScriptedProvider, option: str, said: str
) -> None:
    provider.reset()
    chat_model = ChatModel(base_url=provider.base_url, api_key="", max_connections=2, extra_body={"stop": ["x"]})
    provider.script("strict", Scenario(status=400, body=error_body(said)), Scenario(text="a"))
    for _ in range(2):
        assert text_of(events_of(chat_model, request("strict", temperature=0.5, max_tokens=9))) == "a"
    asked = [option in call.body for call in provider.calls("strict")]
    assert asked == [True, False, False]


@pytest.mark.parametrize("kind", ["response.created", "message_start"])
def test_row_22_another_protocol_is_a_wrong_address(
    chat_model: ChatModel, provider: ScriptedProvider, kind: str
) -> None:
    provider.script("quirk", Scenario(raw=(f"event: {kind}\ndata: {json.dumps({'type': kind})}\n\n",)))
    with pytest.raises(ProviderRejected, match="OPENAI_BASE_URL"):
        events_of(chat_model, request("quirk"))
    assert len(provider.calls("quirk")) == 1


@pytest.mark.parametrize("line", ["keep-alive", "null", '{"type": "ping"}', ""])
def test_row_23_a_ping_of_any_kind_is_none_of_the_answer(
    chat_model: ChatModel, provider: ScriptedProvider, line: str
) -> None:
    body = f"event: ping\ndata: {line}\n\n" + event(delta("stop", content="a")).decode()
    provider.script("quirk", Scenario(raw=(body,)))
    assert events_of(chat_model, request("quirk")) == [MessageDelta("a"), Finished("stop")]


def test_all_of_this_holds_under_gevent() -> None:
    run_under_gevent(__file__)
