"""What a request is answered with, in the broker's three ways of saying no and its one of saying yes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

RATE_TEXT = "Access denied because of exceeding access rate"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json"


def success(data: object) -> Answer:
    """Say yes, with data."""
    return success_json(json.dumps(data, separators=(",", ":")))


def success_json(data: str) -> Answer:
    """Say yes, with data that is JSON text already."""
    text = f'{{"status":true,"message":"SUCCESS","errorcode":"","data":{data}}}'
    return Answer(200, text.encode())


def failure(code: str, text: str) -> Answer:
    """Say no, as the backend does."""
    return json_answer({"status": False, "message": text, "errorcode": code, "data": None})


def gateway_failure(code: str, text: str) -> Answer:
    """Say no, as the gateway in front of the backend does: other keys, no `status`."""
    return json_answer({"success": False, "message": text, "errorCode": code, "data": ""})


def rate_exceeded() -> Answer:
    """Say that the account called too often: plain text."""
    return Answer(403, RATE_TEXT.encode(), "text/plain")


def json_answer(body: Any, status: int = 200) -> Answer:
    """Answer with any JSON."""
    return Answer(status, json.dumps(body, separators=(",", ":")).encode())
