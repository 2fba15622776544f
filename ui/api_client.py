"""The API's endpoints, one method each, over `requests`; blocking, so never called on the event loop.

The environment's proxies and .netrc are not for this one server: a .netrc entry would replace the access token.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError as ConnectionBroken
from urllib3.exceptions import ReadTimeoutError

from ui.errors import ApiMisbehaved, ApiRefused, ApiUnreachable, PageError, StreamTruncated
from ui.events import Event, decode_event, is_terminal
from ui.messages import RunRequest
from ui.sse import SseDecoder

CONNECT_TIMEOUT_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 10.0
# Three heartbeats of the API.
SILENCE_TIMEOUT_SECONDS = 45.0

# What a proxy answers in the place of an API that is away.
PROXY_STATUSES = frozenset({502, 503, 504})

UNREACHABLE = "The API cannot be reached at the moment."
TRUNCATED = "The connection to the API broke before the answer was complete."
SILENT = "The API fell silent before the answer was complete."
MISBEHAVED = "The address in API_URL answers, but not like Decant's API."


@dataclass(frozen=True, slots=True)
class ModelList:
    """The model names a person may choose from, and the one used without a choice."""

    names: tuple[str, ...]
    default: str | None


class ApiClient:
    """Decant's API at one address."""

    def __init__(
        self,
        api_url: str,
        api_token: str | None,
        *,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
        silence_timeout_seconds: float = SILENCE_TIMEOUT_SECONDS,
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._read_timeout_seconds = read_timeout_seconds
        self._silence_timeout_seconds = silence_timeout_seconds
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = "decant-ui"
        if api_token:
            self._session.headers["Authorization"] = f"Bearer {api_token}"
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=10)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def health(self) -> None:
        """Return if the API is alive.

        Raises:
            PageError: it is not.
        """
        self._request("GET", "/health", headers={"Accept": "text/plain"})

    def models(self) -> ModelList:
        """Return the models a person may choose from.

        Raises:
            PageError: there is no such answer.
        """
        response = self._request("GET", "/models", headers={"Accept": "application/json"})
        try:
            body = response.json()
            names = tuple(str(model["name"]) for model in body["models"])
        except (ValueError, KeyError, TypeError) as exc:
            raise ApiMisbehaved(MISBEHAVED) from exc
        default = body.get("default")
        return ModelList(names, default if default in names else None)

    def stream(self, request: RunRequest) -> "EventStream":
        """Start a run and return its open stream, to be closed by the caller.

        Raises:
            PageError: no stream was opened.
        """
        # A connection that carried a stream is never used again, so closing it late cannot hit another request.
        headers = {
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "Connection": "close",
        }
        body = json.dumps(_run_body(request), ensure_ascii=False).encode()
        response = self._request("POST", "/stream", headers=headers, body=body, is_stream=True)
        if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
            response.close()
            raise ApiMisbehaved(MISBEHAVED)
        return EventStream(response)

    def _request(
        self, method: str, path: str, *, headers: dict[str, str], body: bytes | None = None, is_stream: bool = False
    ) -> requests.Response:
        read_timeout = self._silence_timeout_seconds if is_stream else self._read_timeout_seconds
        try:
            response = self._session.request(
                method,
                self._api_url + path,
                headers=headers,
                data=body,
                stream=is_stream,
                timeout=(CONNECT_TIMEOUT_SECONDS, read_timeout),
                allow_redirects=False,
            )
        except (requests.ConnectionError, requests.Timeout) as exc:
            raise ApiUnreachable(UNREACHABLE) from exc
        except requests.RequestException as exc:
            raise ApiMisbehaved(MISBEHAVED) from exc
        if response.status_code != requests.codes.ok:
            with response:
                raise _refusal(response)
        return response


class EventStream:
    """The open stream of one run: iterate over batches of events; `close` may be called from any thread."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self._is_closed = False
        self._is_ended = False

    def __iter__(self) -> Iterator[list[Event]]:
        """Yield what each read brought, up to the end of the stream.

        Raises:
            StreamTruncated: it ended without a terminal event.
            ApiMisbehaved: it carried something else than events.
        """
        decoder = SseDecoder()
        for chunk in self._chunks():
            batch = _decode(decoder, chunk)
            self._is_ended = self._is_ended or any(map(is_terminal, batch))
            if batch:
                yield batch
        if not self._is_ended and not self._is_closed:
            raise StreamTruncated(TRUNCATED)

    def close(self) -> None:
        """End a read that blocks in another thread; that thread then releases the connection."""
        if self._is_ended:
            return  # what is left is the end of the response, which the reading thread takes in
        self._is_closed = True
        try:
            self._response.raw.shutdown()
        except (OSError, RuntimeError, ValueError):
            return  # nothing is being read any more

    def release(self) -> None:
        """Close the connection; only for the thread that reads."""
        self._is_closed = True
        self._response.close()

    def _chunks(self) -> Iterator[bytes]:
        try:
            while chunk := self._response.raw.read1(decode_content=True):
                yield chunk
        except ReadTimeoutError as exc:
            if not self._is_ended:
                raise StreamTruncated(SILENT) from exc
        except (ConnectionBroken, OSError) as exc:
            if not self._is_closed and not self._is_ended:
                raise StreamTruncated(TRUNCATED) from exc


def _decode(decoder: SseDecoder, chunk: bytes) -> list[Event]:
    try:
        events = [decode_event(frame.event, frame.data) for frame in decoder.feed(chunk)]
    except ValueError as exc:
        raise ApiMisbehaved("The API sent something that cannot be read.") from exc
    return [event for event in events if event]


def _run_body(request: RunRequest) -> dict[str, Any]:
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    body: dict[str, Any] = {"thread_id": request.thread_id, "messages": messages}
    return {**body, "model": request.model} if request.model else body


def _refusal(response: requests.Response) -> PageError:
    try:
        body = response.json()
        sentence, code = str(body["error"]), str(body["code"])
    except (ValueError, KeyError, TypeError, requests.RequestException):
        if response.status_code in PROXY_STATUSES:
            return ApiUnreachable(UNREACHABLE)
        return ApiMisbehaved(f"{MISBEHAVED} (HTTP {response.status_code})")
    return ApiRefused(
        sentence,
        status=response.status_code,
        code=code,
        request_id=body.get("request_id"),
        retry_after_seconds=_seconds(response.headers.get("Retry-After")),
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None
