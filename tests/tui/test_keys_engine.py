"""The whole app over the real engine, the real SDK and the embedded exchange: what a key does to the next execution."""

from __future__ import annotations

import asyncio
import time
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from copytui.bootstrap import RunOptions, opened
from copytui.cli.demo import demo_settings
from copytui.cli.run import HostClient
from copytui.domain.copies import CopyState
from copytui.domain.filters import Filters
from copytui.domain.sizing import Sizing
from copytui.engine.rules import Rules
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.settings.live import LOCAL_FILE
from copytui.settings.model import Settings
from copytui.sim import ExchangeOptions, RunningExchange, serve_in_thread
from copytui.tui.app import CopytuiApp
from copytui.tui.demo_controls import ExchangeHands
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention import AttentionScreen
from copytui.tui.dialogs.demo import OrderScreen

DEADLINE = 30.0
FOLLOWERS = 2


@dataclass
class Trader:
    """Somebody at the keyboard, and the master at his own."""

    app: CopytuiApp
    pilot: Pilot[None]
    engine_client: HostClient
    exchange: RunningExchange
    folder: Path

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition, looking often; fail when it does not come."""
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end, f"waited {DEADLINE} s in vain for: {what}\n" + "\n".join(self.lines())
            await asyncio.sleep(0.02)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def snapshot(self) -> Snapshot:
        snapshot = self.engine_client.snapshot()
        assert snapshot is not None
        return snapshot

    async def rules(self, condition: Callable[[Rules], bool], what: str) -> None:
        """Wait until the engine has such rules, and the screen has seen it."""
        await self.until(lambda: condition(self.snapshot.rules), what)
        await self.until(lambda: self.app.snapshot.rules == self.snapshot.rules, f"{what} on the screen")

    def order(self, symbol: str = "SBIN-EQ", quantity: int = 10, **more: Any) -> str:
        """Let the master place an order that completes at once."""
        more.setdefault("fill", "now")
        return self.exchange.call(self.exchange.exchange.place_master_order, symbol, "BUY", quantity, **more)

    def view(self, order_id: str) -> OrderView | None:
        """The order on the screen, once something of it was decided."""
        views = self.app.latest.orders if self.app.latest else ()
        return next((view for view in views if view.known.order.order_id == order_id and view.executions), None)

    async def decided(self, order_id: str) -> OrderView:
        await self.until(lambda: self.view(order_id), f"a decision about {order_id}")
        view = self.view(order_id)
        assert view is not None
        return view

    async def copied(self, order_id: str, *followers: int, state: CopyState = CopyState.FILLED) -> None:
        """Wait until exactly these followers (from 0) have a copy in that state, and nobody has another one."""
        wanted = {self.clients[number] for number in followers}

        def there() -> bool:
            view = self.view(order_id)
            return view is not None and {copy.follower for copy in view.copies if copy.state is state} == wanted

        await self.until(there, f"{state} of {order_id} for {wanted}")
        view = self.view(order_id)
        assert view is not None
        assert len(view.copies) == len(wanted)

    async def sentence(self, order_id: str) -> str:
        """Wait for the decision about an order that is not copied, and return its reason."""
        view = await self.decided(order_id)
        assert view.copies == ()
        return view.executions[-1].decision.sentence

    @property
    def clients(self) -> list[str]:
        return [account.client_id for account in self.exchange.exchange.followers]

    def quantities(self, follower: int) -> list[int]:
        """What a follower's broker was sent, oldest first."""
        rows = self.exchange.call(self.exchange.exchange.book, self.clients[follower])
        return [int(row["quantity"]) for row in rows]

    def saved(self) -> dict[str, Any]:
        path = self.folder / LOCAL_FILE
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def lines(self) -> list[str]:
        width, height = self.app.size
        return [strip.text[:width] for strip in self.app.screen._compositor.render_strips()[:height]]

    def bar(self) -> str:
        """The mode bar, whatever dialog is in front of it."""
        return self.app.main.mode_bar.plain.splitlines()[0]


def settings_of(exchange: RunningExchange, folder: Path, **changes: Any) -> Settings:
    """Return the demo's settings: logins without pause, the same quantity for everybody."""
    settings = demo_settings(exchange, folder)
    return replace(
        settings,
        master=replace(settings.master, poll_interval_seconds=1.1),
        followers=tuple(replace(follower, sizing=Sizing(multiplier=Decimal(1))) for follower in settings.followers),
        broker=replace(settings.broker, login_spacing_seconds=0.0),
        **changes,
    )


