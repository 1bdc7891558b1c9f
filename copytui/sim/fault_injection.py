"""Fault injection: the answer that each fault gives instead, as pure functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from copytui.sim.faults import Fault, FaultName
from copytui.sim.gateway import Answer, failure, gateway_failure, json_answer, rate_exceeded

_HTML_502 = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def _html_502() -> Answer:
    return Answer(502, _HTML_502, "text/html")


def _server_trouble() -> Answer:
    return failure("AB2001", "Internal Error, Please Try Again Later")


def _refused(fault: Fault) -> Answer:
    text = fault.text or "Please provide scripconsent as yes to place order in cautionary scrip"
    return failure(fault.code or "AB4036", text)


def _string_false(fault: Fault) -> Answer:
    code, text = fault.code or "AB1007", fault.text or "Invalid parameters"
    return json_answer({"status": "false", "message": text, "errorcode": code, "data": "null"})


REFUSALS: dict[FaultName, Callable[[Fault], Answer]] = {
    FaultName.RATE_TEXT: lambda _: rate_exceeded(),
    FaultName.EMPTY_BODY: lambda _: Answer(400, b""),
    FaultName.HTML_502: lambda _: _html_502(),
    FaultName.EXPIRED_TOKEN: lambda _: gateway_failure("AG8002", "Token Expired"),
    FaultName.STRING_FALSE: _string_false,
    FaultName.UNREGISTERED_IP: lambda _: gateway_failure(
        "AG7002", "Access denied: Unregistered IP address. Please register your static IP"
    ),
    FaultName.REFUSED: _refused,
    FaultName.BAD_TOTP: lambda _: failure("AB1050", "Invalid totp"),
    FaultName.SERVER_TROUBLE: lambda _: _server_trouble(),
    FaultName.NULL_BODY: lambda _: json_answer(None),
    FaultName.NOT_JSON_LIST: lambda _: json_answer([]),
}
"""Faults that refuse the request: it is not carried out."""


def _string_booleans(answer: Answer) -> Answer:
    body = json.loads(answer.body)
    return json_answer({**body, "status": "true" if body.get("status") is True else "false"})


def _missing_orderid(answer: Answer) -> Answer:
    body = json.loads(answer.body)
    data = body.get("data")
    if isinstance(data, dict):
        body["data"] = {key: value for key, value in data.items() if key not in ("orderid", "uniqueorderid")}
    return json_answer(body)


def _null_data(answer: Answer) -> Answer:
    return json_answer({**json.loads(answer.body), "data": None})


def _garbage_rows(answer: Answer) -> Answer:
    body = json.loads(answer.body)
    data = body.get("data")
    rows: list[Any] = data if isinstance(data, list) else []
    garbage: list[Any] = ["garbage", None, 42, {}, {"orderid": "garbage-1", "orderstatus": "complete"}]
    if rows and isinstance(rows[0], dict):
        wrong = {"quantity": "abc", "filledshares": "-7.5x", "averageprice": "NaN", "status": None, "orderstatus": None}
        garbage.append({**rows[0], "orderid": "garbage-2", "uniqueorderid": "garbage-2", **wrong})
    middle = len(rows) // 2
    return json_answer({**body, "data": rows[:middle] + garbage + rows[middle:]})


SPOILED_ANSWERS: dict[FaultName, Callable[[Answer], Answer]] = {
    FaultName.RATE_TEXT_AFTER: lambda _: rate_exceeded(),
    FaultName.EMPTY_BODY_AFTER: lambda _: Answer(200, b""),
    FaultName.HTML_502_AFTER: lambda _: _html_502(),
    FaultName.SERVER_TROUBLE_AFTER: lambda _: _server_trouble(),
    FaultName.STRING_BOOLEANS: _string_booleans,
    FaultName.MISSING_ORDERID: _missing_orderid,
    FaultName.NULL_DATA: _null_data,
    FaultName.GARBAGE_ROWS: _garbage_rows,
}
"""Faults of the answer only: the request is carried out."""
