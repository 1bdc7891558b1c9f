"""The broker's rate limits: rolling windows an account and call."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

SECOND, MINUTE, HOUR = 1.0, 60.0, 3600.0
_WRITES = "writes"
_GROUPS = {"placeOrder": _WRITES, "modifyOrder": _WRITES, "cancelOrder": _WRITES}
_ONE_A_SECOND = ((1, SECOND),)
_TEN_A_SECOND = ((10, SECOND), (500, MINUTE), (5000, HOUR))


Windows = tuple[tuple[int, float], ...]

PUBLISHED: Mapping[str, Windows] = {
    "loginByPassword": _ONE_A_SECOND,
    "generateTokens": ((1, SECOND), (1000, HOUR)),
    "getProfile": ((3, SECOND), (1000, HOUR)),
    "logout": _ONE_A_SECOND,
    "getRMS": ((2, SECOND),),
    _WRITES: ((9, SECOND), (500, MINUTE), (1000, HOUR)),
    "getOrderBook": _ONE_A_SECOND,
    "getTradeBook": _ONE_A_SECOND,
    "getPosition": _ONE_A_SECOND,
    "getHolding": _ONE_A_SECOND,
    "getAllHolding": _ONE_A_SECOND,
    "searchScrip": _ONE_A_SECOND,
    "details": _TEN_A_SECOND,
    "getLtpData": _TEN_A_SECOND,
    "quote": _TEN_A_SECOND,
    "margin": _TEN_A_SECOND,
}


class RateLimiter:
    """Counts the calls that were let through; a refused call does not count."""

    def __init__(self, limits: Mapping[str, Windows] = PUBLISHED) -> None:
        self._limits = limits
        self._passed: dict[tuple[str, str], deque[float]] = {}

    def allow(self, client_id: str, call: str, now: float) -> bool:
        """Whether the account may call now; if so, the call is counted."""
        group = _GROUPS.get(call, call)
        windows = self._limits.get(group, ())
        if not windows:
            return True
        passed = self._passed.setdefault((client_id, group), deque())
        longest = max(seconds for _, seconds in windows)
        while passed and passed[0] <= now - longest:
            passed.popleft()
        for count, seconds in windows:
            if len(passed) >= count and passed[-count] > now - seconds:
                return False
        passed.append(now)
        return True
