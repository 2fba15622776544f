"""Baseline: the article's design, FastAPI with `ChatOpenAI.astream` under uvicorn with one worker."""

import os
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, StreamingResponse
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Message(BaseModel):
    role: str
    content: str


class Question(BaseModel):
    thread_id: str
    messages: list[Message]


def create_app() -> FastAPI:
    app = FastAPI()
    llm = ChatOpenAI(
        model=os.environ["LLM_MODEL"], api_key=os.environ["OPENAI_API_KEY"], base_url=os.environ["OPENAI_BASE_URL"]
    )

    async def generate(messages: list[Message]) -> AsyncIterator[str]:
        async for chunk in llm.astream([HumanMessage(message.content) for message in messages]):
            yield chunk.text

    @app.post("/stream")
    async def stream(question: Question) -> StreamingResponse:
        return StreamingResponse(generate(question.messages), media_type="text/plain")

    @app.get("/health")
    async def health() -> PlainTextResponse:
        return PlainTextResponse("ok")

    return app
