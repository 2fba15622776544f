"""openai-agents over chat completions, streaming; its agent stops at the first tool, which runs."""

import asyncio

import agents
from agents import Agent, FunctionTool, ModelSettings, OpenAIChatCompletionsModel, RunConfig, Runner
from openai import AsyncOpenAI
from openai.types.responses import ResponseReasoningItem, ResponseTextDeltaEvent

from tests.conformance.v1.clients.seen import QUESTION, SCHEMA, TOOLS, Seen, main


def ask(base_url: str, key: str, model: str, seen: Seen) -> None:
    """Stream one answer."""
    asyncio.run(stream(OpenAIChatCompletionsModel, base_url, key, model, seen))


async def stream(protocol: type[agents.Model], base_url: str, key: str, model: str, seen: Seen) -> None:
    """Stream one answer in a protocol."""
    async with AsyncOpenAI(base_url=base_url, api_key=key, timeout=30) as client:
        await _run(protocol(model=model, openai_client=client), seen)


async def _run(model: agents.Model, seen: Seen) -> None:
    agent = Agent(
        name="client",
        model=model,
        model_settings=ModelSettings(include_usage=True),
        tools=[_tool(name, seen) for name in TOOLS],
        tool_use_behavior="stop_on_first_tool",
    )
    agents.set_tracing_disabled(disabled=True)
    result = Runner.run_streamed(agent, QUESTION, max_turns=1, run_config=RunConfig(tracing_disabled=True))
    async for event in result.stream_events():
        if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent):
            seen.text += event.data.delta
    for response in result.raw_responses:
        seen.usage = [response.usage.input_tokens, response.usage.output_tokens]
        for item in response.output:
            if isinstance(item, ResponseReasoningItem):
                seen.reasoning = "".join(part.text for part in item.content or item.summary)


def _tool(name: str, seen: Seen) -> FunctionTool:
    async def invoke(_context: object, arguments: str) -> str:
        seen.calls.append([name, arguments])
        return "done"

    return FunctionTool(
        name=name, description=name, params_json_schema=SCHEMA, on_invoke_tool=invoke, strict_json_schema=False
    )


if __name__ == "__main__":
    main(ask)
