"""Flattening: closing by hand what copying has built, at protected limits from fresh quotes.

What copying has in the market of these positions is withdrawn first. The closing orders are copies like any other
(journalled, tagged, looked up, followed) of an execution that stands for the user's word: they wait until the older
orders of their position have ended, and close what is held by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from copytui.broker.port import Account
from copytui.domain.copies import Copy
from copytui.domain.decisions import Decision, Plan, Reason, Verdict
from copytui.domain.errors import BrokerError
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution, KnownOrder, Origin
from copytui.domain.orders import (
    BookOrder,
    ClientId,
    Duration,
    Exchange,
    OrderId,
    OrderKey,
    OrderType,
    Side,
    Stage,
    Variety,
)
from copytui.domain.positions import PositionKey, Share, position_key
from copytui.domain.pricing import Bounds
from copytui.domain.risk import closing_quantity
from copytui.domain.text import clean, money, order_words
from copytui.engine.master.order_inputs import Instruments, tick_bounds
from copytui.engine.master.quotes import Quotes
from copytui.engine.orders.cancels import Swept, Withdraw, sweep
from copytui.engine.orders.planner import new_copies
from copytui.engine.positions import Place
from copytui.engine.state import Desk
from copytui.journal.statements import DecidedExecution, save_copy, save_known, save_share

_TOKEN_SECONDS = 3.0
_WHY = "flattened by hand"
_WHOLE = Share(1, 1)
_CASH = frozenset({Exchange.NSE, Exchange.BSE})


@dataclass(frozen=True, slots=True)
class _Market:
    """What is needed to send an order in a symbol: its price in rupees and where that comes from, lot and token."""

    price: Decimal
    source: str
    token: str
    lot: int
    instrument_type: str
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of a symbol; '' and 0 where nothing is."""

    token: str = ""
    lot: int = 0
    instrument_type: str = ""
    price: Decimal = Decimal(0)


