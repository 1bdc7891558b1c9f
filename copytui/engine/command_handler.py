"""Carrying out what the user commands; every answer is a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from copytui.domain.decisions import Verdict
from copytui.domain.errors import CopytuiError
from copytui.domain.events import EventKind, Level
from copytui.domain.filters import Filters, filter_changes
from copytui.domain.orders import ClientId
from copytui.domain.reasons import Reason
from copytui.engine.commands import (
    Approve,
    CancelAll,
    Command,
    CopyMissed,
    Decline,
    DismissCopy,
    DismissMissed,
    DismissStranded,
    Flatten,
    MarkNotPlaced,
    RefreshAll,
    ReleaseFollower,
    ReleaseHalt,
    RetryCopy,
    SetConfirmation,
    SetDryRun,
    SetFilters,
    SetFollower,
    SetHalted,
    SetMultiplier,
    SetPaused,
)
from copytui.engine.follower.book_reader import Reader
from copytui.engine.follower.daily_loss import release_from_loss
from copytui.engine.manual_actions import dismiss, mark_not_placed, retry
from copytui.engine.master.day_boundary import tell_again
from copytui.engine.master.intake import Intake
from copytui.engine.master.watcher import Watcher
from copytui.engine.orders.approvals import Approvals
from copytui.engine.orders.cancel_all import Withdraw, cancel_all
from copytui.engine.orders.flattener import Flattener
from copytui.engine.safety.orphans import Strandings
from copytui.engine.safety.stop_file import StopFile
from copytui.engine.state import Desk
from copytui.settings.schema import MULTIPLIER

SaveSettings = Callable[[Mapping[str, object]], None]
"""Writes live changes of settings, dotted keys, where the next start finds them; called in a thread."""

RiskCommand = ReleaseFollower | ReleaseHalt | CancelAll | Flatten | DismissStranded
RuleCommand = SetDryRun | SetPaused | SetHalted | SetConfirmation | SetFilters | SetMultiplier
CopyCommand = Approve | Decline | CopyMissed | DismissMissed | RetryCopy | MarkNotPlaced | DismissCopy


class Obedience:
    """Carries out commands on the engine's loop."""

    def __init__(
        self,
        desk: Desk,
        *,
        approvals: Approvals,
        intake: Intake,
        watcher: Watcher,
        readers: Mapping[ClientId, Reader],
        flattener: Flattener,
        withdraw: Withdraw,
        strandings: Strandings,
        stop_file: StopFile,
        save_settings: SaveSettings,
    ) -> None:
        """Work on `desk` and with the engine's tasks."""
        self._desk = desk
        self._approvals = approvals
        self._intake = intake
        self._watcher = watcher
        self._readers = readers
        self._flattener = flattener
        self._withdraw = withdraw
        self._strandings = strandings
        self._stop_file = stop_file
        self._save_settings = save_settings
        self._saving = asyncio.Lock()

    async def obey(self, command: Command) -> str:
        """Carry out a command and return what happened in a sentence."""
        match command:
            case SetDryRun() | SetPaused() | SetHalted() | SetConfirmation() | SetFilters() | SetMultiplier():
                return await self._change_rule(command)
            case SetFollower(follower, enabled):
                return self._set_follower(follower, enabled=enabled)
            case ReleaseFollower() | ReleaseHalt() | CancelAll() | Flatten() | DismissStranded():
                return await self._limit(command)
            case RefreshAll():
                return self._refresh()
            case _:
                return await self._settle(command)

    async def _limit(self, command: RiskCommand) -> str:
        match command:
            case ReleaseFollower(follower):
                return self._release(follower)
            case ReleaseHalt(follower):
                return self._release_halt(follower)
            case CancelAll():
                return cancel_all(self._desk, self._withdraw)
            case Flatten(follower, key):
                return await self._flattener.flatten(follower, key)
            case DismissStranded(follower, key):
                return self._strandings.dismiss(follower, key)

    async def _change_rule(self, command: RuleCommand) -> str:
        match command:
            case SetDryRun(on):
                said = await self._set("dry_run", on, "dry run: nothing is sent" if on else "LIVE: orders are sent")
                tell_again(self._desk)
                return said
            case SetConfirmation(on):
                words = "each copy needs a yes" if on else "copies need no yes"
                return await self._set("require_confirmation", on, words)
            case SetFilters(filters):
                words = filter_changes(self._desk.rules.filters, filters)
                return await self._set("filters", filters, words, _saved(filters))
            case SetMultiplier(multiplier):
                return await self._set_multiplier(multiplier)
            case SetPaused(on):
                return await self._set("paused", on, "paused" if on else "resumed", {})
            case SetHalted(on, because):
                return await self._set_halted(because if on else None)

    async def _set_multiplier(self, multiplier: Decimal) -> str:
        if MULTIPLIER.check.parse(multiplier) is None:
            return f"not changed: the multiplier must be {MULTIPLIER.check.allowed}"
        followers = [lane.settings for lane in self._desk.lanes.values()]
        sharing = sum(follower.takes_multiplier for follower in followers)
        words = f"multiplier x{multiplier.normalize():f} for {sharing} of {len(followers)} followers"
        return await self._set("multiplier", multiplier, words, {MULTIPLIER.path(): multiplier})

    async def _set_halted(self, because: str | None) -> str:
        halted = self._desk.rules.halted_because
        if because is not None and halted is not None:
            return f"halted already: {halted}"
        if because is None and await self._stop_file.look():
            return "not released: the file STOP is in the project's folder; remove it first"
        return await self._set("halted_because", because, f"halted: {because}" if because else "halt released", {})

    async def _settle(self, command: CopyCommand) -> str:
        match command:
            case Approve(execution_id, quantities):
                return self._approvals.approve(execution_id, quantities)
            case Decline(execution_id):
                return self._approvals.decline(execution_id)
            case CopyMissed(execution_id):
                return await self._copy_missed(execution_id)
            case DismissMissed(execution_id):
                return self._dismiss_missed(execution_id)
            case RetryCopy(copy_id):
                return retry(self._desk, copy_id)
            case MarkNotPlaced(copy_id):
                return mark_not_placed(self._desk, copy_id)
            case DismissCopy(copy_id):
                return dismiss(self._desk, copy_id)

    async def _set(self, rule: str, value: object, words: str, saved: Mapping[str, object] | None = None) -> str:
        desk = self._desk
        desk.change_rules(**{rule: value})
        level = Level.WARN if rule in ("dry_run", "halted_because") else Level.INFO
        desk.tell(level, EventKind.SETTING, "copytui", words)
        changes = {rule: value} if saved is None else saved
        if changes:
            try:
                async with self._saving:  # one after another, in the order in which they were commanded
                    await asyncio.to_thread(self._save_settings, changes)
            except (OSError, CopytuiError) as error:
                text = f"the change holds for this run, but could not be saved: {error}"
                desk.tell(Level.WARN, EventKind.SETTING, "copytui", text)
        return words

    def _refresh(self) -> str:
        self._watcher.hurry()
        for client in self._desk.lanes:
            self._readers[client].hurry()
        return "asking the broker"

    def _set_follower(self, follower: ClientId, *, enabled: bool) -> str:
        lane = self._desk.lanes[follower]
        lane.enabled, lane.out_by_hand = enabled, not enabled
        self._desk.keep_switches()
        words = "taken in" if enabled else "taken out"
        if enabled and lane.halted_because is not None:
            words = f"taken in, and still halted: {lane.halted_because}"
        self._desk.tell(Level.INFO, EventKind.SETTING, lane.name, words)
        self._desk.wake_sender.set()
        return f"{lane.name} {words}"

    def _release(self, follower: ClientId) -> str:
        """Release a follower from whatever lets it take exits only, or nothing."""
        lane = self._desk.lanes.get(follower)
        if lane is not None and lane.close_only is None and lane.halted_because is not None:
            return self._release_halt(follower)
        return release_from_loss(self._desk, follower)

    def _release_halt(self, follower: ClientId) -> str:
        lane = self._desk.lanes[follower]
        if lane.halted_because is None:
            return f"{lane.name} is not halted"
        self._desk.release_follower(lane)
        words = "halt released" + ("" if lane.enabled else ", and still taken out")
        self._desk.tell(Level.WARN, EventKind.RISK, lane.name, words)
        return f"{lane.name}: {words}"

    async def _copy_missed(self, execution_id: int) -> str:
        decided = self._desk.executions.get(execution_id)
        if decided is None or decided.settled or decided.decision.verdict is not Verdict.MISSED:
            return f"#{execution_id} is not waiting for a decision"
        return (await self._intake.copy_missed(decided)).sentence

    def _dismiss_missed(self, execution_id: int) -> str:
        decided = self._desk.executions.get(execution_id)
        if decided is None or decided.settled or decided.decision.verdict is not Verdict.MISSED:
            return f"#{execution_id} is not waiting for a decision"
        decision = replace(
            decided.decision, reason=Reason.DISMISSED, sentence=f"{decided.decision.sentence}; dismissed"
        )
        self._desk.settle_execution(replace(decided, decision=decision, settled=True))
        return f"#{execution_id} dismissed"


def _saved(filters: Filters) -> dict[str, object]:
    return {
        "filters.allow_symbols": list(filters.allow_symbols),
        "filters.block_symbols": list(filters.block_symbols),
        "filters.market_orders": filters.market_orders,
        "filters.limit_orders": filters.limit_orders,
        "filters.stop_orders": filters.stop_orders,
    }
