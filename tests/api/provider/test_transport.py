"""The provider's connections over real sockets, plain and TLS; every test runs under gevent too."""

import http.client
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from urllib3 import exceptions as urllib3_errors

from api.provider.exchange import Exchange
from api.provider.transport import ERROR_BODY_LIMIT, TRANSLATIONS, ProviderTransport
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.under_gevent import run_under_gevent


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "provider.pem"
    options = "-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        ["openssl", "req", *options.split(), "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@pytest.fixture(scope="module", params=["plain", "TLS"])
def provider(request: pytest.FixtureRequest) -> Iterator[ScriptedProvider]:
    arguments = []
    if request.param == "TLS":
        arguments = ["--certificate", str(request.getfixturevalue("certificate"))]
    with ScriptedProvider(*arguments) as provider:
        yield provider


@pytest.fixture
def client(provider: ScriptedProvider, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx2.Client]:
    provider.reset()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    transport = ProviderTransport(provider.base_url, max_connections=4)
    timeout = httpx2.Timeout(None, connect=5)
    with httpx2.Client(transport=transport, base_url=provider.base_url, timeout=timeout) as client:
        yield client


def ask(client: httpx2.Client, model: str = "echo") -> httpx2.Response:
    body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    return client.post("/chat/completions", json=body)


def connections(provider: ScriptedProvider) -> list[int]:
    """Number the provider's connections in the order of their first use, one number per call."""
    seen: list[int] = []
    for call in provider.calls():
        if call.connection not in seen:
            seen.append(call.connection)
    return [seen.index(call.connection) + 1 for call in provider.calls()]


@pytest.mark.parametrize("framing", ["chunked", "content_length"])
def test_a_connection_is_kept(client: httpx2.Client, provider: ScriptedProvider, framing: str) -> None:
    provider.script("kept", Scenario(framing=framing))  # type: ignore[arg-type]
    assert [ask(client, "kept").content[-8:] for _ in range(2)] == [b"[DONE]\n\n"] * 2
    assert connections(provider) == [1, 1]


@pytest.mark.parametrize("framing", ["chunked", "content_length", "until_close"])
def test_a_body_arrives_whole_in_any_framing(client: httpx2.Client, provider: ScriptedProvider, framing: str) -> None:
    text = "0123456789" * 30_000
    provider.script("long", Scenario(raw=(text,), framing=framing, bytes_per_write=50_001))  # type: ignore[arg-type]
    assert ask(client, "long").text == text


def test_a_connection_the_server_closed_is_replaced(client: httpx2.Client, provider: ScriptedProvider) -> None:
    provider.script("closing", Scenario(ending="complete_then_close"))
    assert [ask(client, "closing").status_code for _ in range(3)] == [200, 200, 200]


def test_a_kept_connection_that_dies_on_the_next_request_is_replaced(
    client: httpx2.Client, provider: ScriptedProvider
) -> None:
    provider.script("dying", Scenario(ending="complete_then_reset_next"))
    assert [ask(client, "dying").status_code for _ in range(3)] == [200, 200, 200]
    assert connections(provider) == [1, 2, 3]


def test_a_dead_connection_to_a_proxy_that_is_gone_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def answer_once_and_be_gone() -> None:
        connection, _ = server.accept()
        server.close()
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        connection.recv(4096)
        connection.close()

    thread = threading.Thread(target=answer_once_and_be_gone)
    thread.start()
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    with httpx2.Client(transport=ProviderTransport("http://model.invalid", max_connections=4)) as client:
        assert client.get("http://model.invalid/").text == "ok"
        with pytest.raises(httpx2.ProxyError, match="proxy does not connect"):
            client.get("http://model.invalid/")
    thread.join(5)


