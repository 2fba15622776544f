"""A passed completion between a call and a client that do what a test wrote down."""

from collections.abc import Iterator

import pytest

from api.config import load_config
from api.errors import Busy, DecantError, ProviderError
from api.events import RunFailed, Usage
from api.messages import GatewayRequest
from api.routes.passed_response import passed_response
from api.runs.gateway_run import GatewayRun
from api.wire.openai.shapes import ChunkStream, WholeBody


class ScriptedCall:
    """Yields pieces, does what is among them, and raises what is an error."""

    def __init__(self, *script: object) -> None:
        self.asked_at = 0.0
        self.first_content_at = self.content_at = None
        self.finish_reason = "stop"
        self.not_understood = 0
        self.left_out = ()
        self.usage = Usage(1, 1, estimated=True)
        self._script = script

    def pieces(self, _patience_seconds: float) -> Iterator[bytes]:
        for step in self._script:
            if isinstance(step, bytes):
                yield step
            elif isinstance(step, Exception):
                raise step
            else:
                step()  # type: ignore[operator]

    def fail(self, error: ProviderError) -> None:
        raise error

    def close(self) -> None:
        pass


class FullClient:
    """A connection that takes half of what is sent at once, the rest when it is flushed."""

    can_send = True

    def __init__(self) -> None:
        self.written = b""
        self.left = b""

    def is_gone(self) -> bool:
        return False

    def disconnect(self) -> None:
        pass

    def send(self, piece: bytes) -> bool:
        self.written += piece[: len(piece) // 2]
        self.left = piece[len(piece) // 2 :]
        return not self.left

    def flush(self) -> None:
        self.written += self.left
        self.left = b""


def started(call: ScriptedCall, client: FullClient, *, is_streamed: bool = True) -> GatewayRun:
    request = GatewayRequest("m", {}, is_streamed)
    return GatewayRun(request, call, "r", client, load_config({}), lambda _: None)


@pytest.mark.parametrize("ends", [(), (ProviderError("no"),)], ids=["well", "badly"])
def test_half_a_heartbeat_is_written_whole_before_what_follows(ends: tuple[object, ...]) -> None:
    client = FullClient()
    run = started(ScriptedCall(b"data: 1\n\n", lambda: client.send(ChunkStream.heartbeat), *ends), client)
    for piece in run.body(run.first(), ChunkStream()):
        client.written += piece
    assert client.left == b""
    assert client.written.startswith(b"data: 1\n\n: heartbeat\n\n")


class NoWords(WholeBody):
    def encode(self, _piece: bytes) -> bytes:
        raise Busy("It cannot be told.")


def test_a_whole_answer_that_cannot_be_told_has_failed() -> None:
    run = started(ScriptedCall(b"{}"), FullClient(), is_streamed=False)
    with pytest.raises(DecantError):
        passed_response(run, ChunkStream(), NoWords())
    assert run.terminal == RunFailed("busy", "It cannot be told.", retryable=True)
