import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.scripted_api import WAIT_SECONDS, ScriptedApi, ScriptedRun
from ui import events
from ui.client.api_client import ApiClient, ModelList
from ui.client.event_stream import EventStream
from ui.errors import ApiMisbehaved, ApiRefused, ApiUnreachable, PageError, StreamTruncated
from ui.events import LoggedEvent
from ui.messages import RunRequest, RunToFollow

REQUEST = RunRequest("t1", "key-1", "Grüße")


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with ScriptedApi() as api:
        api.store.create({})
        yield api


@pytest.fixture
def client(api: ScriptedApi) -> Iterator[ApiClient]:
    client = ApiClient(api.url, "secret")
    yield client
    client.close()


def open_run(api: ScriptedApi, client: ApiClient) -> tuple[EventStream, ScriptedRun]:
    return client.start_run(REQUEST), api.next_run()


def read(stream: EventStream) -> list[LoggedEvent]:
    try:
        return [event for batch in stream for event in batch]
    finally:
        stream.release()


def test_a_run_is_asked_for_as_the_contract_says(api: ScriptedApi, client: ApiClient) -> None:
    stream, run = open_run(api, client)
    stream.release()
    assert (run.body, stream.run_id) == ({"content": "Grüße", "parent_id": None}, run.run_id)
    wanted = {
        "Accept": "text/event-stream",
        "Accept-Encoding": "identity",
        "Authorization": "Bearer secret",
        "Content-Type": "application/json",
        "Idempotency-Key": "key-1",
    }
    assert {name: run.headers[name] for name in wanted} == wanted


def test_events_arrive_up_to_the_terminal_one(api: ScriptedApi, client: ApiClient) -> None:
    stream, run = open_run(api, client)
    run.start().text("Hel", "lo").send("run.dreamed", x=1).complete()
    assert read(stream) == [
        LoggedEvent(1, events.RunStarted(run.run_id, "t1", run.parent_id, run.message_id, "scripted")),
        LoggedEvent(2, events.MessageDelta("Hel")),
        LoggedEvent(3, events.MessageDelta("lo")),
        LoggedEvent(4, None),
        LoggedEvent(5, events.RunCompleted("stop")),
    ]


def test_an_event_arrives_while_the_stream_is_open(api: ScriptedApi, client: ApiClient) -> None:
    stream, run = open_run(api, client)
    run.text("first")
    assert next(iter(stream)) == [LoggedEvent(1, events.MessageDelta("first"))]
    assert not run.client_gone.is_set()
    stream.release()
    assert run.client_gone.wait(WAIT_SECONDS)


@pytest.mark.parametrize("ending", [ScriptedRun.end, ScriptedRun.abort])
def test_a_stream_without_a_terminal_event_is_truncated(api: ScriptedApi, client: ApiClient, ending: Any) -> None:
    stream, run = open_run(api, client)
    ending(run.text("half"))
    with pytest.raises(StreamTruncated):
        read(stream)


def test_what_breaks_after_the_terminal_event_does_not_matter(api: ScriptedApi, client: ApiClient) -> None:
    stream, run = open_run(api, client)
    run.send("run.completed", finish_reason="stop").abort()
    assert read(stream) == [LoggedEvent(1, events.RunCompleted("stop"))]


def test_a_silent_stream_is_truncated() -> None:
    with ScriptedApi(probe_seconds=5.0) as api:
        api.store.create({})
        stream, run = open_run(api, ApiClient(api.url, None, silence_timeout_seconds=2.0))
        run.text("half")
        with pytest.raises(StreamTruncated, match="silent"):
            read(stream)


def test_garbage_in_the_stream_is_not_an_answer(api: ScriptedApi, client: ApiClient) -> None:
    stream, run = open_run(api, client)
    run.send_bytes(b"id: 1\nevent: message.delta\ndata: {oops\n\n")
    with pytest.raises(ApiMisbehaved):
        read(stream)


def test_close_ends_a_read_that_blocks_in_another_thread(api: ScriptedApi, client: ApiClient) -> None:
    stream, run = open_run(api, client)
    run.text("first")
    batches = iter(stream)
    next(batches)
    threading.Timer(0.05, stream.close).start()
    assert list(batches) == []
    assert not run.client_gone.is_set()
    stream.release()
    assert run.client_gone.wait(WAIT_SECONDS)


def test_close_after_the_end_is_nothing(api: ScriptedApi, client: ApiClient) -> None:
    stream, run = open_run(api, client)
    run.complete()
    read(stream)
    stream.close()


def test_the_api_s_own_sentence_code_and_request_id_are_kept(api: ScriptedApi, client: ApiClient) -> None:
    body = {"error": "Every slot is taken.", "code": "busy", "retryable": True, "request_id": "req-7"}
    api.refuse(503, body, Retry_After="5")
    with pytest.raises(ApiRefused) as caught:
        client.start_run(REQUEST)
    refused = caught.value
    assert (str(refused), refused.code, refused.status) == ("Every slot is taken.", "busy", 503)
    assert (refused.request_id, refused.retry_after_seconds, refused.is_retryable) == ("req-7", 5.0, True)


