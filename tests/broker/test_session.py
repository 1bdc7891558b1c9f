from __future__ import annotations

import asyncio
from dataclasses import replace

import pyotp
import pytest

from copytui.broker.smartapi.login_limiter import LoginLimiter
from copytui.broker.smartapi.session import _Totp
from copytui.domain.errors import BadCredentials, BrokerTrouble, BrokerUnreachable, RateLimited
from copytui.settings.model import Secret
from tests.broker.conftest import HeldTime, MakeAccount, Script
from tests.broker.loopback import Loopback, gateway_no, http, no, ok
from tests.broker.samples import API_KEY, CREDENTIALS, JWT, NOON, PIN, REFRESH, TOTP_SECRET


def codes(server: Loopback) -> list[object]:
    return [request.fields["totp"] for request in server.requests if request.path.endswith("loginByPassword")]


async def test_a_login_sends_the_documented_body_without_a_token_and_then_reads_the_profile(
    make_account: MakeAccount, server: Loopback
) -> None:
    account = make_account()
    profile = await account.log_in()
    assert (profile.client_id, profile.name, profile.exchanges) == ("F001", "ASHA", ("NSE",))
    assert account.logged_in
    log_in, read = server.requests
    assert log_in.fields == {
        "clientcode": "F001",
        "password": PIN,
        "totp": pyotp.TOTP(TOTP_SECRET).at(int(NOON.timestamp())),
    }
    assert "authorization" not in log_in.headers
    assert log_in.headers["x-privatekey"] == API_KEY
    assert (read.method, read.headers["authorization"]) == ("GET", f"Bearer {JWT}")
    assert all(REFRESH not in request.path and "?" not in request.path for request in server.requests)


async def test_a_second_login_sends_no_stale_token_and_a_new_code(
    make_account: MakeAccount, server: Loopback, held: HeldTime
) -> None:
    account = make_account()
    await account.log_in()
    await account.log_in()
    first, second = codes(server)
    assert first != second
    assert held.now().timestamp() // 30 == NOON.timestamp() // 30 + 1
    assert all(
        "authorization" not in request.headers for request in server.requests if request.path.endswith("Password")
    )


async def test_a_code_at_the_end_of_its_window_is_not_sent(
    make_account: MakeAccount, server: Loopback, held: HeldTime
) -> None:
    held.elapsed = 22.5  # 12:00:29.5
    await make_account().log_in()
    assert codes(server) == [pyotp.TOTP(TOTP_SECRET).at(int(NOON.timestamp()) + 30)]


async def test_concurrent_logins_share_one(make_account: MakeAccount, server: Loopback) -> None:
    account = make_account()
    profiles = await asyncio.gather(*(account.log_in() for _ in range(5)))
    assert len(set(profiles)) == 1
    assert server.paths() == ["loginByPassword", "getProfile"]


async def test_a_refused_code_is_followed_by_the_next_windows_code_once(
    make_account: MakeAccount, script: Script, server: Loopback
) -> None:
    script.on("loginByPassword", no("AB1050", "Invalid totp"), ok({"jwtToken": JWT}))
    account = make_account()
    await account.log_in()
    first, second = codes(server)
    assert first != second
    assert account.logged_in


async def test_two_refused_codes_are_bad_credentials_with_advice(
    make_account: MakeAccount, script: Script, server: Loopback
) -> None:
    body = {"status": False, "message": "Invalid totp", "errorcode": "AB1050", "data": None}
    script.on("loginByPassword", http(body, 200, "Date: Mon, 23 Nov 2026 06:35:00 GMT"))
    account = make_account()
    with pytest.raises(BadCredentials, match=r"clock is \d+ s behind the broker's"):
        await account.log_in()
    with pytest.raises(BadCredentials, match="totp"):
        await account.log_in()
    assert len(codes(server)) == 2


@pytest.mark.parametrize(
    "reply", [no("AB1000", "Invalid client or PIN"), no("AB1007", "Invalid credentials"), gateway_no("AG8004")]
)
async def test_bad_credentials_are_never_sent_twice(
    make_account: MakeAccount, script: Script, server: Loopback, reply: bytes
) -> None:
    script.on("loginByPassword", reply)
    account = make_account()
    for _ in range(3):
        with pytest.raises(BadCredentials):
            await account.log_in()
    assert len(server.requests) == 1
    assert not account.logged_in


async def test_a_malformed_totp_secret_is_refused_without_a_request(
    make_account: MakeAccount, server: Loopback
) -> None:
    account = make_account(credentials=replace(CREDENTIALS, totp_secret=Secret("CANARY-018!")))
    with pytest.raises(BadCredentials, match="base32") as caught:
        await account.log_in()
    assert "CANARY" not in str(caught.value)
    assert not server.requests


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (http(b"Access denied because of exceeding access rate", 403), RateLimited),
        (http(b"<html>", 502), BrokerTrouble),
        (ok(), BrokerTrouble),
        (gateway_no("AG8001", "Invalid Token"), BrokerTrouble),
    ],
)
async def test_other_failures_can_be_retried(
    make_account: MakeAccount, script: Script, reply: bytes, kind: type[Exception]
) -> None:
    script.on("loginByPassword", reply, ok({"jwtToken": JWT}))
    account = make_account()
    with pytest.raises(kind):
        await account.log_in()
    assert not account.logged_in
    await account.log_in()
    assert account.logged_in


async def test_no_network_is_unreachable(make_account: MakeAccount) -> None:
    with pytest.raises(BrokerUnreachable, match="refused"):
        await make_account(url="http://127.0.0.1:9").log_in()


@pytest.mark.parametrize("reply", [http(b"", 502), no("AB1004"), ok("junk"), ok({"name": 5, "exchanges": 7})])
async def test_a_failed_profile_does_not_undo_the_login(
    make_account: MakeAccount, script: Script, reply: bytes
) -> None:
    script.on("getProfile", reply)
    account = make_account()
    profile = await account.log_in()
    assert (profile.name, profile.exchanges, account.logged_in) == ("", (), True)


async def test_the_limiter_spaces_the_logins_of_all_accounts(held: HeldTime) -> None:
    login_limiter = LoginLimiter(5, clock=held.monotonic, sleep=held.sleep)
    passed: list[float] = []

    async def one() -> None:
        await login_limiter.wait()
        passed.append(held.elapsed)

    await asyncio.gather(*(one() for _ in range(4)))
    assert passed == [0, 5, 10, 15]


async def test_a_cancelled_caller_does_not_stop_the_shared_login(make_account: MakeAccount, server: Loopback) -> None:
    account = make_account()
    first, second = asyncio.create_task(account.log_in()), asyncio.create_task(account.log_in())
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).name == "ASHA"
    assert server.paths().count("loginByPassword") == 1


def test_a_short_totp_secret_works_in_any_notation() -> None:
    assert _Totp("JBSWY3DPEHPK3PXP").at(0) == "282760"
    assert _Totp("jbsw y3dp ehpk 3pxp").at(30) == "996554"
