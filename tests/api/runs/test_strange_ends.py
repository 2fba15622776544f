"""Whatever a provider says at the end of an answer, its run ends and is stored, and the thread goes on."""

import json

import pytest

from api.events import TERMINAL
from tests.support.chat_model_calls import delta
from tests.support.provider.scenario import Scenario
from tests.support.thread_api import PAIRS, ThreadApi, events_of

HELLO = f"data: {json.dumps(delta(content='Hello'))}\n\n"
TERMINAL_TYPES = {kind.type for kind in TERMINAL}
MOST_TOKENS = 2**31 - 1


def ended(reason: str, usage: str = "null", fields: str = "{}") -> str:
    choice = f'{{"index":0,"delta":{fields},"finish_reason":{reason}}}'
    return f'data: {{"choices":[{choice}],"usage":{usage}}}\n\n'


def counted(tokens: str) -> str:
    return f'{{"prompt_tokens":{tokens},"completion_tokens":{tokens}}}'


def called(arguments: str, name: str = '"f"', more: str = "") -> str:
    return f'{{"tool_calls":[{{"id":"c\\u0000","function":{{"name":{name},"arguments":{arguments}}}{more}}}]}}'


COMPLETED = {
    "number": ended("5"),
    "true": ended("true"),
    "list": ended('["x"]'),
    "object": ended('{"a":1}'),
    "a NUL in the word": ended('"st\\u0000op"'),
    "half a character in the word": ended('"sto\\ud83d"'),
    "a long word": ended(json.dumps("x" * 100_000)),
    "very many tokens": ended('"stop"', counted(str(2**63))),
    "too many tokens for Postgres": ended('"stop"', counted("3000000000")),
    "negative tokens": ended('"stop"', counted("-5")),
    "infinite tokens": ended('"stop"', counted("1e999")),
    "no number of tokens": ended('"stop"', counted("NaN")),
    "tokens as text": ended('"stop"', counted('"7"')),
    "tokens as a list": ended('"stop"', "[1]"),
    "details": ended('"stop"', '{"prompt_tokens":1,"completion_tokens":2,"completion_tokens_details":[]}'),
    "a NUL in the text": ended('"stop"', fields='{"content":"\\u0000"}'),
    "half a character in the text": ended('"stop"', fields='{"content":"\\udc00"}'),
    "half a character in arguments": ended('"tool_calls"', fields=called('"{\\"a\\":\\"\\ud83d\\"}"')),
    "deep arguments": ended('"tool_calls"', fields=called("[" * 300 + "]" * 300)),
    "arguments that are no JSON": ended('"tool_calls"', fields=called('{"a":NaN}', "[1]")),
    "a signature": ended('"tool_calls"', fields=called('"{}"', more=',"extra_content":{"google":{"a":"\\u0000"}}')),
}
FAILED = {
    "an error in the word": ended('"error"'),
    "a break": ended('"abort"'),
    "nothing at all": "data: [DONE]\n\n",
}


@pytest.mark.parametrize("name", COMPLETED | FAILED)
@pytest.mark.parametrize("thread_api", PAIRS[:2], indirect=True, ids="-".join, scope="module")
def test_a_run_ends_and_its_end_is_stored(thread_api: ThreadApi, name: str) -> None:
    model = thread_api.script(Scenario(raw=(HELLO, (COMPLETED | FAILED)[name])), Scenario(text="next"))
    thread_id = thread_api.create_thread()
    events = thread_api.run(thread_id, content="q", model=model)
    expected = "run.completed" if name in COMPLETED else "run.failed"
    assert [event["type"] for event in events if event["type"] in TERMINAL_TYPES] == [expected]
    _, answer = thread_api.messages(thread_id, at=thread_api.other)
    assert answer["status"] == expected.removeprefix("run.")
    assert answer["parts"][0]["text"].startswith("Hello")
    assert len(answer["run"]["finish_reason"] or "") <= 64
    usage = next(event for event in events if event["type"] == "usage")
    assert 0 <= usage["input_tokens"] <= MOST_TOKENS
    assert 0 <= usage["output_tokens"] <= MOST_TOKENS
    replayed = thread_api.ask(
        "GET",
        f"/runs/{answer['run']['run_id']}/events",
        at=thread_api.other,
        headers={"Accept": "application/x-ndjson"},
        stream=True,
    )
    assert events_of(replayed) == events
    assert thread_api.run(thread_id, content="more", model=model)[-1]["type"] == "run.completed"
