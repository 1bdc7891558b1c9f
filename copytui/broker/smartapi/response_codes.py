"""What the broker's answers mean: pure functions from an `HttpAnswer` to a proof or to a typed error.

Two questions are asked of an answer. For a write: what does it prove (`judge_placement`, `judge_change`)? There
only what is listed proves anything. For a read or a log-in: what can the caller do about it (`read_error`)?
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

# Each is decided before an order exists. Left out on purpose: AB1004, AB2000 and AB2001 ("try later"), AB1007
# (means too many things), the rate codes, and codes of other calls, which would make no sense in this place.
REFUSAL_CODES: Final = frozenset(
    {
        "AB1000", "AB1001", "AB1002", "AB1003", "AB1005", "AB1006", "AB1008", "AB1009", "AB1012", "AB1018",
        "AB1031", "AB1032", "AB1034", "AB2002", "AB4008", "AB4036", "AG8004",
    }
)  # fmt: skip
_CHANGE_REFUSAL_CODES: Final = REFUSAL_CODES | {"AB1013"}
"""Of a cancel or modify: "order not found" is a code of its own there. (The same said under AB1007 proves nothing.)"""

_CREDENTIAL_CODES: Final = frozenset(
    {"AB1000", "AB1001", "AB1002", "AB1003", "AB1005", "AB1006", "AB1031", "AB1032", "AB1034", "AG8004"}
)
_EXPIRED_REFRESH_CODES: Final = frozenset({"AB8050", "AB8051"})
_TROUBLE_CODES: Final = frozenset({"", "AB1004", "AB1007", "AB2000", "AB2001"})

_REGISTER_ADDRESS = (
    "Angel One takes orders only from the static IPv4 address registered for this account's API key: "
    "register the address that its orders leave from, or set the account's proxy or source address."
)
_PERHAPS_ADDRESS = f"Where every order of an account ends so, it is mostly the address. {_REGISTER_ADDRESS}"
_HINTS: Final[Mapping[str, str]] = {
    WRONG_ADDRESS_CODE: _REGISTER_ADDRESS,
    "AB1000": "Check this account's client id and PIN.",
    "AB1006": "The broker has blocked this client for trading: the account's owner must ask Angel One.",
    "AB1008": "The broker does not know this order variety.",
    "AB1009": "The broker does not know this symbol.",
    "AB1012": "The broker does not know this product type.",
    "AB1018": "The broker does not know this symbol and token together.",
    "AB1032": "The broker does not know this client id.",
    "AB1034": "The API key is not known: check it in the SmartAPI portal.",
    "AG8004": "The API key is not valid: check it in the SmartAPI portal.",
    "AB2002": "Bracket orders are blocked for this symbol.",
    "AB4008": "The order's tag is too long for the broker.",
    "AB4036": (
        "The exchange has put this symbol on its cautionary list: the account's owner must consent "
        "before orders in it are taken through the API."
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

Scrub = Callable[[str], str]


class TotpRefused(BadCredentials):
    """The one-time code was refused: perhaps used before, so one more is tried."""


def decode(answer: HttpAnswer) -> object:
    """Return the body's JSON value; an Ellipsis where it is not JSON (JSON has its own null)."""
    try:
        value: object = json.loads(answer.body)
    except (ValueError, RecursionError):  # broken text or encoding; a number too long; nested too deep
        return ...
    return value


def envelope(answer: HttpAnswer) -> dict[str, object] | None:
    """Return the body's JSON object, or None where it is anything else."""
    body = decode(answer)
    return body if isinstance(body, dict) else None


def succeeded(body: Mapping[str, object]) -> bool:
    """Whether an envelope says success: `status` is the boolean true."""
    return body.get("status") is True and body.get("success") is not False


def error_code(body: Mapping[str, object]) -> str:
    """Return the code of either envelope, upper case; '' where there is none or the two differ."""
    found = {
        value.strip().upper()
        for value in (body.get("errorcode"), body.get("errorCode"))
        if isinstance(value, str) and value.strip()
    }
    return found.pop() if len(found) == 1 else ""


def judge_placement(answer: HttpAnswer) -> PlaceResult:
    """Tell what an answer to `placeOrder` proves.

    The body decides; but a redirect proves nothing, and beside a 5xx or a 429 only an order id does: what the
    gateway says of its own trouble is no refusal.
    """
    return _judge(answer, REFUSAL_CODES)


def judge_change(answer: HttpAnswer) -> ChangeResult:
    """Tell what an answer to `cancelOrder` or `modifyOrder` proves, by the rules of `judge_placement`."""
    judged = _judge(answer, _CHANGE_REFUSAL_CODES)
    return ChangeResult(judged.proof, judged.text, judged.code, judged.order_id)


