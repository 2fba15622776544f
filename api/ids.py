"""Ids: UUIDv7 as text, which sort by the millisecond they were made in.

Source: RFC 9562, section 5.7.
"""

import os
import time
import uuid


def new_id() -> str:
    """Make an id."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = int.from_bytes(os.urandom(10))
    version_and_random = 0x7000 | (random_bits >> 64) & 0x0FFF
    variant_and_random = (0b10 << 62) | random_bits & ((1 << 62) - 1)
    return str(uuid.UUID(int=(milliseconds << 80) | (version_and_random << 64) | variant_and_random))
