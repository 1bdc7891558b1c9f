"""Available funds and today's profit of the accounts, read in tasks of their own.

A figure that cannot be read is never guessed: what depends on it does without, and the failure is reported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from copytui.broker.port import Account, Funds, Profit
from copytui.domain.errors import BrokerError, BrokerTrouble, SessionExpired
from copytui.domain.events import EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.risk import allowed_after_release, loss_reached, ratio_words, rupees
from copytui.domain.sizing import Sizing, SizingMode
from copytui.domain.text import clean
from copytui.engine.backoff import READ_FIGURE
from copytui.engine.controls import close_only, open_funds
from copytui.engine.follower.follower import Follower
from copytui.engine.orders.planner import capital_ratio
from copytui.engine.safety.halts import drop_unwanted
from copytui.engine.state import EngineState


def watch_loss(state: EngineState, follower: Follower, profit: Profit) -> None:
    """Make a follower close only when today's loss has reached its limit; reported once."""
    limit = state.settings.risk.daily_loss_limit
    allowed = limit if follower.loss_allowed is None else follower.loss_allowed
    total = profit.realised + profit.unrealised
    if limit <= 0 or follower.close_only is not None or not loss_reached(total, allowed):
        return
    parts = f"realised {rupees(profit.realised)}, unrealised {rupees(profit.unrealised)}"
    because = f"today's loss of {rupees(-total)} ({parts}) has reached {_limit_words(follower)} {rupees(allowed)}"
    close_only(state, follower, because)
    again = rupees(allowed_after_release(total, allowed, limit))
    text = (
        f"close only: {because}. It takes exits only for the rest of the day;"
        f" if you release it, it takes entries until the loss reaches {again}"
    )
    state.emit(Level.ERROR, EventKind.RISK, follower.name, text)
    drop_unwanted(state, follower)


def _limit_words(follower: Follower) -> str:
    return "the daily loss limit of" if follower.loss_allowed is None else "the loss allowed after the release,"


def release_from_loss(state: EngineState, client: ClientId) -> str:
    """Release a follower that is close only because of its loss; returns the outcome as a sentence."""
    follower = state.followers.get(client)
    if follower is None:
        return "there is no such follower"
    if follower.close_only is None:
        return f"{follower.name} is not close only"
    limit = state.settings.risk.daily_loss_limit
    total = None if follower.profit is None else follower.profit.realised + follower.profit.unrealised
    allowed = allowed_after_release(total, limit if follower.loss_allowed is None else follower.loss_allowed, limit)
    close_only(state, follower, None, allowed=allowed)
    words = f"takes entries again; close only again when today's loss reaches {rupees(allowed)}"
    state.emit(Level.WARN, EventKind.RISK, follower.name, words)
    return f"{follower.name} {words}"


TRADING_EVERY = 30.0
"""Seconds between reads of the funds of an account that holds positions or has sent an order lately."""

IDLE_EVERY = 300.0
LATELY = 300.0
AFTER_A_FILL = 2.0
PROFIT_EVERY = 30.0

_REPORTED_AT_FAILURES = 3


@dataclass(slots=True, eq=False)
class _Reading:
    """The reads of one figure; `asked_at` is monotonic, `reported` says that a failure has been reported."""

    asked_at: float | None = None
    failures: int = 0
    reported: bool = False

    def due(self, every: float) -> float:
        """Return when the next read is due: after `every` seconds, or by the backoff while reads fail."""
        if self.asked_at is None:
            return 0.0
        pause = READ_FIGURE.after(self.failures) if self.failures else every
        return self.asked_at + pause


def uses_capital(sizing: Sizing) -> bool:
    """Return whether sizing depends on funds, for at least some symbols."""
    return sizing.mode is SizingMode.CAPITAL or any(rule.mode is SizingMode.CAPITAL for rule in sizing.rules)


class MasterFunds:
    """Reads the master's available funds once a day, for sizing by capital."""

    def __init__(self, state: EngineState, account: Account, *, shown: bool) -> None:
        """Read for `state`; `shown` says that a screen shows the figure."""
        self._state = state
        self._account = account
        self._wanted = shown or any(uses_capital(follower.settings.sizing) for follower in state.followers.values())
        self._reading = _Reading()

    async def run(self) -> None:
        """Read until the day's figure is known, and again the next day; runs until cancelled."""
        state = self._state
        while True:
            state.master.wake_funds.clear()
            due, now = self._due(), state.clock.monotonic()
            if due <= now:
                await self._read(now)
            else:
                await state.clock.wait(state.master.wake_funds, due - now if due < math.inf else None)

    def _due(self) -> float:
        if not self._wanted or self._state.master.day_funds is not None:
            return math.inf
        return self._reading.due(0.0)

    async def _read(self, now: float) -> None:
        state, reading = self._state, self._reading
        reading.asked_at = now
        try:
            available = _available(await self._account.funds())
        except SessionExpired:
            reading.failures += 1  # the watcher logs in again
            return
        except BrokerError as error:
            reading.failures += 1
            if not reading.reported:
                reading.reported = True
                text = f"its funds cannot be read: {clean(str(error))}; followers sized by capital get no entries"
                state.emit(Level.WARN, EventKind.RISK, "master", text)
            return
        reading.failures = 0
        if reading.reported:
            reading.reported = False
            state.emit(Level.INFO, EventKind.RISK, "master", "its funds can be read again")
        open_funds(state, state.master, state.master_id, available)
        for follower in state.followers.values():
            report_capital_ratio(state, follower)


