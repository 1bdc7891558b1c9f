"""What waits for a yes, as the approvals dialog shows it: pure functions, and the quantities changed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

from textual.content import Content

from copytui.domain.copies import CopyState
from copytui.domain.decisions import DecidedExecution, Plan
from copytui.domain.executions import Execution
from copytui.domain.orders import ClientId, OrderType, Side, largest_order
from copytui.domain.positions import still_wanted
from copytui.domain.sizing import SizingMode, size
from copytui.domain.text import clock_text, execution_words, money
from copytui.engine.snapshot import Snapshot
from copytui.settings.model import Settings
from copytui.tui.dialogs.text import BAD, CARE, GOOD, MUTED, asked_words, cut, fit, name_of, rupees
from copytui.tui.present.whole_copies import Copy, closing_words, wholes

TAKE_BOTH = "one part closes, one opens: take both, or neither (space)"
"""Why the quantity of a follower whose position turns over cannot be changed."""


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """An execution that waits for a yes until `deadline` (monotonic), with the copies that a yes lets go.

    A follower has two `parts` where the execution turns its position over: one closes, one opens. The master still
    holds the part `left` of what the execution opened: a yes sends no more than that part of an entry.
    """

    decided: DecidedExecution
    parts: tuple[Copy, ...]
    deadline: float
    left: Fraction = Fraction(1)

    @property
    def id(self) -> int:
        """The execution's id."""
        return self.decided.id

    @property
    def execution(self) -> Execution:
        """What executed."""
        return self.decided.execution

    def most(self, part: Copy) -> int | None:
        """Return the most that a yes sends of an entry that is partly closed since, as the engine reckons it."""
        if part.copy.exit is not None or self.left >= 1:
            return None
        lot = self.execution.order.lot_size
        return sum(still_wanted(copy.order.quantity, self.left, lot) for copy in part.slices)

    @property
    def followers(self) -> frozenset[ClientId]:
        """Who gets something of it."""
        return frozenset(part.copy.follower for part in self.parts)

    @property
    def left_aside(self) -> tuple[Plan, ...]:
        """The followers that get nothing of it, or of one part of it, with the reason."""
        return tuple(plan for plan in self.decided.decision.plans if plan.quantity <= 0)

    def part(self, row: str | None) -> Copy | None:
        """Return the part that a row of the dialog names."""
        return next((part for part in self.parts if str(part.id) == row), None)

    def turns_over(self, follower: ClientId) -> bool:
        """Whether a follower has two parts."""
        return sum(part.copy.follower == follower for part in self.parts) > 1


def all_asked(snapshot: Snapshot) -> list[ApprovalView]:
    """Return what waits for a yes, the soonest to expire first."""
    deadlines = dict(snapshot.approvals)
    waiting = [
        ApprovalView(
            decided,
            tuple(wholes([c for c in view.copies if c.execution_id == decided.id and c.state is CopyState.ASKED])),
            deadlines[decided.id],
            snapshot.reduced.get(decided.id, Fraction(1)) if decided.execution.opening > 0 else Fraction(1),
        )
        for view in (snapshot.orders if deadlines else ())
        for decided in view.executions
        if decided.id in deadlines
    ]
    return sorted(waiting, key=lambda asked: (asked.deadline, asked.id))


@dataclass(slots=True)
class Quantities:
    """The quantities as the user wants them, by execution and follower; what is not in it goes as planned."""

    settings: Settings
    changed: dict[int, dict[ClientId, int]] = field(default_factory=dict)

    def of(self, asked: ApprovalView, part: Copy) -> int:
        """Return what a yes sends of a part; 0 when its follower is left out, or nothing of it is wanted any more."""
        copy, most = part.copy, asked.most(part)
        wanted = self.changed.get(asked.id, {}).get(copy.follower, copy.order.quantity)
        return wanted if most is None else min(wanted, most)

    def overrides(self, asked: ApprovalView) -> Mapping[ClientId, int]:
        """Return what differs from the plan."""
        planned = {part.copy.follower: part.copy.order.quantity for part in asked.parts}
        given = self.changed.get(asked.id, {})
        return {client: given[client] for client in planned if given.get(client, planned[client]) != planned[client]}

    def nobody(self, asked: ApprovalView) -> bool:
        """Whether every follower is left out."""
        return not any(self.of(asked, part) for part in asked.parts)

    def toggle(self, asked: ApprovalView, part: Copy) -> None:
        """Leave a follower out with all its parts, or take it in with what was planned."""
        if self.changed.get(asked.id, {}).get(part.copy.follower, part.copy.order.quantity):
            self.changed.setdefault(asked.id, {})[part.copy.follower] = 0
        else:
            self.changed.get(asked.id, {}).pop(part.copy.follower, None)

    def set(self, asked: ApprovalView, part: Copy, quantity: int) -> str | None:
        """Change a follower's quantity; returns why it cannot be, in a sentence."""
        if quantity == part.copy.order.quantity:
            self.changed.get(asked.id, {}).pop(part.copy.follower, None)
            return None
        wrong = self._refusal(asked, part, quantity)
        if wrong is None:
            self.changed.setdefault(asked.id, {})[part.copy.follower] = quantity
        return wrong

    def _refusal(self, asked: ApprovalView, part: Copy, quantity: int) -> str | None:
        """Ask what the engine will ask: whole lots, no more than can be closed, and the follower's own limits."""
        order, planned, copy = asked.execution.order, part.copy.order.quantity, part.copy
        if not quantity:
            return None
        if asked.turns_over(copy.follower):
            return TAKE_BOTH
        if order.lot_size <= 0:
            return "the broker did not tell the lot size, so it goes as planned or not at all"
        if quantity < 0 or quantity % order.lot_size:
            return f"{quantity} is not whole lots of {order.lot_size}"
        if (most := asked.most(part)) is not None and quantity > most:
            return f"{quantity} is more than the {most} that the master has left of it"
        if quantity > planned and copy.exit is not None:
            return f"{quantity} is more than the {planned} that copying has built"
        if quantity > planned and len(part.slices) > 1:
            return f"{quantity} is more than the {planned} planned: it is sent in slices as it is"
        follower = self.settings.follower(copy.follower)
        if follower is None or copy.exit is not None:
            return None
        largest = largest_order(order.symbol, order.exchange, order.lot_size, self.settings.freeze_quantities)
        if quantity > planned and largest is not None and quantity > largest:
            return f"{quantity} is more than the {largest} that the exchange takes in one order"
        by_hand = replace(follower.sizing.for_symbol(order.symbol), mode=SizingMode.FIXED, fixed_quantity=quantity)
        sized = size(by_hand, quantity=quantity, lot=order.lot_size, price=asked.execution.value_price)
        return None if sized.quantity == quantity else sized.sentence


