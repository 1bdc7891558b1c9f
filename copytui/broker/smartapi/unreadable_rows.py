"""What can be said of an order book row that cannot be read: which order it is, and what became of it."""

from __future__ import annotations

from typing import Final

from copytui.broker.port import RowProblem
from copytui.broker.smartapi.redaction import clean
from copytui.domain.orders import Side
from copytui.domain.unreadable import NO_ID

_FINAL: Final = frozenset(
    {"complete", "completed", "cancelled", "canceled", "cancelled after market order", "rejected"}
)
_UNFILLED: Final = frozenset({None, "", 0, "0", "0.0"})
_MAX_ID: Final = 10**30


def problem_of(row: object, why: str) -> RowProblem:
    """Describe an unreadable row by `why` and by what of it can be read."""
    fields = row if isinstance(row, dict) else {}
    side, symbol = _text(fields, "transactiontype").upper(), _text(fields, "tradingsymbol", 64)
    side = side if side in {*Side} else ""
    is_over = (_text(fields, "orderstatus") or _text(fields, "status")).lower() in _FINAL
    return RowProblem(
        _name(fields) or " ".join(part for part in (NO_ID, side, symbol) if part),
        why,
        _text(fields, "ordertag"),
        symbol,
        side,
        is_over,
        is_over and _is_unfilled(fields),
    )


def _is_unfilled(fields: dict[object, object]) -> bool:
    filled = fields.get("filledshares")
    words = (_text(fields, "orderstatus"), _text(fields, "status"))
    is_complete = any(word.lower() in ("complete", "completed") for word in words)
    return not is_complete and isinstance(filled, str | int | float | None) and filled in _UNFILLED


def _text(fields: dict[object, object], field: str, max_length: int = 60) -> str:
    value = fields.get(field)
    return clean(value, max_length).strip() if isinstance(value, str) else ""


def _name(fields: dict[object, object]) -> str:
    """Return the order id, or the unique one; '' where neither can be read."""
    for field in ("orderid", "uniqueorderid"):
        value = fields.get(field)
        if isinstance(value, str) and value.strip():
            return clean(value, 64)
        if isinstance(value, int) and 0 < value < _MAX_ID:
            return str(value)
    return ""
