"""Requests to the API over `requests`: blocking, and every failure is a `PageError`.

The environment's proxies and .netrc are not for this one server: a .netrc entry would replace the access token.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter

from ui.client.event_stream import EventStream
from ui.errors import ApiMisbehaved, ApiRefused, ApiUnreachable, PageError, forget_frames

CONNECT_TIMEOUT_SECONDS = 5.0

JSON = {"Accept": "application/json"}
# What a proxy answers in the place of an API that is away.
PROXY_STATUSES = frozenset({502, 503, 504})

UNREACHABLE = "The API cannot be reached at the moment."
MISBEHAVED = "The address in API_URL answers, but not like Decant's API."

T = TypeVar("T")
Query = dict[str, str]


class Transport:
    """The way to one address, with its access token."""

    def __init__(
        self, api_url: str, api_token: str | None, read_timeout_seconds: float, silence_timeout_seconds: float
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

    def ask(
        self, method: str, path: str, decode: Callable[[Any], T], *, body: object = None, query: Query | None = None
    ) -> T:
        """Make a request and decode the JSON that comes back.

        Raises:
            PageError: it was refused, there is no such answer, or none at all.
        """
        headers = JSON if body is None else {**JSON, "Content-Type": "application/json"}
        response = self.request(method, path, headers=headers, body=body, query=query)
        try:
            return decode(response.json())
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ApiMisbehaved(MISBEHAVED) from exc

    def open_stream(self, method: str, path: str, headers: dict[str, str], body: object = None) -> EventStream | None:
        """Return an open stream of events for the caller to close, or None if there will be none.

        Raises:
            PageError: no stream was opened.
        """
        # A connection that carried a stream is never used again, so closing it late cannot hit another request.
        given = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "Connection": "close", **headers}
        response = self.request(method, path, headers=given, body=body, is_stream=True)
        if response.status_code == requests.codes.no_content:
            response.close()
            return None
        if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
            response.close()
            raise ApiMisbehaved(MISBEHAVED)
        return EventStream(response.raw, response.headers.get("X-Run-Id"), response.close)

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str],
        body: object = None,
        query: Query | None = None,
        is_stream: bool = False,
    ) -> requests.Response:
        """Make a request; the response is a success, and a stream's body is not read yet.

        Raises:
            PageError: it was refused, or there is no answer.
        """
        read_timeout = self._silence_timeout_seconds if is_stream else self._read_timeout_seconds
        try:
            response = self._session.request(
                method,
                self._api_url + path,
                headers=headers,
                params=query,
                data=body if body is None or isinstance(body, bytes) else _encoded(body),
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


def _encoded(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


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
