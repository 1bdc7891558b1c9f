"""The executions that wait for approval, as the dialog shows them: pure functions, and the edited quantities."""

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
from copytui.domain.sizing import PlannedPart, changed_quantity_refusal
from copytui.domain.text import clock_text, execution_words, money
from copytui.engine.snapshot import Snapshot
from copytui.settings.model import Settings
from copytui.tui.dialogs.text import BAD, CARE, GOOD, MUTED, cut, fit, name_of, order_type_words, rupees
from copytui.tui.present.whole_copies import Copy, closing_words, join_slices


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """An execution that waits for approval until `deadline` (monotonic), with the copies that approval sends.

    A reversal gives a follower two `parts`: one closes, one opens. The master still holds the fraction `remaining`
    of what the execution opened; approval sends at most that fraction of an entry.
    """

    decided: DecidedExecution
    parts: tuple[Copy, ...]
    deadline: float
    remaining: Fraction = Fraction(1)

    @property
    def id(self) -> int:
        """The execution's id."""
        return self.decided.id

    @property
    def execution(self) -> Execution:
        """The execution itself."""
        return self.decided.execution

    def largest(self, part: Copy) -> int | None:
        """Return the most that approval sends of an entry that the master has since partly closed, else None."""
        if part.joined.exit is not None or self.remaining >= 1:
            return None
        lot = self.execution.order.lot_size
        return sum(still_wanted(copy.order.quantity, self.remaining, lot) for copy in part.slices)

    @property
    def followers(self) -> frozenset[ClientId]:
        """The followers that get a copy."""
        return frozenset(part.joined.follower for part in self.parts)

    @property
    def left_out(self) -> tuple[Plan, ...]:
        """The plans of followers that skip the execution or one part of it."""
        return tuple(plan for plan in self.decided.decision.plans if plan.quantity <= 0)

    def part(self, row: str | None) -> Copy | None:
        """Return the part with this row id."""
        return next((part for part in self.parts if str(part.id) == row), None)

    def reverses(self, follower: ClientId) -> bool:
        """Whether the execution reverses the position of this follower."""
        return sum(part.joined.follower == follower for part in self.parts) > 1


def waiting_approvals(snapshot: Snapshot) -> list[ApprovalView]:
    """Return the executions that wait for approval, the first to expire first."""
    deadlines = dict(snapshot.approvals)
    waiting = [
        ApprovalView(
            decided,
            tuple(join_slices([c for c in view.copies if c.execution_id == decided.id and c.state is CopyState.ASKED])),
            deadlines[decided.id],
            snapshot.reduced.get(decided.id, Fraction(1)) if decided.execution.opening > 0 else Fraction(1),
        )
        for view in (snapshot.orders if deadlines else ())
        for decided in view.executions
        if decided.id in deadlines
    ]
    return sorted(waiting, key=lambda approval: (approval.deadline, approval.id))


@dataclass(slots=True)
class Quantities:
    """The quantities edited by the user, by execution and follower; all others are as planned."""

    settings: Settings
    changed: dict[int, dict[ClientId, int]] = field(default_factory=dict)

    def of(self, approval: ApprovalView, part: Copy) -> int:
        """Return what approval sends of a part; 0 if its follower is skipped or nothing of it remains."""
        copy, largest = part.joined, approval.largest(part)
        wanted = self.changed.get(approval.id, {}).get(copy.follower, copy.order.quantity)
        return wanted if largest is None else min(wanted, largest)

    def overrides(self, approval: ApprovalView) -> Mapping[ClientId, int]:
        """Return the quantities that differ from the plan."""
        planned = {part.joined.follower: part.joined.order.quantity for part in approval.parts}
        given = self.changed.get(approval.id, {})
        return {client: given[client] for client in planned if given.get(client, planned[client]) != planned[client]}

    def all_skipped(self, approval: ApprovalView) -> bool:
        """Whether every follower is skipped."""
        return not any(self.of(approval, part) for part in approval.parts)

    def toggle(self, approval: ApprovalView, part: Copy) -> None:
        """Skip a follower with all its parts, or restore its planned quantity."""
        if self.changed.get(approval.id, {}).get(part.joined.follower, part.joined.order.quantity):
            self.changed.setdefault(approval.id, {})[part.joined.follower] = 0
        else:
            self.changed.get(approval.id, {}).pop(part.joined.follower, None)

    def set(self, approval: ApprovalView, part: Copy, quantity: int) -> str | None:
        """Change a follower's quantity; return the reason if it is refused."""
        if quantity == part.joined.order.quantity:
            self.changed.get(approval.id, {}).pop(part.joined.follower, None)
            return None
        refusal = self._refusal(approval, part, quantity)
        if refusal is None:
            self.changed.setdefault(approval.id, {})[part.joined.follower] = quantity
        return refusal

    def _refusal(self, approval: ApprovalView, part: Copy, quantity: int) -> str | None:
        """Ask what the engine will ask: whole lots, no more than can be closed, and the follower's own limits."""
        order, copy = approval.execution.order, part.joined
        follower = self.settings.follower(copy.follower)
        checked = PlannedPart(
            planned=copy.order.quantity,
            slices=len(part.slices),
            lot=order.lot_size,
            price=approval.execution.value_price,
            sizing=None if follower is None else follower.sizing.for_symbol(order.symbol, order.underlying),
            is_exit=copy.exit is not None,
            turns_over=approval.reverses(copy.follower),
            largest=largest_order(order.underlying, order.exchange, order.lot_size, self.settings.freeze_quantities),
            still_held=approval.largest(part),
        )
        return changed_quantity_refusal(quantity, checked)


