"""Over any history of master trades and follower failures, copied positions follow the master's (invariant 5).

The rules, the planning and the exits' own logic run as in the engine; only time and the broker are played.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from copytui.domain.changes import Change
from copytui.domain.copies import LIVE_AT_BROKER, ChildOrder, CopyState, Resolution
from copytui.domain.day import Dates
from copytui.domain.decisions import Conditions, DecidedExecution, decide
from copytui.domain.executions import Execution, Origin
from copytui.domain.filters import Filters
from copytui.domain.orders import OrderId, OrderKey, Side
from copytui.domain.positions import closing_share, position_key, signed
from copytui.domain.sizing import Sizing
from copytui.engine.follower.follower import BookFacts, Follower
from copytui.engine.orders.approvals import Approvals
from copytui.engine.orders.exits import drop_waiting_entries, entries_to_cancel, must_wait, resize_exit
from copytui.engine.orders.planner import follower_contexts, new_copies, rounding_left
from copytui.engine.rules import Rules
from copytui.engine.state import EngineState
from copytui.settings.model import FollowerSettings, MasterSettings, Settings
from tests.builders import NOON, TODAY, an_order
from tests.engine.harness import F1, F2, MASTER, credentials
from tests.engine.held_clock import HeldClock
from tests.engine.scripted import ScriptedAccount

HISTORIES = int(os.environ.get("COPYTUI_HISTORIES", "800"))
"""CI sets 20,000; every history is different."""
CHUNKS = 8
GOOD, BAD = F1, F2
S = CopyState


class NoJournal:
    """A recorder that discards everything."""

    trouble = None

    def record(self, statements: Sequence[Change]) -> None:
        """Take statements."""

    async def require(self, statements: Sequence[Change]) -> None:
        """Take statements."""


@dataclass
class History:
    """One random day: `GOOD` fills everything in time, `BAD` fails, fills in part or is late as chance has it."""

    seed: int
    random: Random = field(init=False)
    held: int = 0
    opened: int = 0
    """Opening orders since the master was last flat: each is rounded down to whole lots on its own."""
    excused: bool = False
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.lot = self.random.choice([1, 25, 75])
        self.multipliers = {client: Decimal(self.random.choice(["0.3", "0.5", "1", "1.5", "2"])) for client in (F1, F2)}
        clock = HeldClock()
        settings = Settings(
            Path(),
            MasterSettings(credentials(MASTER)),
            tuple(
                FollowerSettings(n, client, credentials(client), sizing=Sizing(multiplier=self.multipliers[client]))
                for n, client in enumerate((F1, F2), 1)
            ),
        )
        followers = {
            f.client_id: Follower(f, ScriptedAccount(f.client_id, clock, Path()), enabled=True)
            for f in settings.followers
        }
        self.state = EngineState(settings, clock, NoJournal(), Rules(False, False, Filters()), followers, Dates(TODAY))
        self.approvals = Approvals(self.state)
        self.key = position_key(an_order())
        self.clock = clock

    def run(self) -> None:
        for _ in range(self.random.randint(2, 9)):
            for _ in range(self.random.randint(1, 2)):
                self.master_trades()
            self.lanes_go_on(self.random.randint(0, 3))
            self.check_now()
        for _ in range(60):
            self.lanes_go_on(1, ending=True)
        self.check_end()
        if self.held:  # and out
            self.trade(Side.SELL if self.held > 0 else Side.BUY, abs(self.held))
            for _ in range(60):
                self.lanes_go_on(1, ending=True)
            self.check_end()

    def master_trades(self) -> None:
        out = self.held and self.random.random() < 0.25
        lots = abs(self.held) // self.lot if out else self.random.randint(1, 8)
        side = Side.SELL if self.held > 0 and (out or self.random.random() < 0.5) else Side.BUY
        if self.held < 0 and not out:
            side = self.random.choice(list(Side))
        if not self.held:
            side = self.random.choice(list(Side))
        self.trade(side, lots * self.lot)

    def trade(self, side: Side, quantity: int) -> None:
        state, id_ = self.state, self.state.take_execution_id()
        self.said.append(f"master {side} {quantity}")
        order = an_order(key=OrderKey(f"U{id_}"), side=side, quantity=quantity, filled=quantity, lot_size=self.lot)
        share = closing_share(state.positions.held((MASTER, self.key)).quantity, side, quantity)
        execution = Execution(order, Origin.SEEN, 1, quantity, NOON, NOON, share)
        if share is not None and share.is_whole:
            drop_waiting_entries(state, self.approvals, execution)
        conditions = Conditions(Filters(), timedelta(60), timedelta(0), dry_run=False)
        decision = decide(execution, conditions, follower_contexts(state, execution))
        decided = DecidedExecution(id_, MASTER, TODAY, execution, decision, NOON)
        copies = new_copies(state, decided, "1")
        also = [*state.count_master(execution), *rounding_left(state, decided)]
        state.decide(decided, also=also, orders=copies)
        before, self.held = self.held, self.held + signed(side, quantity)
        turned = before * self.held < 0
        self.opened = 0 if not self.held else 1 if turned or not before else self.opened + (execution.opening > 0)

    def lanes_go_on(self, steps: int, *, ending: bool = False) -> None:
        for client, follower in self.state.followers.items():
            for _ in range(steps if client is BAD else 30):
                if not self.step(follower, good=client is GOOD, ending=ending):
                    break

    def step(self, follower: Follower, *, good: bool, ending: bool) -> bool:
        """Let one thing happen for a follower, if any: an order is cancelled, continues, or leaves."""
        state = self.state
        follower.read_book(BookFacts(state.clock.monotonic()))
        for entry in entries_to_cancel(state, follower):
            if not good:
                self.end(entry)
        working = [
            copy for copy in state.positions.working((follower.client_id, self.key)) if copy.state is not S.QUEUED
        ]
        if working and (ending or good or self.random.random() < 0.5):
            self.go_on(self.random.choice(working), good=good)
            return True
        for id_ in tuple(follower.queue):
            copy = state.copies[id_]
            if must_wait(state, copy):
                break
            fitting = resize_exit(state, copy)
            if fitting is None:
                continue
            self.leave(fitting, good=good)
            return True
        return bool(working)

    def leave(self, copy: ChildOrder, *, good: bool) -> None:
        state = self.state
        assert copy.order.quantity > 0
        assert copy.order.quantity % self.lot == 0
        if copy.exit is not None:
            held = state.positions.held((copy.follower, self.key)).quantity
            assert -signed(copy.order.side, 1) * held >= copy.order.quantity, "an exit beyond what copying built"
        self.said.append(f"{copy.follower} sends {copy.order.side} {copy.order.quantity} exit={copy.exit}")
        sending = state.advance(copy, S.SENDING, attempts=1)
        chance = 1.0 if good else self.random.random()
        if chance < 0.15:
            self.fail(state.fail(sending, Resolution.REFUSED, "no"))
        elif chance < 0.25:
            state.advance(sending, S.UNKNOWN)
        else:
            state.advance(sending, S.ACCEPTED, order_id=OrderId(str(copy.id)))

    def go_on(self, copy: ChildOrder, *, good: bool) -> None:
        """Let the broker report more of a working order."""
        state, chance = self.state, 1.0 if good else self.random.random()
        if copy.state is S.UNKNOWN:
            if chance < 0.5:
                self.fail(state.fail(copy, Resolution.REFUSED, "no"))
            else:
                state.advance(copy, S.ACCEPTED, order_id=OrderId(str(copy.id)))
        elif chance < 0.15 and not copy.filled:
            self.fail(state.advance(copy, S.REJECTED))
        elif chance < 0.3:
            self.end(copy)
        elif chance < 0.5 and copy.order.quantity - copy.filled > self.lot:
            state.advance(copy, S.PARTIAL, filled=copy.filled + self.lot, average_price=Decimal(100))
        else:
            state.advance(copy, S.FILLED, filled=copy.order.quantity, average_price=Decimal(100))

    def end(self, copy: ChildOrder) -> None:
        """Cancel what is left of a working order, of which something may have filled before."""
        copy = self.state.copies[copy.id]
        if copy.state not in LIVE_AT_BROKER:
            return
        further = self.random.randint(0, (copy.order.quantity - copy.filled) // self.lot) * self.lot
        if copy.filled + further == copy.order.quantity:
            self.state.advance(copy, S.FILLED, filled=copy.order.quantity)
        else:
            self.fail(self.state.advance(copy, S.CANCELLED, filled=copy.filled + further))

    def fail(self, copy: ChildOrder) -> None:
        """An exit that did not fill whole explains what is left; an order that turns it over later does not."""
        if copy.follower is BAD and copy.exit is not None:
            self.excused = True

    def quantity(self, follower: Follower) -> int:
        return self.state.positions.held((follower.client_id, self.key)).quantity

    def check_now(self) -> None:
        good = self.quantity(self.state.followers[GOOD])
        assert good * self.held >= 0, f"{good} against the master's {self.held}"
        for follower in self.state.followers.values():
            if not self.quantity(follower):
                self.excused = self.excused and follower.client_id is not BAD
        bad = self.quantity(self.state.followers[BAD])
        exits = [c for c in self.state.positions.working((BAD, self.key)) if c.exit is not None]
        if bad * self.held < 0:
            assert exits or self.excused, f"{bad} against the master's {self.held}, and no exit explains it"

    def emit(self) -> str:
        copies = "\n".join(
            f"copy {c.id} {c.follower} {c.order.side} {c.order.quantity} {c.state} {c.filled} {c.exit} {c.error or ''}"
            for c in self.state.copies.values()
        )
        return "\n".join([*self.said, copies])

    def check_end(self) -> None:
        self.check_now()
        for client, follower in self.state.followers.items():
            assert not follower.queue, "something still waits"
            held = self.quantity(follower)
            if not self.held and held:
                assert self.excused, f"{client} holds {held} and the master is flat"
                assert client is BAD
        good, lots = self.quantity(self.state.followers[GOOD]), max(self.opened, 1)
        wanted = self.multipliers[GOOD] * self.held
        assert abs(good - wanted) < (lots + 1) * self.lot, f"{good} for {wanted} after {self.opened} opening orders"


@pytest.fixture(autouse=True)
def nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing reads the journal here, and encoding every step would dominate the run time."""
    monkeypatch.setattr("copytui.journal.statements.encode", lambda _value: "")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_copied_positions_follow_the_master_over_any_history(chunk: int) -> None:
    for seed in range(chunk, HISTORIES, CHUNKS):
        history = History(seed)
        try:
            history.run()
        except AssertionError as error:
            raise AssertionError(f"history {seed}: {error}\n{history.emit()}") from error
