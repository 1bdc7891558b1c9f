"""The meaning of the broker's answers: pure functions from an `HttpAnswer` to an outcome or a typed error.

For a write, `parse_place_result` and `parse_change_result` return what the answer proves; only listed codes prove
anything. For a read or a login, `read_error` returns the error by what the caller can do about it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Set
from typing import Final

from copytui.broker.port import ChangeResult, PlaceResult, WriteOutcome
from copytui.broker.smartapi.redaction import clean
from copytui.broker.smartapi.transport import HttpAnswer
from copytui.domain.errors import (
    BadCredentials,
    BrokerError,
    BrokerRefused,
    BrokerTrouble,
    RateLimited,
    SessionExpired,
)
from copytui.domain.orders import OrderId

SESSION_CODES: Final = frozenset({"AG8001", "AG8002", "AG8003", "AB1010", "AB1011"})
WRONG_ADDRESS_CODE: Final = "AG7002"
TOTP_CODE: Final = "AB1050"
RATE_CODES: Final = frozenset({"AB1019", "AB1021"})
NOT_FOUND_CODES: Final = frozenset({"AB1013", "AB1014", "AB1015", "AB1016"})

# Each of these is decided before an order exists (docs/smartapi.md, 8.2). Left out on purpose: AB1004, AB2000 and
# AB2001 ("try later"), AB1007 (too many meanings), the rate codes, and codes that belong to other calls.
REFUSAL_CODES: Final = frozenset(
    {
        "AB1000", "AB1001", "AB1002", "AB1003", "AB1005", "AB1006", "AB1008", "AB1009", "AB1012", "AB1018",
        "AB1031", "AB1032", "AB1034", "AB2002", "AB4008", "AB4036", "AG8004",
    }
)  # fmt: skip
_CHANGE_REFUSAL_CODES: Final = REFUSAL_CODES | {"AB1013"}
"""For a cancel or modify, "order not found" (AB1013) is a refusal too. The same text under AB1007 proves nothing."""

_CREDENTIAL_CODES: Final = frozenset(
    {"AB1000", "AB1001", "AB1002", "AB1003", "AB1005", "AB1006", "AB1031", "AB1032", "AB1034", "AG8004"}
)
_EXPIRED_REFRESH_CODES: Final = frozenset({"AB8050", "AB8051"})
_TRY_LATER_CODES: Final = frozenset({"AB1004", "AB2000", "AB2001"})
_TROUBLE_CODES: Final = _TRY_LATER_CODES | {"", "AB1007"}

_REGISTER_ADDRESS = (
    "Angel One accepts orders only from the static IPv4 address registered for this account's API key: "
    "register the account's egress IP, or set its proxy or source address."
)
_CHECK_ADDRESS = f"If every order of an account fails like this, the usual cause is its IP address. {_REGISTER_ADDRESS}"
_HINTS: Final[Mapping[str, str]] = {
    WRONG_ADDRESS_CODE: _REGISTER_ADDRESS,
    "AB1000": "Check this account's client id and PIN.",
    "AB1006": "The broker has blocked this client from trading: the account's owner must contact Angel One.",
    "AB1008": "The broker does not know this order variety.",
    "AB1009": "The broker does not know this symbol.",
    "AB1012": "The broker does not know this product type.",
    "AB1018": "The broker does not know this combination of symbol and token.",
    "AB1032": "The broker does not know this client id.",
    "AB1034": "The API key is unknown: check it in the SmartAPI portal.",
    "AG8004": "The API key is not valid: check it in the SmartAPI portal.",
    "AB2002": "Bracket orders are blocked for this symbol.",
    "AB4008": "The order's tag is too long for the broker.",
    "AB4036": (
        "The exchange has put this symbol on its cautionary list: the account's owner must consent "
        "before it accepts orders for it through the API."
    ),
}

_RATE_TEXT = re.compile(r"exceeding\s+(?:the\s+)?(?:access\s+)?rate|too many requests|rate limit", re.IGNORECASE)
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)
_TOTP_TEXT = re.compile(r"\bt?otp\b", re.IGNORECASE)
_WRONG_TEXT = re.compile(
    r"invalid|incorrect|wrong|mismatch|does ?n.t match|not match|attempts? (?:left|remain)", re.IGNORECASE
)
_CREDENTIAL_TEXT = re.compile(
    r"credential|password|\bm?pin\b|\bclient|\buser|\blog-?in\b|api.?key|attempts? (?:left|remain)", re.IGNORECASE
)
_LOCKED_TEXT = re.compile(r"\b(?:account|user|client|id|password)\b.*\b(?:is |been )?(?:locked|blocked)", re.IGNORECASE)

Redact = Callable[[str], str]


class TotpRefused(BadCredentials):
    """The TOTP code was refused, perhaps because it was used before; one more is tried."""


def decode(answer: HttpAnswer) -> object:
    """Return the body's JSON value, or Ellipsis if it is not JSON (None stands for JSON's null)."""
    try:
        value: object = json.loads(answer.body)
    except (ValueError, RecursionError):  # malformed text or encoding, a number that is too long, or too deep nesting
        return ...
    return value


def envelope(answer: HttpAnswer) -> dict[str, object] | None:
    """Return the body's JSON object, or None for anything else."""
    body = decode(answer)
    return body if isinstance(body, dict) else None


