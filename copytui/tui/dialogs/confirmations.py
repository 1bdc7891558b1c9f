"""Typed confirmations: go live, release a halt or a loss limit, cancel everything, close everything; pure functions."""

from __future__ import annotations

from collections import Counter

from copytui.domain.copies import ON_ITS_WAY, CopyState
from copytui.domain.filters import Filters
from copytui.domain.orders import ClientId
from copytui.domain.sizing import Sizing
from copytui.domain.text import clean, order_words
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.tui.dialogs.text import (
    cut,
    fit,
    follower_of,
    follower_state_words,
    held_words,
    name_of,
    rupees,
    sizing_words,
    wrapped,
)
from copytui.tui.dialogs.typed_word import TypedWord
from copytui.tui.engine_client import EngineClient
from copytui.tui.present.cells import plural
from copytui.tui.present.whole_copies import Copy, join_slices

_LONGEST_LIST = 160
_OPEN = ON_ITS_WAY | {CopyState.UNKNOWN}


def going_live(engine_client: EngineClient, snapshot: Snapshot) -> TypedWord:
    """The question before going live: accounts, filters, sizes, limits, and what is already open."""
    rules = snapshot.rules
    enabled = [view for view in snapshot.followers if view.enabled]
    disabled = [cut(view.name, 16) for view in snapshot.followers if not view.enabled]
    ready = sum(view.armed for view in enabled)
    common, theirs = _sizes(engine_client, snapshot)
    lines = [
        f"From the next execution on, REAL orders go to {plural(len(enabled), 'account')}; {ready} ready now.",
        *(wrapped("DISABLED    ", cut(f"no orders go to {', '.join(disabled)}", _LONGEST_LIST)) if disabled else []),
        "",
        *wrapped("Filters     ", filter_words(rules.filters)),
        *(wrapped("Each gets   ", common) if common else []),
        *wrapped("Limits      ", _limit_words(engine_client)),
        *wrapped("In progress ", open_words(snapshot)),
        *(wrapped("Positions   ", held) if (held := positions_words(snapshot)) else []),
        f"Approval    {'required' if rules.require_confirmation else 'NOT required: orders are sent without asking'}",
    ]
    if rules.halted_because is not None:
        lines += wrapped("HALTED      ", f"{cut(rules.halted_because, _LONGEST_LIST)}: nothing is sent until released")
    if rules.paused:
        lines.append("PAUSED      nothing is sent until copying resumes")
    if snapshot.journal_trouble:
        lines += wrapped("TROUBLE     ", cut(snapshot.journal_trouble, _LONGEST_LIST))
    lines.append("")
    for view in snapshot.followers:
        words = " · ".join((*theirs.get(view.client_id, ()), cut(follower_state_words(view), _LONGEST_LIST)))
        lines += wrapped(f"  {fit(view.name, 16)} {fit(view.client_id, 9)} ", words)
    blocked = (rules.halted_because is not None, rules.paused)
    acts_on = (_who(snapshot), rules.filters, rules.require_confirmation, blocked, common, theirs)
    return TypedWord("Go live?", tuple(lines), "LIVE", acts_on)


def _who(snapshot: Snapshot) -> tuple[tuple[ClientId, bool], ...]:
    """Return the accounts that would get orders, logged in or not, each with whether it is close only."""
    return tuple(
        (view.client_id, view.close_only is not None)
        for view in snapshot.followers
        if view.enabled and view.halted_because is None and view.ip_mismatch is None
    )


def _sizes(engine_client: EngineClient, snapshot: Snapshot) -> tuple[str, dict[ClientId, tuple[str]]]:
    """Return the sizing that most followers share, and those of the followers that differ."""
    sizings = {each.client_id: each.sizing_at(snapshot.rules.multiplier) for each in engine_client.settings.followers}
    words = {view.client_id: _size(sizings.get(view.client_id, Sizing())) for view in snapshot.followers}
    common, count = Counter(words.values()).most_common(1)[0] if words else ("", 0)
    if count == 1 < len(words):
        common = ""
    theirs = {client: (sizing,) for client, sizing in words.items() if sizing != common}
    return f"{common}, unless listed below" if common and theirs else common, theirs


