"""Replays of what the master executed under today's settings: decisions and the orders for each follower. Pure.

Every execution counts as seen the moment it happened, every copy as completely filled, and every approval as given.
Facts that only a broker knows are left out: funds, losses, halts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from copytui.domain.contracts import is_past_by_text
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import Conditions, DecidedExecution, Decision, FollowerContext, Plan, Verdict, decide
from copytui.domain.executions import CopyOn, Execution, KnownOrder, Observed
from copytui.domain.orders import ClientId, Exchange, OrderKey, OrderToSend, Tag
from copytui.domain.positions import NOTHING, Position, PositionKey, is_over, position_key, signed
from copytui.domain.pre_existing import split
from copytui.domain.pricing import order_to_send
from copytui.domain.reasons import SIZED_TO_NOTHING, Reason
from copytui.domain.sessions import Closed, markets_of
from copytui.domain.text import trading_day
from copytui.settings.model import FollowerSettings, OpenAtStart, Settings

_GOES_OUT = frozenset({Verdict.COPY, Verdict.SIMULATE, Verdict.ASK})


@dataclass(frozen=True, slots=True)
class Replayed:
    """An execution under today's settings; `sent` has an order for each plan of `decision.copies`, unsliced."""

    execution: Execution
    decision: Decision
    sent: tuple[OrderToSend, ...]


def replay(executions: Iterable[Execution], settings: Settings) -> Iterator[Replayed]:
    """Decide on each execution, in the given order, as if nothing had ever gone wrong."""
    built = _Built()
    for each in executions:
        built.turn_day(trading_day(each.executed_at or each.seen_at))
        for execution in _parts(each, built):
            followers = tuple(_follower_context(one, execution, settings, built) for one in settings.followers)
            decision = decide(execution, _conditions(execution, settings), followers)
            built.take(execution, decision)
            yield Replayed(execution, decision, tuple(_order(execution, plan, settings) for plan in decision.copies))


def _parts(execution: Execution, built: _Built) -> tuple[Execution, ...]:
    """Return an execution in parts; what the master had before is known only where a journal says so."""
    if execution.is_of_earlier:
        return (execution,)
    known = KnownOrder(execution.order, execution.origin, execution.seen_at, execution.quantity, execution.number)
    parts = split(Observed(known, execution), built.master(execution).quantity, before=0)
    return tuple(part.execution for part in parts if part.execution is not None)


def _conditions(execution: Execution, settings: Settings) -> Conditions:
    return Conditions(
        filters=settings.filters,
        max_age=timedelta(seconds=settings.master.max_order_age_seconds),
        age=timedelta(0),
        dry_run=False,
        require_confirmation=settings.require_confirmation,
        copy_open_at_start=settings.master.open_orders_at_start is OpenAtStart.COPY,
        watched=True,
        # Without the exchange's time the hour of the execution is not known.
        today=trading_day(execution.executed_at or execution.seen_at),
        pre_existing=settings.positions.pre_existing,
        closed=_auction(execution, settings),
        closed_hours=settings.trading.refusal(execution.executed_at) if execution.executed_at else None,
        max_positions=settings.risk.max_open_positions,
    )


def _auction(execution: Execution, settings: Settings) -> Closed | None:
    """Return the refusal of what executed in an auction; that the market was open otherwise, the execution proves."""
    if execution.executed_at is None:
        return None
    return settings.sessions.executed_in_auction(markets_of(execution.order.exchange), execution.executed_at)


def _follower_context(
    follower: FollowerSettings, execution: Execution, settings: Settings, built: _Built
) -> FollowerContext:
    client, place = follower.client_id, position_key(execution.order)
    prior_fills = built.prior_fills.get((client, execution.key), ()) if settings.master.copy_on is CopyOn.FILL else ()
    return FollowerContext(
        client,
        follower.name,
        follower.sizing,
        enabled=follower.enabled,
        position=built.held(client, place),
        other_positions=built.positions_beside(client, place),
        prior_fills=sum(opening for opening, _planned in prior_fills),
        prior_fills_planned=sum(planned for _opening, planned in prior_fills),
    )


def _order(execution: Execution, plan: Plan, settings: Settings) -> OrderToSend:
    token = execution.order.token or ""
    return order_to_send(execution, settings.orders, quantity=plan.quantity, token=token, tag=Tag(""))


