"""Positions and followers that need the user: what the master left behind, and who is held back."""

from __future__ import annotations

from collections.abc import Iterator

from copytui.domain.risk import OrphanedPosition
from copytui.domain.text import clean
from copytui.engine.commands import DismissOrphan, Flatten, ReleaseFollower, ReleaseHalt, SetFollower
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.tui.dialogs.attention_item import Act, Need, closes, item_line, known_words, sends
from copytui.tui.dialogs.text import BAD, CARE, cut, held_words, name_of
from copytui.tui.present.attention import is_misrouted
from copytui.tui.present.cells import plural


def orphaned(found: OrphanedPosition, snapshot: Snapshot) -> Need:
    """Make the item of a position that copying built and that the master has left."""
    name, key = name_of(snapshot, found.follower), found.key
    words = f"{name}: {held_words(found.quantity, key)}"
    masters = held_words(found.master_quantity, key) if found.master_quantity else "none any more"
    known = known_words(
        ("What", f"{words} · {key.exchange} · {key.product.lower()}"),
        ("Master", masters),
        ("Why", "copying built it, the master has left it, and no order of it is on its way"),
        ("Then", "it stays as it is until you close it, or say that you keep it"),
    )
    short = f"{cut(held_words(found.quantity, key), 44)} of {cut(name, 16)}"
    acts = (
        Act("f", "flatten", f"Close {short} at the market's price now? {closes(snapshot)}",
            (Flatten(found.follower, key),)),
        Act("d", "keep it", f"Keep {short}? It is listed again when its quantity changes.",
            (DismissOrphan(found.follower, key),)),
    )  # fmt: skip
    id_ = f"stranded {found.follower} {key.exchange} {key.symbol} {key.product}"
    return Need(id_, item_line("stranded", f"bold {CARE}", words, ""), known, acts, is_exit=True)


def held_back(snapshot: Snapshot) -> Iterator[Need]:
    """Give the followers that get no orders, or exits only: the halted, the misrouted, those in close only."""
    for view in snapshot.followers:
        if view.halted_because is not None:
            yield _halted(view, view.halted_because, snapshot)
    for view in snapshot.followers:
        if is_misrouted(view):
            yield _misrouted(view)
    for view in snapshot.followers:
        if view.close_only is not None:
            yield _close_only(view, view.close_only, snapshot)


def _halted(view: FollowerView, because: str, snapshot: Snapshot) -> Need:
    known = known_words(
        ("Who", f"{view.name} {view.client_id}"),
        ("Why", because),
        ("Last error", view.last_error),
        ("Waiting", f"{view.queued} queued, {view.live} open, {view.unknown} unknown"),
    )
    then = "It gets orders again." if view.enabled else "It stays taken out (x)."
    question = f"Release {cut(view.name, 16)}? {then} {sends(snapshot)}"
    acts = (Act("x", "release", question, (ReleaseHalt(view.client_id),)),)
    line = item_line("halted", BAD, f"{view.name}: {clean(because)}", "")
    return Need(f"halted {view.client_id}", line, known, acts)


def _misrouted(view: FollowerView) -> Need:
    why = view.ip_mismatch or ""
    known = known_words(
        ("Who", f"{view.name} {view.client_id}"),
        ("Why", why),
        ("Then", "no order is sent for it until its requests leave from the registered address; it is asked again"),
    )
    question = f"Take {cut(view.name, 16)} out? It gets no orders until you take it in again (x)."
    acts = (Act("x", "take out", question, (SetFollower(view.client_id, enabled=False),)),)
    return Need(f"address {view.client_id}", item_line("address", BAD, f"{view.name}: {clean(why)}", ""), known, acts)


def _close_only(view: FollowerView, because: str, snapshot: Snapshot) -> Need:
    then = "exits go to it, entries do not, until the day ends or you release it; then it has another limit to lose"
    known = known_words(
        ("Who", f"{view.name} {view.client_id}"),
        ("Why", because),
        ("Holds", f"{plural(len(view.positions), 'position')} that copying built"),
        ("Then", then),
    )
    question = f"Let {cut(view.name, 16)} take entries again, for another limit's loss? {sends(snapshot)}"
    acts = (Act("x", "release", question, (ReleaseFollower(view.client_id),)),)
    line = item_line("close only", CARE, f"{view.name}: {clean(because)}", "")
    return Need(f"close only {view.client_id}", line, known, acts)
