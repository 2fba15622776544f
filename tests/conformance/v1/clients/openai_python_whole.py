"""openai-python, in one piece."""

from openai import OpenAI

from tests.conformance.v1.clients.seen import QUESTION, Seen, main, named, tools


def ask(base_url: str, key: str, model: str, seen: Seen) -> None:
    """Ask for one answer; a field that is no part of OpenAI's document is an error."""
    client = OpenAI(base_url=base_url, api_key=key, timeout=30, _strict_response_validation=True)
    answer = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": QUESTION}], tools=tools()
    )
    choice = answer.choices[0]
    seen.text = choice.message.content or ""
    seen.reasoning = getattr(choice.message, "reasoning_content", "")
    seen.calls = [
        [named(call.function.name, call.id), call.function.arguments] for call in choice.message.tool_calls or []
    ]
    seen.finish_reason = choice.finish_reason
    if answer.usage:
        seen.usage = [answer.usage.prompt_tokens, answer.usage.completion_tokens]


if __name__ == "__main__":
    main(ask)
