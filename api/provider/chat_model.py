"""Messages in, events out: the only importer of LangChain and openai.

LangChain builds the request and openai sends it; the bytes of the answer go straight to `CompletionDecoder`, because
the SDKs lose reasoning, errors and usage on the way. Nothing here retries or watches the clock: the caller does, and
ends a call from any thread at any moment.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
import openai
import orjson
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, trim_messages
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import SecretStr

from api.errors import ContextTooLong, ProviderError, ProviderRejected, ProviderTimeout, ProviderTruncated
from api.events import Event
from api.messages import Finished, ModelRequest
from api.provider.completion_decoder import CompletionDecoder
from api.provider.errors import CHECK_BASE_URL, error_from_payload, retry_after
from api.provider.exchange import Exchange
from api.provider.transport import ProviderTransport

# How long the response may take to end once the answer is there: first for its usage, then for its last, empty chunk.
TAIL_SECONDS = 5.0
SETTLE_SECONDS = 0.1
SETTLING_READS = 8

_MESSAGE_TYPES: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
_SENT_HEADERS = frozenset({"host", "accept", "connection", "content-type", "content-length"})


class ChatModel:
    """An OpenAI-compatible provider; these arguments decide about it, whatever the environment says."""

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
        self._context_tokens = context_tokens
        transport = ProviderTransport(base_url, max_connections=max_connections)
        self._client = _OpenAI(
            api_key=api_key or "none",
            base_url=base_url,
            http_client=httpx2.Client(transport=transport, event_hooks={"request": [self._set_headers]}),
            timeout=httpx2.Timeout(None, connect=connect_timeout_seconds),
            max_retries=0,
        )
        self._requests = _RequestBuilder.create(self._client, extra_body or {})
        self._refused_options: set[tuple[str, str]] = set()

    def open(self) -> "Completion":
        """Prepare one call, which asks nothing yet."""
        return Completion(self._send, self._translated)

    def model_names(self, timeout_seconds: float) -> tuple[str, ...]:
        """Ask the provider which models it has.

        Raises:
            ProviderError: it does not answer, or not with a list of models.
        """
        try:
            response = self._client.get("/models", cast_to=httpx2.Response, options={"timeout": timeout_seconds})
            return tuple(str(model["id"]) for model in orjson.loads(response.content)["data"])
        except (orjson.JSONDecodeError, LookupError, TypeError) as exc:
            raise ProviderError(f"The provider did not answer with a list of models: {CHECK_BASE_URL}.") from exc
        except FOREIGN_ERRORS as exc:
            raise self._translated(exc) from exc

    def _send(self, request: ModelRequest, divisor: int) -> httpx2.Response:
        """Ask for a streamed answer, without the options which this server is known to refuse for this model."""
        messages = [_MESSAGE_TYPES[message.role](message.text) for message in request.messages]
        told = _trimmed(messages, self._context_tokens, divisor)
        while True:
            refused = {option for model, option in self._refused_options if model == request.model}
            body = self._requests.body(request, told, refused)
            try:
                return self._client.post("/chat/completions", cast_to=httpx2.Response, body=body, stream=True)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as exc:
                option = _refused_option(str(exc.body), body)
                if option is None:
                    raise
                self._refused_options.add((request.model, option))

    def _set_headers(self, request: httpx2.Request) -> None:
        for name in set(request.headers) - _SENT_HEADERS:
            del request.headers[name]
        request.headers["accept-encoding"] = "identity"
        request.headers["user-agent"] = "decant"
        if self._api_key:
            request.headers["authorization"] = f"Bearer {self._api_key}"

    def _translated(self, exc: Exception) -> ProviderError:
        """Turn what went wrong into an error of the tree, which never shows the key."""
        error = exc if isinstance(exc, ProviderError) else translated(exc)
        if len(self._api_key) >= 8:
            error.args = (str(error).replace(self._api_key, "***"),)
        return error


class Completion:
    """One call to the model; `close` may come from any thread at any moment, also before the response.

    `content_at` is the monotonic time of the last piece of the answer, also of one that is no event by itself, like a
    part of a tool call's arguments.
    """

    def __init__(
        self, send: Callable[[ModelRequest, int], httpx2.Response], translate: Callable[[Exception], ProviderError]
    ) -> None:
        self.content_at: float | None = None
        self._send = send
        self._translate = translate
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
                with self._translated():
                    yield from self._events(request, divisor)
                return
            except ContextTooLong:
                if divisor == 2 or self.content_at is not None or not can_be_shorter:
                    raise

    def close(self) -> None:
        """End the call: the provider sees its connection close, and `events` ends."""
        self._exchange.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise errors of the tree, and none after `close`."""
        try:
            yield
        except FOREIGN_ERRORS as exc:
            if not self._exchange.is_closed:
                raise self._translate(exc) from exc
        except ProviderError as error:
            if not self._exchange.is_closed:
                raise self._translate(error) from error.__cause__

    def _events(self, request: ModelRequest, divisor: int) -> Iterator[list[Event] | Finished]:
        if self._exchange.is_closed:
            return
        with self._exchange.carried():
            response = self._send(request, divisor)
        decoder = CompletionDecoder()
        body = _pieces(response)
        try:
            try:
                for received in body:
                    count = decoder.content_count
                    events = decoder.feed(received)
                    if count != decoder.content_count:
                        self.content_at = time.monotonic()
                    yield events
                    if decoder.is_done:
                        break
                    if decoder.finish_reason is not None:
                        self._exchange.limit_silence(TAIL_SECONDS)
            except httpx2.TransportError as exc:
                if decoder.finish_reason is None:
                    yield decoder.flush()
                    raise ProviderTruncated("The connection to the provider broke within the answer.") from exc
            if last_events := decoder.flush():
                yield last_events
            if not self._exchange.is_closed:
                finished = decoder.finish()
                self._settle(body)
                yield finished
        finally:
            response.close()

    def _settle(self, body: Iterator[bytes]) -> None:
        """Read the end of the response, which keeps its connection usable, unless it takes long."""
        self._exchange.limit_silence(SETTLE_SECONDS)
        with suppress(httpx2.TransportError):
            for _ in zip(range(SETTLING_READS), body, strict=False):
                pass


