"""Everything that needs the user, as one list with what can be done about each: from a picture, without a screen."""

from __future__ import annotations

from datetime import datetime

from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.approval_view import all_asked
from copytui.tui.dialogs.attention_accounts import held_back, stranded
from copytui.tui.dialogs.attention_copies import approval, failed, late_exit, missed, unknown
from copytui.tui.dialogs.attention_item import Need
from copytui.tui.present.attention import Found, late_exits
from copytui.tui.present.whole_copies import wholes


def needs(picture: Snapshot, found: Found, now: float, clock: datetime) -> list[Need]:
    """Return what needs the user, exits first; `now` is monotonic, `clock` the time of day.

    Within each half: approvals, missed, unknown and failed copies, exits that do not fill, what is left behind,
    and followers that are held back.
    """
    listed = [
        *(approval(asked, now) for asked in all_asked(picture)),
        *(missed(decided, picture) for decided in picture.missed),
        *(unknown(whole, picture) for whole in wholes(picture.unknown)),
        *(failed(whole, picture) for whole in found.failed),
        *(late_exit(whole, picture) for whole in late_exits(found, clock)),
        *(stranded(left, picture) for left in picture.stranded),
        *held_back(picture),
    ]
    return sorted(listed, key=lambda need: not need.is_exit)
