"""Power cuts at any step, and an engine that dies of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from copytui.domain.changes import Change
from copytui.domain.copies import FINAL, CopyState, SendIntent
from copytui.domain.orders import ClientId, OrderId
from copytui.engine.ports import Recorder
from tests.engine.harness import WatchedJournal, World
from tests.engine.scripted import Outcome, PowerCut

STEP = 0.5


class Cut(Enum):
    """How the power fails: everything at once, or the disk first and the rest later, without what ran meanwhile."""

    AT_ONCE = "at once"
    DISK_FIRST = "the disk first"


@dataclass
class Power:
    """Counts the points at which it could fail, and fails at number `at`."""

    at: int | None = None
    how: Cut = Cut.AT_ONCE
    points: int = 0
    names: list[str] = field(default_factory=list)
    dead: bool = False
    disk_dead: bool = False

    def point(self, name: str, *, disk: bool = False) -> None:
        """Pass a point; raises PowerCut where the power fails here."""
        self.check()
        self.points += 1
        self.names.append(name)
        if self.at is None or self.points < self.at or self.disk_dead:
            return
        if self.how is Cut.DISK_FIRST:
            self.disk_dead = disk
        else:
            self.dead = True
            raise PowerCut

    def check(self) -> None:
        if self.dead:
            raise PowerCut


class MortalJournal:
    """A recorder whose writes are points at which the power can fail."""

    def __init__(self, journal: WatchedJournal, power: Power) -> None:
        self.journal = journal
        self.power = power

    @property
    def trouble(self) -> str | None:
        return self.journal.trouble

    def record(self, statements: Sequence[Change]) -> None:
        self.power.point("before a record", disk=True)
        if not self.power.disk_dead:
            self.journal.record(statements)

    async def require(self, statements: Sequence[Change]) -> None:
        self.power.point("before an intent", disk=True)
        if self.power.disk_dead:
            await asyncio.Event().wait()
        await self.journal.require(statements)
        self.power.point("after an intent")


class MortalWorld(World):
    """A world whose engine dies when the power fails."""

    power = Power()

    def make(self) -> Any:
        engine = super().make()
        assert self.journal is not None
        recorder: Recorder = MortalJournal(self.journal, self.power)
        engine.state.journal = recorder
        return engine

    def plug_in(self, power: Power) -> None:
        self.power = power
        for account in (self.master, *self.accounts.values()):
            account.called = power.check

        def before(_intent: SendIntent) -> None:
            power.point("before a POST")

        def after(_intent: SendIntent) -> None:
            power.point("after a POST")

        def before_change(_order_id: OrderId) -> None:
            power.point("before a cancel or reprice")

        def after_change(_order_id: OrderId) -> None:
            power.point("after a cancel or reprice")

        for account in self.accounts.values():
            account.before_post, account.after_post = before, after
            account.before_change, account.after_change = before_change, after_change


@dataclass(frozen=True)
class Scenario:
    """The master's trades by second, the user's commands, and the outcomes of the followers' POSTs."""

    outcomes: Mapping[ClientId, tuple[Outcome, ...]]
    events: tuple[tuple[float, Callable[[World], object]], ...]
    keys: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 12.0
    always: Callable[[World], object] = lambda _world: None


async def live(folder: Path, scenario: Scenario, cuts: Sequence[Power], *, down: float = 2.0) -> MortalWorld:
    """Play a scenario through every power cut in turn, then with good power; returns the world after its end."""
    world = MortalWorld(folder, **scenario.settings)
    for client, outcomes in scenario.outcomes.items():
        world[client].outcomes.extend(outcomes)
    events = list(scenario.events)

    async def pass_(seconds: float) -> None:
        until = world.clock.monotonic() + seconds
        while world.clock.monotonic() < until and not world.power.dead:
            while events and events[0][0] <= world.clock.monotonic() and world.engine.state.looked_at_days:
                events.pop(0)[1](world)
            scenario.always(world)
            await world.clock.advance(STEP)

    for power in cuts:
        world.plug_in(power)
        await world.start()
        await pass_(scenario.seconds)
        power.dead = True
        await world.end()
        await world.clock.advance(down)
    world.plug_in(Power())
    await world.start()
    await pass_(scenario.seconds)
    await world.clock.advance(70)  # what could not go behind an unknown copy has become too old
    assert not events
    return world


FINE = FINAL | {CopyState.UNKNOWN}


async def broken_promises(world: World, keys: Sequence[str], *, young: bool = True) -> list[str]:
    """Return which of the invariants 1, 2 and 10 are broken at the end."""
    broken = []
    rows = await world.on_disk(
        "SELECT e.key, c.follower, c.state, c.tag FROM copies c JOIN executions e ON e.id = c.execution_id"
    )
    copies = {(key, follower): (CopyState(state), tag) for key, follower, state, tag in rows}
    if len(copies) != len(rows):
        broken.append(f"invariant 1: a follower has two copies of one execution: {rows}")
    decided = await world.on_disk("SELECT key, number, verdict, settled FROM executions ORDER BY key, number")
    if sorted(key for key, *_ in decided) != sorted(keys):
        broken.append(f"invariant 2: decided {decided}, executed {keys}")
    for key, _number, verdict, settled in decided:
        if verdict == "missed" and (settled or young):
            broken.append(f"invariant 2: {key} was missed (settled: {settled})")
        for client, account in world.accounts.items():
            state, tag = copies.get((key, client), (None, ""))
            landed = account.orders_by_tag.get(tag, 0)
            if landed > 1:
                broken.append(f"invariant 1: {key} stands {landed} times at {client}")
            if verdict == "copied" and state not in FINE:
                broken.append(f"invariant 2: the copy of {key} for {client} ends as {state}")
            if landed and state is not CopyState.FILLED:
                broken.append(f"the copy of {key} for {client} ends as {state}, but it stands at the broker")
            if not landed and state is CopyState.FILLED:
                broken.append(f"the copy of {key} for {client} ends as {state}, but it does not exist")
    ours = {tag for _state, tag in copies.values()}
    for client, account in world.accounts.items():
        broken += [f"{client} got a tag that nobody knows: {tag}" for tag in account.orders_by_tag.keys() - ours]
        broken += [f"invariant 10: {text}" for text in account.unrecorded]
    recovered = {copy.id: copy.state for copy in world.engine.state.copies.values()}
    disk = {id_: CopyState(state) for id_, state in await world.on_disk("SELECT id, state FROM copies")}
    broken += [f"copy {id_} is {state} in memory, {disk.get(id_)} on disk" for id_, state in recovered.items()
               if disk.get(id_) is not state]  # fmt: skip
    internal = [text for text in world.errors if "internal error" in text]
    return broken + internal