def _size(sizing: Sizing) -> str:
    rules = f", {plural(len(sizing.rules), 'rule')} by symbol" if sizing.rules else ""
    return sizing_words(sizing) + rules


def releasing_halt(snapshot: Snapshot) -> TypedWord:
    """The question before releasing the halt: its reason, and what follows."""
    rules = snapshot.rules
    mode = "DRY RUN: nothing is sent" if rules.dry_run else "LIVE: orders are sent from the next execution on"
    missed = len(snapshot.missed)
    because = rules.halted_because or "no longer"
    lines = [
        f"Halted      {cut(because, 60)}",
        *(
            ["First       remove the file STOP from the project's folder, if it is still there"]
            if "STOP" in because
            else []
        ),
        f"Then        {mode}" + (", once copying resumes" if rules.paused else ""),
        f"In progress {open_words(snapshot)}",
        *(wrapped("Positions   ", held) if (held := positions_words(snapshot)) else []),
        *([f"Missed      {plural(missed, 'execution')}; not copied automatically (n lists them)"] if missed else []),
    ]
    queued = sum(view.queued for view in snapshot.followers)
    if queued and not rules.dry_run:
        words = "copy is sent at once" if queued == 1 else "copies are sent at once"
        lines.append(f"Queued      {queued} {words}, unless too old")
    return TypedWord("Release the halt?", tuple(lines), "RELEASE", (rules.dry_run, rules.paused, because))


def filter_words(filters: Filters) -> str:
    """Describe the filters in one line."""
    allowed = clean(", ".join(filters.allowed)) or "all symbols"
    blocked = clean(", ".join(filters.blocked))
    kinds = {"market": filters.market_orders, "limit": filters.limit_orders, "stop": filters.stop_orders}
    types = " ".join(kind for kind, on in kinds.items() if on) or "no order types"
    symbols = allowed + (f", but not {blocked}" if blocked else "")
    return f"{cut(symbols, _LONGEST_LIST)} · {types}"


def _limit_words(engine_client: EngineClient) -> str:
    """Describe the limits that apply to every account."""
    risk = engine_client.settings.risk
    parts = [f"{risk.max_orders_per_minute} orders/min each"]
    if risk.max_orders_per_symbol_per_minute:
        parts.append(f"{risk.max_orders_per_symbol_per_minute} orders/min in one symbol")
    if risk.max_open_positions:
        parts.append(f"at most {plural(risk.max_open_positions, 'open position')}")
    parts.append(f"loss limit {rupees(risk.daily_loss_limit)}" if risk.daily_loss_limit else "no loss limit")
    parts.append(f"halts after {plural(risk.halt_after_failures, 'failure')}")
    return " · ".join(parts)


def positions_words(snapshot: Snapshot) -> str:
    """Count the copied positions and the orphaned ones among them; empty if there are none."""
    held = sum(len(view.positions) for view in snapshot.followers)
    accounts = sum(bool(view.positions) for view in snapshot.followers)
    if not held:
        return ""
    orphans = f", {len(snapshot.orphaned)} of them orphaned" if snapshot.orphaned else ""
    return f"{held} copied in {plural(accounts, 'account')}{orphans}"


def open_words(snapshot: Snapshot) -> str:
    """Count what is in progress: at the broker, unknown, being sent, queued, waiting for approval."""
    sending = sum(copy.state is CopyState.SENDING for view in snapshot.orders for copy in view.copies)
    live = sum(view.live for view in snapshot.followers)
    queued = sum(view.queued for view in snapshot.followers)
    parts = (
        (live, "open at the broker"),
        (len(snapshot.unknown), "unknown"),
        (sending, "being sent"),
        (queued, "queued"),
        (len(snapshot.approvals), "waiting for approval"),
    )
    return ", ".join(f"{number} {words}" for number, words in parts if number) or "nothing"