@asynccontextmanager
async def a_desk(folder: Path, **changes: Any) -> AsyncIterator[Trader]:
    options = ExchangeOptions(
        followers=FOLLOWERS, trading=False, realism=False, latency=0.0, fill_delay=0.02, totp_once=False
    )
    with serve_in_thread(options) as exchange:
        settings = settings_of(exchange, folder, **changes)
        with opened(settings, RunOptions(publish=True)) as running:
            engine_client = HostClient(settings, running, ExchangeHands(exchange))
            app = CopytuiApp(engine_client)
            running.host.start()
            async with app.run_test(size=(120, 36)) as pilot:
                trader = Trader(app, pilot, engine_client, exchange, folder)

                def ready() -> bool:
                    snapshot = app.latest
                    return (
                        snapshot is not None
                        and snapshot.looked_at is not None
                        and all(view.armed for view in snapshot.followers)
                    )

                await trader.until(ready, "the first look and all logins")
                yield trader
        assert running.host.failure is None


MakeDesk = Callable[..., AbstractAsyncContextManager[Trader]]


@pytest.fixture
def at_a_desk(tmp_path: Path) -> MakeDesk:
    return lambda **changes: a_desk(tmp_path, **changes)


async def test_the_typed_word_changes_what_becomes_of_the_next_execution(at_a_desk: MakeDesk) -> None:
    async with at_a_desk(dry_run=True) as trader:
        await trader.copied(trader.order(), 0, 1, state=CopyState.SIMULATED)
        await trader.press("d", *["enter"] * 3)
        assert trader.snapshot.rules.dry_run
        await trader.press("d", "tab", *"LIVE", "enter")
        await trader.rules(lambda rules: not rules.dry_run, "the engine live")
        await trader.until(lambda: trader.bar().startswith((" LIVE ", " DEMO  LIVE ")), "LIVE in the bar")
        assert "dry_run" not in trader.saved()
        await trader.copied(trader.order(), 0, 1)
        assert trader.quantities(0) == trader.quantities(1) == [10]
        await trader.press("d")
        await trader.rules(lambda rules: rules.dry_run, "the engine in dry run")
        await trader.copied(trader.order(), 0, 1, state=CopyState.SIMULATED)
        await trader.until(lambda: trader.saved().get("dry_run") is True, "the dry run in the file")


async def test_a_blocked_symbol_is_skipped_with_its_reason(at_a_desk: MakeDesk) -> None:
    async with at_a_desk() as trader:
        await trader.copied(trader.order(), 0, 1)
        await trader.until(lambda: not trader.app.main.slid_just_now(), "the order having been in sight")
        await trader.press("b")
        await trader.rules(lambda rules: rules.filters.block_symbols == ("SBIN-EQ",), "the symbol blocked")
        assert "SBIN-EQ" in await trader.sentence(trader.order())
        await trader.until(lambda: any("skip" in line for line in trader.lines()), "the skip on the screen")
        await trader.copied(trader.order("INFY-EQ"), 0, 1)
        await trader.until(lambda: trader.saved()["filters"]["block_symbols"] == ["SBIN-EQ"], "the block in the file")


async def test_market_orders_turned_off_are_skipped_and_turned_on_are_copied(at_a_desk: MakeDesk) -> None:
    async with at_a_desk() as trader:
        await trader.press("M")
        await trader.rules(lambda rules: not rules.filters.market_orders, "market orders off")
        assert "market" in (await trader.sentence(trader.order())).lower()
        await trader.press("M")
        await trader.rules(lambda rules: rules.filters.market_orders, "market orders on")
        await trader.copied(trader.order(), 0, 1)


async def test_quick_keys_in_a_row_all_hold_in_the_engine_and_in_the_file(at_a_desk: MakeDesk) -> None:
    async with at_a_desk() as trader:
        await trader.press("M", "L", "S", "L", "c")
        wanted = Filters(market_orders=False, stop_orders=False)
        await trader.rules(lambda rules: rules.filters == wanted and rules.require_confirmation, "all four changes")
        await trader.until(lambda: trader.saved().get("require_confirmation") is True, "the last one in the file")
        saved = trader.saved()["filters"]
        assert (saved["market_orders"], saved["limit_orders"], saved["stop_orders"]) == (False, True, False)


