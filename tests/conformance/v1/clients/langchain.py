"""LangChain's ChatOpenAI, streaming."""

import json

from langchain_openai import ChatOpenAI

from tests.conformance.v1.clients.seen import QUESTION, Seen, main, named, tools


def ask(base_url: str, key: str, model: str, seen: Seen) -> None:
    """Stream one answer."""
    chat = ChatOpenAI(base_url=base_url, api_key=key, model=model, stream_usage=True, timeout=30)
    whole = None
    for chunk in chat.bind_tools(tools()).stream(QUESTION):
        seen.text += chunk.text
        whole = chunk if whole is None else whole + chunk
    seen.reasoning = whole.additional_kwargs.get("reasoning_content", "")
    seen.calls = [[named(call["name"], call["id"]), json.dumps(call["args"])] for call in whole.tool_calls]
    seen.calls += [[call["name"], call["args"]] for call in whole.invalid_tool_calls]
    seen.finish_reason = whole.response_metadata.get("finish_reason")
    if whole.usage_metadata:
        seen.usage = [whole.usage_metadata["input_tokens"], whole.usage_metadata["output_tokens"]]


if __name__ == "__main__":
    main(ask)
