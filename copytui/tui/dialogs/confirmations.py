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
    held_words,
    name_of,
    rupees,
    sizing_words,
    standing_words,
    wrapped,
)
from copytui.tui.dialogs.typed_word import TypedWord
from copytui.tui.engine_client import EngineClient
from copytui.tui.present.cells import plural
from copytui.tui.present.whole_copies import Copy, wholes

_LONGEST_LIST = 160
_OPEN = ON_ITS_WAY | {CopyState.UNKNOWN}


def going_live(engine_client: EngineClient, snapshot: Snapshot) -> TypedWord:
    """Ask whether to go live: who gets orders, what is copied, the limits, and what is open already."""
    rules = snapshot.rules
    taking = [view for view in snapshot.followers if view.enabled]
    out = [cut(view.name, 16) for view in snapshot.followers if not view.enabled]
    ready = sum(view.armed for view in taking)
    common, theirs = _sizes(engine_client, snapshot)
    lines = [
        f"From the next execution on, REAL orders go to {plural(len(taking), 'account')}; {ready} ready now.",
        *(wrapped("OUT         ", cut(f"no order goes to {', '.join(out)}", _LONGEST_LIST)) if out else []),
        "",
        *wrapped("Filters     ", filter_words(rules.filters)),
        *(wrapped("Each gets   ", common) if common else []),
        *wrapped("Limits      ", _limit_words(engine_client)),
        *wrapped("On its way  ", open_words(snapshot)),
        *(wrapped("Positions   ", held) if (held := positions_words(snapshot)) else []),
        "Each copy   " + ("needs your yes" if rules.require_confirmation else "goes out WITHOUT asking you"),
    ]
    if rules.halted_because is not None:
        lines += wrapped("HALTED      ", f"{cut(rules.halted_because, _LONGEST_LIST)}: nothing leaves until released")
    if rules.paused:
        lines.append("PAUSED      nothing leaves until copying goes on")
    if snapshot.journal_trouble:
        lines += wrapped("TROUBLE     ", cut(snapshot.journal_trouble, _LONGEST_LIST))
    lines.append("")
    for view in snapshot.followers:
        words = " · ".join((*theirs.get(view.client_id, ()), cut(standing_words(view), _LONGEST_LIST)))
        lines += wrapped(f"  {fit(view.name, 16)} {fit(view.client_id, 9)} ", words)
    held_back = (rules.halted_because is not None, rules.paused)
    acts_on = (_who(snapshot), rules.filters, rules.require_confirmation, held_back, common, theirs)
    return TypedWord("Go live?", tuple(lines), "LIVE", acts_on)


def _who(snapshot: Snapshot) -> tuple[tuple[ClientId, bool], ...]:
    """Return the accounts that would get orders, each with whether it gets exits only; logged in or not."""
    return tuple(
        (view.client_id, view.close_only is not None)
        for view in snapshot.followers
        if view.enabled and view.halted_because is None and view.ip_mismatch is None
    )


def _sizes(engine_client: EngineClient, snapshot: Snapshot) -> tuple[str, dict[ClientId, tuple[str]]]:
    """Say how much each follower gets and at most: what most have in common once, and who differs by himself."""
    sizings = {each.client_id: each.sizing_at(snapshot.rules.multiplier) for each in engine_client.settings.followers}
    words = {view.client_id: _size(sizings.get(view.client_id, Sizing())) for view in snapshot.followers}
    common, count = Counter(words.values()).most_common(1)[0] if words else ("", 0)
    if count == 1 < len(words):
        common = ""
    theirs = {client: (said,) for client, said in words.items() if said != common}
    return f"{common}, where no other is said below" if common and theirs else common, theirs


def _size(sizing: Sizing) -> str:
    rules = f", {plural(len(sizing.rules), 'rule')} by symbol" if sizing.rules else ""
    return sizing_words(sizing) + rules


def releasing_halt(snapshot: Snapshot) -> TypedWord:
    """Ask whether to release the halt: why it was, and what follows."""
    rules = snapshot.rules
    mode = "DRY RUN: nothing is sent" if rules.dry_run else "LIVE: orders are sent from the next execution on"
    missed = len(snapshot.missed)
    because = rules.halted_because or "not any more"
    lines = [
        f"Halted      {cut(because, 60)}",
        *(
            ["First       remove the file STOP from the project's folder, if it is still there"]
            if "STOP" in because
            else []
        ),
        f"Then        {mode}" + (", once copying is not paused" if rules.paused else ""),
        f"On its way  {open_words(snapshot)}",
        *(wrapped("Positions   ", held) if (held := positions_words(snapshot)) else []),
        f"Missed      {plural(missed, 'execution')}; they are not copied by themselves (n lists them)",
    ]
    queued = sum(view.queued for view in snapshot.followers)
    if queued and not rules.dry_run:
        words = "copy goes out at once" if queued == 1 else "copies go out at once"
        lines.append(f"Queued      {queued} {words}, unless too old by then")
    return TypedWord("Release the halt?", tuple(lines), "RELEASE", (rules.dry_run, rules.paused, because))


def filter_words(filters: Filters) -> str:
    """Say in one line what the filters let through."""
    allowed = clean(", ".join(filters.allow_symbols)) or "all symbols"
    blocked = clean(", ".join(filters.block_symbols))
    kinds = {"market": filters.market_orders, "limit": filters.limit_orders, "stop": filters.stop_orders}
    types = " ".join(kind for kind, on in kinds.items() if on) or "no order type at all"
    symbols = allowed + (f", but not {blocked}" if blocked else "")
    return f"{cut(symbols, _LONGEST_LIST)} · {types}"


def _limit_words(engine_client: EngineClient) -> str:
    """Say the limits that hold for every account."""
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
    """Say what copying has built and the followers hold, and how much of it the master has left; '' for nothing."""
    held = sum(len(view.positions) for view in snapshot.followers)
    accounts = sum(bool(view.positions) for view in snapshot.followers)
    if not held:
        return ""
    left = f", {len(snapshot.orphaned)} of them left behind by the master" if snapshot.orphaned else ""
    return f"{held} built by copying in {plural(accounts, 'account')}{left}"


def open_words(snapshot: Snapshot) -> str:
    """Say what is on its way: at the broker, unknown, queued, being sent, waiting for a yes."""
    sending = sum(copy.state is CopyState.SENDING for view in snapshot.orders for copy in view.copies)
    live = sum(view.live for view in snapshot.followers)
    queued = sum(view.queued for view in snapshot.followers)
    parts = (
        (live, "open at the broker"),
        (len(snapshot.unknown), "unknown"),
        (sending, "being sent"),
        (queued, "queued"),
        (len(snapshot.approvals), "waiting for a yes"),
    )
    return ", ".join(f"{number} {words}" for number, words in parts if number) or "nothing"


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