def waiting_line(asked: ApprovalView, now: float, *, answered: bool) -> Content:
    """Say what waits, and how long it will."""
    left = max(0, ceil(asked.deadline - now))
    order = asked.execution.order
    words = execution_words(replace(asked.execution, order=replace(order, symbol=cut(order.symbol, 30))))
    end = ("answered", MUTED) if answered else (f"{left:>4} s left", f"bold {CARE}" if left <= 10 else "")
    return Content.assemble(fit(words, 58), " ", end)


def master_words(asked: ApprovalView, price_now: Decimal | None) -> Content:
    """Say what the master did: when, what kind of order, its worth, and what the market has done since."""
    execution = asked.execution
    order, at = execution.order, execution.executed_at or execution.seen_at
    worth = rupees(execution.price * execution.quantity)
    symbol = cut(order.symbol, 26 if price_now is not None else 40)
    head = f"{order.side} {execution.quantity} {symbol} @ {money(execution.price)} = {worth}"
    exit_ = closing_words(execution)
    kind, lot = asked_words(order), f"lot {order.lot_size or 'unknown'}"
    words = f"{kind} · {order.product.lower()} · {lot} · order {cut(order.order_id, 20)}"
    if exit_:
        words = f"exit: {exit_} · {kind} · {lot}"
    return Content.assemble(
        (head, "bold"), price_words(execution, price_now), (f"\nmaster, {clock_text(at)}: {words}", MUTED)
    ) + _left_words(asked)


def _left_words(asked: ApprovalView) -> Content:
    """Say that the master has closed some of it since: what a yes sends is smaller then."""
    if asked.left >= 1:
        return Content("")
    opened = asked.execution.opening
    left = int(opened * asked.left)
    then = "a yes opens nothing any more" if not left else f"a yes opens no more than {left} of {opened}, in proportion"
    return Content.styled(f"\nThe master has closed {opened - left} of it since: {then}.", f"bold {CARE}")


def price_words(execution: Execution, now: Decimal | None) -> Content:
    """Say the price now against the master's: how far it is, and whether that is for better or worse."""
    if now is None or execution.price <= 0:
        return Content("")
    moved = 100 * (now - execution.price) / execution.price
    worse = moved if execution.order.side is Side.BUY else -moved
    word, style = (" worse", f"bold {CARE}") if worse > 0 else (" better", GOOD) if worse < 0 else ("", MUTED)
    return Content.styled(f"  now {money(now)} {moved:+.2f}%{word}", style)


def follower_line(snapshot: Snapshot, asked: ApprovalView, part: Copy, quantity: int) -> Content:
    """Say one follower's part: in or out, what it closes or opens, value, price, and whether it was changed by hand."""
    order = part.copy.order
    price = "at market" if order.order_type is OrderType.MARKET else f"limit {money(order.price)}"
    changed = f"planned {order.quantity}" if quantity not in (0, order.quantity) else ""
    verb = fit(part.verb, 7) if asked.execution.closes is not None else ""
    line = Content.assemble(
        "[x] " if quantity else "[ ] ",
        fit(name_of(snapshot, part.copy.follower), 14 if verb else 16),
        verb,
        f"{quantity:>8} " if quantity else "left out ",
        f"{rupees(asked.execution.value_price * quantity):>11} " if quantity else " " * 12,
        fit(price, 13),
        (f" {changed or part.slice_words}".rstrip(), CARE if changed else ""),
    )
    return line if quantity else line.stylize(MUTED)


def aside_words(asked: ApprovalView) -> Content:
    """Say who gets nothing and which limit bites."""
    exits = asked.execution.closes is not None
    lines = [
        (f"not {cut(plan.name, 16)}{_part_of(plan) if exits else ''}: {cut(plan.sentence, 50)}", BAD)
        for plan in asked.left_aside[:3]
    ]
    if len(asked.left_aside) > 3:
        lines.append((f"and {len(asked.left_aside) - 3} more", BAD))
    return Content("\n").join([Content.styled(*line) for line in lines])


def _part_of(plan: Plan) -> str:
    return ", closing" if plan.exit is not None else ", opening"
