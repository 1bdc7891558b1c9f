"""Everything that needs the user, as one list with what can be done about each: from a picture, without a screen."""

from __future__ import annotations

from datetime import datetime

from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.approval_view import waiting_approvals
from copytui.tui.dialogs.attention_accounts import held_back, orphaned
from copytui.tui.dialogs.attention_copies import approval, failed, late_exit, missed, unknown
from copytui.tui.dialogs.attention_item import Need
from copytui.tui.present.attention import Found, late_exits
from copytui.tui.present.whole_copies import join_slices


def needs(snapshot: Snapshot, found: Found, now: float, clock: datetime) -> list[Need]:
    """Return what needs the user, exits first; `now` is monotonic, `clock` the time of day.

    Within each half: approvals, missed, unknown and failed copies, exits that do not fill, what is left behind,
    and followers that are held back.
    """
    listed = [
        *(approval(asked, now) for asked in waiting_approvals(snapshot)),
        *(missed(decided, snapshot) for decided in snapshot.missed),
        *(unknown(whole, snapshot) for whole in join_slices(snapshot.unknown)),
        *(failed(whole, snapshot) for whole in found.failed),
        *(late_exit(whole, snapshot) for whole in late_exits(found, clock)),
        *(orphaned(left, snapshot) for left in snapshot.orphaned),
        *held_back(snapshot),
    ]
    return sorted(listed, key=lambda need: not need.is_exit)
