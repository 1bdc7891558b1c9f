"""The account's egress IP, requested over its own proxy or source address."""

from __future__ import annotations

import base64
import ssl
from dataclasses import replace

import pytest

from copytui.broker.smartapi import ip_check
from copytui.broker.smartapi.dialing import Egress
from copytui.domain.errors import BrokerError, BrokerTrouble, BrokerUnreachable
from copytui.settings.model import Secret
from copytui.sim import ExchangeOptions, serve_in_thread
from tests.broker.conftest import MakeAccount
from tests.broker.loopback import CERTIFICATE, Ending, Loopback, Reply, http
from tests.broker.samples import CANARIES, CREDENTIALS
from tests.sim.helpers import QUIET


def answering(reply: Reply) -> Loopback:
    return Loopback(lambda _request: reply)


@pytest.mark.parametrize(
    ("body", "address"),
    [
        (b"203.0.113.9", "203.0.113.9"),
        (b"  203.0.113.9\r\n", "203.0.113.9"),
        (b'{"ip": "203.0.113.9"}', "203.0.113.9"),
        (b'{"country": "IN", "ip": " 203.0.113.9 "}', "203.0.113.9"),
        (b'"203.0.113.9"', "203.0.113.9"),
        (b"2001:DB8::0:7", "2001:db8::7"),
    ],
)
async def test_the_address_comes_as_text_or_as_json(make_account: MakeAccount, body: bytes, address: str) -> None:
    account = make_account()
    with answering(http(body)) as service:
        assert await account.egress_ip(f"{service.url}/what/is?format=json") == address
        (asked,) = service.requests
    assert (asked.method, asked.path, asked.body) == ("GET", "/what/is?format=json", b"")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (http(b""), BrokerTrouble),
        (http(b"<html>hello</html>"), BrokerTrouble),
        (http(b"[1, 2]"), BrokerTrouble),
        (http(b"{}"), BrokerTrouble),
        (http({"ip": None}), BrokerTrouble),
        (http({"ip": 3405803785}), BrokerTrouble),
        (http(b"3405803785"), BrokerTrouble),
        (http(b"203.0.113.999"), BrokerTrouble),
        (http(b"\xff\xfe" * 4000), BrokerTrouble),
        (http(b"203.0.113.9", 503), BrokerTrouble),
        (http(b"", 302, "Location: http://127.0.0.1:9/"), BrokerTrouble),
        (Ending.RESET, BrokerUnreachable),
        (Ending.CLOSE, BrokerUnreachable),
        (Ending.SILENCE, BrokerUnreachable),
    ],
)
async def test_an_answer_without_an_address_is_an_error(
    make_account: MakeAccount, monkeypatch: pytest.MonkeyPatch, reply: Reply, kind: type[BrokerError]
) -> None:
    monkeypatch.setattr(ip_check, "_TIMEOUT_SECONDS", 0.3)
    account = make_account()
    with answering(reply) as service, pytest.raises(kind, match="egress IP is unknown"):
        await account.egress_ip(service.url)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "url", ["", "ftp://127.0.0.1/", "127.0.0.1:80", "http://", "http://me:word@127.0.0.1/", "http://127.0.0.1:99999/", "http://[::1"]
)  # fmt: skip
async def test_a_malformed_url_is_not_requested(make_account: MakeAccount, url: str) -> None:
    with pytest.raises(BrokerTrouble, match="not a plain http or https URL"):
        await make_account().egress_ip(url)


async def test_a_service_that_is_down_is_unreachable(make_account: MakeAccount) -> None:
    with answering(http(b"")) as service:
        url = service.url
    with pytest.raises(BrokerUnreachable, match="refused"):
        await make_account().egress_ip(url)


async def test_the_request_reveals_nothing_about_the_account(make_account: MakeAccount) -> None:
    account = make_account()
    await account.log_in()
    with answering(http(b"203.0.113.9")) as service:
        await account.egress_ip(service.url)
        told = repr(service.requests[0])
    assert not any(secret in told for secret in (*CANARIES, "F001", "X-", "x-privatekey", "authorization"))


async def test_the_request_uses_the_accounts_proxy(make_account: MakeAccount) -> None:
    with answering(http(b"203.0.113.9")) as proxy:
        url = f"http://user:CANARY-PROXY@127.0.0.1:{proxy.port}"
        account = make_account(credentials=replace(CREDENTIALS, proxy=Secret(url)))
        assert await account.egress_ip("http://ip_check.example/ip?x=1") == "203.0.113.9"
        (asked,) = proxy.requests
    assert asked.path == "http://ip_check.example/ip?x=1"
    assert base64.b64decode(asked.headers["proxy-authorization"].split()[1]) == b"user:CANARY-PROXY"
    assert "CANARY" not in repr(account)
    with pytest.raises(BrokerUnreachable) as error:
        await account.egress_ip("http://ip_check.example/ip")
    assert "CANARY" not in str(error.value)


async def test_the_request_uses_the_accounts_source_address(make_account: MakeAccount) -> None:
    account = make_account(source_address="127.0.0.7")  # Linux has all of 127/8
    with serve_in_thread(ExchangeOptions(**QUIET)) as exchange:
        assert await account.egress_ip(f"{exchange.url}/_exchange/address") == "127.0.0.7"


async def test_the_request_uses_tls(make_account: MakeAccount) -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with Loopback(lambda _request: http(b"203.0.113.9"), tls=True) as service:
        assert await make_account(tls=trusting).egress_ip(service.url) == "203.0.113.9"
        with pytest.raises(BrokerUnreachable, match="certificate"):
            await make_account().egress_ip(service.url)


def test_an_egress_shows_no_password() -> None:
    assert "word" not in repr(Egress("http://me:word@127.0.0.1"))