def test_a_fresh_connection_that_dies_is_not_asked_again(client: httpx2.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        transport = ProviderTransport("http://127.0.0.1", max_connections=4)
        accepted = 0

        def accept_and_close() -> None:
            nonlocal accepted
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                accepted += 1
                connection.recv(4096)
                connection.close()

        thread = threading.Thread(target=accept_and_close)
        thread.start()
        port = server.getsockname()[1]
        with pytest.raises(httpx2.RemoteProtocolError):
            transport.handle_request(httpx2.Request("GET", f"http://127.0.0.1:{port}/"))
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    assert accepted == 1


def test_a_connection_with_an_unread_body_is_never_used_again(
    client: httpx2.Client, provider: ScriptedProvider
) -> None:
    provider.script("paused", Scenario(pause_after_chunks=2, pause=60))
    with client.stream("POST", "/chat/completions", json={"model": "paused", "stream": True}) as response:
        next(response.iter_raw())
    provider.wait_for(lambda calls: calls[0].client_closed_at is not None, timeout_seconds=2)
    ask(client)
    assert connections(provider) == [1, 2]


@pytest.mark.parametrize("framing", ["chunked", "content_length"])
def test_a_body_that_is_cut_fails(client: httpx2.Client, provider: ScriptedProvider, framing: str) -> None:
    headers = {"content-length": "9999"} if framing == "content_length" else {}
    provider.script("cut", Scenario(ending="cut", framing=framing, headers=headers))  # type: ignore[arg-type]
    with pytest.raises(httpx2.RemoteProtocolError):
        ask(client, "cut")


def test_the_body_of_an_error_is_bounded(client: httpx2.Client, provider: ScriptedProvider) -> None:
    provider.script("wordy", Scenario(status=500, body="x" * 4_000_000))
    assert ERROR_BODY_LIMIT <= len(ask(client, "wordy").content) < 2 * ERROR_BODY_LIMIT
    ask(client)
    assert connections(provider) == [1, 2]


def test_more_requests_than_kept_connections_run_at_once(client: httpx2.Client, provider: ScriptedProvider) -> None:
    provider.script("silent", Scenario(wait_before_headers=60))
    exchanges = [Exchange() for _ in range(8)]

    def ask_within(exchange: Exchange) -> None:
        with exchange.carried(), suppress(httpx2.TransportError):
            ask(client, "silent")

    threads = [threading.Thread(target=ask_within, args=(exchange,)) for exchange in exchanges]
    for thread in threads:
        thread.start()
    provider.wait_for(lambda calls: len(calls) == 8)
    for exchange, thread in zip(exchanges, threads, strict=True):
        exchange.close()
        thread.join(5)
    provider.wait_for(lambda calls: all(call.client_closed_at is not None for call in calls))


@pytest.mark.parametrize("wait", ["wait_before_headers", "wait_before_first_chunk"])
def test_close_ends_a_blocked_read(client: httpx2.Client, provider: ScriptedProvider, wait: str) -> None:
    provider.script("silent", Scenario(**{wait: 60}))  # type: ignore[arg-type]
    exchange = Exchange()

    def close() -> None:
        provider.wait_for(lambda calls: calls)
        exchange.close()
        exchange.close()

    closing = threading.Thread(target=close)
    closing.start()
    started_at = time.monotonic()
    with exchange.carried(), pytest.raises(httpx2.TransportError):
        ask(client, "silent")
    closing.join(5)
    assert time.monotonic() - started_at < 3
    provider.wait_for(lambda calls: calls[0].client_closed_at is not None, timeout_seconds=2)


def test_closing_an_exchange_whose_body_was_read_leaves_the_connections_next_request_alone(
    client: httpx2.Client, provider: ScriptedProvider
) -> None:
    url = provider.base_url + "/chat/completions"
    request = httpx2.Request("POST", url, json={"model": "echo", "stream": True})
    transport = client._transport
    first, second = Exchange(), Exchange()
    with first.carried():
        body = transport.handle_request(request).stream
        assert isinstance(body, httpx2.SyncByteStream)
        list(body)
    with second.carried():
        response = transport.handle_request(request)
    first.close()
    assert response.read().endswith(b"[DONE]\n\n")
    assert connections(provider) == [1, 1]


def test_an_exchange_closed_beforehand_fails_right_after_connecting(
    client: httpx2.Client, provider: ScriptedProvider
) -> None:
    provider.script("silent", Scenario(wait_before_headers=60))
    exchange = Exchange()
    exchange.close()
    with exchange.carried(), pytest.raises(httpx2.TransportError):
        ask(client, "silent")


def test_a_certificate_nobody_signed_is_refused(certificate: Path) -> None:
    with ScriptedProvider("--certificate", str(certificate)) as provider:
        transport = ProviderTransport(provider.base_url, max_connections=1)
        with pytest.raises(httpx2.ConnectError, match="certificate"):
            transport.handle_request(httpx2.Request("GET", provider.base_url + "/models"))
        transport.close()


def test_the_environments_proxy_is_used_but_not_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedProvider() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        with httpx2.Client(transport=ProviderTransport("http://model.invalid/v1", max_connections=1)) as client:
            assert client.get("http://model.invalid/v1/models").status_code == 404
        with httpx2.Client(transport=ProviderTransport(proxy.base_url, max_connections=1)) as client:
            assert client.get(proxy.base_url + "/models").status_code == 200


def subclasses(root: type[Exception]) -> set[type[Exception]]:
    return {root}.union(*(subclasses(child) for child in root.__subclasses__()))


def test_every_exception_below_has_a_translation() -> None:
    known = tuple(foreign for foreign, _, _ in TRANSLATIONS)
    below = subclasses(urllib3_errors.HTTPError) | subclasses(http.client.HTTPException) | {OSError, ssl.SSLError}
    assert all(issubclass(error, known) for error in below)


def test_all_of_this_holds_under_gevent() -> None:
    run_under_gevent(__file__)
