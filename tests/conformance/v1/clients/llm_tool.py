"""`llm` with Decant in its `extra-openai-models.yaml`, streaming."""

import json
import os
import sys
import tempfile
from pathlib import Path

import llm

from tests.conformance.v1.clients.seen import QUESTION, SCHEMA, TOOLS, Seen, main, named


def ask(base_url: str, key: str, model: str, seen: Seen) -> None:
    """Stream one answer."""
    offered = [llm.Tool(name=name, input_schema=SCHEMA) for name in TOOLS]
    response = llm.get_model(model).prompt(QUESTION, tools=offered, stream=True)
    for piece in response:
        seen.text += piece
    seen.calls = [[named(call.name, call.tool_call_id), json.dumps(call.arguments)] for call in response.tool_calls()]
    used = response.usage()
    if used.input is not None:
        seen.usage = [used.input, used.output]
    seen.finish_reason = (response.response_json or {}).get("finish_reason")


def configure(base_url: str, models: list[str], **more: object) -> None:
    """Write the files in which a person names Decant to it."""
    folder = Path(os.environ["LLM_USER_PATH"])
    named = [
        {"model_id": name, "model_name": name, "api_base": base_url, "api_key_name": "decant", **more}
        for name in models
    ]
    (folder / "extra-openai-models.yaml").write_text(json.dumps(named), encoding="utf-8")
    (folder / "keys.json").write_text(json.dumps({"decant": os.environ["API_KEY"]}), encoding="utf-8")


def begin(**more: object) -> None:
    """Ask the models of the command line in a home of their own."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["LLM_USER_PATH"] = home
        configure(sys.argv[1], sys.argv[2:], supports_tools=True, **more)
        main(ask)


if __name__ == "__main__":
    begin()
