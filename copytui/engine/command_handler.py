"""The command handler: carries out the user's commands; every answer is a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal

from copytui.domain.copies import WENT_WRONG, ChildOrder, CopyState, Resolution
from copytui.domain.decisions import Verdict
from copytui.domain.errors import CopytuiError
from copytui.domain.events import EventCode, EventKind, Level
from copytui.domain.filters import filter_changes
from copytui.domain.orders import ClientId
from copytui.domain.text import clean, order_words
from copytui.domain.withheld import dismissed
from copytui.engine.commands import (
    Approve,
    CancelAll,
    Command,
    CopyMissed,
    Decline,
    Detach,
    DismissCopy,
    DismissMissed,
    DismissOrphan,
    DismissOutOfStep,
    DismissUnreadable,
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
from copytui.engine.controls import dismiss_unreadable, enable, release_follower, switch
from copytui.engine.follower.book_reader import BookReader
from copytui.engine.follower.funds import release_from_loss
from copytui.engine.master.late_copying import LateCopying
from copytui.engine.master.watcher import Watcher
from copytui.engine.orders.approvals import Approvals
from copytui.engine.orders.cancels import RequestCancel, cancel_all
from copytui.engine.orders.flattener import Flattener
from copytui.engine.orders.manual import attempts, new_attempt
from copytui.engine.safety.gate_facts import retry_refusal, send_refusal, wanted_of
from copytui.engine.safety.halts import StopFile
from copytui.engine.safety.orphans import Orphans
from copytui.engine.safety.out_of_step import OutOfStep
from copytui.engine.state import EngineState
from copytui.settings.schema import MULTIPLIER
from copytui.settings.schema_filters import filters_as_settings


def retry(state: EngineState, copy_id: int) -> str:
    """Retry a failed or rejected copy under a new tag; the old child order keeps its history."""
    copy = state.copies.get(copy_id)
    if copy is None or copy.state not in WENT_WRONG or copy.dismissed:
        return "this copy has not failed"
    follower = state.followers.get(copy.follower)
    if follower is None:
        return "its follower is no longer in the settings"
    rest = copy.order.quantity - copy.filled
    if rest <= 0:
        return "it has been filled completely"
    rest, left = wanted_of(state, copy, rest)
    if (no := retry_refusal(state, copy, rest, left)) is not None:
        return f"not sent: {no.sentence}"
    again = 1 + max(other.retry for other in attempts(state, copy))
    fresh = new_attempt(state, copy, attempt=again, quantity=rest, slice_number=copy.slice_number, slices=copy.slices)
    state.plan(fresh, clean_book_after=state.clock.monotonic(), instead_of=copy)
    follower.wake_book_reader.set()
    words = f"{order_words(fresh.order)} retried manually"
    state.emit(Level.INFO, EventKind.COPY, follower.name, words, copy=fresh)
    state.wake_dispatcher.set()
    waits = send_refusal(state, follower, fresh)
    return words if waits is None else f"{words}, once nothing holds it back: {waits.sentence}"


def mark_not_placed(state: EngineState, copy_id: int) -> str:
    """End an unknown copy, or an accepted one that no order book shows, as failed: the user checked the account."""
    copy = state.copies.get(copy_id)
    if copy is None or not (copy.state is CopyState.UNKNOWN or _is_missing(state, copy)):
        return "this copy is not unknown"
    failed = state.fail(copy, Resolution.NOT_PLACED, "marked as not placed by the user")
    words = f"{order_words(copy.order)} marked as not placed"
    state.emit(Level.WARN, EventKind.COPY, _name(state, copy), words, copy=failed, code=EventCode.NOT_PLACED)
    return words


def dismiss(state: EngineState, copy_id: int) -> str:
    """Take a failed or rejected copy off the attention list."""
    copy = state.copies.get(copy_id)
    if copy is None or copy.state not in WENT_WRONG:
        return "this copy has not failed"
    dismissed = state.amend(copy, dismissed=True)
    words = f"{order_words(copy.order)} dismissed"
    state.emit(Level.INFO, EventKind.COPY, _name(state, copy), words, copy=dismissed)
    return words


def _is_missing(state: EngineState, copy: ChildOrder) -> bool:
    follower = state.followers.get(copy.follower)
    return follower is not None and follower.is_missing(copy)


def _name(state: EngineState, copy: ChildOrder) -> str:
    follower = state.followers.get(copy.follower)
    return follower.name if follower is not None else copy.follower


SaveSettings = Callable[[Mapping[str, object]], None]
"""Saves live changes of settings, by dotted key, for the next start; called in a thread."""

PositionCommand = DismissOrphan | DismissOutOfStep | Detach
RiskCommand = ReleaseFollower | ReleaseHalt | CancelAll | Flatten | PositionCommand
RuleCommand = SetDryRun | SetPaused | SetHalted | SetConfirmation | SetFilters | SetMultiplier
CopyCommand = Approve | Decline | CopyMissed | DismissMissed | RetryCopy | MarkNotPlaced | DismissCopy


class CommandHandler:
    """Carries out commands on the engine's loop."""

    def __init__(
        self,
        state: EngineState,
        *,
        approvals: Approvals,
        late_copying: LateCopying,
        watcher: Watcher,
        readers: Mapping[ClientId, BookReader],
        flattener: Flattener,
        request_cancel: RequestCancel,
        orphans: Orphans,
        out_of_step: OutOfStep,
        stop_file: StopFile,
        save_settings: SaveSettings,
    ) -> None:
        """Use `state` and the engine's tasks."""
        self._state = state
        self._approvals = approvals
        self._late_copying = late_copying
        self._watcher = watcher
        self._readers = readers
        self._flattener = flattener
        self._request_cancel = request_cancel
        self._orphans = orphans
        self._out_of_step = out_of_step
        self._stop_file = stop_file
        self._save_settings = save_settings
        self._saving = asyncio.Lock()

    async def handle(self, command: Command) -> str:
        """Carry out a command and return the outcome as a sentence."""
        match command:
            case SetDryRun() | SetPaused() | SetHalted() | SetConfirmation() | SetFilters() | SetMultiplier():
                return await self._change_rule(command)
            case SetFollower(follower, enabled):
                return self._set_follower(follower, enabled=enabled)
            case ReleaseFollower() | ReleaseHalt() | CancelAll() | Flatten():
                return await self._limit(command)
            case DismissOrphan() | DismissOutOfStep() | Detach():
                return await self._limit(command)
            case DismissUnreadable(order_id):
                return self._dismiss_unreadable(order_id)
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
                return cancel_all(self._state, self._request_cancel)
            case Flatten(follower, key):
                return await self._flattener.flatten(follower, key)
            case DismissOrphan(follower, key):
                return self._orphans.dismiss(follower, key)
            case DismissOutOfStep(follower, key):
                return self._out_of_step.dismiss(follower, key)
            case Detach(follower, key):
                return self._out_of_step.detach(follower, key)

    async def _change_rule(self, command: RuleCommand) -> str:
        match command:
            case SetDryRun(on):
                return await self._set("dry_run", on, "dry run: nothing is sent" if on else "LIVE: orders are sent")
            case SetConfirmation(on):
                words = "copies require approval" if on else "copies require no approval"
                return await self._set("require_confirmation", on, words)
            case SetFilters(filters):
                words = filter_changes(self._state.rules.filters, filters)
                return await self._set("filters", filters, words, filters_as_settings(filters))
            case SetMultiplier(multiplier):
                return await self._set_multiplier(multiplier)
            case SetPaused(on):
                return await self._set("paused", on, "paused" if on else "resumed", {})
            case SetHalted(on, because):
                return await self._set_halted(because if on else None)

    async def _set_multiplier(self, multiplier: Decimal) -> str:
        if MULTIPLIER.check.parse(multiplier) is None:
            return f"not changed: the multiplier must be {MULTIPLIER.check.allowed}"
        followers = self._state.followers.values()
        sharing = sum(follower.settings.takes_multiplier for follower in followers)
        words = f"multiplier x{multiplier.normalize():f} for {sharing} of {len(followers)} followers"
        return await self._set("multiplier", multiplier, words, {MULTIPLIER.path(): multiplier})

    async def _set_halted(self, because: str | None) -> str:
        halted = self._state.rules.halted_because
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
                return retry(self._state, copy_id)
            case MarkNotPlaced(copy_id):
                return mark_not_placed(self._state, copy_id)
            case DismissCopy(copy_id):
                return dismiss(self._state, copy_id)

    async def _set(self, rule: str, value: object, words: str, saved: Mapping[str, object] | None = None) -> str:
        state = self._state
        switch(state, **{rule: value})
        level = Level.WARN if rule in ("dry_run", "halted_because") else Level.INFO
        state.emit(level, EventKind.SETTING, "copytui", words, code=_code(rule, value))
        changes = {rule: value} if saved is None else saved
        if changes:
            try:
                async with self._saving:  # one at a time, in the order of the commands
                    await asyncio.to_thread(self._save_settings, changes)
            except (OSError, CopytuiError) as error:
                text = f"the change holds for this run, but could not be saved: {error}"
                state.emit(Level.WARN, EventKind.SETTING, "copytui", text)
        return words

    def _refresh(self) -> str:
        self._watcher.poll_now()
        for client in self._state.followers:
            self._readers[client].read_now()
        return "reading the order books"

    def _set_follower(self, client: ClientId, *, enabled: bool) -> str:
        follower = self._state.followers[client]
        enable(self._state, follower, enabled=enabled)
        words = "enabled" if enabled else "disabled"
        if enabled and follower.halted_because is not None:
            words = f"enabled, but still halted: {follower.halted_because}"
        self._state.emit(Level.INFO, EventKind.SETTING, follower.name, words)
        self._state.wake_dispatcher.set()
        return f"{follower.name} {words}"

    def _release(self, client: ClientId) -> str:
        """Release a follower from close only or, where it is not close only, from its halt."""
        follower = self._state.followers.get(client)
        if follower is not None and follower.close_only is None and follower.halted_because is not None:
            return self._release_halt(client)
        return release_from_loss(self._state, client)

    def _release_halt(self, client: ClientId) -> str:
        follower = self._state.followers[client]
        if follower.halted_because is None:
            return f"{follower.name} is not halted"
        release_follower(self._state, follower)
        words = "halt released" + ("" if follower.enabled else ", but still disabled")
        self._state.emit(Level.WARN, EventKind.RISK, follower.name, words)
        return f"{follower.name}: {words}"

    async def _copy_missed(self, execution_id: int) -> str:
        decided = self._state.executions.get(execution_id)
        if decided is None or decided.settled or decided.decision.verdict is Verdict.ASK:
            return f"#{execution_id} is not waiting for a decision"
        if decided.decision.verdict is Verdict.COPY:
            return (await self._late_copying.copy_withheld(decided)).sentence
        return (await self._late_copying.copy_missed(decided)).sentence

    def _dismiss_unreadable(self, order_id: str) -> str:
        found = self._state.unreadable.get(order_id)
        if found is None or found.is_dismissed:
            return f"no unreadable order {clean(order_id)} is listed"
        dismiss_unreadable(self._state, found)
        text = f"{found.words} dismissed"
        self._state.emit(Level.INFO, EventKind.WATCH, found.who, text)
        return text

    def _dismiss_missed(self, execution_id: int) -> str:
        decided = self._state.executions.get(execution_id)
        if decided is None or decided.settled or decided.decision.verdict is Verdict.ASK:
            return f"#{execution_id} is not waiting for a decision"
        self._state.decide(dismissed(decided))
        text = f"#{execution_id} dismissed"
        self._state.emit(
            Level.INFO, EventKind.DECISION, "master", text,
            execution=decided.execution, execution_id=execution_id, code=EventCode.DECIDED,
        )  # fmt: skip
        return text


def _code(rule: str, value: object) -> EventCode | None:
    """Return the code of the event that reports a changed rule; None for rules that nothing depends on."""
    if rule == "dry_run":
        return EventCode.DRY_RUN if value else EventCode.LIVE
    return EventCode.HALTED if rule == "halted_because" and value is not None else None