def succeeded(body: Mapping[str, object]) -> bool:
    """Return whether an envelope says success: `status` is the boolean true."""
    return body.get("status") is True and body.get("success") is not False


def error_code(body: Mapping[str, object]) -> str:
    """Return the code of either envelope in upper case; '' if there is none or the two differ."""
    found = {
        value.strip().upper()
        for value in (body.get("errorcode"), body.get("errorCode"))
        if isinstance(value, str) and value.strip()
    }
    return found.pop() if len(found) == 1 else ""


def parse_place_result(answer: HttpAnswer) -> PlaceResult:
    """Return what an answer to `placeOrder` proves.

    The body decides, with two exceptions. A redirect proves nothing. With HTTP 5xx or 429 only an order id proves
    anything: a gateway that reports its own trouble has not refused the order.
    """
    return _parse_result(answer, REFUSAL_CODES)


def parse_change_result(answer: HttpAnswer) -> ChangeResult:
    """Return what an answer to `cancelOrder` or `modifyOrder` proves, by the rules of `parse_place_result`."""
    result = _parse_result(answer, _CHANGE_REFUSAL_CODES)
    return ChangeResult(result.outcome, result.text, result.code, result.order_id)


def _parse_result(answer: HttpAnswer, refusals: Set[str]) -> PlaceResult:
    body = envelope(answer)
    if body is None or 300 <= answer.status < 400:
        return PlaceResult(WriteOutcome.UNKNOWN, describe(answer, writing=True))
    code, data = error_code(body), body.get("data")
    order_id = _identifier(data.get("orderid")) if isinstance(data, dict) else ""
    if succeeded(body) and isinstance(data, dict) and order_id:
        unique_id = _identifier(data.get("uniqueorderid"))
        return PlaceResult(WriteOutcome.ACCEPTED, _message(body), code, OrderId(order_id), unique_id)
    if answer.status >= 500 or answer.status == 429:
        return PlaceResult(WriteOutcome.UNKNOWN, describe(answer, writing=True), code)
    text = "the broker reported success without an order id" if succeeded(body) else describe(answer, writing=True)
    refused = _says_failure(body) and not order_id and not _RATE_TEXT.search(_message(body))
    return PlaceResult(_refusal(code, refusals) if refused else WriteOutcome.UNKNOWN, text, code)


def _refusal(code: str, refusals: Set[str]) -> WriteOutcome:
    if code in SESSION_CODES:
        return WriteOutcome.SESSION_REFUSED
    if code == WRONG_ADDRESS_CODE:
        return WriteOutcome.WRONG_ADDRESS
    return WriteOutcome.REFUSED if code in refusals else WriteOutcome.UNKNOWN


