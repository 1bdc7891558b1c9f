"""What waits for a yes, as the approvals dialog shows it: pure functions, and the quantities changed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil

from textual.content import Content

from copytui.domain.copies import Copy, CopyState
from copytui.domain.decisions import Plan
from copytui.domain.executions import Execution
from copytui.domain.orders import ClientId, OrderType
from copytui.domain.sizing import SizingMode, size
from copytui.domain.times import clock_text
from copytui.domain.wording import execution_words, money
from copytui.engine.snapshot import Snapshot
from copytui.journal.records import DecidedExecution
from copytui.settings.model import Settings
from copytui.tui.screens.words import BAD, CARE, MUTED, asked_words, cut, fit, name_of, rupees


@dataclass(frozen=True, slots=True)
class Asked:
    """An execution that waits for a yes until `deadline` (monotonic), with the copies that a yes lets go."""

    decided: DecidedExecution
    copies: tuple[Copy, ...]
    deadline: float

    @property
    def id(self) -> int:
        """The execution's id."""
        return self.decided.id

    @property
    def execution(self) -> Execution:
        """What executed."""
        return self.decided.execution

    @property
    def left_aside(self) -> tuple[Plan, ...]:
        """The followers that get nothing of it, with the reason."""
        return tuple(plan for plan in self.decided.decision.plans if plan.quantity <= 0)


def all_asked(picture: Snapshot) -> list[Asked]:
    """Return what waits for a yes, the soonest to expire first."""
    deadlines = dict(picture.approvals)
    waiting = [
        Asked(
            decided,
            tuple(c for c in view.copies if c.execution_id == decided.id and c.state is CopyState.ASKED),
            deadlines[decided.id],
        )
        for view in picture.orders
        for decided in view.executions
        if decided.id in deadlines
    ]
    return sorted(waiting, key=lambda asked: (asked.deadline, asked.id))


@dataclass(slots=True)
class Quantities:
    """The quantities as the user wants them, by execution and follower; what is not in it goes as planned."""

    settings: Settings
    changed: dict[int, dict[ClientId, int]] = field(default_factory=dict)

    def of(self, asked: Asked, copy: Copy) -> int:
        """Return what a follower gets; 0 when it is left out."""
        return self.changed.get(asked.id, {}).get(copy.follower, copy.order.quantity)

    def overrides(self, asked: Asked) -> Mapping[ClientId, int]:
        """Return what differs from the plan."""
        return {c.follower: self.of(asked, c) for c in asked.copies if self.of(asked, c) != c.order.quantity}

    def nobody(self, asked: Asked) -> bool:
        """Whether every follower is left out."""
        return not any(self.of(asked, copy) for copy in asked.copies)

    def toggle(self, asked: Asked, copy: Copy) -> None:
        """Leave a follower out, or take it in with what was planned."""
        self._put(asked, copy, 0 if self.of(asked, copy) else copy.order.quantity)

    def set(self, asked: Asked, copy: Copy, quantity: int) -> str | None:
        """Change a follower's quantity; returns why it cannot be, in a sentence."""
        wrong = self._refusal(asked, copy, quantity)
        if wrong is None:
            self._put(asked, copy, quantity)
        return wrong

    def _put(self, asked: Asked, copy: Copy, quantity: int) -> None:
        self.changed.setdefault(asked.id, {})[copy.follower] = quantity

    def _refusal(self, asked: Asked, copy: Copy, quantity: int) -> str | None:
        """Ask what the engine will ask: whole lots, and the follower's own limits."""
        lot = asked.execution.order.lot_size
        if quantity in (0, copy.order.quantity):
            return None
        if lot <= 0:
            return "the broker did not tell the lot size, so it goes as planned or not at all"
        if quantity < 0 or quantity % lot:
            return f"{quantity} is not whole lots of {lot}"
        follower = next((f for f in self.settings.followers if f.client_id == copy.follower), None)
        if follower is None:
            return None
        by_hand = replace(follower.sizing, mode=SizingMode.FIXED, fixed_quantity=quantity)
        sized = size(by_hand, quantity=quantity, lot=lot, price=asked.execution.value_price)
        return None if sized.quantity == quantity else sized.sentence


def waiting_line(asked: Asked, now: float, *, answered: bool) -> Content:
    """Say what waits, and how long it will."""
    left = max(0, ceil(asked.deadline - now))
    order = asked.execution.order
    words = execution_words(replace(asked.execution, order=replace(order, symbol=cut(order.symbol, 30))))
    end = ("answered", MUTED) if answered else (f"{left:>4} s left", f"bold {CARE}" if left <= 10 else "")
    return Content.assemble(fit(words, 58), " ", end)


def master_words(asked: Asked) -> Content:
    """Say what the master did: when, what kind of order, and its worth."""
    execution = asked.execution
    order, at = execution.order, execution.executed_at or execution.seen_at
    worth = rupees(execution.price * execution.quantity)
    head = f"{order.side} {execution.quantity} {cut(order.symbol, 40)} @ {money(execution.price)} = {worth}"
    kind = f"{asked_words(order)} · {order.product.lower()} · lot {order.lot_size or 'unknown'}"
    return Content.assemble(
        (head, "bold"), (f"\nmaster, {clock_text(at)}: {kind} · order {cut(order.order_id, 20)}", MUTED)
    )


def follower_line(picture: Snapshot, asked: Asked, copy: Copy, quantity: int) -> Content:
    """Say one follower's part: in or out, quantity, value, price, and whether it was changed by hand."""
    order = copy.order
    price = "at market" if order.order_type is OrderType.MARKET else f"limit {money(order.price)}"
    note = f"  planned {order.quantity}" if quantity not in (0, order.quantity) else ""
    line = Content.assemble(
        "[x] " if quantity else "[ ] ",
        fit(name_of(picture, copy.follower), 16),
        f"{quantity:>8} " if quantity else "left out ",
        f"{rupees(asked.execution.value_price * quantity):>12}  " if quantity else " " * 14,
        fit(price, 14),
        (note, CARE),
    )
    return line if quantity else line.stylize(MUTED)


def aside_words(asked: Asked) -> Content:
    """Say who gets nothing and which limit bites."""
    lines = [(f"not {cut(plan.name, 16)}: {cut(plan.sentence, 50)}", BAD) for plan in asked.left_aside[:3]]
    if len(asked.left_aside) > 3:
        lines.append((f"and {len(asked.left_aside) - 3} more", BAD))
    return Content("\n").join([Content.styled(*line) for line in lines])