@dataclass(slots=True)
class _Built:
    """What the replay has built so far: positions of the master (None) and the followers, and prior fills of orders."""

    holdings: dict[tuple[ClientId | None, PositionKey], Position] = field(default_factory=dict)
    prior_fills: dict[tuple[ClientId, OrderKey], tuple[tuple[int, int], ...]] = field(default_factory=dict)
    expiries: dict[tuple[Exchange, str], date | None] = field(default_factory=dict)
    day: date | None = None

    def turn_day(self, day: date) -> None:
        """Forget what the broker squares off when the day ends, and what has expired."""
        if self.day != day:
            kept = {
                place: held
                for place, held in self.holdings.items()
                if not is_over(place[1], day, self.expiries.get((place[1].exchange, place[1].symbol)))
            }
            self.day, self.holdings = day, kept

    def master(self, execution: Execution) -> Position:
        """Return what the master is known to hold of the execution's position."""
        return self.holdings.get((None, position_key(execution.order)), NOTHING)

    def held(self, client: ClientId, place: PositionKey) -> Position:
        """Return what copying has built in a follower."""
        return self.holdings.get((client, place), NOTHING)

    def positions_beside(self, client: ClientId, place: PositionKey) -> int:
        """Count a follower's other open positions, as `Positions.count_beside` does."""
        return sum(
            1
            for (owner, key), held in self.holdings.items()
            if owner == client and key != place and held.quantity and not self._is_past_by_text(key)
        )

    def _is_past_by_text(self, key: PositionKey) -> bool:
        is_known = self.expiries.get((key.exchange, key.symbol)) is not None
        return not is_known and self.day is not None and is_past_by_text(key.exchange, key.symbol, self.day)

    def take(self, execution: Execution, decision: Decision) -> None:
        """Count an execution, and every copy of it as filled."""
        side, place = execution.order.side, position_key(execution.order)
        if (contract := execution.order.contract) is not None:
            self.expiries[place.exchange, place.symbol] = contract.expiry
        if decision.reason is not Reason.PRE_EXISTING:  # nobody has a copy of that
            self._change(None, place, signed(side, execution.quantity))
        if decision.verdict in _GOES_OUT:
            for plan in decision.plans:
                self._change(plan.follower, place, signed(side, plan.quantity))
                if plan.rounding_carry is not None:
                    self._owe(plan, place)
        if decision.reason in {None, *SIZED_TO_NOTHING}:
            for plan in decision.plans:
                if plan.exit is None and (plan.quantity or plan.reason in SIZED_TO_NOTHING):
                    name = (plan.follower, execution.key)
                    self.prior_fills[name] = (*self.prior_fills.get(name, ()), (execution.opening, plan.quantity))

    def _change(self, owner: ClientId | None, place: PositionKey, units: int) -> None:
        self.holdings[owner, place] = self.holdings.get((owner, place), NOTHING).changed(units)

    def _owe(self, plan: Plan, place: PositionKey) -> None:
        held = self.held(plan.follower, place)
        if held.quantity and plan.rounding_carry is not None:
            self.holdings[plan.follower, place] = replace(held, rounding_carry=plan.rounding_carry)


_DID_NOT_GO_OUT = frozenset({CopyState.SKIPPED, CopyState.EXPIRED})


class Difference(StrEnum):
    """How then and now differ, the most important first."""

    VERDICT = "verdict"
    QUANTITY = "quantity"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Compared:
    """One execution: what was decided then, and under today's settings; quantities by follower, without zeros.

    `then` are the quantities of the copies that were made, without those that were declined and without retries by the
    user. `difference` is None where they agree; copied, simulated and asked agree: the order goes out.
    """

    before: DecidedExecution
    after: Replayed
    then: Mapping[ClientId, int]
    now: Mapping[ClientId, int]
    difference: Difference | None

    @property
    def followers(self) -> tuple[ClientId, ...]:
        """Every follower that had or has a part in it, also one that gets nothing, in the order of the settings."""
        plans = (*self.after.decision.plans, *self.before.decision.plans)
        return tuple(dict.fromkeys([*(plan.follower for plan in plans), *self.then]))


def compare(
    before: Sequence[DecidedExecution], after: Iterable[Replayed], copies: Iterable[ChildOrder]
) -> tuple[Compared, ...]:
    """Pair each past decision with its replay."""
    sent: dict[int, dict[ClientId, int]] = {}
    for copy in copies:
        if not copy.retry and copy.state not in _DID_NOT_GO_OUT:
            quantities = sent.setdefault(copy.execution_id, {})
            quantities[copy.follower] = quantities.get(copy.follower, 0) + copy.order.quantity
    return tuple(_compared(old, new, sent.get(old.id, {})) for old, new in zip(before, after, strict=True))


def _compared(old: DecidedExecution, new: Replayed, then: Mapping[ClientId, int]) -> Compared:
    now = quantities(new.decision)
    return Compared(old, new, then, now, _difference(old.decision, new.decision, then, now))


def quantities(decision: Decision) -> dict[ClientId, int]:
    """Return what each follower gets, without those that get nothing."""
    found: dict[ClientId, int] = {}
    if decision.verdict in _GOES_OUT:
        for plan in decision.copies:
            found[plan.follower] = found.get(plan.follower, 0) + plan.quantity
    return found


def _difference(
    old: Decision, new: Decision, then: Mapping[ClientId, int], now: Mapping[ClientId, int]
) -> Difference | None:
    if _kind(old.verdict) is not _kind(new.verdict):
        return Difference.VERDICT
    if dict(then) != dict(now):
        return Difference.QUANTITY
    return Difference.REASON if _why(old) != _why(new) else None


def _why(decision: Decision) -> tuple[object, dict[ClientId, object]]:
    return decision.reason, {plan.follower: plan.reason for plan in decision.plans if not plan.quantity}


def _kind(verdict: Verdict) -> Verdict:
    return Verdict.COPY if verdict in _GOES_OUT else verdict