class FollowerFunds:
    """Reads one follower's funds and profit as often as something depends on them."""

    def __init__(self, state: EngineState, follower: Follower, *, shown: bool) -> None:
        """Read for `follower`; `shown` says that a screen shows the figures."""
        self._state = state
        self._follower = follower
        risk = state.settings.risk
        self._wants_funds = shown or risk.check_funds or uses_capital(follower.settings.sizing)
        self._wants_profit = shown or risk.daily_loss_limit > 0
        self._funds = _Reading()
        self._profit = _Reading()

    async def run(self) -> None:
        """Read what is due, one figure after the other; runs until cancelled."""
        state, follower = self._state, self._follower
        report_capital_ratio(state, follower)
        while True:
            follower.wake_funds.clear()
            now, due = state.clock.monotonic(), math.inf
            if follower.account.logged_in:  # a new login wakes this task
                funds, profit = self._funds_due(), self._profit_due()
                due = min(funds, profit)
                if due <= now:
                    await (self._read_funds(now) if funds <= profit else self._read_profit(now))
                    continue
            await state.clock.wait(follower.wake_funds, due - now if due < math.inf else None)

    def _funds_due(self) -> float:
        if not self._wants_funds:
            return math.inf
        reading, follower = self._funds, self._follower
        if reading.asked_at is None or reading.failures:
            return reading.due(0.0)
        if follower.day_funds is None:
            return 0.0  # the day has turned
        lately = follower.sent_at is not None and follower.sent_at > reading.asked_at - LATELY
        trades = lately or bool(self._state.positions.open_in(follower.client_id))
        due = reading.due(TRADING_EVERY if trades else IDLE_EVERY)
        fresh_fill = follower.filled_at is not None and follower.filled_at + AFTER_A_FILL > reading.asked_at
        return min(due, follower.filled_at + AFTER_A_FILL) if fresh_fill and follower.filled_at is not None else due

    async def _read_funds(self, now: float) -> None:
        state, follower, reading = self._state, self._follower, self._funds
        reading.asked_at = now
        try:
            funds = await follower.account.funds()
            available = _available(funds)
        except BrokerError as error:
            reading.failures += 1
            self._report_funds_failure(error)
            return
        if reading.reported:
            reading.reported = False
            state.emit(Level.INFO, EventKind.RISK, follower.name, "its funds can be read again")
        reading.failures = 0
        follower.read_funds(funds, now)
        state.touch()
        if follower.day_funds is None:
            open_funds(state, follower, follower.client_id, available)
            report_capital_ratio(state, follower)

    def _report_funds_failure(self, error: BrokerError) -> None:
        follower, reading = self._follower, self._funds
        if isinstance(error, SessionExpired):
            follower.wake_session.set()
            return
        follower.fail_figure("funds", clean(str(error)))
        if reading.reported:
            return
        reading.reported = True
        text = f"its funds cannot be read: {clean(str(error))}"
        if follower.day_funds is None and uses_capital(follower.settings.sizing):
            text += "; it is sized by capital and gets no entries"
        self._state.emit(Level.WARN, EventKind.RISK, follower.name, text)

    def _profit_due(self) -> float:
        if not self._wants_profit:
            return math.inf
        reading, follower = self._profit, self._follower
        if reading.asked_at is None:
            return 0.0
        due = reading.asked_at + PROFIT_EVERY
        elsewhere = follower.profit is not None and follower.profit.open_positions > 0
        active = follower.traded or elsewhere or bool(self._state.positions.open_in(follower.client_id))
        return due if active or reading.failures else math.inf

    async def _read_profit(self, now: float) -> None:
        state, follower, reading = self._state, self._follower, self._profit
        reading.asked_at = now
        try:
            profit = await follower.account.profit()
        except BrokerError as error:
            reading.failures += 1
            if isinstance(error, SessionExpired):
                follower.wake_session.set()
            follower.fail_figure("profit", clean(str(error)))
            if reading.failures == _REPORTED_AT_FAILURES:
                reading.reported = True
                text = f"its profit of today cannot be read ({reading.failures} in a row): {clean(str(error))}"
                if state.settings.risk.daily_loss_limit > 0:
                    text += "; its daily loss limit is not enforced until then"
                state.emit(Level.WARN, EventKind.RISK, follower.name, text)
            return
        if reading.reported:
            state.emit(Level.INFO, EventKind.RISK, follower.name, "its profit of today can be read again")
        reading.failures, reading.reported = 0, False
        follower.read_profit(profit, now)
        state.touch()
        watch_loss(state, follower, profit)


def report_capital_ratio(state: EngineState, follower: Follower) -> None:
    """Report the day's ratio of a follower that is sized by capital, once both figures are known."""
    if not uses_capital(follower.settings.sizing) or follower.day_funds is None or state.master.day_funds is None:
        return
    mine, masters, ratio = rupees(follower.day_funds), rupees(state.master.day_funds), capital_ratio(state, follower)
    if ratio is None:
        text = f"sized by capital: {mine} against the master's {masters} give no ratio, so it gets no entries today"
        state.emit(Level.WARN, EventKind.RISK, follower.name, text)
        return
    text = f"sized by capital: {mine} of the master's {masters}, so x{ratio_words(ratio)} today"
    state.emit(Level.INFO, EventKind.RISK, follower.name, text)


def _available(funds: Funds) -> Decimal:
    if funds.available is None:
        raise BrokerTrouble("the broker does not report the available funds")
    return funds.available