class _OpenAI(openai.OpenAI):
    """The SDK's client, which does not look at the platform: that would start processes within a request."""

    def platform_headers(self) -> dict[str, str]:
        return {}


class _RequestBuilder(BaseChatOpenAI):
    """LangChain's chat model, for the bodies of its requests: `max_tokens` as such, never the Responses API."""

    @classmethod
    def create(cls, client: openai.OpenAI, extra_body: Mapping[str, object]) -> "_RequestBuilder":
        """Configure it so that it neither reads the environment nor builds clients of its own."""
        return cls(
            api_key=SecretStr(client.api_key),
            base_url=str(client.base_url),
            client=client.chat.completions,
            root_client=client,
            async_client=client.chat.completions,
            root_async_client=client,
            openai_proxy="",
            http_socket_options=(),
            use_responses_api=False,
            model_kwargs=dict(extra_body),
        )

    def body(self, request: ModelRequest, told: list[BaseMessage], refused_options: set[str]) -> dict[str, Any]:
        """Build the body which asks for a streamed answer."""
        options: dict[str, Any] = {"model": request.model, "stream": True}
        if "stream_options" not in refused_options:
            options["stream_options"] = {"include_usage": True}
        if request.temperature is not None:
            options["temperature"] = request.temperature
        if request.max_tokens is not None:
            is_refused = "max_tokens" in refused_options
            options["max_completion_tokens" if is_refused else "max_tokens"] = request.max_tokens
        return self._get_request_payload(told, **options)


def _trimmed(messages: list[BaseMessage], context_tokens: int, divisor: int) -> list[BaseMessage]:
    """Keep the system prompt and as many of the newest messages as fit; the newest always."""
    total = _estimated_tokens(messages)
    limit = min(context_tokens or total, total) // divisor
    if total <= limit:
        return messages
    first = messages[:1] if isinstance(messages[0], SystemMessage) else []
    kept = trim_messages(
        messages, max_tokens=limit, token_counter=_estimated_tokens, include_system=True, start_on="human"
    )
    return kept if messages[-1] in kept else [*first, messages[-1]]


def _estimated_tokens(messages: list[BaseMessage]) -> int:
    """Count four bytes of UTF-8 as a token, which is near for English and for Chinese, and four for each message."""
    return sum(len(str(message.content).encode()) // 4 + 4 for message in messages)


def _pieces(response: httpx2.Response) -> Iterator[bytes]:
    """Iterate over the body as it was read, past httpx2's layers unless there is something to decode."""
    body: Iterable[bytes] = response.extensions["body"]
    return response.iter_bytes() if "content-encoding" in response.headers else iter(body)


def translated(exc: Exception) -> ProviderError:
    """Say in the words of the tree what an SDK's exception means."""
    for foreign, translation in TRANSLATIONS:
        if isinstance(exc, foreign):
            return translation(exc)
    raise TypeError(f"no translation for {type(exc).__name__}")


def _from_status(exc: openai.APIStatusError) -> ProviderError:
    wait = retry_after(exc.response.headers)
    return error_from_payload(exc.body, status=exc.status_code, retry_after_seconds=wait)


def _from_cause(exc: openai.APIConnectionError) -> ProviderError:
    if isinstance(exc.__cause__, httpx2.HTTPError):
        return translated(exc.__cause__)
    return ProviderError("The connection to the provider failed.")


def _unreachable(exc: Exception) -> ProviderError:
    return ProviderError(f"The provider cannot be reached ({exc}): {CHECK_BASE_URL}.")


TRANSLATIONS: tuple[tuple[type[Exception], Callable[[Any], ProviderError]], ...] = (
    (openai.APIStatusError, _from_status),
    (openai.APIConnectionError, _from_cause),
    (openai.OpenAIError, lambda _: ProviderError("The request to the provider failed.")),
    (httpx2.ConnectTimeout, lambda exc: ProviderTimeout(str(_unreachable(exc)))),
    (httpx2.TimeoutException, lambda _: ProviderTimeout("The provider did not answer in time.")),
    (httpx2.ConnectError, _unreachable),
    (httpx2.ProxyError, _unreachable),
    (httpx2.UnsupportedProtocol, lambda _: ProviderRejected("OPENAI_BASE_URL is not a web address.")),
    (httpx2.InvalidURL, lambda _: ProviderRejected("OPENAI_BASE_URL is not a web address.")),
    (
        httpx2.LocalProtocolError,
        lambda _: ProviderRejected("The request cannot be sent: check OPENAI_API_KEY for stray characters."),
    ),
    (httpx2.HTTPError, lambda _: ProviderError("The connection to the provider broke.")),
    (httpx2.StreamError, lambda _: ProviderError("The connection to the provider broke.")),
)

FOREIGN_ERRORS = tuple(foreign for foreign, _ in TRANSLATIONS)


def _refused_option(message: str, body: Mapping[str, object]) -> str | None:
    """Find the option of the body which the server does not know, by the sentence it refused the request with."""
    if "stream_options" in body and "stream_options" in message:
        return "stream_options"
    if "max_tokens" in body and "max_completion_tokens" in message:
        return "max_tokens"
    return None
