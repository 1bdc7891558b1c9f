from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.broker.port import WriteOutcome
from copytui.broker.smartapi.redaction import Redactor
from copytui.broker.smartapi.response_codes import (
    REFUSAL_CODES,
    TotpRefused,
    parse_change_result,
    parse_place_result,
    read_error,
)
from copytui.broker.smartapi.transport import HttpAnswer
from copytui.domain.errors import (
    BadCredentials,
    BrokerError,
    BrokerRefused,
    BrokerTrouble,
    RateLimited,
    SessionExpired,
)


def answer(body: object, status: int = 200) -> HttpAnswer:
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return HttpAnswer(status, body, None)


def backend(code: str, message: str = "no", status: object = False, data: object = None) -> dict[str, object]:
    return {"status": status, "message": message, "errorcode": code, "data": data}


def gateway(code: str, message: str = "no") -> dict[str, object]:
    return {"success": False, "message": message, "errorCode": code, "data": ""}


TAKEN = {"orderid": "261122000000123", "uniqueorderid": "u-1", "script": "SBIN-EQ"}
A, S, W, R, U = (
    WriteOutcome.ACCEPTED,
    WriteOutcome.SESSION_REFUSED,
    WriteOutcome.WRONG_ADDRESS,
    WriteOutcome.REFUSED,
    WriteOutcome.UNKNOWN,
)

TABLE: list[tuple[object, int, WriteOutcome]] = [
    (backend("", "SUCCESS", True, TAKEN), 200, A),
    (backend("", "SUCCESS", True, TAKEN), 502, A),
    (backend("", "SUCCESS", True, {"orderid": 261122000000123}), 200, A),
    (backend("", "SUCCESS", True, TAKEN), 302, U),
    (backend("", "SUCCESS", "true", TAKEN), 200, U),
    (backend("", "SUCCESS", 1, TAKEN), 200, U),
    (backend("", "SUCCESS", True, None), 200, U),
    (backend("", "SUCCESS", True, "261122000000123"), 200, U),
    (backend("", "SUCCESS", True, {"orderid": ""}), 200, U),
    (backend("", "SUCCESS", True, {"orderid": None}), 200, U),
    (backend("", "SUCCESS", True, {"orderid": True}), 200, U),
    (backend("", "SUCCESS", True, {"orderid": "null"}), 200, U),
    (backend("", "SUCCESS", True, {}), 200, U),
    (backend("", "SUCCESS", True, [TAKEN]), 200, U),
    ({"success": True, "data": TAKEN}, 200, U),
    *[(backend(code), 200, S) for code in ("AG8001", "AG8002", "AG8003", "AB1010", "AB1011")],
    *[(gateway(code), 401, S) for code in ("AG8001", "AG8002", "AG8003", "AB1010", "AB1011")],
    (backend("ag8001"), 200, S),
    (gateway("AG7002"), 200, W),
    (backend("AG7002"), 403, W),
    *[(backend(code), 200, R) for code in sorted(REFUSAL_CODES)],
    *[(gateway(code), 400, R) for code in ("AB1006", "AB4036", "AG8004")],
    (backend("AB1009"), 500, U),
    (backend("AB1009"), 502, U),
    (backend("AB1012"), 429, U),
    (gateway("AG8001"), 503, U),
    *[(backend(code), 200, U) for code in ("AB1004", "AB1007", "AB2000", "AB2001", "AB1019", "AB1021")],
    *[(backend(code), 200, U) for code in ("AB9999", "AB1017", "")],
    (backend("AB1009", status="false"), 200, U),
    (backend("AB1009", status="False", data="null"), 200, U),
    (backend("AB1009", status=0), 200, U),
    (backend("AB1009", status=None), 200, U),
    (backend("AB1009", data=TAKEN), 200, U),
    (backend("AB1009") | {"success": True}, 200, U),
    (backend("AB1009") | {"errorCode": "AB2001"}, 200, U),
    (backend("AB1009", "Access denied because of exceeding access rate"), 200, U),
    (gateway("AG8001") | {"success": "false"}, 200, U),
    (b"Access denied because of exceeding access rate", 403, U),
    (b"Too Many Requests", 429, U),
    (b"", 200, U),
    (b"", 400, U),
    (b"", 502, U),
    (b"<html><body>Bad gateway</body></html>", 502, U),
    (b"<html>Request Rejected. Your support ID is: 1</html>", 200, U),
    (b"null", 200, U),
    (b"[]", 200, U),
    (b'"ok"', 200, U),
    (b"{}", 200, U),
    (b'{"status": true, "data": {"orderid": "1"', 200, U),
    (b"\xff\xfe\x00", 200, U),
    (b"[" * 100_000, 200, U),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "outcome"), TABLE)
def test_an_answer_to_an_order_proves_what_the_table_says(body: object, status: int, outcome: WriteOutcome) -> None:
    placement = parse_place_result(answer(body, status))
    assert placement.outcome is outcome
    assert placement.text
    assert (placement.order_id is not None) == (outcome is A)


@pytest.mark.parametrize(("body", "status", "outcome"), TABLE)
def test_an_answer_to_a_cancel_or_modify_proves_the_same(body: object, status: int, outcome: WriteOutcome) -> None:
    answered, placement = parse_change_result(answer(body, status)), parse_place_result(answer(body, status))
    assert (answered.outcome, answered.text, answered.code, answered.order_id) == (
        outcome,
        placement.text,
        placement.code,
        placement.order_id,
    )


def test_order_not_found_is_a_refusal_only_for_a_cancel_or_modify() -> None:
    missing = answer(backend("AB1013", "Order not found"))
    assert (parse_change_result(missing).outcome, parse_place_result(missing).outcome) == (R, U)
    assert parse_change_result(answer(backend("AB1007", "Order not found"))).outcome is U


