"""What can be made to go wrong in the demo, as the palette says and finds it: `make Ravi's next order …`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_DEEDS: Mapping[str, str] = MappingProxyType(
    {
        "held: it works and is not filled": "stay open: held, it works and is not filled",
        "rejected by the exchange: margin shortfall": "be rejected by the exchange: margin shortfall",
        "refused by the broker: cautionary scrip": "be refused by the broker: cautionary scrip",
        "no answer, and no order": "time out: no answer, and no order",
        "no answer, but the order exists": "time out: no answer, but the order exists",
        "connection lost, and no order": "break off: connection lost, and no order",
        "connection lost, but the order exists": "break off: connection lost, but the order exists",
        "an answer after three seconds": "be slow: an answer after three seconds",
        "the order appears late": "appear late in the order book",
        "too many requests": "meet a rate limit: too many requests",
        "session expired": "find its session expired",
        "bad gateway, but the order exists": "meet a bad gateway (502), but the order exists",
        "address not registered (halts the follower)": "come from an address not registered (halts the follower)",
    }
)


def deed(fault: str) -> str:
    """Say what an order does that `fault` strikes; one without words of its own is named as it is."""
    return _DEEDS.get(fault, f"go wrong: {fault}")
