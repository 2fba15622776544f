"""The chat model against the scripted provider, over real sockets; every test runs under gevent too."""

import json
import threading
import time

import pytest
from gevent.monkey import is_module_patched

from api.errors import (
    ContextTooLong,
    ProviderError,
    ProviderRejected,
    ProviderTimeout,
)
from api.events import Event
from api.messages import Finished, ModelRequest, text_message
from api.provider.chat_model import ChatModel, Completion
from tests.support.chat_model_calls import (
    KEY,
    error_body,
    events_of,
    request,
    stream_of,
    text_of,
)
from tests.support.processes import WAIT_SECONDS
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.under_gevent import run_under_gevent


def told(provider: ScriptedProvider, call: int = -1) -> list[str]:
    return [message["content"] for message in provider.calls()[call].body["messages"]]


def long_request(model: str, count: int, system: str = "Be kind.") -> ModelRequest:
    messages = [
        text_message("user" if number % 2 == 0 else "assistant", f"{number} " + "x" * 78) for number in range(count)
    ]
    return ModelRequest(model, (text_message("system", system), *messages))


def test_a_long_thread_is_told_from_its_newest_messages_that_fit(provider: ScriptedProvider) -> None:
    chat_model = ChatModel(base_url=provider.base_url, api_key=KEY, max_connections=1, context_tokens=120)
    assert isinstance(events_of(chat_model, long_request("echo", 41))[-1], Finished)
    assert [text.split()[0] for text in told(provider)] == ["Be", "38", "39", "40"]


def test_a_thread_that_fits_is_told_in_full(provider: ScriptedProvider, chat_model: ChatModel) -> None:
    events_of(chat_model, long_request("echo", 41))
    assert len(told(provider)) == 42


def test_the_newest_message_is_told_however_long_it_is(provider: ScriptedProvider) -> None:
    chat_model = ChatModel(base_url=provider.base_url, api_key=KEY, max_connections=1, context_tokens=10)
    events_of(chat_model, long_request("echo", 5, system="Be kind. " * 20))
    assert [text.split()[0] for text in told(provider)] == ["Be", "4"]


@pytest.mark.parametrize("is_in_stream", [False, True])
def test_what_the_provider_finds_too_long_is_asked_again_with_half(
    provider: ScriptedProvider, chat_model: ChatModel, is_in_stream: bool
) -> None:
    said = {"error": {"message": "This model's maximum context length is 100 tokens.", "code": 400}}
    refusal = stream_of(said) if is_in_stream else Scenario(status=400, body=json.dumps(said))
    provider.script("small", refusal, Scenario(text="Fits."))
    assert text_of(events_of(chat_model, long_request("small", 9))) == "Fits."
    assert [len(told(provider, call)) for call in (0, 1)] == [10, 4]
    assert [text.split()[0] for text in told(provider)] == ["Be", "6", "7", "8"]


def test_what_is_too_long_twice_or_cannot_be_shortened_is_an_error(
    provider: ScriptedProvider, chat_model: ChatModel
) -> None:
    provider.script("small", Scenario(status=413, body="{}"))
    for asked, calls in ((long_request("small", 9), 2), (request("small"), 3)):
        with pytest.raises(ContextTooLong):
            events_of(chat_model, asked)
        assert len(provider.calls()) == calls


def test_an_unreachable_provider_is_named() -> None:
    chat_model = ChatModel(base_url="http://127.0.0.1:1/v1", api_key="", max_connections=1)
    with pytest.raises(ProviderError, match=r"cannot be reached .*OPENAI_BASE_URL"):
        events_of(chat_model, request())


@pytest.mark.parametrize("base_url", ["ftp://host/v1", "localhost:1/v1", "/v1"])
def test_an_address_that_is_none_is_named(base_url: str) -> None:
    chat_model = ChatModel(base_url=base_url, api_key=KEY, max_connections=1)
    with pytest.raises(ProviderRejected, match="OPENAI_BASE_URL"):
        events_of(chat_model, request())