def waiting_line(approval: ApprovalView, now: float, *, answered: bool) -> Content:
    """Return an execution and the time left to approve it."""
    left = max(0, ceil(approval.deadline - now))
    order = approval.execution.order
    words = execution_words(replace(approval.execution, order=replace(order, symbol=cut(order.symbol, 30))))
    end = ("answered", MUTED) if answered else (f"{left:>4} s left", f"bold {CARE}" if left <= 10 else "")
    return Content.assemble(fit(words, 58), " ", end)


def master_words(approval: ApprovalView, price_now: Decimal | None) -> Content:
    """Describe the master's execution: time, order type, value, and the current price."""
    execution = approval.execution
    order, at = execution.order, execution.executed_at or execution.seen_at
    value = rupees(execution.price * execution.quantity)
    symbol = cut(order.symbol, 26 if price_now is not None else 40)
    head = f"{order.side} {execution.quantity} {symbol} @ {money(execution.price)} = {value}"
    exit_ = closing_words(execution)
    kind, lot = order_type_words(order), f"lot {order.lot_size or 'unknown'}"
    words = f"{kind} · {order.product.lower()} · {lot} · order {cut(order.order_id, 20)}"
    if exit_:
        words = f"exit: {exit_} · {kind} · {lot}"
    return Content.assemble(
        (head, "bold"), price_words(execution, price_now), (f"\nmaster, {clock_text(at)}: {words}", MUTED)
    ) + _remaining_words(approval)


def _remaining_words(approval: ApprovalView) -> Content:
    """Say that the master has since closed part of it, so that approval sends less."""
    if approval.remaining >= 1:
        return Content("")
    opened = approval.execution.opening
    left = int(opened * approval.remaining)
    then = "approval opens nothing" if not left else f"approval opens at most {left} of {opened}, in proportion"
    return Content.styled(f"\nThe master has since closed {opened - left} of it: {then}.", f"bold {CARE}")


def price_words(execution: Execution, now: Decimal | None) -> Content:
    """Compare the current price with the master's: the difference in percent, better or worse."""
    if now is None or execution.price <= 0:
        return Content("")
    moved = 100 * (now - execution.price) / execution.price
    worse = moved if execution.order.side is Side.BUY else -moved
    word, style = (" worse", f"bold {CARE}") if worse > 0 else (" better", GOOD) if worse < 0 else ("", MUTED)
    return Content.styled(f"  now {money(now)} {moved:+.2f}%{word}", style)


def follower_line(snapshot: Snapshot, approval: ApprovalView, part: Copy, quantity: int) -> Content:
    """Return the line of one part: copied or skipped, quantity, value, price, and the plan if it was edited."""
    order = part.joined.order
    price = "at market" if order.order_type is OrderType.MARKET else f"limit {money(order.price)}"
    changed = f"planned {order.quantity}" if quantity not in (0, order.quantity) else ""
    verb = fit(part.verb, 7) if approval.execution.closes is not None else ""
    line = Content.assemble(
        "[x] " if quantity else "[ ] ",
        fit(name_of(snapshot, part.joined.follower), 14 if verb else 16),
        verb,
        f"{quantity:>8} " if quantity else "skipped  ",
        f"{rupees(approval.execution.value_price * quantity):>11} " if quantity else " " * 12,
        fit(price, 13),
        (f" {changed or part.slice_words}".rstrip(), CARE if changed else ""),
    )
    return line if quantity else line.stylize(MUTED)


def left_out_words(approval: ApprovalView) -> Content:
    """List the skipped followers with the reasons."""
    exits = approval.execution.closes is not None
    lines = [
        (f"skipped {cut(plan.name, 16)}{_part_of(plan) if exits else ''}: {cut(plan.sentence, 50)}", BAD)
        for plan in approval.left_out[:3]
    ]
    if len(approval.left_out) > 3:
        lines.append((f"and {len(approval.left_out) - 3} more", BAD))
    return Content("\n").join([Content.styled(*line) for line in lines])


def _part_of(plan: Plan) -> str:
    return ", closing" if plan.exit is not None else ", opening"