async def test_a_yes_sends_the_quantities_of_the_dialog(at_a_desk: MakeDesk) -> None:
    async with at_a_desk() as trader:
        await trader.press("c")
        await trader.rules(lambda rules: rules.require_confirmation, "confirmation on")
        order = trader.order()
        await trader.copied(order, 0, 1, state=CopyState.ASKED)
        assert "attention 1" in trader.bar()
        await trader.press("a")
        assert isinstance(trader.app.screen, ApprovalsScreen)
        await trader.press("enter", "7", "enter", "down", "minus", "y")
        await trader.copied(order, 0, 1)
        assert (trader.quantities(0), trader.quantities(1)) == ([7], [9])
        await trader.until(lambda: trader.app.screen is trader.app.main, "the dialog closed")
        refused = trader.order()
        await trader.copied(refused, 0, 1, state=CopyState.ASKED)
        await trader.press("a", "n")
        await trader.until(lambda: not trader.snapshot.approvals, "the no")
        assert (trader.quantities(0), trader.quantities(1)) == ([7], [9])


async def test_what_nobody_answers_expires_and_is_recorded(at_a_desk: MakeDesk) -> None:
    async with at_a_desk(require_confirmation=True, confirmation_timeout_seconds=4.0) as trader:
        order = trader.order()
        await trader.copied(order, 0, 1, state=CopyState.ASKED)
        await trader.press("a")
        assert isinstance(trader.app.screen, ApprovalsScreen)
        await trader.copied(order, 0, 1, state=CopyState.EXPIRED)
        await trader.until(lambda: trader.app.screen is trader.app.main, "the dialog closed by itself")
        assert trader.quantities(0) == trader.quantities(1) == []


async def test_a_follower_taken_out_gets_nothing_until_it_is_taken_in(at_a_desk: MakeDesk) -> None:
    async with at_a_desk() as trader:
        await trader.press("2", "x")
        await trader.until(lambda: not trader.app.snapshot.followers[0].enabled, "the follower out")
        await trader.copied(trader.order(), 1)
        await trader.press("escape", "x")
        await trader.until(lambda: trader.app.snapshot.followers[0].armed, "the follower in")
        await trader.copied(trader.order(), 0, 1)
        assert (trader.quantities(0), trader.quantities(1)) == ([10], [10, 10])


async def test_what_executes_in_a_pause_is_missed_and_can_be_copied_after_all(at_a_desk: MakeDesk) -> None:
    async with at_a_desk() as trader:
        await trader.press("space")
        await trader.rules(lambda rules: rules.paused, "the pause")
        order = trader.order()
        assert "paused" in await trader.sentence(order)
        await trader.until(lambda: "PAUSED" in trader.bar() and "attention 1" in trader.bar(), "the pause in the bar")
        await trader.press("space")
        await trader.rules(lambda rules: not rules.paused, "the end of the pause")
        await trader.press("n", "c", "y")
        assert isinstance(trader.app.screen, AttentionScreen)
        await trader.copied(order, 0, 1)
        assert trader.quantities(0) == trader.quantities(1) == [10]


async def test_a_halt_holds_until_the_word_is_typed(at_a_desk: MakeDesk) -> None:
    async with at_a_desk() as trader:
        await trader.press("f", "ctrl+k")
        await trader.rules(lambda rules: rules.halted_because is not None, "the halt")
        await trader.press("escape")
        assert "halted" in await trader.sentence(trader.order())
        await trader.press("ctrl+k", "tab", *"LIVE", "enter", "escape")
        assert trader.snapshot.rules.halted_because is not None
        await trader.press("ctrl+k", "tab", *"RELEASE", "enter")
        await trader.rules(lambda rules: rules.halted_because is None, "the release")
        await trader.copied(trader.order(), 0, 1)
        assert trader.quantities(0) == [10]


async def test_an_order_placed_by_hand_is_filled_for_every_follower(at_a_desk: MakeDesk) -> None:
    async with at_a_desk() as trader:
        await trader.press("o")
        assert isinstance(trader.app.screen, OrderScreen)
        await trader.press(*"sbin-eq", "tab", "tab", "tab", "backspace", "1", "2", "enter")
        await trader.until(lambda: trader.app.screen is trader.app.main, "the order placed")
        await trader.until(lambda: trader.app.snapshot.orders, "the order on the screen")
        await trader.copied(trader.app.snapshot.orders[0].known.order.order_id, 0, 1)
        await trader.until(lambda: any("2/2" in line and "filled" in line for line in trader.lines()), "2/2 filled")
