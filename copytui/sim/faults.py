"""Faults: what goes wrong, for which account and call, and how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum, auto

ANY = "*"


class FaultName(StrEnum):
    """What can go wrong. A name with AFTER: the request was carried out and only its answer is bad.

    HELD is not a failure: the placed or modified order stays open, whatever its price, until it is modified again
    (it may then trade at its new price), cancelled, or filled manually. LAG is none either: getPosition answers with
    the positions of some seconds ago, so that fresh fills are missing; other calls answer as ever.
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
    LAG = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    `seconds` applies to SLOW, LATE_ACCEPTANCE and LAG, `code` to REFUSED, `text` to REFUSED and REJECTED.
    """

    name: FaultName
    seconds: float | None = None
    code: str = ""
    text: str = ""


@dataclass(slots=True)
class _ActiveFault:
    client_id: str
    call: str
    fault: Fault
    left: int | None

    def matches(self, client_id: str, call: str) -> bool:
        return self.client_id in (ANY, client_id) and self.call in (ANY, call) and self.left != 0


class FaultBoard:
    """The active faults; the oldest one that matches a call applies. Safe to use from any thread."""

    def __init__(self) -> None:
        self._active: list[_ActiveFault] = []
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
        """Activate a fault for the next `times` calls (None: until cleared); "*" matches any account or call."""
        if not isinstance(fault, Fault):
            fault = Fault(FaultName(fault), seconds, code, text)
        with self._lock:
            self._active.append(_ActiveFault(client_id, call, fault, times))

    def clear(self) -> None:
        """Clear all faults."""
        with self._lock:
            self._active.clear()

    def take(self, client_id: str, call: str) -> Fault | None:
        """Return the fault that applies to this call, if any, and count it."""
        with self._lock:
            for active in self._active:
                if active.matches(client_id, call):
                    if active.left is not None:
                        active.left -= 1
                    return active.fault
        return None
