"""Chat completions passed on to the provider of their model: its bytes in, a client's bytes out.

Nothing here watches the clock or knows of clients: the caller does, and ends a call from any thread at any moment.
"""

import logging
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import NamedTuple

import orjson

from api.errors import (
    ContentFiltered,
    ContextTooLong,
    ProviderError,
    ProviderTruncated,
    RequestRefused,
    forget_frames,
)
from api.events import Usage
from api.hub import in_turns
from api.ids import new_id
from api.messages import GatewayRequest
from api.provider.answer_body import BUFFER_LIMIT
from api.provider.answer_repair import repair_answer
from api.provider.answer_words import TOO_LARGE
from api.provider.chunk_repair import ChunkRepair
from api.provider.errors import error_from_response
from api.provider.exchange import Exchange
from api.provider.foreign_errors import FOREIGN_ERRORS
from api.provider.gateway_body import LET_GO, of_client, option_to_leave_out, texts_of, told_body
from api.provider.transport import Response
from api.provider.upstream import EARLY_STOP_SECONDS, TAIL_SECONDS, Upstream, said, settle

# Another provider would refuse these as well.
OF_CLIENT = (RequestRefused, ContextTooLong, ContentFiltered)

FAILURES: tuple[type[Exception], ...] = (*FOREIGN_ERRORS, ProviderError)

logger = logging.getLogger(__name__)


class Route(NamedTuple):
    """Where a model is asked for, and by which name."""

    upstream: Upstream
    model: str


class Gateway:
    """Finds the provider of each model; `routes` are by model, the first and then those it falls back to."""

    def __init__(self, routes: Mapping[str, Sequence[Route]], max_chars: int) -> None:
        self._routes = routes
        self._max_chars = max_chars

    def open(self, request: GatewayRequest) -> "GatewayCall":
        """Prepare one call, which asks nothing yet."""
        return GatewayCall(self._routes[request.model], request, self._max_chars)


