"""Faults by name, an account and call: what goes wrong, how often, and whether the order exists all the same."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum, auto

ANY = "*"


class FaultName(StrEnum):
    """What can go wrong. A name with AFTER: the request was carried out, only its answer is bad.

    HELD is no failure: the order that is placed or modified stays open, whatever its price, until it is modified
    (at its new price it may trade), cancelled, or filled by hand.
    """

    RATE_TEXT = auto()
    RATE_TEXT_AFTER = auto()
    EMPTY_BODY = auto()
    EMPTY_BODY_AFTER = auto()
    HTML_502 = auto()
    HTML_502_AFTER = auto()
    RESET_BEFORE = auto()
    RESET_AFTER = auto()
    TIMEOUT_BEFORE = auto()
    TIMEOUT_AFTER = auto()
    LATE_ACCEPTANCE = auto()
    EXPIRED_TOKEN = auto()
    STRING_BOOLEANS = auto()
    STRING_FALSE = auto()
    MISSING_ORDERID = auto()
    NULL_DATA = auto()
    GARBAGE_ROWS = auto()
    SLOW = auto()
    UNREGISTERED_IP = auto()
    REFUSED = auto()
    REJECTED = auto()
    HELD = auto()
    BAD_TOTP = auto()
    SERVER_TROUBLE = auto()
    SERVER_TROUBLE_AFTER = auto()
    NULL_BODY = auto()
    NOT_JSON_LIST = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `seconds`: of SLOW and LATE_ACCEPTANCE; `code`: of REFUSED; `text`: of REFUSED and REJECTED."""

    name: FaultName
    seconds: float | None = None
    code: str = ""
    text: str = ""


@dataclass(slots=True)
class _Posted:
    client_id: str
    call: str
    fault: Fault
    left: int | None

    def meets(self, client_id: str, call: str) -> bool:
        return self.client_id in (ANY, client_id) and self.call in (ANY, call) and self.left != 0


class FaultBoard:
    """The faults that are switched on; the oldest that fits strikes first. May be used from any thread."""

    def __init__(self) -> None:
        self._posted: list[_Posted] = []
        self._lock = threading.Lock()

    def add(
        self,
        client_id: str,
        call: str,
        fault: FaultName | Fault,
        times: int | None = 1,
        *,
        seconds: float | None = None,
        code: str = "",
        text: str = "",
    ) -> None:
        """Switch a fault on for the next `times` calls (None: until cleared); "*" is any account, any call."""
        if not isinstance(fault, Fault):
            fault = Fault(FaultName(fault), seconds, code, text)
        with self._lock:
            self._posted.append(_Posted(client_id, call, fault, times))

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._posted.clear()

    def take(self, client_id: str, call: str) -> Fault | None:
        """Return the fault that strikes this call, and count it."""
        with self._lock:
            for posted in self._posted:
                if posted.meets(client_id, call):
                    if posted.left is not None:
                        posted.left -= 1
                    return posted.fault
        return None
