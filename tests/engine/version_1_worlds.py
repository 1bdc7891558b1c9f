"""The worlds in which the journals of version 1 were written, and what an engine does that goes on from one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from copytui.broker.port import Quote
from copytui.domain.errors import BrokerTrouble
from copytui.domain.orders import BookOrder, ClientId
from copytui.domain.positions import PositionKey
from copytui.domain.pre_existing import PreExisting
from copytui.domain.pricing import OrderRules, UnfilledAction
from copytui.domain.sizing import Sizing, SizingMode
from copytui.journal.codec import decode
from copytui.settings.model import PositionSettings, RiskSettings
from tests.engine.harness import F1, F2, F3, MASTER, World
from tests.engine.held_clock import HeldClock
from tests.engine.scripted import ScriptedAccount
from tests.journal.old_journals import facts, rebuild

F4 = ClientId("F4")


def _working(folder: Path) -> World:
    orders = OrderRules(unfilled_after_seconds=10, unfilled_action=UnfilledAction.REPRICE, reprice_steps=2)
    world = World(folder, halt_after_failures=50, orders=orders)
    world.master.quotes["52000"] = Quote(Decimal(104), None, None)
    return world


def _settled(folder: Path) -> World:
    return World(folder, halt_after_failures=50, freeze_quantities={"NIFTY": 100, "BANKNIFTY": 600})


def _waiting(folder: Path) -> World:
    risk = RiskSettings(daily_loss_limit=Decimal(1000), max_orders_per_symbol_per_minute=0)
    freeze = {"NIFTY": 100}
    world = World(
        folder, followers=(F1, F2, F3, F4), risk=risk, freeze_quantities=freeze, confirmation_timeout_seconds=60
    )
    first, second, *others = world.settings.followers
    capital = replace(second, sizing=Sizing(mode=SizingMode.CAPITAL))
    world.settings = replace(world.settings, followers=(first, capital, *others))
    world[F2].funds_now = Decimal(50_000)
    return world


def _dry_run(folder: Path) -> World:
    return World(folder, dry_run=True, freeze_quantities={"NIFTY": 100})


def _over_night(folder: Path) -> World:
    world = World(folder, halt_after_failures=50)
    first, second = world.settings.followers
    half = replace(second, sizing=Sizing(multiplier=Decimal("0.5")))
    world.settings = replace(world.settings, followers=(first, half))
    return world


_WORLDS: dict[str, Callable[[Path], World]] = {
    "working": _working,
    "settled": _settled,
    "waiting": _waiting,
    "dry_run": _dry_run,
    "over_night": _over_night,
}


def world_of(name: str, folder: Path, down: float) -> World:
    """Return a world that is ready to go on from journal `name`, `down` seconds after the kill."""
    world, books = _WORLDS[name](folder), facts(f"{name}.books")
    world.clock = HeldClock(
        datetime.fromisoformat(books["killed_at"]) + timedelta(seconds=down),
        busy=lambda: world.journal is not None and world.journal.pending > 0,
    )
    rebuild(name, world.path)
    for client, account in _accounts(world).items():
        account.clock = world.clock
        account.rows = [_row(row) for row in books["books"][client]]
        account._landing = [(after - down, _row(row)) for after, row in books["lands_after"].get(client, ())]
        account.positions_now = BrokerTrouble("version 1 did not read them")
    # Version 1 copied what reduced the master's older positions.
    world.settings = replace(world.settings, positions=PositionSettings(PreExisting.COPY))
    return world


def _accounts(world: World) -> dict[ClientId, ScriptedAccount]:
    return {MASTER: world.master, **world.accounts}


def _row(row: dict[str, Any]) -> BookOrder:
    names = {name: value for name, value in row.items() if name != "stage"}
    return decode(BookOrder, json.dumps({**names, "order_status": row["stage"]}))


def states(world: World) -> dict[str, str]:
    """Return the state of every child order."""
    return {str(copy.id): copy.state for copy in world.copies}


def outcome(world: World) -> dict[str, Any]:
    """Return what the engine has done and how all stands, under the names that the JSON files have."""
    state, snapshot = world.engine.state, world.engine.snapshot()
    return {
        "copies": {str(copy.id): [copy.state, copy.order.quantity, copy.filled] for copy in world.copies},
        "executions": {
            str(id_): [decided.decision.verdict, decided.decision.reason, decided.settled]
            for id_, decided in state.executions.items()
        },
        "posts": {client: _posts(account) for client, account in world.accounts.items()},
        "cancels": {client: sorted({id_ for _at, id_ in each.cancels}) for client, each in world.accounts.items()},
        "reprices": {
            client: [[intent.order_id, str(intent.order.price)] for _at, intent in account.reprices]
            for client, account in world.accounts.items()
        },
        "missed": [missed.id for missed in snapshot.missed],
        "stranded": [[one.follower, _words(one.key), one.quantity, one.master_quantity] for one in snapshot.orphaned],
        "dismissed": sorted([client, _words(key), units] for (client, key), units in state.dismissed.items()),
        "paused": state.rules.paused,
        "halted_because": state.rules.halted_because,
        "lanes": {
            client: [follower.enabled, follower.halted_because, follower.close_only]
            for client, follower in state.followers.items()
        },
        "positions": sorted(
            [client, _words(key), position.quantity] for (client, key), position in state.positions if position.quantity
        ),
    }


def _posts(account: ScriptedAccount) -> list[list[Any]]:
    return [
        [intent.copy_id, order.side, order.quantity, order.symbol, str(order.price), order.tag]
        for _at, intent in account.posts
        for order in (intent.order,)
    ]


def _words(key: PositionKey) -> str:
    return f"{key.exchange} {key.symbol} {key.product}"