class GatewayCall:
    """One chat completion on its way; `close` and `fail` may come from any thread at any moment.

    `asked_at` and `content_at` are monotonic times, of the latest attempt and of the last piece of the answer;
    `left_out` are options of the client which the provider does not take.
    """

    def __init__(self, routes: Sequence[Route], request: GatewayRequest, max_chars: int) -> None:
        self.completion_id = f"chatcmpl-{new_id()}"
        self.asked_at = time.monotonic()
        self.first_content_at: float | None = None
        self.content_at: float | None = None
        self.finish_reason: str | None = None
        self.told_usage: Usage | None = None
        self.not_understood = 0
        self.left_out: tuple[str, ...] = ()
        self._routes = routes
        self._request = request
        self._max_chars = max_chars
        self._chars = self._asked_chars = self._count = 0
        self._exchange = Exchange()
        self._is_closed = self._has_begun = False
        self._failure: ProviderError | None = None
        self._until: float | None = None

    @property
    def usage(self) -> Usage:
        """The tokens, estimated where the provider has told none."""
        return self.told_usage or Usage(self._asked_chars // 4 + 1, self._chars // 4, estimated=True)

    def pieces(self, patience_seconds: float) -> Iterator[bytes]:
        """Ask, and yield what goes to the client; b"" once, where nothing has come in so many seconds.

        Raises:
            ProviderError: the provider cannot be reached, refuses, fails or stops early; never after `close`.
        """
        self._until = time.monotonic() + patience_seconds
        for number, route in enumerate(self._routes, 1):
            try:
                yield from self._attempt(route)
                return
            except FAILURES as exc:
                if self._is_closed:
                    return
                instead = self._instead(number, self._translated(exc, route))
                forget_frames(exc)
                logger.warning("%s fails: %s is asked instead", route.model, instead)

    def _translated(self, exc: Exception, route: Route) -> ProviderError:
        """Return what is said of a failure: the caller's reason, where it has ended the attempt."""
        reason, self._failure = self._failure, None
        return reason or route.upstream.translated(exc, in_turns(texts_of(self._request.body["messages"])))

    def _instead(self, number: int, failure: ProviderError) -> str:
        """Return the model to ask after so many attempts, or raise the failure where there is none."""
        if self._has_begun or number == len(self._routes) or isinstance(failure, OF_CLIENT):
            # A failure that stays in a frame which it has passed would be kept by it.
            raise failure.fresh() from None
        return self._routes[number].model

    def fail(self, error: ProviderError) -> None:
        """End the attempt for a reason of the caller's; another provider may still be asked."""
        if self._failure is None:
            self._failure = error
            self._exchange.close()

    def close(self) -> None:
        """End the call: the provider sees its connection close, and `pieces` ends."""
        self._is_closed = True
        self._exchange.close()

    def _attempt(self, route: Route) -> Iterator[bytes]:
        self.asked_at = time.monotonic()
        self._exchange = Exchange()
        if self._is_closed:
            return
        response = yield from self._response(route)
        try:
            if self._request.is_streamed:
                yield from self._stream(response, route.model)
            else:
                yield from self._whole(response, route.model)
        finally:
            response.close()

    def _response(self, route: Route) -> Generator[bytes, None, Response]:
        """Ask without what this provider refuses, and return the response that is a success."""
        upstream, model = route
        while True:
            refused = upstream.refused_by(model)
            body, self.left_out = told_body(
                self._request.body, model, refused, upstream.refused_values, is_streamed=self._request.is_streamed
            )
            asked = orjson.dumps(body)
            self._asked_chars = len(asked)
            sending = upstream.transport.begin("POST", "/chat/completions", asked, exchange=self._exchange)
            try:
                while (response := sending.wait(self._patience())) is None:
                    self._until = None
                    yield b""
            except GeneratorExit:
                sending.close()
                raise
            if response.is_success:
                return response
            answered = said(response)
            option = option_to_leave_out(answered, body) if response.status in (400, 422) else None
            if option is None or option in refused:
                error = error_from_response(response.status, response.headers, answered)
                raise of_client(error, response.status, answered)
            logger.warning("%s does not take %s as it is, which is left out", model, option)
            if option in LET_GO:
                upstream.refused_values.add(model, option, body[option])
            else:
                upstream.refused.add((model, option))

    def _stream(self, response: Response, model: str) -> Iterator[bytes]:
        repair = ChunkRepair(
            self.completion_id, model, tells_usage=self._request.tells_usage, max_chars=self._max_chars
        )
        self._count, is_ending = 0, False
        try:
            while not repair.is_done and (received := response.read_within(self._patience())) != b"":
                if received is None:
                    self._until = None
                    yield b""
                    continue
                frames = repair.feed(received)
                has_content = self._take_over(repair)
                if frames:
                    self._has_begun = True
                    yield frames
                if repair.is_finished and (has_content or not is_ending):
                    # Some say "stop" where the reasoning ends, and answer after a while.
                    response.limit_time(TAIL_SECONDS if repair.has_answer else EARLY_STOP_SECONDS)
                    is_ending = True
        except FOREIGN_ERRORS as exc:
            if not repair.is_finished:
                if frames := repair.flush():
                    yield frames
                if not self._has_begun:
                    raise
                raise ProviderTruncated("The connection to the provider broke within the answer.") from exc
        frames = repair.flush()
        self._take_over(repair)
        self.told_usage, self.finish_reason = repair.usage, repair.finish_reason
        if self._is_closed:
            return
        try:
            last = repair.end(self.usage)
        except ProviderError:
            if frames:
                self._has_begun = True
                yield frames
            raise
        yield frames + last
        settle(response)

    def _take_over(self, repair: ChunkRepair) -> bool:
        """Take over what has been counted, and say whether more of the answer has come."""
        self._chars, self.not_understood = repair.content_chars, repair.not_understood
        has_content = repair.content_count != self._count
        if has_content:
            self._count = repair.content_count
            self.content_at = time.monotonic()
            self.first_content_at = self.first_content_at or self.content_at
        return has_content

    def _whole(self, response: Response, model: str) -> Iterator[bytes]:
        body = bytearray()
        while (received := response.read_within(self._patience())) != b"":
            if received is None:
                self._until = None
                yield b""
                continue
            body += received
            if len(body) > BUFFER_LIMIT:
                raise ProviderError(TOO_LARGE)
        answer = repair_answer(bytes(body), self.completion_id, model)
        self.content_at = self.first_content_at = time.monotonic()
        self.told_usage, self.finish_reason = answer.usage, answer.finish_reason
        self._chars = answer.content_chars
        self._has_begun = True
        yield answer.body

    def _patience(self) -> float | None:
        """Return how long nothing may come before that is said; for ever once it has been."""
        return None if self._until is None else max(self._until - time.monotonic(), 0.0)
