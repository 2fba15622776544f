"""The names that providers know tools by: pure.

`server__tool` where that is a name to every provider and says its two parts without doubt; else as much of it as fits,
and a hash of both. The same pair always has the same name, so a provider's cache of prompts holds.
Source: the Chat Completions API takes `[a-zA-Z0-9_-]{1,64}` (platform.openai.com/docs/api-reference/chat).
"""

import hashlib
import re

MAX_CHARS = 64
HASH_CHARS = 8

_OTHER = re.compile(r"[^A-Za-z0-9_-]")


def provider_name(server: str, tool: str) -> str:
    """Return the name of a server's tool."""
    joined = _OTHER.sub("_", f"{server}__{tool}")
    is_clear = "__" not in server and not server.endswith("_") and not tool.startswith("_") and "__" not in tool
    if is_clear and joined == f"{server}__{tool}" and len(joined) <= MAX_CHARS:
        return joined
    digest = hashlib.sha256(f"{server}\0{tool}".encode()).hexdigest()[:HASH_CHARS]
    return f"{joined[: MAX_CHARS - HASH_CHARS - 1]}_{digest}"
