"""A chat completion that is passed on: whose slot it has, how long it may take, what its client gets.

It belongs to its request and is made by the request's own thread: the provider's bytes go straight to the client. The
clock ends it when the client leaves or the provider says nothing for too long, and keeps a quiet stream open. Nothing
of it is stored.
"""

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from api.errors import DecantError, Internal, ProviderTimeout, ServerShutdown, forget_frames
from api.events import RunCancelled, RunCompleted, RunFailed, RunInterrupted, TerminalEvent, Usage
from api.hub import give_way, in_turns
from api.ids import new_id
from api.messages import GatewayRequest
from api.runs.log_reader import STUCK_SECONDS, Client
from api.runs.model import GatewayCall, PatienceLimits

# A platform's limit for the first byte is 30 s; a failure before it is a status, and after it cannot be one.
STREAM_PATIENCE_SECONDS = 10.0
WHOLE_PATIENCE_SECONDS = 25.0
# An answer in one piece says nothing while it is made. Source: the default timeout of OpenAI's clients.
WHOLE_ANSWER_SECONDS = 600.0
# What is written at once holds everybody up.
PIECE_BYTES = 256_000

logger = logging.getLogger(__name__)


class Limits(PatienceLimits, Protocol):
    """The settings a passed completion obeys."""

    @property
    def heartbeat_seconds(self) -> float:
        """How long the client may hear nothing."""


class GatewayClient(Client, Protocol):
    """The connection of the request, which the clock can write to."""

    can_send: bool

    def send(self, payload: bytes) -> bool:
        """Write a piece of the body without waiting; False when `flush` has to do the rest."""


class Shape(Protocol):
    """How a body says what is not the answer itself."""

    opening: bytes
    heartbeat: bytes

    def encode(self, piece: bytes) -> bytes:
        """Turn what the call yields into what the client gets."""

    def failure(self, error: DecantError) -> bytes | None:
        """Say that the answer is not complete; None where the shape has no words for it."""


