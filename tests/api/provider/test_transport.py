"""The provider's connections over real sockets, plain and TLS; every test runs under gevent too."""

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from urllib3 import exceptions as urllib3_errors

from api.provider.chunked_body import MalformedResponseError
from api.provider.exchange import Exchange
from api.provider.foreign_errors import FOREIGN_ERRORS
from api.provider.transport import Response, Transport
from tests.support.missing import program
from tests.support.processes import WAIT_SECONDS
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.under_gevent import run_under_gevent

WHOLE = 10_000_000


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "provider.pem"
    names = "subjectAltName=IP:127.0.0.1,DNS:model.invalid"
    options = f"-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext {names}"
    subprocess.run(
        [program("openssl"), "req", *options.split(), "-keyout", path, "-out", path.with_suffix(".crt")],
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
def transport(provider: ScriptedProvider, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Transport:
    provider.reset()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    return Transport(provider.base_url, {}, max_connections=4)


def begin(transport: Transport, model: str = "echo", exchange: Exchange | None = None) -> Response:
    body = json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "Hello"}]})
    return transport.send("POST", "/chat/completions", body.encode(), exchange=exchange or Exchange())


def ask(transport: Transport, model: str = "echo", exchange: Exchange | None = None) -> bytes:
    return begin(transport, model, exchange).read_all(WHOLE)


def get(base_url: str, path: str = "/", **options: int) -> Response:
    return Transport(base_url, {}, max_connections=1, **options).send("GET", path, exchange=Exchange())


def connections(provider: ScriptedProvider) -> list[int]:
    """Number the provider's connections in the order of their first use, one number per call."""
    seen: list[int] = []
    for call in provider.calls():
        if call.connection not in seen:
            seen.append(call.connection)
    return [seen.index(call.connection) + 1 for call in provider.calls()]


@pytest.mark.parametrize("framing", ["chunked", "content_length"])
def test_a_connection_is_kept(transport: Transport, provider: ScriptedProvider, framing: str) -> None:
    provider.script("kept", Scenario(framing=framing))  # type: ignore[arg-type]
    assert [ask(transport, "kept")[-8:] for _ in range(2)] == [b"[DONE]\n\n"] * 2
    assert connections(provider) == [1, 1]


@pytest.mark.parametrize("framing", ["chunked", "content_length", "until_close"])
def test_a_body_arrives_whole_in_any_framing(transport: Transport, provider: ScriptedProvider, framing: str) -> None:
    text = "0123456789" * 30_000
    provider.script("long", Scenario(raw=(text,), framing=framing, bytes_per_write=50_001))  # type: ignore[arg-type]
    assert ask(transport, "long").decode() == text


def test_a_connection_the_server_closed_is_replaced(transport: Transport, provider: ScriptedProvider) -> None:
    provider.script("closing", Scenario(ending="complete_then_close"))
    for _ in range(3):
        assert ask(transport, "closing")
    assert connections(provider) == [1, 2, 3]


def test_a_kept_connection_that_dies_on_the_next_request_is_replaced(
    transport: Transport, provider: ScriptedProvider
) -> None:
    provider.script("dying", Scenario(ending="complete_then_reset_next"))
    for _ in range(3):
        assert ask(transport, "dying")
    assert connections(provider) == [1, 2, 3]


def test_a_dead_connection_to_a_proxy_that_is_gone_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with served_once(b"content-length: 2\r\n\r\nok") as proxy_url:
        monkeypatch.setenv("http_proxy", proxy_url)
        monkeypatch.delenv("no_proxy", raising=False)
        transport = Transport("http://model.invalid", {}, max_connections=4)
        assert transport.send("GET", "/", exchange=Exchange()).read_all(WHOLE) == b"ok"
        with pytest.raises(urllib3_errors.ProxyError):
            transport.send("GET", "/", exchange=Exchange())


class served_once:  # noqa: N801
    """A server that answers one request with status 200 and is gone; the context is its address."""

    def __init__(self, answer: bytes) -> None:
        self._answer = b"HTTP/1.1 200 OK\r\n" + answer

    def __enter__(self) -> str:
        server = socket.create_server(("127.0.0.1", 0))

        def answer_once_and_be_gone() -> None:
            connection, _ = server.accept()
            server.close()
            with connection:
                connection.recv(4096)
                connection.sendall(self._answer)
                connection.settimeout(0.5)
                with suppress(OSError):
                    connection.recv(4096)

        self._thread = threading.Thread(target=answer_once_and_be_gone)
        self._thread.start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._thread.join(WAIT_SECONDS)


def test_a_fresh_connection_that_dies_is_not_asked_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
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
        with pytest.raises((MalformedResponseError, ConnectionError)):
            get(f"http://127.0.0.1:{server.getsockname()[1]}")
        server.shutdown(socket.SHUT_RDWR)
    thread.join(WAIT_SECONDS)
    assert accepted == 1


def test_a_connection_with_an_unread_body_is_never_used_again(transport: Transport, provider: ScriptedProvider) -> None:
    provider.script("paused", Scenario(pause_after_chunks=2, pause=60))
    response = begin(transport, "paused")
    assert response.read()
    response.close()
    provider.wait_for(lambda calls: calls[0].client_closed_at is not None)
    ask(transport)
    assert connections(provider) == [1, 2]


@pytest.mark.parametrize("framing", ["chunked", "content_length"])
def test_a_body_that_is_cut_fails(transport: Transport, provider: ScriptedProvider, framing: str) -> None:
    headers = {"content-length": "9999"} if framing == "content_length" else {}
    provider.script("cut", Scenario(ending="cut", framing=framing, headers=headers))  # type: ignore[arg-type]
    with pytest.raises(MalformedResponseError):
        ask(transport, "cut")


