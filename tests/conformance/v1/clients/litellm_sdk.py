"""LiteLLM's SDK with Decant as an `openai/` provider, streaming."""

import litellm

from tests.conformance.v1.clients.seen import QUESTION, Seen, main, named, tools


def ask(base_url: str, key: str, model: str, seen: Seen) -> None:
    """Stream one answer."""
    stream = litellm.completion(
        model=f"openai/{model}",
        messages=[{"role": "user", "content": QUESTION}],
        tools=tools(),
        api_base=base_url,
        api_key=key,
        stream=True,
        stream_options={"include_usage": True},
        timeout=30,
    )
    chunks = []
    for chunk in stream:
        chunks.append(chunk)
        for choice in chunk.choices:
            seen.text += choice.delta.content or ""
            seen.reasoning += getattr(choice.delta, "reasoning_content", None) or ""
            seen.finish_reason = choice.finish_reason or seen.finish_reason
    whole = litellm.stream_chunk_builder(chunks)
    made = whole.choices[0].message.tool_calls or []
    seen.calls = [[named(call.function.name, call.id), call.function.arguments] for call in made]
    seen.usage = [whole.usage.prompt_tokens, whole.usage.completion_tokens]


if __name__ == "__main__":
    main(ask)
