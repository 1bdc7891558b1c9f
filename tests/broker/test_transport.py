from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from copytui.broker.smartapi import transport as transport_module
from copytui.broker.smartapi.dialing import Egress
from copytui.broker.smartapi.transport import NoAnswer, NotSent, Transport
from tests.broker.loopback import CERTIFICATE, Ending, Loopback, Reply, Request, http

HEADERS = {"Authorization": "Bearer CANARY-JWT"}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def transport(
    url: str, *, timeout: float = 2.0, proxy: str = "", tls: ssl.SSLContext | None = None
) -> closing[Transport]:
    return closing(Transport(url, Egress(proxy, tls=tls), timeout_seconds=timeout))


async def post(line: Transport) -> bytes:
    return (await line.request("POST", "/order", body=b"{}", headers=HEADERS)).body


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


async def test_calls_share_one_connection(server: Loopback) -> None:
    with transport(server.url) as line:
        for _ in range(5):
            await post(line)
    assert server.connections == 1


async def test_status_body_and_date_are_kept(server: Loopback) -> None:
    server.handler = lambda _: http(b"slow down", 403, "Date: Sun, 22 Nov 2026 06:00:00 GMT")
    with transport(server.url) as line:
        answer = await line.request("GET", "/book", headers={})
        assert line.clock_offset is not None
    assert (answer.status, answer.body, answer.date) == (403, b"slow down", datetime(2026, 11, 22, 6, tzinfo=UTC))


@pytest.mark.parametrize("date", ["Date: yesterday", "Date: ", "X: y"])
async def test_a_malformed_date_is_none(server: Loopback, date: str) -> None:
    server.handler = lambda _: http(b"", 200, date)
    with transport(server.url) as line:
        assert (await line.request("GET", "/", headers={})).date is None


async def test_compressed_and_chunked_bodies_are_read(server: Loopback) -> None:
    packed = gzip.compress(b"x" * 100_000)
    server.handler = lambda _: (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
        + b"".join(b"%x\r\n%s\r\n" % (len(packed[i : i + 50]), packed[i : i + 50]) for i in range(0, len(packed), 50))
        + b"0\r\n\r\n"
    )
    with transport(server.url) as line:
        assert await post(line) == b"x" * 100_000
        assert len(await post(line)) == 100_000
    assert server.connections == 1


async def test_a_redirect_is_not_followed(server: Loopback) -> None:
    server.handler = lambda _: http(b"", 307, f"Location: {server.url}/elsewhere")
    with transport(server.url) as line:
        assert (await line.request("POST", "/order", body=b"{}", headers={})).status == 307
    assert len(server.requests) == 1


async def test_calls_use_the_account_at_the_same_time(server: Loopback) -> None:
    together = threading.Barrier(3, timeout=5)

    def handler(_request: Request) -> Reply:
        together.wait()
        return http(b"ok")

    server.handler = handler
    with transport(server.url) as line:
        await asyncio.gather(*(post(line) for _ in range(3)))
    assert server.connections == 3


async def test_a_connection_that_died_in_the_pool_is_replaced_before_the_order_is_written(server: Loopback) -> None:
    with transport(server.url) as line:
        await post(line)
        server.drop_connections()
        await asyncio.sleep(0.05)  # the server's FIN crosses loopback
        await post(line)
    assert [request.connection for request in server.requests] == [1, 2]


async def test_a_connection_idle_for_too_long_is_not_reused(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    with transport(server.url) as line:
        await post(line)
        monkeypatch.setattr(transport_module, "MAX_IDLE_SECONDS", -1.0)
        await post(line)
    assert [request.connection for request in server.requests] == [1, 2]


@pytest.mark.parametrize("ending", [Ending.RESET, Ending.CLOSE])
async def test_a_connection_lost_after_the_request_proves_nothing_and_is_not_repeated(
    server: Loopback, ending: Ending
) -> None:
    with transport(server.url) as line:
        await post(line)
        server.handler = lambda _: ending
        with pytest.raises(NoAnswer, match="was lost"):
            await post(line)
        server.handler = lambda _: http(b"again")
        assert await post(line) == b"again"
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"\x16\x03\x01 not http\r\n\r\n",
    ],
)
async def test_an_incomplete_answer_is_no_answer(server: Loopback, reply: bytes) -> None:
    def handler(_request: Request) -> Reply:
        threading.Timer(0.1, server.drop_connections).start()
        return reply

    server.handler = handler
    with transport(server.url) as line, pytest.raises(NoAnswer):
        await post(line)
    assert len(server.requests) == 1


async def test_silence_after_the_request_is_no_answer(server: Loopback) -> None:
    server.handler = lambda _: Ending.SILENCE
    with transport(server.url, timeout=0.2) as line, pytest.raises(NoAnswer, match=r"within 0\.2 s"):
        await post(line)


