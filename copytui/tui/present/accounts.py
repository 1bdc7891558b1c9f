"""Follower accounts as rows: whether orders can be sent, funds, the day's P&L, positions, then the rest."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len

from copytui.domain.text import clean
from copytui.engine.follower.follower import SessionState
from copytui.engine.rules import Rules
from copytui.engine.snapshot import FollowerView
from copytui.tui.present.cells import Cell, Column, Line, Piece, Row, Tone, cut, line_width, rupees
from copytui.tui.present.glyphs import Signs, in_signs
from copytui.tui.present.tables import named, widened

FRESH_SECONDS = 60.0
"""Older figures are shown with their age."""
_NEAR = Decimal("0.8")
"""The fraction of a limit at which its figure is highlighted."""
_NAME = 18
"""The maximum width of a name."""

# Figures are as wide as the longest of them; the spare width goes to the last error.
ACCOUNT_COLUMNS = (
    Column("follower", "follower", 11, _NAME),
    Column("mode", "mode", 13, 13),
    Column("funds", "funds", 8, 8, right=True),
    Column("day", "day", 6, 6, right=True, optional=1),
    Column("positions", "pos", 4, 5, right=True, optional=2),
    Column("error", "last error", 12, 40, optional=3),
    Column("minute", "min", 7, 9, right=True, optional=4),
    Column("open", "open", 5, 6, right=True, optional=5),
    Column("hour", "hour", 8, 10, right=True, optional=6),
    Column("ratio", "ratio", 6, 9, right=True, optional=7),
    Column("address", "egress IP", 12, 20, optional=8),
    Column("session", "session", 11, 13, optional=9),
)

ACCOUNT_LINES = 3
"""The number of lines with details of the account under the cursor."""

_SESSIONS = {
    SessionState.LOGGING_IN: ("wait", "logging in", Tone.WARN),
    SessionState.READING_BOOK: ("wait", "reading", Tone.WARN),
    SessionState.READY: ("good", "ready", Tone.GOOD),
    SessionState.WAITING: ("warn", "retrying", Tone.BAD),
    SessionState.LOCKED: ("bad", "refused", Tone.BAD),
}


@dataclass(frozen=True, slots=True)
class AccountContext:
    """What account rows depend on: the monotonic time, the daily loss limit (0: none), and what blocks all accounts."""

    now: float
    loss_limit: Decimal = Decimal(0)
    blocked: str = ""


def account_columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns for account rows, wide enough that no figure is truncated."""
    figures = ("mode", "funds", "day", "positions", "minute", "open", "hour", "ratio", "address")
    return named(widened(ACCOUNT_COLUMNS, rows, figures), rows)


def account_rows(followers: Iterable[FollowerView], signs: Signs, context: AccountContext) -> list[Row]:
    """Return a row per account, in the order of the settings."""
    return [_row(view, signs, context) for view in followers]


def _row(view: FollowerView, signs: Signs, context: AccountContext) -> Row:
    budget = view.budget
    working = view.queued + view.live + view.unknown
    ratio = view.capital_ratio
    return Row(
        view.client_id,
        (
            Cell(clean(view.name), Tone.STRONG),
            mode_cell(view, signs, context.blocked),
            _funds_cell(view, context),
            _day_cell(view, context),
            Cell(str(len(view.positions)), value=-len(view.positions)),
            Cell(in_signs(trouble(view), signs), Tone.DIM),
            Cell(f"{budget.minute_used}/{budget.minute_limit}", _used(budget.minute_used, budget.minute_limit),
                 -budget.minute_used),
            Cell(str(working), value=-working),
            Cell(f"{budget.hour_used}/{budget.hour_limit}", _used(budget.hour_used, budget.hour_limit),
                 -budget.hour_used),
            Cell("" if ratio is None else f"x{ratio:.2f}", value=0 if ratio is None else -float(ratio)),
            _address_cell(view, signs),
            _session_cell(view, signs),
        ),
    )  # fmt: skip


def _funds_cell(view: FollowerView, context: AccountContext) -> Cell:
    """Show the available funds, with their age once they are stale."""
    available = view.funds.available if view.funds else None
    if available is None:
        return Cell("", value=0)
    old = aged(view.funds_at, context.now)
    return Cell(f"{rupees(available)} {old}".rstrip(), Tone.DIM if old else Tone.PLAIN, -float(available))


def aged(at: float | None, now: float) -> str:
    """Return the age of a figure: empty while fresh, `old` if an order has been sent since it was read."""
    if at is None:
        return "old"
    gone = now - at
    if gone <= FRESH_SECONDS:
        return ""
    return f"{gone / 60:.0f}m" if gone < 5400 else f"{gone / 3600:.0f}h"