JSON = st.recursive(st.none() | st.booleans() | st.text() | st.integers(), st.lists)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()), st.integers(100, 599))
def test_no_junk_proves_anything_about_an_order(body: bytes, status: int) -> None:
    assert parse_place_result(HttpAnswer(status, body, None)).outcome is U


def test_an_accepted_order_has_both_ids() -> None:
    placement = parse_place_result(answer(backend("", "SUCCESS", True, TAKEN)))
    assert (placement.order_id, placement.unique_id) == ("261122000000123", "u-1")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (gateway("AG7002", "Access denied: Unregistered IP address"), 200, "static IPv4 address registered"),
        (b"", 400, "static IPv4 address registered"),
        (gateway("AG7002", "Access denied: Unregistered IP address"), 200, "set its proxy or source address"),
        (b"", 400, "an empty answer. If every order of an account fails like this, the usual cause is its IP address"),
        (backend("AB4036"), 200, "must consent"),
        (b"<html>Request Rejected. support ID</html>", 200, "firewall"),
        (b"<html>Request Rejected. support ID</html>", 200, "static IPv4 address registered"),
        (b"<html>oops</html>", 502, "HTTP 502: a web page"),
        (b"Access denied because of exceeding access rate", 403, "exceeding access rate"),
    ],
)
def test_a_refusal_gives_advice(body: object, status: int, words: str) -> None:
    assert words in parse_place_result(answer(body, status)).text
    assert words in parse_change_result(answer(body, status)).text


def test_a_read_is_not_blamed_on_the_address() -> None:
    for content, status in ((b"", 400), (b"<html>Request Rejected. support ID</html>", 200)):
        assert "IPv4" not in str(read_error(answer(content, status)))


READS: list[tuple[object, int, type[BrokerError]]] = [
    (b"Access denied because of exceeding access rate", 403, RateLimited),
    (b"Access denied because of exceeding rate limit", 403, RateLimited),
    (b"Too Many Requests", 200, RateLimited),
    (b"", 429, RateLimited),
    (backend("AB1019"), 200, RateLimited),
    (backend("AB1021"), 200, RateLimited),
    (backend("AB1010"), 200, SessionExpired),
    (backend("AB1010", status="false", data="null"), 200, SessionExpired),
    (gateway("AG8001", "Invalid Token"), 401, SessionExpired),
    (backend("AB8051"), 200, SessionExpired),
    (b"", 401, SessionExpired),
    (backend("AB1004"), 200, BrokerTrouble),
    (backend("AB2001"), 500, BrokerTrouble),
    (b"", 200, BrokerTrouble),
    (b"forbidden", 403, BrokerTrouble),
    (b"<html></html>", 502, BrokerTrouble),
    (b"null", 200, BrokerTrouble),
    (backend("", status="true", data=[]), 200, BrokerTrouble),
    (b"", 302, BrokerTrouble),
    (backend("AB1013", "Order not found"), 200, BrokerRefused),
    (gateway("AG7002"), 200, BrokerRefused),
]


@pytest.mark.parametrize(("body", "status", "kind"), READS)
def test_a_failed_read_is_classified_by_what_to_do(body: object, status: int, kind: type[BrokerError]) -> None:
    assert type(read_error(answer(body, status))) is kind


LOG_INS: list[tuple[object, int, type[BrokerError]]] = [
    *[(backend(code), 200, BadCredentials) for code in (
        "AB1000", "AB1001", "AB1002", "AB1003", "AB1005", "AB1031", "AB1032", "AB1034", "AB1006", "AG8004")],
    (backend("AB1000", status="false"), 200, BadCredentials),
    (backend("AB1007", "Invalid credentials. Please try again"), 200, BadCredentials),
    (backend("AB1007", "Incorrect PIN"), 200, BadCredentials),
    (backend("AB9999", "Invalid MPIN, 2 attempts left"), 200, BadCredentials),
    (backend("AB9999", "Your account has been locked"), 200, BadCredentials),
    (backend("AB1007", "AMX error"), 200, BrokerTrouble),
    (backend("AB2000", "invalid client upstream state"), 200, BrokerTrouble),
    (backend("AB1050", "Invalid totp"), 200, TotpRefused),
    (backend("AB1007", "Invalid TOTP"), 200, TotpRefused),
    (gateway("AG8001", "Invalid Token"), 200, BrokerTrouble),
    (backend("AB1004", "Something went wrong, try later"), 200, BrokerTrouble),
    (b"Too Many Requests", 403, RateLimited),
    (b"", 502, BrokerTrouble),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "kind"), LOG_INS)
def test_a_failed_login_is_classified_so_that_no_account_gets_locked(
    body: object, status: int, kind: type[BrokerError]
) -> None:
    assert type(read_error(answer(body, status), log_in=True)) is kind


@given(st.binary(), st.integers(100, 599), st.booleans())
def test_any_bytes_give_a_typed_error(body: bytes, status: int, log_in: bool) -> None:
    error = read_error(HttpAnswer(status, body, None), log_in=log_in)
    assert str(error).isprintable()
    assert len(str(error)) <= 500


def test_redaction_removes_secrets_and_control_characters() -> None:
    redact = Redactor(["CANARY-KEY"]).plus("7391", "CANARY-KEY-LONGER")
    text = redact(
        "\x1b[31mkey CANARY-KEY-LONGER\r\nand CANARY-KEY, pin 7391 of 173910, eyJhbGciOi.J9abc.sig " + "x" * 900
    )
    assert "CANARY" not in text
    assert "pin *** of 173910" in text
    assert "eyJ" not in text
    assert text.isprintable()
    assert len(text) <= 500
    assert "CANARY" not in repr(redact)
