"""Messages in, events out: what the API knows of a provider.

Nothing here retries or watches the clock: the caller does, and ends a call from any thread at any moment.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

from api.errors import ContextTooLong, ProviderError, ProviderTruncated, ToolsUnsupported
from api.events import Event
from api.hub import in_turns, off_hub
from api.messages import Finished, Message, ModelRequest
from api.provider.completion_decoder import CompletionDecoder
from api.provider.context import told_messages
from api.provider.errors import error_from_response
from api.provider.exchange import Exchange
from api.provider.foreign_errors import FOREIGN_ERRORS
from api.provider.pictures import PICTURES
from api.provider.refusals import TOOLS, refused_option
from api.provider.transport import Response
from api.provider.upstream import EARLY_STOP_SECONDS, TAIL_SECONDS, Upstream, said, settle

if TYPE_CHECKING:
    from api.provider.request_body import RequestBodies

# Source: OLLAMA_CONTEXT_LENGTH, and before version 0.6 num_ctx, of docs.ollama.com; /v1 has no option for it.
DEFAULT_CONTEXTS = (4096, 2048)

NO_TOOLS = "This model cannot use tools, or its server does not let it. Try again to have the answer without them."

Send = Callable[[ModelRequest, int, Exchange], Response]
Translate = Callable[[Exception, Sequence[Message]], ProviderError]

logger = logging.getLogger(__name__)


class ChatModel:
    """An OpenAI-compatible provider; these arguments decide about it, of the environment only proxies are read."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        max_connections: int,
        context_tokens: int = 0,
        connect_timeout_seconds: float = 5.0,
        extra_body: Mapping[str, object] | None = None,
    ) -> None:
        self.upstream = Upstream(
            base_url, api_key, max_connections=max_connections, connect_timeout_seconds=connect_timeout_seconds
        )
        self._context_tokens = context_tokens
        self._extra_body = extra_body or {}
        self._bodies: RequestBodies | None = None
        self._loading = threading.Lock()

    def warm_up(self) -> None:
        """Load what the first request needs, off the hub, so that only a request that comes meanwhile waits for it.

        From exec to the first answer of `/health`: 1.4 s, 3.3 with the import in its way (medians of three on a busy
        machine; `python -m tests.bench api cold-start`).
        """
        self._loaded_bodies()

    def open(self) -> "Completion":
        """Prepare one call, which asks nothing yet."""
        return Completion(self._send, self._translated, self.upstream.source)

    def model_names(self, limit_seconds: float) -> tuple[str, ...]:
        """Ask the provider which models it has; raises like `Upstream.model_names`."""
        return self.upstream.model_names(limit_seconds)

    def _send(self, request: ModelRequest, divisor: int, exchange: Exchange) -> Response:
        """Ask for a streamed answer, without the options which this server is known to refuse for this model."""
        bodies = self._bodies or self._loaded_bodies()
        told = told_messages(request.messages, self._context_tokens, divisor)
        while True:
            refused = self.upstream.refused_by(request.model)
            body = bodies.build(request, told, refused, self.upstream.source(request.model))
            response = self.upstream.transport.send("POST", "/chat/completions", orjson.dumps(body), exchange=exchange)
            if response.is_success:
                return response
            answered = said(response)
            option = refused_option(answered, body)
            is_refused = response.status in (400, 422) or option in (TOOLS, PICTURES)
            if option is None or option in refused or not is_refused:
                raise error_from_response(response.status, response.headers, answered)
            logger.warning("%s does not take %s, which is left out from now on", request.model, option)
            self.upstream.refused.add((request.model, option))
            if option == TOOLS:
                raise ToolsUnsupported(NO_TOOLS)

    def _loaded_bodies(self) -> "RequestBodies":
        with self._loading:
            self._bodies = self._bodies or off_hub(_load_bodies, self._extra_body)
            return self._bodies

    def _translated(self, exc: Exception, messages: Sequence[Message] = ()) -> ProviderError:
        return self.upstream.translated(exc, (message.text for message in in_turns(messages)))


class Completion:
    """One call to the model; `close` may come from any thread at any moment, also before the response.

    `content_at` is the monotonic time of the last piece of the answer, also of one that is no event by itself, like a
    part of a tool call's arguments. `not_understood` counts what the provider sent that is no chat completion.
    """

    def __init__(self, send: Send, translate: Translate, source_of: Callable[[str], str]) -> None:
        self.content_at: float | None = None
        self.not_understood = 0
        self._send = send
        self._translate = translate
        self._source_of = source_of
        self._exchange = Exchange()

    def events(self, request: ModelRequest) -> Iterator[list[Event] | Finished]:
        """Ask, and yield the events of each read, at the end `Finished`.

        What does not fit the model is asked once more with half of the messages.

        Raises:
            ProviderError: the provider cannot be reached, refuses, fails or stops early; never after `close`.
        """
        can_be_shorter = sum(message.role != "system" for message in request.messages) > 1
        for divisor in (1, 2):
            try:
                yield from self._events(request, divisor)
                return
            except FOREIGN_ERRORS as exc:
                if self._exchange.is_closed:
                    return
                raise self._translate(exc, ()) from exc
            except ProviderError as error:
                if self._exchange.is_closed:
                    return
                is_first = divisor == 1 and self.content_at is None
                if not (isinstance(error, ContextTooLong) and is_first and can_be_shorter):
                    raise self._translate(error, request.messages) from error.__cause__

    def close(self) -> None:
        """End the call: the provider sees its connection close, and `events` ends."""
        self._exchange.close()

    def _events(self, request: ModelRequest, divisor: int) -> Iterator[list[Event] | Finished]:
        if self._exchange.is_closed:
            return
        response = self._send(request, divisor, self._exchange)
        decoder = CompletionDecoder(self._source_of(request.model))
        is_ending = False
        try:
            try:
                while not decoder.is_done and (received := response.read()):
                    count = decoder.content_count
                    events = decoder.feed(received)
                    has_content = count != decoder.content_count
                    if has_content:
                        self.content_at = time.monotonic()
                    self.not_understood = decoder.not_understood
                    yield events
                    if decoder.finish_reason is not None and (has_content or not is_ending):
                        # Some say "stop" where the reasoning ends, and answer after a while.
                        response.limit_time(TAIL_SECONDS if decoder.has_answer else EARLY_STOP_SECONDS)
                        is_ending = True
            except FOREIGN_ERRORS as exc:
                if decoder.finish_reason is None:
                    yield decoder.flush()
                    raise ProviderTruncated("The connection to the provider broke within the answer.") from exc
            if last_events := decoder.flush():
                yield last_events
            self.not_understood = decoder.not_understood
            if not self._exchange.is_closed:
                finished = decoder.finish()
                _doubt_context(finished)
                settle(response)
                yield finished
        finally:
            response.close()


def _load_bodies(extra_body: Mapping[str, object]) -> "RequestBodies":
    from api.provider.request_body import RequestBodies  # noqa: PLC0415 # It takes 1.3 s: see `ChatModel.warm_up`.

    return RequestBodies(extra_body)


def _doubt_context(finished: Finished) -> None:
    """Tell the owner of a context that ends where Ollama's does by default, which it does not tell a client of."""
    tokens = finished.usage.input_tokens + finished.usage.output_tokens if finished.usage else 0
    if finished.finish_reason == "length" and tokens in DEFAULT_CONTEXTS:
        logger.warning(
            "The provider seems to keep only %d tokens of a conversation: give the model a larger num_ctx, "
            "or set CONTEXT_TOKENS below that",
            tokens,
        )
