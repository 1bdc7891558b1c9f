"""The copies of one master order as rows, one per follower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution, Plan, Verdict
from copytui.domain.executions import Origin
from copytui.domain.orders import ClientId
from copytui.domain.text import clean, money
from copytui.engine.snapshot import FollowerView, OrderView, Snapshot
from copytui.tui.present.cells import Cell, Column, Row, Tone
from copytui.tui.present.glyphs import Signs
from copytui.tui.present.tables import named, widened
from copytui.tui.present.whole_copies import Copy, has_exits, join_slices

COPY_COLUMNS = (
    Column("follower", "follower", 11, 18),
    Column("qty", "qty", 5, 8, right=True, optional=2),
    Column("filled", "filled", 10, 12, right=True),
    Column("state", "state", 11, 12),
    Column("ms", "ms", 5, 7, right=True, optional=1),
    Column("message", "message", 8, 400),
)

_S = CopyState
_WORDS: Mapping[CopyState, tuple[str, str, Tone]] = {
    _S.ASKED: ("ask", "approval", Tone.WARN),
    _S.SIMULATED: ("dry", "dry run", Tone.DIM),
    _S.SKIPPED: ("skip", "skipped", Tone.DIM),
    _S.EXPIRED: ("skip", "expired", Tone.DIM),
    _S.QUEUED: ("wait", "queued", Tone.PLAIN),
    _S.SENDING: ("wait", "sending", Tone.PLAIN),
    _S.ACCEPTED: ("open", "accepted", Tone.PLAIN),
    _S.OPEN: ("open", "open", Tone.PLAIN),
    _S.PARTIAL: ("partial", "partial", Tone.WARN),
    _S.FILLED: ("good", "filled", Tone.GOOD),
    _S.REJECTED: ("bad", "rejected", Tone.BAD),
    _S.CANCELLED: ("idle", "cancelled", Tone.DIM),
    _S.FAILED: ("bad", "failed", Tone.BAD),
    _S.UNKNOWN: ("unknown", "unknown", Tone.WARN),
}


def state_cell(state: CopyState, signs: Signs) -> Cell:
    """Return a copy's state as a sign and a word."""
    sign, word, tone = _WORDS[state]
    return Cell(f"{getattr(signs, sign)} {word}", tone)


def copy_columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns for `copy_rows`, wide enough that no filled quantity is truncated."""
    return named(widened(COPY_COLUMNS, rows, ("filled",)), rows)


def copy_rows(snapshot: Snapshot, view: OrderView, signs: Signs) -> list[Row]:
    """Return a row per follower's copy and per skipped follower, in the order of the settings."""
    followers = {follower.client_id: follower for follower in snapshot.followers}
    places = {client: place for place, client in enumerate(followers)}
    several = len(view.executions) > 1
    exits = has_exits([decided.execution for decided in view.executions])
    numbers = {decided.id: decided.execution.number for decided in view.executions}
    rows = []
    for copy in join_slices(view.copies):
        child = copy.joined
        again = f" #{numbers.get(child.execution_id, 1)}" if several else ""
        place = (places.get(child.follower, len(places)), copy.id)
        verb = f"{copy.verb} " if exits else ""
        rows.append((place, _copy_row(copy, followers.get(child.follower), again, verb, signs)))
    for decided in view.executions:
        if decided.decision.verdict in (Verdict.COPY, Verdict.SIMULATE, Verdict.ASK):
            rows.extend(
                ((places.get(plan.follower, len(places)), 0), _skipped_row(decided, plan, signs, exits=exits))
                for plan in decided.decision.plans
                if not plan.quantity
            )
    return [row for _place, row in sorted(rows, key=lambda pair: pair[0])]


def _copy_row(copy: Copy, follower: FollowerView | None, again: str, verb: str, signs: Signs) -> Row:
    child = copy.joined
    wanted = child.order.quantity
    ms = child.latency_ms
    message = copy_message(child, follower)
    return Row(
        f"c{copy.id}",
        (
            Cell(clean(follower.name if follower else child.follower) + again, Tone.STRONG),
            Cell(str(wanted), value=-wanted),
            Cell(f"{verb}{child.filled}/{wanted}", value=child.filled / wanted if wanted else 0),
            state_cell(child.state, signs),
            Cell("" if ms is None else f"{ms:.0f}", value=-1 if ms is None else -ms),
            Cell("  ".join(part for part in (message, copy.slice_words) if part), Tone.DIM),
        ),
    )


def copy_message(copy: ChildOrder, follower: FollowerView | None) -> str:
    """Return what there is to add to a copy's state: its error, its price, or what it waits for."""
    again = f"retry {copy.retry}: " if copy.retry else ""
    if copy.error:
        return again + clean(copy.error)
    if copy.filled:
        return f"{again}@{money(copy.average_price)}"
    match copy.state:
        case CopyState.UNKNOWN:
            return again + "looking it up"
        case CopyState.ASKED:
            return "approval required (a)"
        case CopyState.QUEUED if follower is not None and not follower.armed:
            return again + ("account halted" if follower.halted_because else "account not ready")
        case _:
            return again


def _skipped_row(decided: DecidedExecution, plan: Plan, signs: Signs, *, exits: bool) -> Row:
    part = "closes" if plan.exit is not None else "opens"
    return Row(
        f"p{decided.id}{part if exits else ''}.{plan.follower}",
        (
            Cell(clean(plan.name), Tone.DIM),
            Cell("0", Tone.DIM, 0),
            Cell(f"{part} 0" if exits else "", Tone.DIM, value=-1),
            Cell(f"{signs.skip} skipped", Tone.DIM),
            Cell("", value=0),
            Cell(clean(plan.sentence), Tone.DIM),
        ),
    )


def row_copies(view: OrderView, row_key: str) -> tuple[ChildOrder, ...]:
    """Return the slices of the copy with this row key; empty if the row is not a copy."""
    return next((copy.slices for copy in join_slices(view.copies) if f"c{copy.id}" == row_key), ())


def row_follower(view: OrderView, row_key: str) -> ClientId | None:
    """Return the follower of the row with this key."""
    if row_key.startswith("p"):
        return ClientId(row_key.partition(".")[2])
    return next((copy.follower for copy in view.copies if f"c{copy.id}" == row_key), None)


def why_no_copies(view: OrderView) -> str:
    """Explain why an order has no copies."""
    if view.executions:
        decision = view.executions[-1].decision
        return f"{_VERDICTS[decision.verdict]}: {clean(decision.sentence)}."
    order = view.known.order
    if view.known.origin is Origin.OWN:
        return "copytui placed this order itself, so it is not copied."
    if view.known.origin is Origin.BASELINE:
        return "Baseline: it was final before copytui started, so it is not copied."
    if order.order_status.is_final:
        words = clean(f"{order.status or order.order_status} {order.text}")
        return f"It has not executed, so there is nothing to copy: {words}."
    return f"It has not executed yet: {clean(order.status) or order.order_status}. It is copied when it executes."


_VERDICTS = {
    Verdict.COPY: "Copied",
    Verdict.SIMULATE: "Dry run",
    Verdict.ASK: "Approval required (a)",
    Verdict.SKIP: "Skipped",
    Verdict.MISSED: "Missed (n copies or dismisses it)",
}
