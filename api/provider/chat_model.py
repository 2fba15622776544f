"""Messages in, events out: what the API knows of a provider.

Nothing here retries or watches the clock: the caller does, and ends a call from any thread at any moment.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson

from api.errors import ContextTooLong, ProviderError, ProviderTruncated, ToolsUnsupported
from api.events import Event
from api.hub import in_turns, off_hub
from api.messages import Finished, Message, ModelRequest
from api.provider.completion_decoder import CompletionDecoder
from api.provider.context import told_messages
from api.provider.errors import CHECK_BASE_URL, SAYS, error_from_response
from api.provider.exchange import Exchange
from api.provider.foreign_errors import FOREIGN_ERRORS, translated
from api.provider.pictures import PICTURES
from api.provider.pieces import names_of
from api.provider.redaction import HIDDEN, without_prompt
from api.provider.refusals import TOOLS, refused_option
from api.provider.transport import Response, Transport

if TYPE_CHECKING:
    from api.provider.request_body import RequestBodies

# How long the response may take to end once the answer is there: first for its usage, then for its last, empty chunk.
TAIL_SECONDS = 5.0
EARLY_STOP_SECONDS = 30.0
SETTLE_SECONDS = 0.1
SETTLING_READS = 8
SHORTEST_KEY = 8
# Source: OLLAMA_CONTEXT_LENGTH, and before version 0.6 num_ctx, of docs.ollama.com; /v1 has no option for it.
DEFAULT_CONTEXTS = (4096, 2048)

ERROR_BODY_LIMIT = 64 * 1024
ERROR_BODY_SECONDS = 5.0
MODELS_LIMIT = 4 * 1024 * 1024

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
        self._api_key = api_key
        self._base_url = base_url
        self._context_tokens = context_tokens
        self._extra_body = extra_body or {}
        self._transport = Transport(
            base_url,
            _headers(api_key),
            max_connections=max_connections,
            connect_timeout_seconds=connect_timeout_seconds,
        )
        self._refused_options: set[tuple[str, str]] = set()
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
        return Completion(self._send, self._translated, self._source)

    def model_names(self, limit_seconds: float) -> tuple[str, ...]:
        """Ask the provider which models it has.

        Raises:
            ProviderError: it has not answered in its time, or not with a list of models.
        """
        try:
            response = self._transport.send("GET", "/models", exchange=Exchange(), limit_seconds=limit_seconds)
            if not response.is_success:
                raise self._translated(error_from_response(response.status, response.headers, _said(response)))
            listed = response.read_all(MODELS_LIMIT)
        except FOREIGN_ERRORS as exc:
            raise self._translated(exc) from exc
        names = names_of(listed)
        if names is None:
            raise ProviderError(f"The provider did not answer with a list of models: {CHECK_BASE_URL}.")
        return names

    def _send(self, request: ModelRequest, divisor: int, exchange: Exchange) -> Response:
        """Ask for a streamed answer, without the options which this server is known to refuse for this model."""
        bodies = self._bodies or self._loaded_bodies()
        told = told_messages(request.messages, self._context_tokens, divisor)
        while True:
            refused = {option for model, option in self._refused_options if model == request.model}
            body = bodies.build(request, told, refused, self._source(request.model))
            response = self._transport.send("POST", "/chat/completions", orjson.dumps(body), exchange=exchange)
            if response.is_success:
                return response
            said = _said(response)
            option = refused_option(said, body)
            is_refused = response.status in (400, 422) or option in (TOOLS, PICTURES)
            if option is None or option in refused or not is_refused:
                raise error_from_response(response.status, response.headers, said)
            logger.warning("%s does not take %s, which is left out from now on", request.model, option)
            self._refused_options.add((request.model, option))
            if option == TOOLS:
                raise ToolsUnsupported(NO_TOOLS)

    def _source(self, model: str) -> str:
        """Name the provider and a model of it, for what goes back to it alone; the address is nobody's business."""
        return hashlib.sha256(f"{self._base_url} {model}".encode()).hexdigest()[:16]

    def _loaded_bodies(self) -> "RequestBodies":
        with self._loading:
            self._bodies = self._bodies or off_hub(_load_bodies, self._extra_body)
            return self._bodies

    def _translated(self, exc: Exception, messages: Sequence[Message] = ()) -> ProviderError:
        """Turn what went wrong into an error of the tree, which shows neither the key nor what the messages say."""
        error = exc if isinstance(exc, ProviderError) else translated(exc)
        sentence, says, said = str(error).partition(SAYS)
        said = without_prompt(said, (message.text for message in in_turns(messages))) if said else ""
        if len(self._api_key) >= SHORTEST_KEY:
            said = said.replace(self._api_key, HIDDEN)
        error.args = (sentence + says + said,)
        return error


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
                _settle(response)
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


def _said(response: Response) -> bytes:
    """Read what a response that is no success says; its status says enough where that cannot be read."""
    response.limit_time(ERROR_BODY_SECONDS)
    with suppress(*FOREIGN_ERRORS):
        return response.read_all(ERROR_BODY_LIMIT)
    return b""


def _settle(response: Response) -> None:
    """Read the end of the response, which keeps its connection usable, unless it takes long."""
    response.limit_time(SETTLE_SECONDS)
    with suppress(*FOREIGN_ERRORS):
        for _ in range(SETTLING_READS):
            if not response.read():
                break


def _headers(api_key: str) -> dict[str, str]:
    headers = {
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "keep-alive",
        "content-type": "application/json",
        "user-agent": "decant",
    }
    return headers | {"authorization": f"Bearer {api_key}"} if api_key else headers