def _judge(answer: HttpAnswer, refusals: Set[str]) -> PlaceResult:
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
    text = "the broker said yes without an order id" if succeeded(body) else describe(answer, writing=True)
    says_no = _says_no(body) and not order_id and not _RATE_TEXT.search(_message(body))
    return PlaceResult(_refusal(code, refusals) if says_no else WriteOutcome.UNKNOWN, text, code)


def _refusal(code: str, refusals: Set[str]) -> WriteOutcome:
    if code in SESSION_CODES:
        return WriteOutcome.SESSION_REFUSED
    if code == WRONG_ADDRESS_CODE:
        return WriteOutcome.WRONG_ADDRESS
    return WriteOutcome.REFUSED if code in refusals else WriteOutcome.UNKNOWN


def _says_no(body: Mapping[str, object]) -> bool:
    """Whether an envelope says failure with a boolean, in the backend's shape or in the gateway's."""
    if "status" in body:
        return body["status"] is False and body.get("success") is not True
    return body.get("success") is False


def read_error(answer: HttpAnswer, *, scrub: Scrub = clean, log_in: bool = False) -> BrokerError:
    """Return the error that an answer without success to a read or (`log_in`) to a log-in is."""
    body = envelope(answer)
    text = scrub(describe(answer))
    code = error_code(body) if body is not None else ""
    if _is_rate_limit(answer, code, text):
        return RateLimited(text, code=code)
    if log_in:
        return _log_in_error(code, _message(body) if body is not None else "", text)
    if code in SESSION_CODES or code in _EXPIRED_REFRESH_CODES or (body is None and answer.status == 401):
        return SessionExpired(text, code=code)
    if code in _TROUBLE_CODES:
        return BrokerTrouble(text, code=code)
    return BrokerRefused(text, code=code)


def _is_rate_limit(answer: HttpAnswer, code: str, text: str) -> bool:
    return answer.status == 429 or code in RATE_CODES or _RATE_TEXT.search(text) is not None


def _log_in_error(code: str, message: str, text: str) -> BrokerError:
    """Sort a refused log-in: better stop one account too early than get it locked."""
    wrong = _WRONG_TEXT.search(message) is not None
    if code == TOTP_CODE or (wrong and _TOTP_TEXT.search(message)):
        return TotpRefused(text, code=code)
    bad = code in _CREDENTIAL_CODES or (wrong and _CREDENTIAL_TEXT.search(message)) or _LOCKED_TEXT.search(message)
    # A session code here makes no sense (no token was sent), and the gateway is known to give it at random.
    if bad and code not in SESSION_CODES:
        return BadCredentials(text, code=code)
    return BrokerTrouble(text, code=code)


def describe(answer: HttpAnswer, *, writing: bool = False) -> str:
    """Say what an answer was, in the broker's words where it used any, with advice where there is some.

    Of a write (`writing`) the advice may be the registered address, which reads do not need.
    """
    body = decode(answer)
    if isinstance(body, dict):
        code = error_code(body)
        words = _message(body) or (f"HTTP {answer.status} without a message" if code or answer.status >= 400 else "")
        words = words or "an answer that says neither success nor failure"
        if code and code not in words:
            words = f"{words} ({code})"
        return f"{words}. {_HINTS[code]}" if code in _HINTS else words
    return f"HTTP {answer.status}: {_describe_bytes(answer, writing=writing)}"


def _describe_bytes(answer: HttpAnswer, *, writing: bool) -> str:
    content = answer.body.strip()
    if 300 <= answer.status < 400:
        return "a redirect, which is never followed"
    if not content:
        return f"an empty answer. {_PERHAPS_ADDRESS}" if writing and answer.status == 400 else "an empty answer"
    if _MARKUP.match(content):
        if not (b"request rejected" in content[:4096].lower() or b"support id" in content[:4096].lower()):
            return "a web page instead of data"
        words = "the broker's firewall turned the request away"
        return f"{words}. {_PERHAPS_ADDRESS}" if writing else words
    return clean(content[:2048].decode("utf-8", "replace"))


def _message(body: Mapping[str, object]) -> str:
    message = body.get("message")
    return clean(message).rstrip(".") if isinstance(message, str) else ""


def _identifier(value: object) -> str:
    """Return an id as text; '' for anything that is none."""
    if isinstance(value, str):
        text = clean(value, 64)
        return "" if text.lower() in {"null", "none", "false"} else text
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    return ""
