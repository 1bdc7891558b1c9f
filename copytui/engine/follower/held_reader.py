"""A follower's position figures, read from the broker in a task of its own: they bound its exits.

They are read after fills, at intervals while copying has positions there, and when an exit asks for them.
"""

from __future__ import annotations

import math

from copytui.broker.port import Account, Held
from copytui.domain.errors import BrokerError, SessionExpired
from copytui.domain.events import EventKind, Level
from copytui.domain.held import LAG_SECONDS, HeldFigures, share_name
from copytui.domain.orders import Product
from copytui.domain.positions import PositionKey
from copytui.domain.text import clean
from copytui.engine.backoff import READ_FIGURE
from copytui.engine.controls import note_held
from copytui.engine.follower.follower import Follower
from copytui.engine.follower.left_over import settle_left_over
from copytui.engine.state import EngineState

_AFTER_A_FILL = (2.0, LAG_SECONDS)
"""Seconds after a fill: once soon, and once when the figures can no longer lack it."""
_HOLDINGS_SECONDS = 60.0
_REPORTED_AT_FAILURES = 3


async def read_figures(account: Account, asked_at: float, *, holdings: bool) -> HeldFigures:
    """Read an account's positions, and with `holdings` its holdings too; raises any BrokerError."""
    positions = await account.positions()
    return figures_of(asked_at, positions, await account.holdings() if holdings else None)


def figures_of(asked_at: float, positions: Held, holdings: Held | None) -> HeldFigures:
    """Return the figures of one reading; a row that cannot be read leaves its symbol, or everything, unclear."""
    net: dict[PositionKey, int] = {}
    for row in positions.positions or ():
        product = Product.INTRADAY if row.product is Product.BO else row.product
        key = PositionKey(row.exchange, row.symbol, product)
        net[key] = net.get(key, 0) + row.net_quantity
    shares: dict[str, int] | None = None
    if holdings is not None and holdings.holdings is not None:
        shares = {}
        for share in holdings.holdings:
            name = share_name(share.symbol)
            shares[name] = shares.get(name, 0) + share.quantity
    problems = (*positions.problems, *(holdings.problems if holdings is not None else ()))
    return HeldFigures(asked_at, net, shares, frozenset(problem.symbol for problem in problems))


class HeldReader:
    """Reads one follower's positions and holdings as often as its exits depend on them."""

    def __init__(self, state: EngineState, follower: Follower) -> None:
        """Read for `follower`."""
        self._state = state
        self._follower = follower
        self._asked_at = -math.inf
        self._holdings_at = -math.inf
        self._failures = 0

    async def run(self) -> None:
        """Read what is due; runs until cancelled. A failed read changes nothing."""
        state, follower = self._state, self._follower
        while True:
            follower.wake_held.clear()
            now, due = state.clock.monotonic(), math.inf
            if follower.account.logged_in:  # a new login wakes this task
                due = self._due()
                if due <= now:
                    await self._read(now)
                    continue
            await state.clock.wait(follower.wake_held, due - now if due < math.inf else None)

    def _due(self) -> float:
        follower, positions = self._follower, self._state.positions
        if follower.held_wanted_at is not None and follower.held_wanted_at > self._asked_at:
            return follower.held_wanted_at
        if self._failures:
            return self._asked_at + READ_FIGURE.after(self._failures)
        client = follower.client_id
        # What the master has and this account lacks is compared too.
        is_compared = not self._state.rules.dry_run and positions.of(self._state.master_id)
        if not (positions.of(client) or positions.left_over(client) or is_compared):
            return math.inf
        due = self._asked_at + self._state.settings.positions.read_every_seconds
        if follower.filled_at is None:
            return due
        after_fill = (follower.filled_at + seconds for seconds in _AFTER_A_FILL)
        return min([due, *(at for at in after_fill if at > self._asked_at)])

    async def _read(self, now: float) -> None:
        state, follower = self._state, self._follower
        self._asked_at, asked = now, state.clock.now()
        try:
            positions = await follower.account.positions()
            holdings = await follower.account.holdings() if self._wants_holdings(now) else None
        except BrokerError as error:
            self._failed(error)
            return
        figures = figures_of(now, positions, holdings)
        if holdings is None and follower.held is not None:
            figures = figures.with_shares(follower.held.shares)
        else:
            self._holdings_at = now if holdings is not None else self._holdings_at
        if self._failures >= _REPORTED_AT_FAILURES:
            state.emit(Level.INFO, EventKind.RISK, follower.name, "its positions can be read again")
        self._failures = 0
        follower.read_held(figures)
        settle_left_over(state, follower, figures)
        state.positions.take_figures(follower.client_id, figures)
        note_held(state, follower.client_id, state.positions.of(state.master_id), asked)
        state.touch()
        state.wake_dispatcher.set()

    def _wants_holdings(self, now: float) -> bool:
        positions, client = self._state.positions, self._follower.client_id
        held = {*positions.of(client), *positions.left_over(client)}
        is_old = now - self._holdings_at > _HOLDINGS_SECONDS
        return is_old and any(key.product is Product.DELIVERY for key in held)

    def _failed(self, error: BrokerError) -> None:
        follower = self._follower
        self._failures += 1
        if isinstance(error, SessionExpired):
            follower.wake_session.set()
        follower.fail_figure("positions", clean(str(error)))
        if self._failures == _REPORTED_AT_FAILURES:
            text = (
                f"its positions cannot be read ({self._failures} in a row): {clean(str(error))};"
                " exits close what copying has built, whatever was closed by hand"
            )
            self._state.emit(Level.WARN, EventKind.RISK, follower.name, text)
        self._state.wake_dispatcher.set()
