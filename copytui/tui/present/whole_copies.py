"""Copies as a person counts them: slices joined, exits told from entries, and who has all of an order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from copytui.domain.copies import ChildOrder, CopyState, by_copy, joined
from copytui.domain.executions import Execution
from copytui.domain.orders import ClientId
from copytui.domain.statistics import SUCCESSES


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy, joined, with the slices that it was sent in (itself alone, mostly)."""

    copy: ChildOrder
    slices: tuple[ChildOrder, ...]

    @property
    def id(self) -> int:
        """The id of its first slice: it stays whatever becomes of the others."""
        return self.slices[0].id

    @property
    def verb(self) -> str:
        """What it does to the position."""
        return "opens" if self.copy.exit is None else "closes"

    @property
    def slice_words(self) -> str:
        """Say in how many orders it goes out; nothing where that is one."""
        return f"in {len(self.slices)} slices" if len(self.slices) > 1 else ""


def wholes(copies: Sequence[ChildOrder]) -> list[Copy]:
    """Join slices, in the given order."""
    if len({(copy.execution_id, copy.follower) for copy in copies}) == len(copies):
        return [Copy(copy, (copy,)) for copy in copies]  # as mostly: nothing to group
    return [Copy(joined(slices), tuple(slices)) for slices in by_copy(copies).values()]


def holders(copies: Iterable[ChildOrder]) -> set[ClientId]:
    """Return the followers that have all that they were to get: every slice, where one failed its last retry."""
    newest: dict[tuple[int, ClientId, int], ChildOrder] = {}
    for copy in copies:
        place = (copy.execution_id, copy.follower, copy.slice_number)
        if place not in newest or copy.retry > newest[place].retry:
            newest[place] = copy
    kept = [copy for copy in newest.values() if copy.state is not CopyState.SKIPPED]
    wanted = [copy for copy in kept if not _is_taken_back(copy)] or kept
    lacking = {copy.follower for copy in wanted if copy.state not in SUCCESSES or _is_cut_short(copy)}
    return {copy.follower for copy in wanted} - lacking


def _is_taken_back(copy: ChildOrder) -> bool:
    """Whether we withdrew it before it filled: what came after it tells whether its follower has the order."""
    return copy.state is CopyState.CANCELLED and copy.cancel_reason is not None and not copy.filled


def _is_cut_short(copy: ChildOrder) -> bool:
    """Whether the broker took it and it ended without filling whole."""
    return copy.state is CopyState.CANCELLED and copy.filled < copy.order.quantity


def is_simulated(copies: Iterable[ChildOrder]) -> bool:
    """Whether a dry run made any of them: who has those would only have got them."""
    return any(copy.state is CopyState.SIMULATED for copy in copies)


def closing_words(execution: Execution) -> str:
    """Say what an execution does to the master's position, `closes 50 of 50, opens 25`; nothing where it only opens."""
    share = execution.closes
    if share is None:
        return ""
    opens = f", opens {execution.opening}" if execution.opening > 0 else ""
    return f"closes {share.closing} of {share.held}{opens}"


def has_exits(executions: Sequence[Execution]) -> bool:
    """Whether any of them closes something."""
    return any(execution.closes is not None for execution in executions)
