"""The contract between the two sides: what the API writes, the page reads."""

from dataclasses import asdict
from typing import get_args

import pytest

from api import events as api_events
from api.wire import sse as api_sse
from ui import events as ui_events
from ui.client import sse as ui_sse

SAMPLES: list[api_events.Event] = [
    api_events.RunStarted("r", "t", "q", "m", "model"),
    api_events.ReasoningDelta("thinking\n\r\u2028"),
    api_events.MessageDelta('données 数据 "quoted"\n\ndata: x'),
    api_events.ToolCallStarted("c", "search", '{"q": 1}', "files", "Search"),
    api_events.StepStarted(2),
    api_events.ToolCallRequiresAction("c", "approval", "files", "read", 1.5, "hash"),
    api_events.ToolCallDecided("c", "deny", reason="no"),
    api_events.ToolCallProgress("c", 1.0, message="half"),
    api_events.ToolCallCompleted("c", [{"type": "text", "text": "found"}], is_error=False, duration_ms=5),
    api_events.Usage(1, 2, estimated=True),
    api_events.RunCompleted("stop"),
    api_events.RunFailed("upstream_error", "It broke.", retryable=True),
    api_events.RunCancelled(),
    api_events.RunInterrupted("server_shutdown", "Restarting.", retryable=True),
]


@pytest.mark.parametrize("sent", SAMPLES, ids=lambda sent: sent.type)
def test_an_event_arrives_as_it_was_sent(sent: api_events.Event) -> None:
    frame = api_sse.encode_frames([(7, sent, api_events.to_json(sent))])
    (received,) = ui_sse.SseDecoder().feed(api_sse.OPEN + frame + api_sse.HEARTBEAT)
    event = ui_events.decode_event(received.event, received.data)
    assert received.id == "7"
    assert event is not None
    shown = asdict(event)
    assert (event.type, shown) == (sent.type, {name: value for name, value in asdict(sent).items() if name in shown})


def test_the_samples_and_both_vocabularies_are_the_same_set() -> None:
    sampled = {type(sample) for sample in SAMPLES}
    assert sampled == set(get_args(api_events.Event))
    assert {kind.type for kind in sampled} == set(ui_events.EVENT_TYPES)


def test_both_sides_agree_on_what_ends_a_run() -> None:
    api_terminal = {kind.type for kind in api_events.TERMINAL}
    assert api_terminal == {kind.type for kind in ui_events.TERMINAL}
