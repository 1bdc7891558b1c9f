"""What needs the user, counted: approvals, what went wrong or does not fill, what is held back or left behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from copytui.domain.copies import ON_ITS_WAY, WENT_WRONG, ChildOrder
from copytui.domain.orders import OrderKey
from copytui.engine.snapshot import FollowerView, OrderView, Snapshot
from copytui.tui.present.whole_copies import Copy, join_slices


@dataclass(frozen=True, slots=True)
class Found:
    """Copies that failed and still need the user, and exits on their way; each with those of its slices only."""

    failed: tuple[Copy, ...] = ()
    exits: tuple[Copy, ...] = ()


class Attention:
    """Finds them, looking only into the orders that changed since the last look."""

    def __init__(self) -> None:
        """Begin with nothing looked at."""
        self._orders: Sequence[OrderView] = ()
        self._found = Found()
        self._kept: dict[OrderKey, tuple[OrderView, Found]] = {}

    def look(self, orders: Sequence[OrderView]) -> Found:
        """Return what all orders have of it, the newest first."""
        if orders is not self._orders:
            before, self._kept, self._orders = self._kept, {}, orders
            for view in orders:
                key = view.known.order.key
                kept = before.get(key)
                self._kept[key] = kept if kept is not None and kept[0] is view else (view, _found_in(view))
            found = [found for _view, found in self._kept.values() if found.failed or found.exits]
            self._found = Found(
                _newest(whole for each in found for whole in each.failed),
                _newest(whole for each in found for whole in each.exits),
            )
        return self._found


def _newest(found: Iterable[Copy]) -> tuple[Copy, ...]:
    return tuple(sorted(found, key=lambda whole: whole.id, reverse=True))


def _found_in(view: OrderView) -> Found:
    """Look into today's copies: one of an earlier day is not sent again, and fills no more (`copytui needs` agrees)."""
    failed = [copy for copy in view.todays if is_failed(copy)]
    exits = [copy for copy in view.todays if copy.exit is not None and copy.state in ON_ITS_WAY]
    return Found(tuple(join_slices(failed)), tuple(join_slices(exits)))


def is_failed(copy: ChildOrder) -> bool:
    """Whether a copy failed or was rejected, and still needs the user."""
    return copy.state in WENT_WRONG and not copy.dismissed


def late_exits(found: Found, now: datetime) -> list[Copy]:
    """Return the exits that should have filled long before `now`."""
    return [whole for whole in found.exits if any(copy.is_late_exit(now) for copy in whole.slices)]


def is_misrouted(view: FollowerView) -> bool:
    """Whether a follower that is in use gets no orders because its requests leave from the wrong address."""
    return view.enabled and view.ip_mismatch is not None


def needs_count(snapshot: Snapshot, found: Found, now: datetime) -> int:
    """Count what needs the user; `copytui.tui.dialogs.attention_list` lists the same."""
    held = sum(
        (view.halted_because is not None) + is_misrouted(view) + (view.close_only is not None)
        for view in snapshot.followers
    )
    executions = len(snapshot.approvals) + len(snapshot.missed)
    copies = len(join_slices(snapshot.unknown)) + len(found.failed) + len(late_exits(found, now))
    return executions + copies + len(snapshot.orphaned) + held
