"""openai-agents over responses, its default, streaming."""

import asyncio

from agents import OpenAIResponsesModel

from tests.conformance.v1.clients.openai_agents import stream
from tests.conformance.v1.clients.seen import Seen, main


def ask(base_url: str, key: str, model: str, seen: Seen) -> None:
    """Stream one answer."""
    asyncio.run(stream(OpenAIResponsesModel, base_url, key, model, seen))


if __name__ == "__main__":
    main(ask)
