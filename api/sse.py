"""Server-Sent Events on the way out: frames as bytes, no I/O.

Source: WHATWG HTML, section 9.2 "Server-sent events". JSON is on one line, so one `data:` field is enough.
"""

OPEN = b": open\n\n"
HEARTBEAT = b": heartbeat\n\n"


def encode_frame(seq: int, event_type: str, fields: bytes) -> bytes:
    """Encode one event; `fields` is its JSON."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (seq, event_type.encode("ascii"), fields)
