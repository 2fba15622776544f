"""Server-Sent Events on the way out: frames as bytes, no I/O.

Source: WHATWG HTML, section 9.2 "Server-sent events". JSON is on one line, so one `data:` field is enough.
"""

from collections.abc import Iterable

from api.events import Event

OPEN = b": open\n\n"
HEARTBEAT = b": heartbeat\n\n"


def encode_frames(events: Iterable[tuple[int, Event, bytes]]) -> bytes:
    """Encode events, each with its number and its JSON."""
    frames = []
    for seq, event, fields in events:
        frames.append(b"id: %d\nevent: %b\ndata: %b\n\n" % (seq, event.type.encode(), fields))
    return b"".join(frames)
