from __future__ import annotations

from typing import Any

import pyotp
import pytest

from tests.sim.helpers import Eventually, LogIn, Serve


def attempt(client: Any, account: Any, **changes: str) -> dict[str, Any]:
    """Send one login; the SDK's own method hides the error."""
    params = {
        "clientcode": account.client_id,
        "password": account.pin,
        "totp": pyotp.TOTP(account.totp_secret).now(),
        **changes,
    }
    answer: dict[str, Any] = client._postRequest("api.login", params)
    return answer


def test_a_totp_code_opens_one_session_only(serve: Serve, connect: LogIn) -> None:
    running = serve(totp_once=True)
    account = running.exchange.followers[0]
    client = connect(running, account)
    code = pyotp.TOTP(account.totp_secret).now()
    assert attempt(client, account, totp=code)["status"] is True
    again = attempt(client, account, totp=code)
    assert (again["status"], again["errorcode"], again["message"]) == (False, "AB1050", "Invalid totp")


def test_a_refused_pin_does_not_use_up_the_code(serve: Serve, connect: LogIn) -> None:
    running = serve(totp_once=True)
    account = running.exchange.followers[0]
    client = connect(running, account)
    code = pyotp.TOTP(account.totp_secret).now()
    assert attempt(client, account, totp=code, password="x")["errorcode"] == "AB1007"
    assert attempt(client, account, totp=code)["status"] is True
    assert running.exchange.sessions.logins == [account.client_id] * 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"totp": "abcdef"}, "AB1050"),
        ({"totp": ""}, "AB1050"),
        ({"password": "not the pin"}, "AB1007"),
        ({"clientcode": "X99999"}, "AB1000"),
    ],
)
def test_wrong_credentials_are_refused(serve: Serve, connect: LogIn, changes: dict[str, str], code: str) -> None:
    running = serve()
    account = running.exchange.followers[0]
    assert attempt(connect(running, account), account, **changes)["errorcode"] == code


def test_an_expired_totp_code_is_refused(serve: Serve, connect: LogIn) -> None:
    running = serve()
    account = running.exchange.followers[0]
    stale = pyotp.TOTP(account.totp_secret).at(0)
    assert attempt(connect(running, account), account, totp=stale)["errorcode"] == "AB1050"


def test_a_wrong_api_key_is_refused_at_login_and_later(serve: Serve, connect: LogIn, log_in: LogIn) -> None:
    running = serve()
    account = running.exchange.followers[0]
    stranger = connect(running, account)
    stranger.privateKey = "wrong"
    assert attempt(stranger, account)["errorcode"] == "AB1034"
    client = log_in(running, account)
    client.privateKey = "wrong"
    assert client.orderBook()["errorCode"] == "AG8004"


def test_missing_invalid_and_expired_tokens_have_their_own_codes(serve: Serve, connect: LogIn, log_in: LogIn) -> None:
    running = serve()
    account = running.exchange.followers[0]
    assert connect(running, account).orderBook()["errorCode"] == "AG8003"
    client = log_in(running, account)
    running.call(running.exchange.expire_tokens, account.client_id)
    answer = client.orderBook()
    assert (answer["success"], answer["errorCode"]) == (False, "AG8002")
    assert "status" not in answer
    client.setAccessToken("a.b.c")
    assert client.orderBook()["errorCode"] == "AG8001"


def test_expiring_one_account_leaves_the_others(serve: Serve, log_in: LogIn) -> None:
    running = serve()
    first, second = running.exchange.followers
    other = log_in(running, second)
    running.call(running.exchange.expire_tokens, first.client_id)
    assert other.orderBook()["status"] is True
    assert log_in(running, first).orderBook()["status"] is True


def test_sessions_end_after_session_seconds(serve: Serve, log_in: LogIn, eventually: Eventually) -> None:
    running = serve(session_seconds=0.3)
    client = log_in(running, running.exchange.master)
    assert client.orderBook()["status"] is True
    eventually(lambda: client.orderBook().get("errorCode") == "AG8002")


def test_one_account_can_have_two_sessions(serve: Serve, log_in: LogIn) -> None:
    running = serve()
    clients = [log_in(running, running.exchange.master) for _ in range(2)]
    assert all(client.orderBook()["status"] is True for client in clients)


def test_a_wrong_refresh_token_is_refused(serve: Serve, log_in: LogIn) -> None:
    client = log_in(running := serve(), running.exchange.master)
    assert client._postRequest("api.token", {"refreshToken": "x"})["errorcode"] == "AB8050"


def test_an_accounts_repr_shows_no_secret(serve: Serve) -> None:
    account = serve().exchange.master
    assert account.client_id in repr(account)
    assert not any(secret in repr(account) for secret in (account.pin, account.api_key, account.totp_secret))
