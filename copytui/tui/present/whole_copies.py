"""Copies as the user counts them: slices joined, exits told from entries, and which followers have a complete copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from copytui.domain.copies import ChildOrder, CopyState, by_copy, joined, without_cut
from copytui.domain.executions import Execution
from copytui.domain.orders import ClientId
from copytui.domain.statistics import SUCCESSES


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: its slices, and the sum of them as `joined`. Most copies have a single slice."""

    joined: ChildOrder
    slices: tuple[ChildOrder, ...]

    @property
    def id(self) -> int:
        """The id of the first slice, which never changes."""
        return self.slices[0].id

    @property
    def verb(self) -> str:
        """`opens` or `closes`: what it does to the position."""
        return "opens" if self.joined.exit is None else "closes"

    @property
    def slice_words(self) -> str:
        """The number of slices in words; empty for a single one."""
        return f"in {len(self.slices)} slices" if len(self.slices) > 1 else ""


def join_slices(copies: Sequence[ChildOrder]) -> list[Copy]:
    """Return the copies that child orders belong to, in the given order."""
    if len({(copy.execution_id, copy.follower) for copy in copies}) == len(copies):
        return [Copy(copy, (copy,)) for copy in copies]  # the usual case: nothing to group
    return [Copy(joined(slices), tuple(slices)) for slices in by_copy(copies).values()]


def complete_followers(copies: Iterable[ChildOrder]) -> set[ClientId]:
    """Return the followers whose copies are complete: every slice succeeded, the latest retry counting."""
    newest: dict[tuple[int, ClientId, int], ChildOrder] = {}
    for copy in without_cut(copies):
        place = (copy.execution_id, copy.follower, copy.slice_number)
        if place not in newest or copy.retry > newest[place].retry:
            newest[place] = copy
    kept = [copy for copy in newest.values() if copy.state is not CopyState.SKIPPED]
    wanted = [copy for copy in kept if not _is_replaced(copy)] or kept
    lacking = {copy.follower for copy in wanted if copy.state not in SUCCESSES or _is_cut_short(copy)}
    return {copy.follower for copy in wanted} - lacking


def _is_replaced(copy: ChildOrder) -> bool:
    """Whether copytui cancelled it before any fill, so that a later order decides whether the copy is complete."""
    return copy.state is CopyState.CANCELLED and copy.cancel_reason is not None and not copy.filled


def _is_cut_short(copy: ChildOrder) -> bool:
    """Whether it was cancelled before it was completely filled."""
    return copy.state is CopyState.CANCELLED and copy.filled < copy.order.quantity


def is_simulated(copies: Iterable[ChildOrder]) -> bool:
    """Whether any of them was simulated by a dry run."""
    return any(copy.state is CopyState.SIMULATED for copy in copies)


def closing_words(execution: Execution) -> str:
    """Describe what an execution does to the master's position: `closes 50 of 50, opens 25`; empty if it only opens."""
    share = execution.closes
    if share is None:
        return ""
    opens = f", opens {execution.opening}" if execution.opening > 0 else ""
    return f"closes {share.closing} of {share.held}{opens}"


def has_exits(executions: Sequence[Execution]) -> bool:
    """Whether any execution closes something."""
    return any(execution.closes is not None for execution in executions)
