"""The API's endpoints, one method each, over `requests`; blocking, so never called on the event loop.

The environment's proxies and .netrc are not for this one server: a .netrc entry would replace the access token.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from ui.client.decoding import decode_message_page, decode_thread, decode_thread_page, encode_run_request
from ui.client.event_stream import EventStream
from ui.errors import ApiMisbehaved, ApiRefused, ApiUnreachable, PageError, forget_frames
from ui.messages import RunRequest, RunToFollow
from ui.threads import MessagePage, Thread, ThreadPage

CONNECT_TIMEOUT_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 10.0
# Three heartbeats of the API.
SILENCE_TIMEOUT_SECONDS = 45.0

JSON = {"Accept": "application/json"}
# What a proxy answers in the place of an API that is away.
PROXY_STATUSES = frozenset({502, 503, 504})

UNREACHABLE = "The API cannot be reached at the moment."
MISBEHAVED = "The address in API_URL answers, but not like Decant's API."

T = TypeVar("T")
Query = dict[str, str]


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
        return self._ask("GET", "/models", _decode_models)

    def threads(self, query: str = "", cursor: str | None = None) -> ThreadPage:
        """Return a page of threads, the last used first; with a query those that have its words.

        Raises:
            PageError: there is no such answer.
        """
        return self._ask("GET", "/threads", decode_thread_page, query=_given(query=query, cursor=cursor))

    def thread(self, thread_id: str) -> Thread:
        """Return a thread.

        Raises:
            PageError: there is no such thread, or no answer.
        """
        return self._ask("GET", f"/threads/{quote(thread_id)}", decode_thread)

    def create_thread(self, **fields: object) -> Thread:
        """Make a thread with the given `title`, `model`, `system_prompt` and `messages`.

        Raises:
            PageError: it was not made, or that is not known.
        """
        return self._ask("POST", "/threads", decode_thread, body=fields)

    def update_thread(self, thread_id: str, **fields: object) -> Thread:
        """Change what is given of a thread; `deleted=False` brings it back.

        Raises:
            PageError: it was not changed, or that is not known.
        """
        return self._ask("PATCH", f"/threads/{quote(thread_id)}", decode_thread, body=fields)

    def delete_thread(self, thread_id: str) -> None:
        """Delete a thread, which can be undone for some time.

        Raises:
            PageError: it was not deleted, or that is not known.
        """
        self._request("DELETE", f"/threads/{quote(thread_id)}", headers=JSON)

    def messages(self, thread_id: str, cursor: str | None = None) -> MessagePage:
        """Return a page of a thread's messages, in the order of adding.

        Raises:
            PageError: there is no such thread, or no answer.
        """
        path = f"/threads/{quote(thread_id)}/messages"
        return self._ask("GET", path, decode_message_page, query=_given(cursor=cursor))

    def export_messages(self, thread_id: str, cursor: str | None = None) -> tuple[list[Any], str | None]:
        """Return a page of a thread's messages as the API gives them, and where the next begins.

        Raises:
            PageError: there is no such thread, or no answer.
        """
        path = f"/threads/{quote(thread_id)}/messages"
        query = _given(cursor=cursor)
        return self._ask("GET", path, lambda body: (list(body["messages"]), body.get("next_cursor")), query=query)

    def start_run(self, request: RunRequest) -> EventStream:
        """Start a run, or find the one that the key has started, and return its open stream for the caller to close.

        Raises:
            PageError: no stream was opened.
        """
        stream = self._open(
            "POST",
            f"/threads/{quote(request.thread_id)}/runs",
            {"Content-Type": "application/json", "Idempotency-Key": request.idempotency_key},
            encode_run_request(request),
        )
        if stream is None:
            raise ApiMisbehaved(MISBEHAVED)
        return stream

    def run_events(self, run: RunToFollow) -> EventStream | None:
        """Return the open stream of the run's events after the last known, or None if there will be no more.

        Raises:
            PageError: no stream was opened.
        """
        return self._open("GET", f"/runs/{quote(run.run_id)}/events", {"Last-Event-ID": str(run.last_event_id)})

    def cancel_run(self, run_id: str) -> None:
        """Ask for the end of a run.

        Raises:
            PageError: there is no such run, or no answer.
        """
        self._request("POST", f"/runs/{quote(run_id)}/cancel", headers=JSON)

    def _ask(
        self, method: str, path: str, decode: Callable[[Any], T], *, body: object = None, query: Query | None = None
    ) -> T:
        headers = JSON if body is None else {**JSON, "Content-Type": "application/json"}
        response = self._request(method, path, headers=headers, body=body, query=query)
        try:
            return decode(response.json())
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ApiMisbehaved(MISBEHAVED) from exc

    def _open(self, method: str, path: str, headers: dict[str, str], body: object = None) -> EventStream | None:
        # A connection that carried a stream is never used again, so closing it late cannot hit another request.
        given = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "Connection": "close", **headers}
        response = self._request(method, path, headers=given, body=body, is_stream=True)
        if response.status_code == requests.codes.no_content:
            response.close()
            return None
        if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
            response.close()
            raise ApiMisbehaved(MISBEHAVED)
        return EventStream(response.raw, response.headers.get("X-Run-Id"), response.close)

    def _request(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str],
        body: object = None,
        query: Query | None = None,
        is_stream: bool = False,
    ) -> requests.Response:
        read_timeout = self._silence_timeout_seconds if is_stream else self._read_timeout_seconds
        try:
            response = self._session.request(
                method,
                self._api_url + path,
                headers=headers,
                params=query,
                data=None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"),
                stream=is_stream,
                timeout=(CONNECT_TIMEOUT_SECONDS, read_timeout),
                allow_redirects=False,
            )
        except (requests.ConnectionError, requests.Timeout) as exc:
            forget_frames(exc)
            raise ApiUnreachable(UNREACHABLE) from exc
        except requests.RequestException as exc:
            raise ApiMisbehaved(MISBEHAVED) from exc
        if not requests.codes.ok <= response.status_code < requests.codes.multiple_choices:
            with response:
                raise _refusal(response)
        return response


def _decode_models(body: Mapping[str, Any]) -> ModelList:
    names = tuple(str(model["name"]) for model in body["models"])
    default = body.get("default")
    return ModelList(names, default if default in names else None)


def _given(**values: str | None) -> Query:
    return {name: value for name, value in values.items() if value}


def _refusal(response: requests.Response) -> PageError:
    """Return the API's own error; one that does not say so is not asked for again."""
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
        is_retryable=body.get("retryable") is True,
        request_id=body.get("request_id"),
        retry_after_seconds=_seconds(response.headers.get("Retry-After")),
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None