@pytest.mark.parametrize("told", [{"retryable": False}, {"retryable": "true"}, {}])
def test_what_is_not_said_to_be_retryable_is_not(api: ScriptedApi, client: ApiClient, told: dict[str, object]) -> None:
    api.refuse(503, {"error": "Busy.", "code": "busy", "request_id": "r", **told})
    with pytest.raises(ApiRefused) as caught:
        client.start_run(REQUEST)
    assert not caught.value.is_retryable


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, "<h1>Not Found</h1>", ApiMisbehaved),
        (302, "", ApiMisbehaved),
        (500, {"detail": "?"}, ApiMisbehaved),
        (502, "<h1>Bad Gateway</h1>", ApiUnreachable),
        (503, "Application error", ApiUnreachable),
        (200, "<h1>Welcome</h1>", ApiMisbehaved),
    ],
)
def test_other_servers_are_not_taken_for_the_api(
    api: ScriptedApi, client: ApiClient, status: int, body: object, error: type[PageError]
) -> None:
    api.refuse(status, body, Location="/elsewhere")
    with pytest.raises(error):
        client.start_run(REQUEST)
    assert [path for _, path, _ in api.requests] == ["/threads/t1/runs"]


def test_the_models_and_their_default_are_read(api: ScriptedApi, client: ApiClient) -> None:
    api.models = {"models": [{"name": "a"}, {"name": "b"}], "default": "b"}
    assert client.models() == ModelList(("a", "b"), "b")


@pytest.mark.parametrize("body", [[], {"models": [{}]}, {"models": 3}, "text"])
def test_models_of_another_shape_are_refused(api: ScriptedApi, client: ApiClient, body: object) -> None:
    api.refuse(200, body)
    with pytest.raises(ApiMisbehaved):
        client.models()


def test_health_returns_when_the_api_is_alive(client: ApiClient) -> None:
    client.health()


def test_nothing_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = ApiClient(f"http://127.0.0.1:{port}", None)
    for call in (client.health, client.models, lambda: client.start_run(REQUEST)):
        with pytest.raises(ApiUnreachable):
            call()
    client.close()


def test_a_server_that_never_responds_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = ApiClient(f"http://127.0.0.1:{listener.getsockname()[1]}", None, read_timeout_seconds=0.2)
        with pytest.raises(ApiUnreachable):
            client.health()
        client.close()


def test_a_path_prefix_is_kept_and_without_a_token_none_is_sent(api: ScriptedApi) -> None:
    client = ApiClient(f"{api.url}/decant", None)
    with pytest.raises(ApiMisbehaved):
        client.health()
    client.close()
    ((_, path, headers),) = api.requests
    assert path == "/decant/health"
    assert "Authorization" not in headers


def test_a_netrc_entry_does_not_replace_the_token(
    api: ScriptedApi, client: ApiClient, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    client.health()
    assert api.requests[0][2]["Authorization"] == "Bearer secret"


def test_an_event_without_a_number_is_no_event(api: ScriptedApi, client: ApiClient) -> None:
    stream, run = open_run(api, client)
    run.send_bytes(b'event: message.delta\ndata: {"text": "x"}\n\n')
    with pytest.raises(ApiMisbehaved):
        read(stream)


def test_a_run_is_read_again_after_the_last_event_and_then_there_is_no_more(
    api: ScriptedApi, client: ApiClient
) -> None:
    stream, run = open_run(api, client)
    run.start().text("a", "b").complete()
    read(stream)
    again = client.run_events(RunToFollow(run.run_id, 2))
    assert again
    assert [logged.seq for logged in read(again)] == [3, 4]
    assert client.run_events(RunToFollow(run.run_id, 4)) is None


def test_threads_are_made_changed_found_and_deleted(api: ScriptedApi, client: ApiClient) -> None:
    thread = client.create_thread(title="Wine", system_prompt="Be short.")
    assert client.thread(thread.thread_id) == thread
    assert client.update_thread(thread.thread_id, title="Cheese").title == "Cheese"
    assert [found.title for found in client.threads("chee").threads] == ["Cheese"]
    client.delete_thread(thread.thread_id)
    with pytest.raises(ApiRefused) as caught:
        client.thread(thread.thread_id)
    assert caught.value.status == 404
    assert client.update_thread(thread.thread_id, deleted=False).title == "Cheese"


def test_a_run_is_cancelled_and_its_messages_are_read(api: ScriptedApi, client: ApiClient) -> None:
    stream, run = open_run(api, client)
    run.start().text("Half")
    client.cancel_run(run.run_id)
    stream.release()
    page = client.messages("t1")
    assert [(message.role, message.text, message.status) for message in page.messages] == [
        ("user", "Grüße", "completed"),
        ("assistant", "Half", "cancelled"),
    ]
    assert client.export_messages("t1")[0][1]["parts"] == [{"type": "text", "text": "Half"}]


@pytest.mark.parametrize("body", [[], {"threads": 3}, {"threads": [{}]}, "text"])
def test_threads_of_another_shape_are_refused(api: ScriptedApi, client: ApiClient, body: object) -> None:
    api.refuse(200, body)
    with pytest.raises(ApiMisbehaved):
        client.threads()
