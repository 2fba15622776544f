"""Baseline: `ChatOpenAI.stream` in a Flask view with `stream_with_context`, under gunicorn."""

import os
from collections.abc import Iterator

from flask import Flask, Response, request, stream_with_context
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI


def create_app() -> Flask:
    app = Flask("baseline")
    llm = ChatOpenAI(
        model=os.environ["LLM_MODEL"], api_key=os.environ["OPENAI_API_KEY"], base_url=os.environ["OPENAI_BASE_URL"]
    )

    def generate(contents: list[str]) -> Iterator[str]:
        for chunk in llm.stream([HumanMessage(content) for content in contents]):
            yield chunk.text

    @app.post("/stream")
    def stream() -> Response:
        contents = [message["content"] for message in request.get_json()["messages"]]
        return Response(stream_with_context(generate(contents)), mimetype="text/plain")

    @app.get("/health")
    def health() -> str:
        return "ok"

    return app
