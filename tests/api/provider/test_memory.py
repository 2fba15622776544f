"""Nothing of a call is left to the collector: with it off, all of it is gone once its caller drops it.

Every test runs under gevent too.
"""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest

from api.config import load_config
from api.errors import ProviderError
from api.messages import GatewayRequest
from api.provider.chat_model import ChatModel, Completion
from api.provider.chunk_repair import ChunkRepair
from api.provider.chunked_body import ChunkedBodyDecoder
from api.provider.completion_decoder import CompletionDecoder
from api.provider.exchange import Exchange
from api.provider.gateway import Gateway, GatewayCall, Route
from api.provider.http1 import OpenBodyDecoder, SizedBodyDecoder
from api.provider.transport import Response
from api.runs.gateway_run import GatewayRun
from api.wire.openai.shapes import ChunkStream, WholeBody
from tests.support.chat_model_calls import delta, error_body, request, stream_of
from tests.support.processes import wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.under_gevent import run_under_gevent

KINDS = (
    Completion,
    GatewayCall,
    GatewayRun,
    ChunkRepair,
    Exchange,
    Response,
    CompletionDecoder,
    ChunkedBodyDecoder,
    SizedBodyDecoder,
    OpenBodyDecoder,
)
UNENDED: dict[str, object] = {"finish_reason": None, "has_end_mark": False}

SCENARIOS: dict[str, Scenario] = {
    "whole": Scenario(),
    "with a length": Scenario(framing="content_length"),
    "until the connection closes": Scenario(framing="until_close"),
    "cut": Scenario(ending="cut", **UNENDED),  # type: ignore[arg-type]
    "without a finish_reason": Scenario(**UNENDED),  # type: ignore[arg-type]
    "refused": Scenario(status=401, body=error_body("no")),
    "too long": Scenario(status=400, body=error_body("maximum context length")),
    "an error in the stream": stream_of(delta(content="a"), {"error": {"message": "no"}}),
    "no answer": Scenario(body="<html>"),
    "reset before the headers": Scenario(ending="reset_before_headers"),
    "another option wanted": Scenario(rejects=("stream_options",)),
    "a document that is no answer": Scenario(body="[]"),
}


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def left_over(call: Callable[[], object]) -> list[str]:
    """Name what is alive after the call that was not before."""
    before = [weakref.ref(thing) for thing in gc.get_objects() if isinstance(thing, KINDS)]
    call()
    known = {id(thing) for reference in before if (thing := reference()) is not None}
    return [type(thing).__name__ for thing in gc.get_objects() if isinstance(thing, KINDS) and id(thing) not in known]


class Nobody:
    """A client that is there and takes everything."""

    can_send = True

    def is_gone(self) -> bool:
        return False

    def disconnect(self) -> None:
        pass

    def send(self, _piece: bytes) -> bool:
        return True

    def flush(self) -> None:
        pass


def pass_on(chat_model: ChatModel, model: str, *, is_streamed: bool, how_much: int | None = None) -> None:
    """Pass a completion on as a route does, with what the client says of it."""
    gateway = Gateway({model: [Route(chat_model.upstream, model)]}, max_chars=1000)
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], "stream": is_streamed}
    asked = GatewayRequest(model, body, is_streamed, tells_usage=True)
    run = GatewayRun(asked, gateway.open(asked), "r", Nobody(), load_config({}), lambda _: None)
    with suppress(ProviderError, ConnectionResetError):
        first = run.first()
        pieces = run.body(first, ChunkStream() if is_streamed else WholeBody())
        for _ in islice(pieces, how_much):
            pass
        pieces.close()  # type: ignore[attr-defined]
    run.close()


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("is_streamed", [True, False])
@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_left_of_a_completion_that_was_passed_on(
    chat_model: ChatModel, provider: ScriptedProvider, name: str, is_streamed: bool
) -> None:
    provider.script("passed", SCENARIOS[name])
    pass_on(chat_model, "passed", is_streamed=is_streamed)
    assert left_over(lambda: pass_on(chat_model, "passed", is_streamed=is_streamed)) == []


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("how_much", [0, 1])
def test_nothing_is_left_of_one_whose_client_left(
    chat_model: ChatModel, provider: ScriptedProvider, how_much: int
) -> None:
    provider.script("passed", Scenario(text="a longer answer", chunks_per_second=50))
    assert left_over(lambda: pass_on(chat_model, "passed", is_streamed=True, how_much=how_much)) == []


