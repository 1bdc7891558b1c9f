"""The drawer with the details of one follower's account."""

from __future__ import annotations

from textual.content import Content

from copytui.broker.port import Budget
from copytui.domain.orders import ClientId
from copytui.domain.sizing import Sizing
from copytui.domain.text import clean
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.settings.model import Settings
from copytui.tui.dialogs.dialog import Drawer
from copytui.tui.dialogs.text import MUTED, cell_words, cut, fields, follower_of, held_words, rupees, sizing_words
from copytui.tui.present.accounts import aged, loss_used, mode_cell, send_block
from copytui.tui.present.glyphs import Signs

_WIDTH = 66


def account(view: FollowerView, snapshot: Snapshot, settings: Settings, now: float) -> Content:
    """Describe an account: its state, money, egress IP and copied positions."""
    name = Content.assemble((cut(view.name, 40), "bold"), " ", (cut(view.client_id, 20), MUTED), "  ")
    head = Content.assemble(name, cell_words(mode_cell(view, Signs(), send_block(snapshot.rules))))
    first = Content("\n").join([head, _blocks(view)]).rstrip()
    return Content("\n\n").join(
        [first, _money(view, snapshot, settings, now), _follower(view, settings), _positions(view, snapshot)]
    )


def _fields(*rows: tuple[str, str]) -> Content:
    return fields(rows, indent="  ", names=13, width=_WIDTH)


def _blocks(view: FollowerView) -> Content:
    """List everything that blocks its orders; the sign next to the name shows only the first."""
    return _fields(
        ("Disabled", "" if view.enabled else "by the user or in the settings: it gets no orders"),
        ("Halted", view.halted_because or ""),
        ("IP mismatch", view.ip_mismatch or ""),
        ("Close only", view.close_only or ""),
    )


def _money(view: FollowerView, snapshot: Snapshot, settings: Settings, now: float) -> Content:
    ratio = view.capital_ratio
    master = f" · master's {rupees(snapshot.master_funds)}" if snapshot.master_funds is not None else ""
    return _fields(
        ("Funds", _funds(view, now)),
        ("This morning", f"{rupees(view.day_funds)}{master}" if view.day_funds is not None else ""),
        ("Ratio", f"x{ratio:.4f} of the master's orders, if sized by capital" if ratio is not None else ""),
        ("Day", _day(view, settings, now)),
        ("Sizing", _sizing(view, snapshot, settings)),
    )


def _funds(view: FollowerView, now: float) -> str:
    if view.funds is None or view.funds.available is None:
        return "unknown"
    net = f" · net {rupees(view.funds.net)}" if view.funds.net is not None else ""
    return f"{rupees(view.funds.available)} available{net} · {_age(view.funds_at, now)}"


def _age(at: float | None, now: float) -> str:
    words = aged(at, now)
    if words == "old":
        return "read before the last order was sent"
    return f"read {words} ago" if words else "fresh"


def _day(view: FollowerView, settings: Settings, now: float) -> str:
    profit, limit = view.profit, settings.risk.daily_loss_limit
    measure = f"loss limit {rupees(limit)}" if limit > 0 else "no loss limit"
    if profit is None:
        return f"P&L unknown · {measure}"
    total = profit.realised + profit.unrealised
    used = f", {100 * loss_used(total, limit):.0f}% used" if limit > 0 else ""
    parts = f"realised {rupees(profit.realised)}, unrealised {rupees(profit.unrealised)}"
    return f"{rupees(total)} ({parts}) · {measure}{used} · {_age(view.profit_at, now)}"


def _sizing(view: FollowerView, snapshot: Snapshot, settings: Settings) -> str:
    follower = settings.follower(view.client_id)
    sizing = follower.sizing_at(snapshot.rules.multiplier) if follower is not None else Sizing()
    rules = f" · {len(sizing.rules)} by symbol" if sizing.rules else ""
    return sizing_words(sizing) + rules


def _reserve(budget: Budget) -> str:
    """Say what entries leave of the broker's limits to exits and cancels."""
    if not budget.hour_reserve:
        return ""
    return f"; kept for exits: {budget.minute_reserve} and {budget.hour_reserve}"


def _follower(view: FollowerView, settings: Settings) -> Content:
    budget = view.budget
    minute, hour = f"{budget.minute_used}/{budget.minute_limit}", f"{budget.hour_used}/{budget.hour_limit}"
    return _fields(
        ("Session", clean(view.session_text) or str(view.session)),
        ("Egress IP", _egress(view, settings)),
        ("Order budget", f"{minute} per minute, {hour} per hour{_reserve(budget)}"),
        ("In progress", f"{view.queued} queued, {view.live} open, {view.unknown} unknown"),
        ("Read failing", view.failing),
        ("Last error", view.last_error or "none"),
    )


def _egress(view: FollowerView, settings: Settings) -> str:
    """Return the IP address that its requests leave from, and whether it is the registered one."""
    follower = settings.follower(view.client_id)
    registered = follower.registered_ip if follower is not None else ""
    if not view.egress_ip:
        return f"unknown · {registered} is registered" if registered else "unknown"
    if not registered:
        return f"{view.egress_ip} · no registered IP in the settings"
    match = "registered" if view.ip_mismatch is None else f"NOT the registered {registered}"
    return f"{view.egress_ip} · {match}"


def _positions(view: FollowerView, snapshot: Snapshot) -> Content:
    """List the copied positions and mark the orphaned ones."""
    head = Content.styled("Copied positions", "bold underline")
    if not view.positions:
        return Content("\n").join([head, Content("  none")])
    orphans = {(found.follower, found.key) for found in snapshot.orphaned}
    lines = [head]
    for key, quantity in view.positions:
        words = f"  {cut(held_words(quantity, key), 36)} · {key.product.lower()}"
        note = " · orphaned" if (view.client_id, key) in orphans else ""
        lines.append(Content.assemble(words, (note, "bold $text-warning")))
    return Content("\n").join(lines)


class AccountScreen(Drawer):
    """A drawer with one account, updated as it changes."""

    HEADING = "Account"

    def __init__(self, follower: ClientId) -> None:
        """Show the follower with this client code."""
        super().__init__()
        self._follower = follower

    def redraw(self) -> None:
        """Draw the account; unchanged content is not redrawn."""
        view = follower_of(self.snapshot, self._follower)
        if view is None:
            self.show_gone("This follower is no longer in the settings.")
        else:
            self.show_text(account(view, self.snapshot, self.engine_client.settings, self.engine_client.monotonic()))