def test_a_body_may_be_read_up_to_a_limit(transport: Transport, provider: ScriptedProvider) -> None:
    provider.script("wordy", Scenario(status=500, body="x" * 4_000_000))
    assert 64_000 <= len(begin(transport, "wordy").read_all(64_000)) < 128_000
    ask(transport)
    assert connections(provider) == [1, 2]


def test_more_requests_than_kept_connections_run_at_once(transport: Transport, provider: ScriptedProvider) -> None:
    provider.script("silent", Scenario(wait_before_headers=60))
    exchanges = [Exchange() for _ in range(8)]

    def ask_within(exchange: Exchange) -> None:
        with suppress(*FOREIGN_ERRORS):
            ask(transport, "silent", exchange)

    threads = [threading.Thread(target=ask_within, args=(exchange,)) for exchange in exchanges]
    for thread in threads:
        thread.start()
    provider.wait_for(lambda calls: len(calls) == 8)
    for exchange, thread in zip(exchanges, threads, strict=True):
        exchange.close()
        thread.join(WAIT_SECONDS)
    provider.wait_for(lambda calls: all(call.client_closed_at is not None for call in calls))


@pytest.mark.parametrize("wait", ["wait_before_headers", "wait_before_first_chunk"])
def test_close_ends_a_blocked_read(transport: Transport, provider: ScriptedProvider, wait: str) -> None:
    provider.script("silent", Scenario(**{wait: 60}))  # type: ignore[arg-type]
    exchange = Exchange()

    def close() -> None:
        provider.wait_for(lambda calls: calls)
        exchange.close()
        exchange.close()

    closing = threading.Thread(target=close)
    closing.start()
    with pytest.raises(FOREIGN_ERRORS):
        ask(transport, "silent", exchange)
    closing.join(WAIT_SECONDS)
    provider.wait_for(lambda calls: calls[0].client_closed_at is not None)


def test_closing_an_exchange_whose_body_was_read_leaves_the_connections_next_request_alone(
    transport: Transport, provider: ScriptedProvider
) -> None:
    first = Exchange()
    ask(transport, exchange=first)
    response = begin(transport)
    first.close()
    assert response.read_all(WHOLE).endswith(b"[DONE]\n\n")
    assert connections(provider) == [1, 1]


def test_an_exchange_closed_beforehand_fails_right_after_connecting(
    transport: Transport, provider: ScriptedProvider
) -> None:
    provider.script("silent", Scenario(wait_before_headers=60))
    exchange = Exchange()
    exchange.close()
    with pytest.raises(FOREIGN_ERRORS):
        ask(transport, "silent", exchange)


def test_a_read_that_takes_longer_than_it_may_fails(transport: Transport, provider: ScriptedProvider) -> None:
    provider.script("silent", Scenario(wait_before_first_chunk=60))
    response = begin(transport, "silent")
    response.limit_time(0.05)
    with pytest.raises(TimeoutError):
        response.read()
    response.close()


def test_a_certificate_nobody_signed_is_refused(certificate: Path) -> None:
    with ScriptedProvider("--certificate", str(certificate)) as provider, pytest.raises(urllib3_errors.SSLError):
        get(provider.base_url, "/models")


def test_the_environments_proxy_is_used_but_not_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedProvider() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        assert get("http://model.invalid/v1", "/models").status == 404
        assert get(proxy.base_url, "/models").status == 200


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_speaks_tls_is_reached_through_a_tunnel(
    scheme: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy which itself speaks TLS or not; the name of the server is known to the proxy alone."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    monkeypatch.delenv("no_proxy", raising=False)
    with ScriptedProvider("--certificate", str(certificate)) as provider:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if scheme == "https" else None
        if tls is not None:
            tls.load_cert_chain(certificate)
        with Tunnel(provider.port, tls) as tunnel:
            monkeypatch.setenv("https_proxy", f"{scheme}://127.0.0.1:{tunnel.port}")
            assert get("https://model.invalid/v1", "/models").status == 200
            assert tunnel.asked == [b"CONNECT model.invalid:443 HTTP/1.1"]


class Tunnel:
    """A proxy that connects every CONNECT with one port of this machine, one after another."""

    def __init__(self, to_port: int, tls: ssl.SSLContext | None) -> None:
        self.asked: list[bytes] = []
        self._to_port = to_port
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._near: list[socket.socket] = []
        self._is_ended = False
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Tunnel":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_ended = True
        # The client may keep its connection; and under gevent a listener that is shut down wakes nobody.
        for opened in self._near:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._listener.close()
        self._thread.join(WAIT_SECONDS)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                if self._is_ended:
                    accepted.close()
                    return
                with suppress(OSError), self._opened(accepted) as near:
                    self._near.append(near)
                    self.asked.append(near.recv(4096).partition(b"\r\n")[0])
                    near.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                    with socket.create_connection(("127.0.0.1", self._to_port)) as far:
                        self._carry(near, far)

    def _opened(self, accepted: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(accepted, server_side=True) if self._tls else accepted

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        def back() -> None:
            with suppress(OSError):
                while received := far.recv(65536):
                    near.sendall(received)

        thread = threading.Thread(target=back)
        thread.start()
        with suppress(OSError):
            while received := near.recv(65536):
                far.sendall(received)
        with suppress(OSError):
            far.shutdown(socket.SHUT_RDWR)
        thread.join(WAIT_SECONDS)


def test_all_of_this_holds_under_gevent() -> None:
    run_under_gevent(__file__)
