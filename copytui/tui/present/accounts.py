"""The followers' accounts as rows, the most telling first: may orders leave, funds, the day's profit, positions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len

from copytui.domain.text import clean
from copytui.engine.follower.follower import SessionState
from copytui.engine.snapshot import FollowerView
from copytui.engine.state import Rules
from copytui.tui.present.cells import Cell, Column, Line, Piece, Row, Tone, cut, line_width, rupees
from copytui.tui.present.glyphs import Signs, in_signs
from copytui.tui.present.tables import named, widened

FRESH_SECONDS = 60.0
"""A figure that is older is shown with its age."""
_NEAR = Decimal("0.8")
"""The part of a limit from which on it is marked."""
_NAME = 18
"""So wide a name is at most."""

# What is spare goes to the last error: the figures are as wide as the longest of them, and no wider.
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
    Column("address", "leaves from", 12, 20, optional=8),
    Column("session", "session", 11, 13, optional=9),
)

ACCOUNT_LINES = 3
"""So many lines tell of the account under the cursor what the table has no room for."""

_SESSIONS = {
    SessionState.LOGGING_IN: ("wait", "logging in", Tone.WARN),
    SessionState.READING_BOOK: ("wait", "reading", Tone.WARN),
    SessionState.READY: ("good", "ready", Tone.GOOD),
    SessionState.WAITING: ("warn", "retrying", Tone.BAD),
    SessionState.LOCKED: ("bad", "refused", Tone.BAD),
}


@dataclass(frozen=True, slots=True)
class Ledger:
    """What accounts are measured by: the monotonic time, the daily loss limit (0: none), what holds all of them."""

    now: float
    loss_limit: Decimal = Decimal(0)
    held: str = ""


def account_columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns for rows of accounts: no figure is ever cut off."""
    figures = ("mode", "funds", "day", "positions", "minute", "open", "hour", "ratio", "address")
    return named(widened(ACCOUNT_COLUMNS, rows, figures), rows)


def account_rows(followers: Iterable[FollowerView], signs: Signs, ledger: Ledger) -> list[Row]:
    """Return a row for each account, in the settings' order."""
    return [_row(view, signs, ledger) for view in followers]


def _row(view: FollowerView, signs: Signs, ledger: Ledger) -> Row:
    budget = view.budget
    on_its_way = view.queued + view.live + view.unknown
    ratio = view.capital_ratio
    return Row(
        view.client_id,
        (
            Cell(clean(view.name), Tone.STRONG),
            mode_cell(view, signs, ledger.held),
            _funds_cell(view, ledger),
            _day_cell(view, ledger),
            Cell(str(len(view.positions)), value=-len(view.positions)),
            Cell(in_signs(trouble(view), signs), Tone.DIM),
            Cell(f"{budget.minute_used}/{budget.minute_limit}", _used(budget.minute_used, budget.minute_limit),
                 -budget.minute_used),
            Cell(str(on_its_way), value=-on_its_way),
            Cell(f"{budget.hour_used}/{budget.hour_limit}", _used(budget.hour_used, budget.hour_limit),
                 -budget.hour_used),
            Cell("" if ratio is None else f"x{ratio:.2f}", value=0 if ratio is None else -float(ratio)),
            _address_cell(view, signs),
            _session_cell(view, signs),
        ),
    )  # fmt: skip


def _funds_cell(view: FollowerView, ledger: Ledger) -> Cell:
    """Say what can still be used, and how old that is where it is not fresh."""
    available = view.funds.available if view.funds else None
    if available is None:
        return Cell("", value=0)
    old = aged(view.funds_at, ledger.now)
    return Cell(f"{rupees(available)} {old}".rstrip(), Tone.DIM if old else Tone.PLAIN, -float(available))