def _says_failure(body: Mapping[str, object]) -> bool:
    """Return whether an envelope says failure with a boolean, in the backend's or the gateway's format."""
    if "status" in body:
        return body["status"] is False and body.get("success") is not True
    return body.get("success") is False


def read_error(answer: HttpAnswer, *, redact: Redact = clean, log_in: bool = False) -> BrokerError:
    """Return the error for an unsuccessful answer to a read or, with `log_in`, to a login."""
    body = envelope(answer)
    text = redact(describe(answer))
    code = error_code(body) if body is not None else ""
    if _is_rate_limit(answer, code, text):
        return RateLimited(text, code=code)
    if log_in:
        return _login_error(code, _message(body) if body is not None else "", text)
    if code in SESSION_CODES or code in _EXPIRED_REFRESH_CODES or (body is None and answer.status == 401):
        return SessionExpired(text, code=code)
    if code in _TROUBLE_CODES:
        return BrokerTrouble(text, code=code)
    return BrokerRefused(text, code=code)


def _is_rate_limit(answer: HttpAnswer, code: str, text: str) -> bool:
    return answer.status == 429 or code in RATE_CODES or _RATE_TEXT.search(text) is not None


def _login_error(code: str, message: str, text: str) -> BrokerError:
    """Classify a refused login: stopping an account too early is better than getting it locked.

    A code that says "try later" counts, whatever the words are. A login sends no token, so a session code means
    nothing here; the gateway is known to return it at random.
    """
    if code in _TRY_LATER_CODES or code in SESSION_CODES:
        return BrokerTrouble(text, code=code)
    wrong = _WRONG_TEXT.search(message) is not None
    if code == TOTP_CODE or (wrong and _TOTP_TEXT.search(message)):
        return TotpRefused(text, code=code)
    bad = code in _CREDENTIAL_CODES or (wrong and _CREDENTIAL_TEXT.search(message)) or _LOCKED_TEXT.search(message)
    return BadCredentials(text, code=code) if bad else BrokerTrouble(text, code=code)


def describe(answer: HttpAnswer, *, writing: bool = False) -> str:
    """Describe an answer in the broker's words, if any, with advice for known codes.

    With `writing`, the advice may concern the registered address, which reads do not need.
    """
    body = decode(answer)
    if isinstance(body, dict):
        code = error_code(body)
        words = _message(body) or (f"HTTP {answer.status} without a message" if code or answer.status >= 400 else "")
        words = words or "an answer that reports neither success nor failure"
        if code and code not in words:
            words = f"{words} ({code})"
        return f"{words}. {_HINTS[code]}" if code in _HINTS else words
    return f"HTTP {answer.status}: {_describe_bytes(answer, writing=writing)}"


def _describe_bytes(answer: HttpAnswer, *, writing: bool) -> str:
    content = answer.body.strip()
    if 300 <= answer.status < 400:
        return "a redirect, which is never followed"
    if not content:
        return f"an empty answer. {_CHECK_ADDRESS}" if writing and answer.status == 400 else "an empty answer"
    if _MARKUP.match(content):
        if not (b"request rejected" in content[:4096].lower() or b"support id" in content[:4096].lower()):
            return "a web page instead of data"
        words = "the broker's firewall rejected the request"
        return f"{words}. {_CHECK_ADDRESS}" if writing else words
    return clean(content[:2048].decode("utf-8", "replace"))


def _message(body: Mapping[str, object]) -> str:
    message = body.get("message")
    return clean(message).rstrip(".") if isinstance(message, str) else ""


def _identifier(value: object) -> str:
    """Return an id as text; '' for anything else."""
    if isinstance(value, str):
        text = clean(value, 64)
        return "" if text.lower() in {"null", "none", "false"} else text
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    return ""
