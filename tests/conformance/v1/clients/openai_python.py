"""openai-python, streaming, as its README shows it."""

from openai import OpenAI

from tests.conformance.v1.clients.seen import QUESTION, Seen, main, named, tools


def ask(base_url: str, key: str, model: str, seen: Seen) -> None:
    """Stream one answer."""
    client = OpenAI(base_url=base_url, api_key=key, timeout=30)
    stream = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": QUESTION}],
        tools=tools(),
        stream=True,
        stream_options={"include_usage": True},
    )
    calls: dict[int, list[str]] = {}
    for chunk in stream:
        if chunk.usage:
            seen.usage = [chunk.usage.prompt_tokens, chunk.usage.completion_tokens]
        for choice in chunk.choices:
            seen.text += choice.delta.content or ""
            seen.reasoning += getattr(choice.delta, "reasoning_content", None) or ""
            seen.finish_reason = choice.finish_reason or seen.finish_reason
            for piece in choice.delta.tool_calls or []:
                call = calls.setdefault(piece.index, ["", "", ""])
                for at, grown in enumerate((piece.id, piece.function.name, piece.function.arguments)):
                    call[at] += grown or ""
    seen.calls = [[named(name, call_id), arguments] for call_id, name, arguments in calls.values()]


if __name__ == "__main__":
    main(ask)