def aged(at: float | None, now: float) -> str:
    """Say how old a figure is; nothing where it is fresh, `old` where an order has been sent since it was read."""
    if at is None:
        return "old"
    gone = now - at
    if gone <= FRESH_SECONDS:
        return ""
    return f"{gone / 60:.0f}m" if gone < 5400 else f"{gone / 3600:.0f}h"


def _day_cell(view: FollowerView, ledger: Ledger) -> Cell:
    """Say the account's profit of the day, and how much of the loss limit a loss has used up."""
    if view.profit is None:
        return Cell("", value=0)
    total = view.profit.realised + view.profit.unrealised
    part = loss_used(total, ledger.loss_limit)
    words = f"{rupees(total)} {100 * part:.0f}%" if part else rupees(total)
    tone = Tone.BAD if part >= 1 else Tone.WARN if part >= _NEAR else Tone.PLAIN
    return Cell(words if total <= 0 else f"+{words}", tone, float(total))


def loss_used(profit: Decimal, limit: Decimal) -> Decimal:
    """Return which part of the daily loss limit is used up; 0 without a limit, or without a loss."""
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


def mode_cell(view: FollowerView, signs: Signs, held: str = "") -> Cell:
    """Say whether orders can leave for this account, and where not, why; `held` says what holds all of them back."""
    if view.halted_because is not None:
        return Cell(f"{signs.warn} halted", Tone.BAD)
    if not view.enabled:
        return Cell(f"{signs.skip} out", Tone.DIM)
    if view.ip_mismatch is not None:
        return Cell(f"{signs.bad} address", Tone.BAD)
    if view.session is not SessionState.READY:
        return _session_cell(view, signs)
    if not view.armed:
        return Cell(f"{signs.wait} waits", Tone.WARN)
    if held:
        return Cell(f"{signs.wait} {held}", Tone.WARN)
    if view.close_only is not None:
        return Cell(f"{signs.warn} close only", Tone.WARN)
    return Cell(f"{signs.good} armed", Tone.GOOD)


def held_back(rules: Rules) -> str:
    """Say in a word what holds all accounts back; '' where nothing does."""
    return "all halted" if rules.halted_because is not None else "all paused" if rules.paused else ""


def _used(used: int, limit: int) -> Tone:
    return Tone.WARN if limit and used >= 0.8 * limit else Tone.PLAIN


def trouble(view: FollowerView) -> str:
    """Say the one thing that is wrong with an account, the worst first."""
    for words in (view.halted_because, view.ip_mismatch, view.close_only):
        if words is not None:
            return clean(words)
    said = view.last_error if view.session is SessionState.READY else view.session_text or view.last_error
    return clean(said or view.failing)


def account_lines(view: FollowerView, signs: Signs, width: int) -> tuple[Line, ...]:
    """Tell of one account: its session, how much of its order budget is used, and what is wrong with it."""
    room = max(1, width)
    wrong = in_signs(signs.between.join(f"{what}: {words}" for what, words in troubles(view)), signs)
    first, *rest = textwrap.wrap(wrong, room, break_on_hyphens=False) or ["no error"]
    tone = Tone.WARN if wrong else Tone.DIM
    below = ((Piece(cut(text, room, dots=signs.more), tone),) for text in (first, " ".join(rest)))
    return (_follower_context(view, signs, room), *below)


def _follower_context(view: FollowerView, signs: Signs, width: int) -> Line:
    """Say in a line who it is, whether it is logged in, and its order budget; figures are never cut."""
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
    """Name all that is wrong with an account, the worst first; the same words stand once."""
    session = "" if view.session is SessionState.READY else view.session_text
    said = (
        ("halted", view.halted_because), ("address", view.ip_mismatch), ("close only", view.close_only),
        ("log-in", session), ("last error", view.last_error), ("not read", view.failing),
    )  # fmt: skip
    found: list[tuple[str, str]] = []
    for what, words in said:
        text = clean(words or "")
        if text and text not in (known for _, known in found):
            found.append((what, text))
    return found
