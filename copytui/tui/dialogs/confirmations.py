"""What the typed questions say before everything is cancelled or closed, or a loss limit is lifted: pure functions."""

from __future__ import annotations

from copytui.domain.copies import ON_ITS_WAY, CopyState
from copytui.domain.orders import ClientId
from copytui.domain.text import order_words
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.tui.dialogs.text import cut, fit, follower_of, held_words, name_of, rupees
from copytui.tui.dialogs.typed_word import TypedWord
from copytui.tui.present.cells import plural
from copytui.tui.present.whole_copies import Copy, wholes

_OPEN = ON_ITS_WAY | {CopyState.UNKNOWN}


def open_copies(snapshot: Snapshot) -> list[Copy]:
    """Return what is on its way, or may be; each with those of its slices."""
    return wholes([copy for view in snapshot.orders for copy in view.copies if copy.state in _OPEN])


def cancelling_all(snapshot: Snapshot) -> TypedWord:
    """Ask whether to take everything out of the market: what there is, and what stays behind."""
    found = open_copies(snapshot)
    exits = sum(whole.copy.exit is not None for whole in found)
    lines = [
        f"Withdraws {plural(len(found), 'copy', 'copies')}, entries and exits alike; what is queued is dropped.",
        "What has filled stays. It works while paused and halted, too.",
    ]
    if exits:
        lines.append(f"EXITS       {exits} among them: what they were to close stays open")
    if snapshot.rules.dry_run:
        lines.append("DRY RUN     these were sent before; withdrawing them is real")
    lines.append("")
    for whole in found:
        copy = whole.copy
        part = " exit" if copy.exit is not None else ""
        what = f"{fit(order_words(copy.order), 40)} {copy.state} {copy.filled}/{copy.order.quantity}{part}"
        lines.append(f"  {fit(name_of(snapshot, copy.follower), 12)} {what}")
    return TypedWord("Cancel all open copies?", tuple(lines), "CANCEL")


def holding(snapshot: Snapshot, follower: ClientId | None) -> list[FollowerView]:
    """Return the accounts, or the one, in which copying has built something."""
    return [view for view in snapshot.followers if view.positions and follower in (None, view.client_id)]


def flattening(snapshot: Snapshot, follower: ClientId | None) -> TypedWord:
    """Ask whether to close what copying has built, of all followers or one: account, symbol and quantity."""
    views, rules = holding(snapshot, follower), snapshot.rules
    count = sum(len(view.positions) for view in views)
    whose = cut(name_of(snapshot, follower), 24) if follower is not None else plural(len(views), "account")
    lines = [
        f"Closes {plural(count, 'position')} of {whose} with REAL orders at about the price now.",
        "What works or waits in them is withdrawn first; nothing else is touched.",
        "It works while halted; not in dry run, and not while paused.",
    ]
    if rules.halted_because is not None:
        lines.append(f"HALTED      {cut(rules.halted_because, 48)}: these orders go out all the same")
    if rules.dry_run:
        lines.append("DRY RUN     it will be refused: go live first (d)")
    if rules.paused:
        lines.append("PAUSED      it will be refused: resume first (space)")
    lines.append("")
    for view in views:
        for key, quantity in view.positions:
            what = f"{held_words(quantity, key)} · {key.product.lower()}"
            lines.append(f"  {fit(view.name, 14)} {fit(view.client_id, 8)} {cut(what, 46)}")
    closed = tuple((view.client_id, *view.positions) for view in views)
    return TypedWord("Close all copied positions?", tuple(lines), "FLATTEN", (closed, rules.dry_run, rules.paused))


def releasing_follower(view: FollowerView) -> TypedWord:
    """Ask whether a follower may take entries again that has lost its limit of the day."""
    total = None if view.profit is None else view.profit.realised + view.profit.unrealised
    lines = [
        f"Follower    {cut(view.name, 30)} {cut(view.client_id, 12)}",
        f"Close only  {cut(view.close_only or 'not any more', 58)}",
        f"Day         {rupees(total) if total is not None else 'profit not known'}",
        f"Holds       {plural(len(view.positions), 'position')} that copying has built",
        "Then        it takes entries again, and may lose the limit once more",
    ]
    return TypedWord("Release from close only?", tuple(lines), "RELEASE")


def in_close_only(snapshot: Snapshot, follower: ClientId) -> FollowerView | None:
    """Return a follower that only exits go to; None when that is not so any more."""
    view = follower_of(snapshot, follower)
    return view if view is not None and view.close_only is not None else None
