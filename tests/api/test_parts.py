"""The parts of a message."""

from api.events import MessageDelta, ReasoningDelta, RunCompleted, ToolCallStarted, to_json
from api.parts import (
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    decode_parts,
    encode_parts,
    fold_events,
    text_of,
)

PARTS = (
    ReasoningPart("hm"),
    TextPart("数据\n\u2028 one"),
    ToolCallPart("c", "search", '{"q": 1}'),
    ToolResultPart("c", [{"type": "text", "text": "found"}], is_error=False),
    TextPart(" two"),
)
SAID = (
    ReasoningDelta("h"),
    ReasoningDelta("m"),
    MessageDelta("数据\n"),
    MessageDelta("\u2028 one"),
    ToolCallStarted("c", "search", '{"q": 1}'),
)
RESULT = ("tool_call.completed", b'{"tool_call_id":"c","content":[{"type":"text","text":"found"}],"is_error":false}')
REST = (MessageDelta(" two"), RunCompleted("stop"))
EVENTS = [*((event.type, to_json(event)) for event in SAID), RESULT, *((event.type, to_json(event)) for event in REST)]


def test_parts_come_back_as_they_were_encoded() -> None:
    assert decode_parts(encode_parts(PARTS)) == PARTS


def test_the_text_of_parts_is_what_a_person_reads() -> None:
    assert text_of(PARTS) == "数据\n\u2028 one two"


def test_the_events_of_a_run_fold_to_the_parts_of_its_message() -> None:
    assert fold_events(EVENTS) == PARTS


def test_a_log_cut_anywhere_folds_to_the_same() -> None:
    for at in range(len(EVENTS) + 1):
        assert fold_events(EVENTS[at:], fold_events(EVENTS[:at])) == PARTS


def test_what_a_message_began_with_is_gone_on_with() -> None:
    delta = ("message.delta", b'{"text":", end"}')
    assert fold_events([delta], (TextPart("begun"),)) == (TextPart("begun, end"),)
    assert fold_events([delta], (ReasoningPart("begun"),)) == (ReasoningPart("begun"), TextPart(", end"))
