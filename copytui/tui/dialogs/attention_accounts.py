"""Rows of positions and followers: orphaned positions, what is halted, close only, or at the wrong IP address."""

from __future__ import annotations

from copytui.domain.attention import (
    Act,
    AttentionItem,
    AttentionKind,
    position_words,
)
from copytui.domain.drift import ComparedPosition
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey
from copytui.domain.risk import OrphanedPosition
from copytui.engine.commands import (
    Detach,
    DismissOrphan,
    DismissOutOfStep,
    Flatten,
    ReleaseFollower,
    ReleaseHalt,
    SetFollower,
)
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.tui.dialogs.attention_row import AttentionRow, RowAction, closes, item_line, known_words, sends
from copytui.tui.dialogs.text import age, cut, follower_of
from copytui.tui.present.cells import plural


def orphan_row(item: AttentionItem, found: OrphanedPosition, snapshot: Snapshot) -> AttentionRow:
    """Make the row of a position that copying built and that the master has left."""
    key = found.key
    words = f"{item.who}: {item.what}"
    known = known_words(
        ("What", f"{words} · {key.exchange}"),
        ("Why", f"{item.why}, and no order for it is on its way"),
        ("Then", "it stays open until you close it; keep it to take it off the list"),
    )
    short = f"{cut(position_words(found.quantity, key), 44)} of {cut(item.who, 16)}"
    actions = (
        RowAction("f", "flatten", f"Close {short} at the market price now? {closes(snapshot)}",
                  (Flatten(found.follower, key),)),
        RowAction("d", "keep it", f"Keep {short}? It is listed again when its quantity changes.",
                  (DismissOrphan(found.follower, key),)),
        _detach(short, found.follower, key),
    )  # fmt: skip
    return AttentionRow(item, item_line(item, words), known, actions)


def out_of_step_row(item: AttentionItem, found: ComparedPosition, snapshot: Snapshot) -> AttentionRow:
    """Make the row of a position that is not what copying should have built."""
    key, client = found.key, found.follower
    words = f"{item.who}: {item.what}"
    held = "not known" if found.held is None else str(found.held)
    known = known_words(
        ("What", f"{words} · {key.exchange}"),
        ("Why", item.why),
        ("Figures", f"copied {found.copied}, held {held}, expected {found.expected}, the master has {found.master}"),
        ("Then", "copytui changes nothing about it by itself; later exits close at most what is there"),
    )
    short = f"{cut(position_words(found.copied, key), 44)} of {cut(item.who, 16)}"
    actions = {
        Act.FLATTEN: RowAction(
            "f", "flatten", f"Close {short} at the market price now? {closes(snapshot)}", (Flatten(client, key),)
        ),
        Act.DETACH: _detach(short, client, key),
        Act.DISMISS: RowAction(
            "d", "leave it", f"Leave {short} as it is? It is listed again when its figures change.",
            (DismissOutOfStep(client, key),),
        ),
    }  # fmt: skip
    line = item_line(item, words, age(item.since) if item.since else "")
    return AttentionRow(item, line, known, tuple(actions[act] for act in item.acts))


def _detach(short: str, client: ClientId, key: PositionKey) -> RowAction:
    question = f"Detach {short}? It is the owner's from now on: copytui never sends an exit of it."
    return RowAction("t", "detach", question, (Detach(client, key),))


def halt_row(item: AttentionItem) -> AttentionRow:
    """Make the row of a halt of all copying; it is released with its own key, after a typed word."""
    known = known_words(
        ("What", f"copying is halted: {item.what}"),
        ("Why", item.why),
        ("Then", "it stays halted until you release it (ctrl+k)"),
    )
    return AttentionRow(item, item_line(item, f"{item.who}: {item.why}"), known)


def clocks_row(item: AttentionItem) -> AttentionRow:
    """Make the row of clocks that disagree about the date; it goes when they agree."""
    return AttentionRow(
        item, item_line(item, f"{item.who}: {item.why}"), known_words(("Why", item.why), ("Then", item.hint))
    )


def follower_row(item: AttentionItem, snapshot: Snapshot) -> AttentionRow:
    """Make the row of a follower that gets no orders, or exits only."""
    line = item_line(item, f"{item.who}: {item.why}")
    view = follower_of(snapshot, ClientId(item.client))
    if view is None:
        return AttentionRow(item, line, known_words(("Who", item.who), ("Why", item.why)))
    who = ("Who", f"{view.name} {view.client_id}")
    match item.kind:
        case AttentionKind.HALTED:
            more, action = _halted(view, snapshot)
        case AttentionKind.IP_MISMATCH:
            more, action = _ip_mismatch(view)
        case _:
            more, action = _close_only(view, snapshot)
    return AttentionRow(item, line, known_words(who, ("Why", item.why), *more), (action,))


_Known = tuple[tuple[str, str], ...]


def _halted(view: FollowerView, snapshot: Snapshot) -> tuple[_Known, RowAction]:
    known = (
        ("Last error", view.last_error),
        ("Waiting", f"{view.queued} queued, {view.live} open, {view.unknown} unknown"),
    )
    then = "It gets orders again." if view.enabled else "It stays disabled (x)."
    question = f"Release {cut(view.name, 16)}? {then} {sends(snapshot)}"
    return known, RowAction("x", "release", question, (ReleaseHalt(view.client_id),))


def _ip_mismatch(view: FollowerView) -> tuple[_Known, RowAction]:
    then = "no order is sent for it until its requests leave from the registered address; copytui keeps checking"
    question = f"Disable {cut(view.name, 16)}? It gets no orders until you enable it again (x)."
    return (("Then", then),), RowAction("x", "disable", question, (SetFollower(view.client_id, enabled=False),))


def _close_only(view: FollowerView, snapshot: Snapshot) -> tuple[_Known, RowAction]:
    then = "it takes exits only until the day ends or you release it; after that it may lose the limit again"
    known = (("Holds", f"{plural(len(view.positions), 'position')} that copying built"), ("Then", then))
    question = f"Let {cut(view.name, 16)} take entries again, and lose the limit again? {sends(snapshot)}"
    return known, RowAction("x", "release", question, (ReleaseFollower(view.client_id),))
