"""What holds orders back whatever the rules decided: the gate before every send, and halting a failing follower."""

from __future__ import annotations

from copytui.engine.desk import Desk
from copytui.engine.lanes import Lane


def gate(desk: Desk) -> str | None:
    """Say why nothing at all may be sent at this moment; None when orders may leave.

    Asked before an intent is written and once more before the post (invariant 3).
    """
    if desk.stopping:
        return "copytui is stopping"
    if desk.rules.dry_run:
        return "dry run"
    if desk.rules.halted_because is not None:
        return f"halted: {desk.rules.halted_because}"
    if desk.rules.paused:
        return "paused"
    return desk.journal.trouble


def count_failure(desk: Desk, lane: Lane) -> None:
    """Count a failed, rejected or unknown copy; as many in a row as the settings say halt the follower."""
    lane.failures_in_a_row += 1
    limit = desk.settings.risk.halt_after_failures
    if lane.failures_in_a_row >= limit:
        desk.halt_follower(lane, f"{lane.failures_in_a_row} copies in a row went wrong")
