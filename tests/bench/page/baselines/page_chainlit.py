"""Baseline: Chainlit's `stream_token`."""

import chainlit as cl
from pace import chunks_async


@cl.on_chat_start
async def answer() -> None:
    message = cl.Message(content="")
    async for chunk in chunks_async():
        await message.stream_token(chunk)
    await message.update()
