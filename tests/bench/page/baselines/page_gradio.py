"""Baseline: Gradio's `Chatbot`, fed by a generator."""

import sys
from collections.abc import Iterator

import gradio as gr
from pace import chunks


def answer() -> Iterator[list[dict[str, str]]]:
    text = ""
    for chunk in chunks():
        text += chunk
        yield [{"role": "assistant", "content": text}]


with gr.Blocks() as page:
    chatbot = gr.Chatbot()
    page.load(answer, None, chatbot)

page.queue().launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True, share=False, ssr_mode=False)
