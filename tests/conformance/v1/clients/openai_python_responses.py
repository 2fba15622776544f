"""openai-python's responses, streaming."""

from openai import OpenAI

from tests.conformance.v1.clients.seen import QUESTION, SCHEMA, TOOLS, Seen, main


def ask(base_url: str, key: str, model: str, seen: Seen) -> None:
    """Stream one response; a failure is an event here, which the client hands over as it is."""
    client = OpenAI(base_url=base_url, api_key=key, timeout=30)
    tools = [{"type": "function", "name": name, "parameters": SCHEMA, "strict": False} for name in TOOLS]
    for event in client.responses.create(model=model, input=QUESTION, tools=tools, stream=True):
        match event.type:
            case "response.output_text.delta":
                seen.text += event.delta
            case "response.failed":
                seen.error, seen.code = event.response.error.message, event.response.error.code
            case "response.completed" | "response.incomplete":
                _read(event.response, seen)


def _read(response: object, seen: Seen) -> None:
    seen.usage = [response.usage.input_tokens, response.usage.output_tokens]
    assert response.output_text == seen.text
    details = response.incomplete_details
    for item in response.output:
        if item.type == "function_call":
            seen.calls.append([item.name, item.arguments])
        elif item.type == "reasoning":
            seen.reasoning = "".join(part.text for part in item.content or item.summary)
    ended = "tool_calls" if seen.calls else "stop"
    seen.finish_reason = {"max_output_tokens": "length"}.get(details.reason) if details else ended


if __name__ == "__main__":
    main(ask)