def test_a_key_with_a_line_end_is_refused_without_being_shown(provider: ScriptedProvider) -> None:
    chat_model = ChatModel(base_url=provider.base_url, api_key="sk-01\n", max_connections=1)
    with pytest.raises(ProviderRejected, match="OPENAI_API_KEY") as raised:
        events_of(chat_model, request())
    assert "sk-01" not in str(raised.value)


def test_options_are_sent_as_they_are(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    messages = (text_message("system", "Be brief."), text_message("user", "Hi"), text_message("assistant", "Yes?"))
    events_of(chat_model, ModelRequest("codex-gpt-5", messages, temperature=0.5, max_tokens=9))
    call = provider.calls()[0]
    assert call.path == "/v1/chat/completions"
    assert call.body == {
        "model": "codex-gpt-5",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Yes?"},
        ],
        "temperature": 0.5,
        "max_tokens": 9,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_extra_body_options_are_sent(provider: ScriptedProvider) -> None:
    chat_model = ChatModel(
        base_url=provider.base_url, api_key=KEY, max_connections=1, extra_body={"enable_thinking": True}
    )
    events_of(chat_model, request())
    assert provider.calls()[-1].body["enable_thinking"] is True


def test_the_environment_neither_redirects_nor_signs_a_call(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "OPENAI_API_BASE": "http://127.0.0.1:1",
        "OPENAI_BASE_URL": "http://127.0.0.1:1",
        "OPENAI_API_KEY": "sk-other",
        "OPENAI_ADMIN_KEY": "sk-admin",
        "OPENAI_ORG_ID": "org",
        "OPENAI_PROJECT_ID": "project",
        "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer other\nX-Custom: 1",
        "OPENAI_PROXY": "http://127.0.0.1:1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "LANGSMITH_GATEWAY": "true",
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_API_KEY": "lsv2_x",
    }.items():
        monkeypatch.setenv(name, value)
    chat_model = ChatModel(base_url=provider.base_url, api_key=KEY, max_connections=1)
    assert text_of(events_of(chat_model, request())) == "Hello you"
    headers = provider.calls()[-1].headers
    assert headers.pop("authorization") == f"Bearer {KEY}"
    assert set(headers) == {
        "host", "connection", "accept", "accept-encoding", "content-type", "content-length", "user-agent"
    }  # fmt: skip


def test_without_a_key_no_authorization_is_sent(provider: ScriptedProvider) -> None:
    events_of(ChatModel(base_url=provider.base_url, api_key="", max_connections=1), request())
    assert "authorization" not in provider.calls()[-1].headers


def test_a_server_that_refuses_stream_options_is_asked_without_them_from_then_on(
    chat_model: ChatModel, provider: ScriptedProvider
) -> None:
    provider.script("old", Scenario(rejects=("stream_options",)))
    for _ in range(2):
        assert text_of(events_of(chat_model, request("old"))) == "Hello you"
    assert ["stream_options" in call.body for call in provider.calls()] == [True, False, False]


def test_a_model_that_wants_max_completion_tokens_gets_them(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    refusal = error_body("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    provider.script("new", Scenario(status=400, body=refusal), Scenario())
    events_of(chat_model, request("new", max_tokens=9))
    assert provider.calls()[-1].body["max_completion_tokens"] == 9


def test_text_arrives_while_the_model_still_speaks(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    provider.script("slow", Scenario(text="abcdefgh", pause_after_chunks=2, pause=30))
    completion = chat_model.open()
    answer = completion.events(request("slow"))
    events: list[Event] = []
    while not text_of(events):
        events += next(answer)
    assert (text_of(events), provider.calls()[0].ended_at) == ("abcd", None)
    completion.close()
    list(answer)


def close_soon(completion: Completion, provider: ScriptedProvider, sent: int) -> threading.Thread:
    """Close from another thread once the provider has sent so many pieces."""

    def close() -> None:
        provider.wait_for(lambda calls: len(calls[-1].chunks_sent_at) >= sent)
        completion.close()

    thread = threading.Thread(target=close)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("scenario", "sent"),
    [
        (Scenario(wait_before_headers=60), 0),
        (Scenario(wait_before_first_chunk=60), 0),
        (Scenario(pause_after_chunks=2, pause=60), 2),
        (Scenario(ending="hang", finish_reason=None, has_end_mark=False), 3),
        (Scenario(ending="hang", finish_reason=None, has_end_mark=False, framing="until_close"), 3),
        (Scenario(pause_after_chunks=2, pause=60, comment_every=0.01), 2),
    ],
    ids=["before the headers", "before the first chunk", "between chunks", "after the text", "unframed", "comments"],
)
def test_close_from_another_thread_ends_the_call_and_the_providers_work(
    chat_model: ChatModel, provider: ScriptedProvider, scenario: Scenario, sent: int
) -> None:
    provider.script("silent", scenario)
    completion = chat_model.open()
    closing = close_soon(completion, provider, sent)
    events = [event for arrived in completion.events(request("silent")) for event in arrived]
    closing.join(WAIT_SECONDS)
    assert "Hello you".startswith(text_of(events))
    (call,) = provider.wait_for(lambda calls: calls[-1].client_closed_at is not None)
    assert call.ended_at is None


def test_a_call_closed_beforehand_asks_nothing(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    completion = chat_model.open()
    completion.close()
    completion.close()
    assert (list(completion.events(request())), provider.calls()) == ([], [])


def test_closing_after_the_end_leaves_the_kept_connection_alone(
    chat_model: ChatModel, provider: ScriptedProvider
) -> None:
    completion = chat_model.open()
    list(completion.events(request()))
    answer = chat_model.open().events(request(text="Once more"))
    next(answer)
    completion.close()
    assert isinstance(list(answer)[-1], Finished)
    assert {call.connection for call in provider.calls()} == {provider.calls()[0].connection}


def test_abandoning_an_answer_closes_its_connection(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    provider.script("slow", Scenario(pause_after_chunks=2, pause=60))
    answer = chat_model.open().events(request("slow"))
    next(answer)
    answer.close()  # type: ignore[attr-defined]
    provider.wait_for(lambda calls: calls[-1].client_closed_at is not None)


def test_content_at_stands_still_while_only_comments_arrive(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    provider.script("queue", Scenario(wait_before_first_chunk=0.2, comment_every=0.01))
    completion = chat_model.open()
    content_at = [completion.content_at for _ in completion.events(request("queue"))]
    assert content_at[:3] == [None, None, None]
    assert content_at[-1] is not None


def test_an_answer_that_is_all_there_lets_other_threads_run(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    provider.script("fast", Scenario(text="x" * 5000, chunk_chars=1))
    answer = chat_model.open().events(request("fast"))
    next(answer)
    provider.wait_for(lambda calls: calls[-1].ended_at is not None)
    reads, seen_by_other, is_over = 1, set(), threading.Event()

    def look() -> None:
        while not is_over.is_set():
            seen_by_other.add(reads)
            time.sleep(0)

    other = threading.Thread(target=look)
    other.start()
    for _ in answer:
        reads += 1
    is_over.set()
    other.join(WAIT_SECONDS)
    assert reads > 40
    # Native threads take turns by the clock, greenlets only where one waits.
    assert len(seen_by_other) >= (4 if is_module_patched("socket") else 1)


def test_model_names_are_the_providers(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    provider.script("b", Scenario())
    provider.script("a", Scenario())
    assert chat_model.model_names(WAIT_SECONDS) == ("b", "a")


@pytest.mark.parametrize(
    ("scenario", "seconds", "error"),
    [
        (Scenario(body="<html>"), WAIT_SECONDS, ProviderError),
        (Scenario(body='{"data": [1]}'), WAIT_SECONDS, ProviderError),
        (Scenario(status=401, body="{}"), WAIT_SECONDS, ProviderRejected),
        (Scenario(wait_before_headers=60), 0.2, ProviderTimeout),
    ],
    ids=["web page", "no names", "refused", "silent"],
)
def test_model_names_fail_like_a_call(
    chat_model: ChatModel, provider: ScriptedProvider, scenario: Scenario, seconds: float, error: type[ProviderError]
) -> None:
    provider.script("/v1/models", scenario)
    with pytest.raises(ProviderError) as raised:
        chat_model.model_names(seconds)
    assert type(raised.value) is error


def test_all_of_this_holds_under_gevent() -> None:
    run_under_gevent(__file__)