class Flattener:
    """Closes positions when the user says so."""

    def __init__(
        self, desk: Desk, master: Account, quotes: Quotes, instruments: Instruments, withdraw: Withdraw
    ) -> None:
        """Work on `desk`; `master` is asked for tokens that nothing else tells."""
        self._desk = desk
        self._master = master
        self._quotes = quotes
        self._instruments = instruments
        self._withdraw = withdraw

    async def flatten(self, follower: ClientId | None, key: PositionKey | None) -> str:
        """Close all positions of all followers, or of one, or one position; returns what happened in a sentence."""
        desk = self._desk
        if no := self._refusal():
            return no
        places = self._places(follower, key)
        if not places:
            return "nothing to flatten: copying holds nothing there"
        first = self._clear(places)
        keys = sorted({key for _client, key in places})
        found = dict(zip(keys, await asyncio.gather(*map(self._market, keys)), strict=True))
        if no := self._refusal():
            return no
        second = self._clear(self._places(follower, key))  # what came while the quotes were asked for
        swept = Swept(
            first.withdrawn + second.withdrawn, first.dropped + second.dropped, max(first.in_doubt, second.in_doubt)
        )
        closed = 0
        for position in keys:
            for side in Side:
                parts = self._parts(position, side, {client for client, where in places if where == position})
                market = found[position]
                if parts and market is not None:
                    self._close(position, side, parts, market)
                    closed += len(parts)
                elif parts:
                    text = f"{position.symbol} is not closed: no price or no token of it is known. Close it yourself"
                    desk.tell(Level.ERROR, EventKind.RISK, "copytui", text)
        words = f"flattening {closed} position{'s' if closed != 1 else ''}"
        unknown = [position.symbol for position, market in found.items() if market is None]
        words += f", without {', '.join(unknown)}: no price or no token is known" if unknown else ""
        words += f"; {swept.words}" if swept != Swept() else ""
        desk.tell(Level.WARN, EventKind.RISK, "copytui", words)
        return words

    def _refusal(self) -> str:
        rules = self._desk.rules
        if rules.dry_run:
            return "not flattened: dry run, nothing is sent"
        return "not flattened: copying is paused; resume first" if rules.paused else ""

    def _places(self, follower: ClientId | None, key: PositionKey | None) -> list[Place]:
        desk = self._desk
        return [
            (client, position)
            for client in desk.lanes
            if follower in (None, client)
            for position in sorted(desk.positions.open_in(client))
            if key in (None, position)
        ]

    def _clear(self, places: Iterable[Place]) -> Swept:
        """Withdraw what works in these positions, and drop what is queued."""
        working = [copy for place in places for copy in self._desk.positions.working(place)]
        return sweep(self._desk, self._withdraw, [copy for copy in working if copy.withdrawn is None], _WHY)

    def _parts(self, key: PositionKey, side: Side, clients: set[ClientId]) -> list[tuple[ClientId, int]]:
        """Return who has how much to close with orders of `side`, should everything fill that cannot be withdrawn."""
        desk, parts = self._desk, []
        for client in desk.lanes:
            if client in clients:
                place = (client, key)
                entries = [copy for copy in desk.positions.working(place) if copy.exit is None]
                filling = sum(copy.outstanding for copy in entries if copy.order.side is not side)
                parts.append((client, closing_quantity(desk.positions.held(place).quantity, side, filling)))
        return [(client, units) for client, units in parts if units]

    async def _market(self, key: PositionKey) -> _Market | None:
        """Return a symbol's price and names; None where it cannot be traded without a guess."""
        known = self._remembered(key)
        listed = self._instruments.find(key.exchange, key.symbol)
        token = known.token or (listed.token if listed else "") or await self._token(key)
        if not token:
            return None
        quote = await self._quotes.fresh(key.exchange, key.symbol, token)
        price, source = known.price, "no quote: the last trade known"
        if quote is not None and quote.last_price > 0:
            price, source = quote.last_price, "last price"
        if price <= 0:
            return None
        lot = known.lot or (listed.lot_size if listed else 0) or int(key.exchange in _CASH)
        bounds = self._quotes.bounds(key.exchange, key.symbol, tick_bounds(self._instruments, key.exchange, key.symbol))
        return _Market(price, source, token, lot, known.instrument_type, bounds)

    def _remembered(self, key: PositionKey) -> _Known:
        """Return what the newest execution or copy in the symbol tells."""
        desk, known = self._desk, _Known()
        for decided in desk.executions.values():
            order = decided.execution.order
            if (order.exchange, order.symbol) == (key.exchange, key.symbol):
                known = _Known(
                    order.token or known.token,
                    order.lot_size or known.lot,
                    order.instrument_type or known.instrument_type,
                    decided.execution.price if decided.execution.price > 0 else known.price,
                )
        for copy in reversed(desk.copies.values()):
            if position_key(copy.order)[:2] == key[:2]:
                price = known.price or copy.average_price
                known = _Known(known.token or copy.order.token, known.lot, known.instrument_type, price)
        return known

    async def _token(self, key: PositionKey) -> str:
        try:
            async with asyncio.timeout(_TOKEN_SECONDS):
                return await self._master.find_token(key.exchange, key.symbol) or ""
        except (BrokerError, TimeoutError) as error:
            text = f"the token of {key.symbol} could not be looked up: {clean(str(error)) or 'no answer in time'}"
            self._desk.tell(Level.WARN, EventKind.RISK, "copytui", text)
            return ""

    def _close(self, key: PositionKey, side: Side, parts: list[tuple[ClientId, int]], market: _Market) -> None:
        """Journal the closing orders of one symbol with what they are for, and hand them to the lanes."""
        desk, now = self._desk, self._desk.clock.now()
        id_ = desk.next_execution_id
        desk.next_execution_id += 1
        total = sum(units for _client, units in parts)
        order = BookOrder(
            key=OrderKey(f"flatten:{now.isoformat()}:{id_}:{key.exchange}:{key.symbol}:{key.product}"),
            order_id=OrderId(f"flatten-{now:%H%M%S}-{id_}"),
            exchange=key.exchange,
            symbol=key.symbol,
            token=market.token,
            side=side,
            order_type=OrderType.LIMIT,  # without a price of its own: always sent as a protected limit
            product=key.product,
            variety=Variety.NORMAL,
            duration=Duration.DAY,
            quantity=total,
            filled=total,
            lot_size=market.lot,
            price=Decimal(0),
            trigger_price=Decimal(0),
            average_price=market.price,
            stage=Stage.COMPLETE,
            status=_WHY,
            text="",
            tag="",
            parent_id="",
            instrument_type=market.instrument_type,
            updated_at=now,
        )
        execution = Execution(order, Origin.BY_HAND, 1, total, now, now, closes=Share(total, total))
        plans = tuple(Plan(client, desk.lanes[client].name, units, exit=_WHOLE) for client, units in parts)
        decision = Decision(Verdict.COPY, _WHY, Reason.FLATTEN, plans)
        decided = DecidedExecution(id_, desk.master_id, desk.day, execution, decision, now)
        known = KnownOrder(order, Origin.BY_HAND, now, counted=total, executions=1)
        copies = new_copies(desk, decided, market.token, market.bounds)
        desk.known[order.key] = known
        written = [save_known(known, desk.master_id, desk.day), *save_share(decided), *map(save_copy, copies)]
        desk.settle_execution(decided, written)
        for copy in copies:
            desk.add_copy(copy)
            self._tell(copy, market)
        desk.wake_sender.set()

    def _tell(self, copy: Copy, market: _Market) -> None:
        text = f"{order_words(copy.order)} {_WHY} ({market.source} {money(market.price)})"
        self._desk.tell(Level.WARN, EventKind.RISK, self._desk.lanes[copy.follower].name, text, copy=copy)
