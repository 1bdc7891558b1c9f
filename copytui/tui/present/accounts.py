"""The followers' accounts as rows: log-in, armed or not, funds, order budget, last error."""

from __future__ import annotations

from collections.abc import Iterable

from copytui.domain.wording import clean
from copytui.engine.lanes import SessionState
from copytui.engine.snapshot import FollowerView
from copytui.tui.present.cells import Cell, Column, Row, Tone, rupees
from copytui.tui.present.signs import Signs

ACCOUNT_COLUMNS = (
    Column("follower", "follower", 11, 18),
    Column("mode", "mode", 13, 13),
    Column("session", "session", 13, 13, optional=4),
    Column("funds", "funds", 10, 14, right=True),
    Column("minute", "min", 8, 9, right=True),
    Column("hour", "hour", 9, 10, right=True, optional=2),
    Column("open", "open", 5, 6, right=True, optional=3),
    Column("error", "error", 8, 400, optional=1),
)

_SESSIONS = {
    SessionState.LOGGING_IN: ("wait", "logging in", Tone.WARN),
    SessionState.READING_BOOK: ("wait", "reading", Tone.WARN),
    SessionState.READY: ("good", "ready", Tone.GOOD),
    SessionState.WAITING: ("warn", "retrying", Tone.BAD),
    SessionState.LOCKED: ("bad", "refused", Tone.BAD),
}


def account_rows(followers: Iterable[FollowerView], signs: Signs) -> list[Row]:
    """Return a row for each account, in the settings' order."""
    return [_row(view, signs) for view in followers]


def _row(view: FollowerView, signs: Signs) -> Row:
    available = view.funds.available if view.funds else None
    budget = view.budget
    return Row(
        view.client_id,
        (
            Cell(clean(view.name), Tone.STRONG),
            mode_cell(view, signs),
            _session_cell(view, signs),
            Cell("" if available is None else rupees(available), value=0 if available is None else -float(available)),
            Cell(f"{budget.minute_used}/{budget.minute_limit}", _used(budget.minute_used, budget.minute_limit),
                 -budget.minute_used),
            Cell(f"{budget.hour_used}/{budget.hour_limit}", _used(budget.hour_used, budget.hour_limit),
                 -budget.hour_used),
            Cell(str(view.queued + view.live + view.unknown), value=-(view.queued + view.live + view.unknown)),
            Cell(_trouble(view), Tone.DIM),
        ),
    )  # fmt: skip


def _session_cell(view: FollowerView, signs: Signs) -> Cell:
    sign, word, tone = _SESSIONS[view.session]
    return Cell(f"{getattr(signs, sign)} {word}", tone)


def mode_cell(view: FollowerView, signs: Signs) -> Cell:
    """Say whether orders can leave for this account, and where not, why."""
    if view.halted_because is not None:
        return Cell(f"{signs.warn} halted", Tone.BAD)
    if not view.enabled:
        return Cell(f"{signs.skip} out", Tone.DIM)
    if view.session is not SessionState.READY:
        return _session_cell(view, signs)
    return Cell(f"{signs.good} armed", Tone.GOOD) if view.armed else Cell(f"{signs.wait} waits", Tone.WARN)


def _used(used: int, limit: int) -> Tone:
    return Tone.WARN if limit and used >= 0.8 * limit else Tone.PLAIN


def _trouble(view: FollowerView) -> str:
    if view.halted_because is not None:
        return clean(view.halted_because)
    return clean(view.last_error if view.session is SessionState.READY else view.session_text or view.last_error)