def _day_cell(view: FollowerView, context: AccountContext) -> Cell:
    """Show the day's P&L and, for a loss, how much of the loss limit it has used."""
    if view.profit is None:
        return Cell("", value=0)
    total = view.profit.realised + view.profit.unrealised
    part = loss_used(total, context.loss_limit)
    words = f"{rupees(total)} {100 * part:.0f}%" if part else rupees(total)
    tone = Tone.BAD if part >= 1 else Tone.WARN if part >= _NEAR else Tone.PLAIN
    return Cell(words if total <= 0 else f"+{words}", tone, float(total))


def loss_used(profit: Decimal, limit: Decimal) -> Decimal:
    """Return the used fraction of the daily loss limit; 0 without a limit or a loss."""
    return -profit / limit if limit > 0 and profit < 0 else Decimal(0)


def _address_cell(view: FollowerView, signs: Signs) -> Cell:
    if not view.egress_ip:
        return Cell("", Tone.DIM)
    if view.ip_mismatch is not None:
        return Cell(f"{signs.warn} {clean(view.egress_ip)}", Tone.BAD)
    return Cell(clean(view.egress_ip), Tone.DIM)


def _session_cell(view: FollowerView, signs: Signs) -> Cell:
    sign, word, tone = _SESSIONS[view.session]
    return Cell(f"{getattr(signs, sign)} {word}", tone)


_ALL_HALTED = "all halted"


def mode_cell(view: FollowerView, signs: Signs, blocked: str = "") -> Cell:
    """Show whether orders can be sent for this account or what blocks them; `blocked` is what blocks all accounts."""
    if view.halted_because is not None:
        return Cell(f"{signs.warn} halted", Tone.BAD)
    if not view.enabled:
        return Cell(f"{signs.skip} disabled", Tone.DIM)
    if view.ip_mismatch is not None:
        return Cell(f"{signs.bad} wrong IP", Tone.BAD)
    if view.session is not SessionState.READY:
        return _session_cell(view, signs)
    if not view.armed:
        return Cell(f"{signs.wait} waiting", Tone.WARN)
    if blocked:
        sign, tone = (signs.warn, Tone.BAD) if blocked == _ALL_HALTED else (signs.wait, Tone.WARN)
        return Cell(f"{sign} {blocked}", tone)
    if view.close_only is not None:
        return Cell(f"{signs.warn} close only", Tone.WARN)
    return Cell(f"{signs.good} armed", Tone.GOOD)


def send_block(rules: Rules) -> str:
    """Return what blocks orders for all accounts; empty if nothing does."""
    return _ALL_HALTED if rules.halted_because is not None else "all paused" if rules.paused else ""


def _used(used: int, limit: int) -> Tone:
    return Tone.WARN if limit and used >= 0.8 * limit else Tone.PLAIN


def trouble(view: FollowerView) -> str:
    """Return the most serious problem of an account."""
    for words in (view.halted_because, view.ip_mismatch, view.close_only):
        if words is not None:
            return clean(words)
    error = view.last_error if view.session is SessionState.READY else view.session_text or view.last_error
    return clean(error or view.failing)


def account_lines(view: FollowerView, signs: Signs, width: int) -> tuple[Line, ...]:
    """Return the details of one account: its session, its order budget, and its problems."""
    room = max(1, width)
    problems = in_signs(signs.between.join(f"{what}: {words}" for what, words in troubles(view)), signs)
    first, *rest = textwrap.wrap(problems, room, break_on_hyphens=False) or ["no error"]
    tone = Tone.WARN if problems else Tone.DIM
    below = ((Piece(cut(text, room, dots=signs.more), tone),) for text in (first, " ".join(rest)))
    return (_session_line(view, signs, room), *below)


def _session_line(view: FollowerView, signs: Signs, width: int) -> Line:
    """Return name, session and order budget in one line; figures are never truncated."""
    session, budget = _session_cell(view, signs), view.budget
    used = f"{budget.minute_used}/{budget.minute_limit} min {budget.hour_used}/{budget.hour_limit} h"
    near = (_used(budget.minute_used, budget.minute_limit), _used(budget.hour_used, budget.hour_limit))
    name, figures = clean(view.name), Piece(used, Tone.WARN if Tone.WARN in near else Tone.PLAIN)
    rest: Line = ()
    for words in ("order budget ", ""):
        rest = (Piece(f"  {session.text}", session.tone), Piece(f"{signs.between}{words}", Tone.DIM), figures)
        if line_width(rest) + min(cell_len(name), _NAME) <= width:
            break
    left = min(_NAME, width - line_width(rest))
    return (Piece(cut(name, left, dots=signs.dots), Tone.STRONG), *rest)


def troubles(view: FollowerView) -> list[tuple[str, str]]:
    """Return all problems of an account as (label, text), most serious first, without duplicates."""
    session = "" if view.session is SessionState.READY else view.session_text
    texts = (
        ("halted", view.halted_because), ("IP mismatch", view.ip_mismatch), ("close only", view.close_only),
        ("login", session), ("last error", view.last_error), ("read failing", view.failing),
    )  # fmt: skip
    found: list[tuple[str, str]] = []
    for what, words in texts:
        text = clean(words or "")
        if text and text not in (known for _, known in found):
            found.append((what, text))
    return found