class GatewayRun:
    """One completion and its client; `terminal` is how it ended, the rest is for the log line of a run."""

    def __init__(
        self,
        request: GatewayRequest,
        call: GatewayCall,
        request_id: str,
        client: GatewayClient,
        limits: Limits,
        on_end: Callable[["GatewayRun"], None],
    ) -> None:
        self.run_id = new_id()
        self.request = request
        self.call = call
        self.request_id = request_id
        self.started_at = time.monotonic()
        self.sealed_at: float | None = None
        self.terminal: TerminalEvent | None = None
        self.usage: Usage | None = None
        self._client = client
        self._limits = limits
        self._on_end = on_end
        self._turn = threading.Lock()  # Held by whoever writes to the client: the request's thread unless it waits.
        self._wrote_at = self.started_at
        self._heartbeat: bytes | None = None
        self._interrupted: ServerShutdown | None = None
        patience = STREAM_PATIENCE_SECONDS if request.is_streamed else WHOLE_PATIENCE_SECONDS
        self._pieces = call.pieces(patience)

    @property
    def first_content_at(self) -> float | None:
        """The monotonic time of the first piece of the answer."""
        return self.call.first_content_at

    @property
    def not_understood(self) -> int:
        """How many things the provider sent that are no part of an answer."""
        return self.call.not_understood

    def first(self) -> bytes:
        """Wait for the first piece, and return b"" where it takes so long that the response has to begin.

        Raises:
            DecantError: the run has failed, which a status can still say.
        """
        try:
            piece = next(self._pieces, b"")
            if self._interrupted is not None and not piece:
                raise self._interrupted
        except DecantError as exc:
            self.end(_terminal(exc))
            forget_frames(exc)
            raise exc.fresh() from None
        except BaseException:
            self.end(_terminal(_defect()))
            raise
        return piece

    def body(self, first: bytes, shape: Shape) -> Iterator[bytes]:
        """Yield what the client gets, from the first piece on."""
        with self._turn:
            try:
                yield (first and shape.encode(first)) or shape.opening
                self._heartbeat = shape.heartbeat if self._client.can_send else None
                while (piece := self._next()) is not None:
                    encoded = shape.encode(piece)
                    for begin in in_turns(range(0, len(encoded), PIECE_BYTES)):
                        self._wrote_at = time.monotonic()
                        yield encoded[begin : begin + PIECE_BYTES]
                self.end(RunCompleted(self.call.finish_reason or "stop"))
            except DecantError as exc:
                yield self._last(exc.fresh(), shape)
                forget_frames(exc)
            except OSError:
                raise  # The client's connection broke under a flush.
            except Exception as exc:
                logger.exception("A chat completion failed", extra={"fields": {"request_id": self.request_id}})
                yield self._last(_defect(), shape)
                forget_frames(exc)

    def whole(self, first: bytes, shape: Shape) -> bytes:
        """Return what the client gets of an answer that is there in one piece.

        Raises:
            DecantError: the shape has no words for it.
        """
        try:
            document = shape.encode(first)
        except DecantError as error:
            self.end(_terminal(error))
            raise
        self.end(RunCompleted(self.call.finish_reason or "stop"))
        return document

    def tick(self, now: float) -> None:
        """End it when the client is gone or stuck, or the provider silent; keep a quiet stream open."""
        if self._client.is_gone():
            self.close()
            return
        begun_at, quiet_seconds = self.call.content_at, now - self._wrote_at
        if not self._turn.acquire(blocking=False):
            if quiet_seconds > STUCK_SECONDS:
                self._client.disconnect()
                self.close()
            return
        try:
            limit = self._limits.stall_seconds if begun_at is not None else self._limits.first_token_seconds
            if not self.request.is_streamed:
                limit = max(limit, WHOLE_ANSWER_SECONDS)
            if now - (begun_at or self.call.asked_at) > limit:
                self.call.fail(ProviderTimeout(f"The provider has said nothing for {limit:g} seconds."))
            elif self._heartbeat and quiet_seconds >= self._limits.heartbeat_seconds:
                self._wrote_at = now
                self._client.send(self._heartbeat)
        finally:
            self._turn.release()

    def interrupt(self) -> None:
        """End it because this process is going away."""
        self._interrupted = ServerShutdown("The server is restarting. Try again in a moment.", retry_after_seconds=2)
        self.call.close()

    def close(self) -> None:
        """End it, as cancelled unless it has ended; the second time does nothing."""
        self.call.close()
        self.end(RunCancelled())

    def end(self, terminal: TerminalEvent) -> None:
        """Give up the slot; the first to say how it ended is right."""
        if self.terminal is None:
            self.terminal = terminal
            self.sealed_at = time.monotonic()
            self.usage = self.call.usage
            self._on_end(self)

    def _next(self) -> bytes | None:
        """Wait for the next piece, and let the clock write meanwhile; None at the end."""
        self._turn.release()
        try:
            piece = next(self._pieces, None)
        finally:
            self._turn.acquire()
            # Half a heartbeat may be left, also in front of a failure.
            self._client.flush()
        if piece is not None and len(piece) > PIECE_BYTES:
            give_way()
        if self._interrupted is not None and piece is None:
            raise self._interrupted
        return piece

    def _last(self, error: DecantError, shape: Shape) -> bytes:
        """End it as failed, and return how its shape says that."""
        self.end(_terminal(error))
        last = shape.failure(error)
        if last is None:
            # gunicorn closes the connection on this errno without the last chunk, and says nothing in its log.
            raise ConnectionResetError(errno.ECONNRESET, "the answer is not complete")
        return last


def _terminal(error: DecantError) -> TerminalEvent:
    kind = RunInterrupted if isinstance(error, ServerShutdown) else RunFailed
    return kind(error.code, str(error), error.retryable)


def _defect() -> Internal:
    return Internal("Something went wrong inside Decant; its log says more under this request_id.")
