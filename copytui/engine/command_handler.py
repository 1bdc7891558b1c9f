"""Carrying out what the user commands; every answer is a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from copytui.domain.copies import NOT_PLACED, WENT_WRONG, Copy, CopyState
from copytui.domain.decisions import Reason, Verdict
from copytui.domain.errors import CopytuiError
from copytui.domain.events import EventKind, Level
from copytui.domain.filters import Filters, filter_changes
from copytui.domain.orders import ClientId
from copytui.domain.positions import still_wanted
from copytui.domain.tags import copy_tag
from copytui.domain.text import order_words, trading_day
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
from copytui.engine.follower.funds import release_from_loss
from copytui.engine.master.day_boundary import tell_again
from copytui.engine.master.intake import Intake
from copytui.engine.master.watcher import Watcher
from copytui.engine.orders.approvals import Approvals
from copytui.engine.orders.cancels import Withdraw, cancel_all
from copytui.engine.orders.flattener import Flattener
from copytui.engine.orders.manual import another_day, attempts, nobody_would_close, part_left, refusal_now
from copytui.engine.safety.halts import StopFile, held_back
from copytui.engine.safety.orphans import Strandings
from copytui.engine.state import Desk
from copytui.journal.statements import save_copy
from copytui.settings.schema import MULTIPLIER


def retry(desk: Desk, copy_id: int) -> str:
    """Queue a failed or rejected copy again, under a new tag; the old one keeps its history."""
    copy = desk.copies.get(copy_id)
    if copy is None or copy.state not in WENT_WRONG or copy.dismissed:
        return "this copy has not failed"
    lane = desk.lanes.get(copy.follower)
    if lane is None:
        return "its follower is not in the settings any more"
    if desk.rules.dry_run:
        return "not sent: dry run"
    if lane.close_only is not None and copy.exit is None:
        return f"not sent: {lane.name} takes exits only, {lane.close_only}"
    rest = copy.order.quantity - copy.filled
    if rest <= 0:
        return "all of it has been filled"
    if no := _comes_too_late(desk, copy):
        return no
    if copy.exit is None and (no := refusal_now(desk, lane, copy.order)):
        return f"not sent: {no}"
    rest = _still_wanted(desk, copy, rest)
    if not rest:
        return "not sent: the master has closed the position since, or all but less than a lot of it"
    decided = desk.executions[copy.execution_id]
    again = 1 + max(other.retry for other in attempts(desk, copy))
    filled = decided.execution.order.filled
    tag = copy_tag(
        decided.day, decided.master, copy.order_key, filled, copy.follower,
        slice_number=copy.slice_number, attempt=again,
    )  # fmt: skip
    now = desk.clock.now()
    fresh = Copy(
        id=desk.next_copy_id,
        execution_id=copy.execution_id,
        order_key=copy.order_key,
        follower=copy.follower,
        order=replace(copy.order, tag=tag, quantity=rest),
        state=CopyState.QUEUED,
        created_at=now,
        changed_at=now,
        queued_at=now,
        needs_clean_book=True,
        retry=again,
        exit=copy.exit,
        slice_number=copy.slice_number,
        slices=copy.slices,
    )
    desk.next_copy_id += 1
    desk.put_copy(copy, replace(copy, dismissed=True))
    desk.journal.record([save_copy(fresh)])
    lane.clean_book_after[fresh.id] = desk.clock.monotonic()
    desk.add_copy(fresh)
    lane.wake_reader.set()
    words = f"{order_words(fresh.order)} tried again by hand"
    desk.tell(Level.INFO, EventKind.COPY, lane.name, words, copy=fresh)
    desk.wake_sender.set()
    waits = held_back(desk, lane, fresh)
    return words if waits is None else f"{words}, once nothing holds it back: {waits}"


def _comes_too_late(desk: Desk, copy: Copy) -> str:
    """Say why a copy must not be sent again at this time; '' when it may."""
    if no := another_day(desk, trading_day(copy.moment)):
        return no
    return "" if copy.exit is not None else nobody_would_close(desk, copy.order)


def _still_wanted(desk: Desk, copy: Copy, rest: int) -> int:
    """Return what is still wanted of a copy's `rest`: the master may have closed some of it since it was queued."""
    if copy.exit is not None:
        return rest
    decided = desk.executions[copy.execution_id]
    left = part_left(desk, decided, copy.queued_at or copy.created_at)
    return still_wanted(rest, left, decided.execution.order.lot_size)


def mark_not_placed(desk: Desk, copy_id: int) -> str:
    """End a copy as failed that is unknown, or accepted and in no book: the user has looked and it does not exist."""
    copy = desk.copies.get(copy_id)
    if copy is None or not (copy.state is CopyState.UNKNOWN or _is_missing(desk, copy)):
        return "this copy is not unknown"
    failed = desk.advance(copy, CopyState.FAILED, error=f"{NOT_PLACED} by hand")
    words = f"{order_words(copy.order)} marked as not placed"
    desk.tell(Level.WARN, EventKind.COPY, _name(desk, copy), words, copy=failed)
    return words


def dismiss(desk: Desk, copy_id: int) -> str:
    """Take a failed or rejected copy off the list of what needs the user."""
    copy = desk.copies.get(copy_id)
    if copy is None or copy.state not in WENT_WRONG:
        return "this copy has not failed"
    dismissed = replace(copy, dismissed=True)
    desk.put_copy(copy, dismissed)
    words = f"{order_words(copy.order)} dismissed"
    desk.tell(Level.INFO, EventKind.COPY, _name(desk, copy), words, copy=dismissed)
    return words


def _is_missing(desk: Desk, copy: Copy) -> bool:
    lane = desk.lanes.get(copy.follower)
    return lane is not None and lane.is_missing(copy)


def _name(desk: Desk, copy: Copy) -> str:
    lane = desk.lanes.get(copy.follower)
    return lane.name if lane is not None else copy.follower


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