async def test_a_refused_connection_means_not_sent() -> None:
    with transport(f"http://127.0.0.1:{free_port()}") as line, pytest.raises(NotSent, match="connection refused"):
        await post(line)


async def test_an_unknown_host_name_means_not_sent() -> None:
    with transport("https://no-such-host.invalid") as line, pytest.raises(NotSent, match="could not be resolved"):
        await post(line)


async def test_a_failed_tls_handshake_means_not_sent() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as plain:
        port = plain.getsockname()[1]

        def answer_in_clear() -> None:
            accepted, _ = plain.accept()
            with accepted:
                accepted.recv(4096)
                accepted.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer_in_clear)
        thread.start()
        with transport(f"https://127.0.0.1:{port}") as line, pytest.raises(NotSent, match="TLS failed"):
            await post(line)
        thread.join()


@pytest.mark.parametrize("scheme", ["https"])
async def test_a_hanging_handshake_means_not_sent(scheme: str) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as mute,
        transport(f"{scheme}://127.0.0.1:{mute.getsockname()[1]}", timeout=0.2) as line,
        pytest.raises(NotSent, match="no connection"),
    ):
        await post(line)


async def test_an_untrusted_certificate_means_not_sent_and_a_trusted_one_works() -> None:
    with Loopback(tls=True) as server:
        with transport(server.url) as line, pytest.raises(NotSent, match="certificate is not trusted"):
            await post(line)
        assert not server.requests
        trusting = ssl.create_default_context(cafile=CERTIFICATE)
        with transport(server.url, tls=trusting) as line:
            await post(line)
            await post(line)
    assert len(server.requests) == 2


async def test_a_malformed_header_means_not_sent_and_is_not_shown(server: Loopback) -> None:
    with transport(server.url) as line, pytest.raises(NotSent) as caught:
        await line.request("POST", "/order", body=b"{}", headers={"X-PrivateKey": "CANARY\r\nX: y"})
    assert "CANARY" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_the_environments_proxies_are_ignored(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with transport(server.url) as line:
        await post(line)


async def test_a_forwarding_proxy_gets_its_password_and_the_full_url(server: Loopback) -> None:
    proxy = server.url.replace("http://", "http://user:p%40ss@")
    with transport("http://broker.invalid", proxy=proxy) as line:
        await post(line)
        await post(line)
    assert server.requests[0].path == "http://broker.invalid/order"
    assert server.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwQHNz"
    assert server.connections == 1


async def test_a_proxy_that_refuses_the_tunnel_means_not_sent(server: Loopback) -> None:
    server.handler = lambda _: http(b"", 407)
    proxy = server.url.replace("http://", "http://user:CANARY@")
    with (
        transport("https://broker.invalid", proxy=proxy) as line,
        pytest.raises(NotSent, match="the proxy") as caught,
    ):
        await post(line)
    assert "407" in str(caught.value)
    assert "CANARY" not in str(caught.value)
    assert server.requests[0].method == "CONNECT"


async def test_a_proxy_that_is_down_means_not_sent() -> None:
    with (
        transport("https://broker.invalid", proxy=f"http://127.0.0.1:{free_port()}") as line,
        pytest.raises(NotSent, match="the proxy got no connection"),
    ):
        await post(line)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_a_socks_proxy_that_is_down_means_not_sent(scheme: str) -> None:
    pytest.importorskip("socks")
    proxy = f"{scheme}://user:CANARY@127.0.0.1:{free_port()}"
    with transport("https://127.0.0.1", proxy=proxy) as line, pytest.raises(NotSent) as caught:
        await post(line)
    assert "CANARY" not in str(caught.value)


async def test_a_socks_proxy_carries_the_request(server: Loopback) -> None:
    pytest.importorskip("socks")
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=_socks_once, args=(listener, server.port))
        thread.start()
        with transport("http://127.0.0.1:1", proxy=f"socks5h://127.0.0.1:{listener.getsockname()[1]}") as line:
            await post(line)
        thread.join()
    assert len(server.requests) == 1


def _socks_once(listener: socket.socket, port: int) -> None:
    client, _ = listener.accept()
    with client, socket.create_connection(("127.0.0.1", port)) as onward:
        client.recv(512)
        client.sendall(b"\x05\x00")
        client.recv(512)
        client.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x01")
        request = b""
        while not request.endswith(b"{}"):
            request += client.recv(4096)
        onward.sendall(request)
        client.sendall(onward.recv(4096))


async def test_headers_and_bodies_are_not_logged(server: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with transport(server.url) as line:
        await line.request("POST", "/order", body=b'{"pin": "CANARY-PIN"}', headers=HEADERS)
    assert "CANARY" not in caplog.text
