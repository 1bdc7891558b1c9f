"""The first look of a trading day: what has happened before it is noted and told, and never copied (engine.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from copytui.domain.events import EventKind, Level
from copytui.domain.executions import KnownOrder, Origin
from copytui.domain.orders import Product, Side
from copytui.domain.positions import PositionKey, position_key
from copytui.domain.text import clean
from copytui.engine.state import Desk
from copytui.journal import persisted_flags
from copytui.journal.statements import Statement, save_account_day
from copytui.settings.model import OpenAtStart

_BEFORE = frozenset({Origin.BASELINE, Origin.OPEN_AT_START})
_NAMED = 3


def overnight(desk: Desk, seen: Iterable[KnownOrder]) -> list[Statement]:
    """Count what filled before the look into those positions of the master that are known; tell of the others."""
    done = [known for known in seen if known.origin in _BEFORE and known.counted]
    keys = {position_key(known.order) for known in done}
    kept = {key for key in keys if desk.positions.held((desk.master_id, key)).quantity}
    desk.strange = dict(strange_positions(known for known in done if position_key(known.order) not in kept))
    _tell_of_strange(desk, desk.strange)
    return [
        save_account_day(desk.master_id, desk.day, persisted_flags.before(key), str(units))
        for key, units in desk.strange.items()
    ] + [
        statement
        for known in done
        if position_key(known.order) in kept and (units := known.counted - _counted_before(desk, known))
        for statement in desk.master_traded(known.order, units)
    ]


def _counted_before(desk: Desk, known: KnownOrder) -> int:
    """Return what earlier looks have counted of an order: the broker may still show the day before after midnight."""
    before = desk.known.get(known.order.key)
    return before.counted if before is not None else 0


def tell_again(desk: Desk) -> None:
    """Warn once more, when orders begin to be sent, of what the day's first look found and nobody has traded since."""
    if desk.rules.dry_run:
        return
    traded = {position_key(decided.execution.order) for decided in desk.executions.values() if decided.day == desk.day}
    _tell_of_strange(desk, {key: units for key, units in desk.strange.items() if key not in traded})


def strange_positions(done: Iterable[KnownOrder]) -> Mapping[PositionKey, int]:
    """Return what orders from before the look have left open, in signed units: nobody has a copy of it.

    Delivery cannot be sold short overnight: what was sold of it more than bought was held before, and is gone.
    """
    left: defaultdict[PositionKey, int] = defaultdict(int)
    for known in done:
        left[position_key(known.order)] += known.counted if known.order.side is Side.BUY else -known.counted
    return {
        key: quantity
        for key, quantity in left.items()
        if quantity > 0 or (quantity and key.product is not Product.DELIVERY)
    }


def _tell_of_strange(desk: Desk, left: Mapping[PositionKey, int]) -> None:
    """Warn of the plain multiplier (engine.md, Exits): what closes such a position opens one for the followers."""
    if not left:
        return
    names = [f"{quantity} {clean(key.symbol)} {key.product}" for key, quantity in left.items()]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    held = ", ".join(names[:_NAMED]) + more
    text = (
        f"the master traded before copytui watched: by today's book alone he has open {held}."
        " Followers have no copy of it: what closes it opens a NEW position for them. Block the symbol (b) if not meant"
    )
    desk.tell(Level.WARN, EventKind.WATCH, "master", text)


def tell_of_baseline(desk: Desk, now: datetime) -> None:
    """Say how many orders were found at the look of `now`, and what becomes of those that are open."""
    origins = [known.origin for known in desk.known.values() if known.first_seen == now]
    done, open_ = origins.count(Origin.BASELINE), origins.count(Origin.OPEN_AT_START)
    policy = desk.settings.master.open_orders_at_start
    after = "copied when they execute" if policy is OpenAtStart.COPY else "ignored"
    text = f"first look of the day: {done} finished orders noted and not copied, {open_} open ones {after}"
    desk.tell(Level.INFO, EventKind.WATCH, "master", text)
