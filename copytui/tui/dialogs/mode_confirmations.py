"""What is to be read before going live, and before a halt is released: pure functions from a picture."""

from __future__ import annotations

from collections import Counter

from copytui.domain.copies import CopyState
from copytui.domain.filters import Filters
from copytui.domain.orders import ClientId
from copytui.domain.sizing import Sizing
from copytui.domain.text import clean
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.text import cut, fit, rupees, sizing_words, standing_words, wrapped
from copytui.tui.dialogs.typed_word import TypedWord
from copytui.tui.engine_client import EngineClient
from copytui.tui.present.cells import plural

_LONGEST_LIST = 160


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
        *(wrapped("Positions   ", held) if (held := held_words(snapshot)) else []),
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
        *(wrapped("Positions   ", held) if (held := held_words(snapshot)) else []),
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


def held_words(snapshot: Snapshot) -> str:
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
