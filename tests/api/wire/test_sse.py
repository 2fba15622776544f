"""Server-Sent Events on the way out."""

from api.events import MessageDelta, RunCompleted, to_json
from api.wire.sse import HEARTBEAT, OPEN, encode_frames


def test_an_event_is_a_frame_with_its_number_its_type_and_its_json() -> None:
    delta, end = MessageDelta("a\nb\u2028"), RunCompleted("stop")
    assert (
        encode_frames([(7, delta, to_json(delta)), (8, end, to_json(end))])
        == (
            'id: 7\nevent: message.delta\ndata: {"text":"a\\nb\u2028"}\n\n'
            'id: 8\nevent: run.completed\ndata: {"finish_reason":"stop"}\n\n'
        ).encode()
    )


def test_no_events_are_no_bytes() -> None:
    assert encode_frames([]) == b""


def test_what_says_nothing_is_a_comment_on_a_line_of_its_own() -> None:
    assert all(comment.startswith(b": ") and comment.endswith(b"\n\n") for comment in (OPEN, HEARTBEAT))
