"""Flattening: closes positions that copying built, at protected limits from fresh quotes.

Working orders in these positions are cancelled first. The closing orders are copies like any other (journalled,
tagged, looked up, followed) of an execution that represents the user's command: they wait until the older orders of
their position have ended, and close what is held by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from copytui.broker.port import Account
from copytui.domain.contracts import Contract, merged
from copytui.domain.copies import ChildOrder
from copytui.domain.decisions import DecidedExecution, Decision, Plan, Verdict
from copytui.domain.errors import BrokerError
from copytui.domain.events import EventKind, Level
from copytui.domain.executions import Execution, KnownOrder, Origin
from copytui.domain.gates import Moment
from copytui.domain.orders import (
    BookOrder,
    ClientId,
    Duration,
    Exchange,
    OrderId,
    OrderKey,
    OrderStatus,
    OrderType,
    Side,
    Variety,
)
from copytui.domain.positions import ExitFraction, PositionKey, position_key
from copytui.domain.pricing import PriceBand
from copytui.domain.reasons import Reason
from copytui.domain.risk import closing_quantity
from copytui.domain.text import clean, money, order_words
from copytui.engine.master.order_inputs import Instruments, tick_band
from copytui.engine.master.quotes import Quotes
from copytui.engine.orders.cancels import CancelCounts, RequestCancel, cancel_orders
from copytui.engine.orders.planner import new_copies
from copytui.engine.positions import PositionRef
from copytui.engine.safety.gate_facts import refusal_for_all, session_refusal
from copytui.engine.state import EngineState

_TOKEN_SECONDS = 3.0
_WHY = "flattened by the user"
_WHOLE = ExitFraction(1, 1)
_CASH = frozenset({Exchange.NSE, Exchange.BSE})


@dataclass(frozen=True, slots=True)
class _Market:
    """The order inputs of a symbol: its price in rupees and the source of that, lot and token."""

    price: Decimal
    source: str
    token: str
    lot: int
    instrument_type: str
    price_band: PriceBand
    contract: Contract | None


@dataclass(frozen=True, slots=True)
class _Known:
    """What earlier orders show of a symbol; '', 0 and None where unknown."""

    token: str = ""
    lot: int = 0
    instrument_type: str = ""
    price: Decimal = Decimal(0)
    contract: Contract | None = None


class Flattener:
    """Closes positions on the user's command."""

    def __init__(
        self,
        state: EngineState,
        master: Account,
        quotes: Quotes,
        instruments: Instruments,
        request_cancel: RequestCancel,
    ) -> None:
        """Use `state`; `master` looks up tokens that are not known otherwise."""
        self._state = state
        self._master = master
        self._quotes = quotes
        self._instruments = instruments
        self._request_cancel = request_cancel

    async def flatten(self, follower: ClientId | None, key: PositionKey | None) -> str:
        """Close the positions of one follower or all, one position or all; returns the outcome as a sentence."""
        state = self._state
        if no := self._refusal():
            return no
        refs, others = self._tradable(self._refs(follower, key))
        if not refs:
            return f"not flattened: {others}" if others else "nothing to flatten: copying holds nothing there"
        first = self._clear(refs)
        keys = sorted({key for _client, key in refs})
        found = dict(zip(keys, await asyncio.gather(*map(self._market, keys)), strict=True))
        if no := self._refusal():
            return no
        second = self._clear(self._tradable(self._refs(follower, key))[0])  # orders that came during the quote requests
        counts = CancelCounts(
            first.cancelling + second.cancelling, first.dropped + second.dropped, max(first.in_doubt, second.in_doubt)
        )
        closed = 0
        for position in keys:
            for side in Side:
                parts = self._parts(position, side, {client for client, where in refs if where == position})
                market = found[position]
                if parts and market is not None:
                    self._close(position, side, parts, market)
                    closed += len(parts)
                elif parts:
                    text = f"{position.symbol} is not closed: its price or token is unknown. Close it yourself"
                    state.emit(Level.ERROR, EventKind.RISK, "copytui", text)
        words = f"flattening {closed} position{'s' if closed != 1 else ''}"
        unknown = [position.symbol for position, market in found.items() if market is None]
        words += f", without {', '.join(unknown)}: price or token unknown" if unknown else ""
        words += f"; not the others: {others}" if others else ""
        words += f"; {counts.words}" if counts != CancelCounts() else ""
        state.emit(Level.WARN, EventKind.RISK, "copytui", words)
        return words

    def _refusal(self) -> str:
        no = refusal_for_all(self._state, Moment.FLATTEN)
        return "" if no is None else f"not flattened: {no.sentence}"

    def _refs(self, follower: ClientId | None, key: PositionKey | None) -> list[PositionRef]:
        state = self._state
        return [
            (client, position)
            for client in state.followers
            if follower in (None, client)
            for position in sorted(state.positions.open_in(client))
            if key in (None, position)
        ]

    def _tradable(self, refs: Sequence[PositionRef]) -> tuple[list[PositionRef], str]:
        """Return the positions that can trade at this hour, and why the others cannot."""
        keys = {key for _client, key in refs}
        no = {key: found for key in keys if (found := session_refusal(self._state, key, Moment.FLATTEN)) is not None}
        return [ref for ref in refs if ref[1] not in no], "; ".join(sorted({each.sentence for each in no.values()}))

    def _clear(self, refs: Iterable[PositionRef]) -> CancelCounts:
        """Cancel the working orders in these positions, and drop the queued ones."""
        working = [copy for ref in refs for copy in self._state.positions.working(ref)]
        return cancel_orders(
            self._state, self._request_cancel, [copy for copy in working if copy.cancel_reason is None], _WHY
        )

    def _parts(self, key: PositionKey, side: Side, clients: set[ClientId]) -> list[tuple[ClientId, int]]:
        """Return how much each follower has to close on `side`, if every entry that cannot be cancelled fills."""
        state, parts = self._state, []
        for client in state.followers:
            if client in clients:
                ref = (client, key)
                entries = [copy for copy in state.positions.working(ref) if copy.exit is None]
                filling = sum(copy.outstanding for copy in entries if copy.order.side is not side)
                parts.append((client, closing_quantity(state.positions.held(ref).quantity, side, filling)))
        return [(client, units) for client, units in parts if units]

    async def _market(self, key: PositionKey) -> _Market | None:
        """Return a symbol's order inputs; None where it cannot be traded without a guess."""
        known = self._remembered(key)
        listed = self._instruments.find(key.exchange, key.symbol)
        token = known.token or (listed.token if listed else "") or await self._token(key)
        if not token:
            return None
        quote = await self._quotes.fresh(key.exchange, key.symbol, token)
        price, source = known.price, "no quote: the last known trade"
        if quote is not None and quote.last_price > 0:
            price, source = quote.last_price, "last price"
        if price <= 0:
            return None
        lot = known.lot or (listed.lot_size if listed else 0) or int(key.exchange in _CASH)
        price_band = self._quotes.price_band(
            key.exchange, key.symbol, tick_band(self._instruments, key.exchange, key.symbol)
        )
        contract = merged(known.contract, listed.contract if listed else None)
        return _Market(price, source, token, lot, known.instrument_type, price_band, contract)

    def _remembered(self, key: PositionKey) -> _Known:
        """Return what the newest execution or copy in the symbol shows."""
        state, known = self._state, _Known()
        for decided in state.executions.values():
            order = decided.execution.order
            if (order.exchange, order.symbol) == (key.exchange, key.symbol):
                known = _Known(
                    order.token or known.token,
                    order.lot_size or known.lot,
                    order.instrument_type or known.instrument_type,
                    decided.execution.price if decided.execution.price > 0 else known.price,
                    order.contract or known.contract,
                )
        for copy in reversed(state.copies.values()):
            if position_key(copy.order)[:2] == key[:2]:
                price = known.price or copy.average_price
                token, contract = known.token or copy.order.token, known.contract or copy.order.contract
                known = _Known(token, known.lot, known.instrument_type, price, contract)
        return known

    async def _token(self, key: PositionKey) -> str:
        try:
            async with asyncio.timeout(_TOKEN_SECONDS):
                return await self._master.find_token(key.exchange, key.symbol) or ""
        except (BrokerError, TimeoutError) as error:
            text = f"the token of {key.symbol} could not be looked up: {clean(str(error)) or 'no answer in time'}"
            self._state.emit(Level.WARN, EventKind.RISK, "copytui", text)
            return ""

    def _close(self, key: PositionKey, side: Side, parts: list[tuple[ClientId, int]], market: _Market) -> None:
        """Record the closing orders of one symbol with their execution, and queue them."""
        state, now = self._state, self._state.clock.now()
        id_ = state.take_execution_id()
        total = sum(units for _client, units in parts)
        order = BookOrder(
            key=OrderKey(f"flatten:{now.isoformat()}:{id_}:{key.exchange}:{key.symbol}:{key.product}"),
            order_id=OrderId(f"flatten-{now:%H%M%S}-{id_}"),
            exchange=key.exchange,
            symbol=key.symbol,
            token=market.token,
            side=side,
            order_type=OrderType.LIMIT,  # without a price: always sent as a protected limit
            product=key.product,
            variety=Variety.NORMAL,
            duration=Duration.DAY,
            quantity=total,
            filled=total,
            lot_size=market.lot,
            price=Decimal(0),
            trigger_price=Decimal(0),
            average_price=market.price,
            order_status=OrderStatus.COMPLETE,
            status=_WHY,
            text="",
            tag="",
            parent_id="",
            instrument_type=market.instrument_type,
            updated_at=now,
            contract=market.contract,
        )
        execution = Execution(order, Origin.MANUAL, 1, total, now, now, closes=ExitFraction(total, total))
        plans = tuple(Plan(client, state.followers[client].name, units, exit=_WHOLE) for client, units in parts)
        decision = Decision(Verdict.COPY, _WHY, Reason.FLATTEN, plans)
        decided = DecidedExecution(id_, state.master_id, state.day, execution, decision, now)
        known = KnownOrder(order, Origin.MANUAL, now, counted=total, executions=1, first_day=state.day)
        copies = new_copies(state, decided, market.token, market.price_band)
        state.decide(decided, known, orders=copies)
        for copy in copies:
            self._report(copy, market)
        state.wake_dispatcher.set()

    def _report(self, copy: ChildOrder, market: _Market) -> None:
        text = f"{order_words(copy.order)} {_WHY} ({market.source} {money(market.price)})"
        self._state.emit(Level.WARN, EventKind.RISK, self._state.followers[copy.follower].name, text, copy=copy)