def open_copies(snapshot: Snapshot) -> list[Copy]:
    """Return the copies in progress, or possibly so; each with only its open slices."""
    return join_slices([copy for view in snapshot.orders for copy in view.copies if copy.state in _OPEN])


def cancelling_all(snapshot: Snapshot) -> TypedWord:
    """The question before cancelling all open copies: what is cancelled, and what stays open."""
    found = open_copies(snapshot)
    exits = sum(copy.joined.exit is not None for copy in found)
    lines = [
        f"Cancels {plural(len(found), 'open copy', 'open copies')}, entries and exits; queued copies are dropped.",
        "What has filled stays. This also works while paused or halted.",
    ]
    if exits:
        lines.append(f"EXITS       {exits} of them: the positions they were to close stay open")
    if snapshot.rules.dry_run:
        lines.append("DRY RUN     these were sent before; they are really cancelled")
    lines.append("")
    for copy in found:
        child = copy.joined
        part = " exit" if child.exit is not None else ""
        what = f"{fit(order_words(child.order), 40)} {child.state} {child.filled}/{child.order.quantity}{part}"
        lines.append(f"  {fit(name_of(snapshot, child.follower), 12)} {what}")
    return TypedWord("Cancel all open copies?", tuple(lines), "CANCEL")


def holding(snapshot: Snapshot, follower: ClientId | None) -> list[FollowerView]:
    """Return the accounts with copied positions, all or only the given one."""
    return [view for view in snapshot.followers if view.positions and follower in (None, view.client_id)]


def flattening(snapshot: Snapshot, follower: ClientId | None) -> TypedWord:
    """The question before closing all copied positions, of all followers or one."""
    views, rules = holding(snapshot, follower), snapshot.rules
    count = sum(len(view.positions) for view in views)
    whose = cut(name_of(snapshot, follower), 24) if follower is not None else plural(len(views), "account")
    lines = [
        f"Closes {plural(count, 'position')} of {whose} with REAL orders near the current price.",
        "Their open and queued orders are cancelled first; nothing else is touched.",
        "This works while halted, but not in dry run or while paused.",
    ]
    if rules.halted_because is not None:
        lines.append(f"HALTED      {cut(rules.halted_because, 48)}: these orders are sent anyway")
    if rules.dry_run:
        lines.append("DRY RUN     this will be refused: go live first (d)")
    if rules.paused:
        lines.append("PAUSED      this will be refused: resume first (space)")
    lines.append("")
    for view in views:
        for key, quantity in view.positions:
            what = f"{held_words(quantity, key)} · {key.product.lower()}"
            lines.append(f"  {fit(view.name, 14)} {fit(view.client_id, 8)} {cut(what, 46)}")
    closed = tuple((view.client_id, *view.positions) for view in views)
    return TypedWord("Close all copied positions?", tuple(lines), "FLATTEN", (closed, rules.dry_run, rules.paused))


def releasing_follower(view: FollowerView) -> TypedWord:
    """The question before a follower that is close only may take entries again."""
    total = None if view.profit is None else view.profit.realised + view.profit.unrealised
    lines = [
        f"Follower    {cut(view.name, 30)} {cut(view.client_id, 12)}",
        f"Close only  {cut(view.close_only or 'no longer', 58)}",
        f"Day         {rupees(total) if total is not None else 'P&L unknown'}",
        f"Holds       {plural(len(view.positions), 'copied position')}",
        "Then        it takes entries again and may lose up to the limit once more",
    ]
    return TypedWord("Release from close only?", tuple(lines), "RELEASE")


def in_close_only(snapshot: Snapshot, follower: ClientId) -> FollowerView | None:
    """Return the follower if it is close only, else None."""
    view = follower_of(snapshot, follower)
    return view if view is not None and view.close_only is not None else None