def ask(chat_model: ChatModel, model: str) -> None:
    completion = chat_model.open()
    with suppress(ProviderError):
        for _ in completion.events(request(model)):
            pass


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_left_of_a_call_that_ended(chat_model: ChatModel, provider: ScriptedProvider, name: str) -> None:
    provider.script("model", SCENARIOS[name])
    ask(chat_model, "model")
    assert left_over(lambda: ask(chat_model, "model")) == []


@pytest.mark.usefixtures("without_collector")
def test_calls_that_end_in_any_way_leave_no_descriptor_open(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    for name, scenario in SCENARIOS.items():
        provider.script(name, scenario)

    def ask_all() -> None:
        for name in SCENARIOS:
            ask(chat_model, name)

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    ask_all()
    before = descriptors()
    for _ in range(3):
        ask_all()
    # A connection may be kept, or may not.
    wait_for(lambda: descriptors() <= before + 1, what="the descriptors to be closed")


@pytest.mark.usefixtures("without_collector")
def test_nothing_is_left_of_a_provider_that_cannot_be_reached() -> None:
    chat_model = ChatModel(base_url="http://127.0.0.1:1/v1", api_key="", max_connections=1)
    assert left_over(lambda: ask(chat_model, "model")) == []


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("body", ["<html>", '{"data": [{"id": "a"}]}'], ids=["a web page", "models"])
def test_nothing_is_left_of_asking_for_the_models(chat_model: ChatModel, provider: ScriptedProvider, body: str) -> None:
    provider.script("/v1/models", Scenario(body=body))

    def names() -> None:
        with suppress(ProviderError):
            chat_model.model_names(5)

    assert left_over(names) == []


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize(
    ("scenario", "sent"),
    [
        (Scenario(wait_before_headers=60), 0),
        (Scenario(wait_before_first_chunk=60), 0),
        (Scenario(pause_after_chunks=2, pause=60), 2),
    ],
    ids=["before the headers", "before the first chunk", "between chunks"],
)
def test_nothing_is_left_of_a_call_that_another_thread_closed(
    chat_model: ChatModel, provider: ScriptedProvider, scenario: Scenario, sent: int
) -> None:
    provider.script("silent", scenario)

    def close_while_it_is_read() -> None:
        completion = chat_model.open()

        def close() -> None:
            provider.wait_for(lambda calls: len(calls[-1].chunks_sent_at) >= sent)
            completion.close()

        closing = threading.Thread(target=close)
        closing.start()
        for _ in completion.events(request("silent")):
            pass
        closing.join(5)

    assert left_over(close_while_it_is_read) == []


@pytest.mark.usefixtures("without_collector")
def test_nothing_is_left_of_an_answer_that_was_dropped(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    provider.script("slow", Scenario(pause_after_chunks=2, pause=60))

    def read_once() -> None:
        next(chat_model.open().events(request("slow")))

    assert left_over(read_once) == []
    provider.wait_for(lambda calls: calls[-1].client_closed_at is not None, timeout_seconds=2)


@pytest.mark.usefixtures("without_collector")
def test_nothing_is_left_of_a_call_that_asked_nothing(chat_model: ChatModel) -> None:
    assert left_over(lambda: chat_model.open().close()) == []


def test_all_of_this_holds_under_gevent() -> None:
    run_under_gevent(__file__)
