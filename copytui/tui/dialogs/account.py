"""One follower's account in full, in a drawer at the right."""

from __future__ import annotations

from textual.content import Content

from copytui.domain.orders import ClientId
from copytui.domain.sizing import Sizing
from copytui.domain.text import clean
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.settings.model import Settings
from copytui.tui.dialogs.dialog import Drawer
from copytui.tui.dialogs.text import MUTED, cell_words, cut, fields, follower_of, held_words, rupees, sizing_words
from copytui.tui.present.accounts import aged, held_back, loss_used, mode_cell
from copytui.tui.present.glyphs import Signs

_WIDTH = 66


def account(view: FollowerView, snapshot: Snapshot, settings: Settings, now: float) -> Content:
    """Tell of an account: whether orders may leave, its money, its route, and what copying has built in it."""
    name = Content.assemble((cut(view.name, 40), "bold"), " ", (cut(view.client_id, 20), MUTED), "  ")
    head = Content.assemble(name, cell_words(mode_cell(view, Signs(), held_back(snapshot.rules))))
    first = Content("\n").join([head, _held(view)]).rstrip()
    return Content("\n\n").join(
        [first, _money(view, snapshot, settings, now), _follower(view, settings), _positions(view, snapshot)]
    )


def _fields(*rows: tuple[str, str]) -> Content:
    return fields(rows, indent="  ", names=13, width=_WIDTH)


def _held(view: FollowerView) -> Content:
    """Say all that holds its orders back; the sign beside the name has room for one thing only."""
    return _fields(
        ("Taken out", "" if view.enabled else "by hand or in the settings: it gets nothing"),
        ("Halted", view.halted_because or ""),
        ("Address", view.ip_mismatch or ""),
        ("Close only", view.close_only or ""),
    )


def _money(view: FollowerView, snapshot: Snapshot, settings: Settings, now: float) -> Content:
    ratio = view.capital_ratio
    master = f" · the master's {rupees(snapshot.master_funds)}" if snapshot.master_funds is not None else ""
    return _fields(
        ("Funds", _funds(view, now)),
        ("This morning", f"{rupees(view.day_funds)}{master}" if view.day_funds is not None else ""),
        ("Ratio", f"x{ratio:.4f} of the master's orders, where sized by capital" if ratio is not None else ""),
        ("Day", _day(view, settings, now)),
        ("Sizing", _sizing(view, snapshot, settings)),
    )


def _funds(view: FollowerView, now: float) -> str:
    if view.funds is None or view.funds.available is None:
        return "not known"
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
        return f"profit not known · {measure}"
    total = profit.realised + profit.unrealised
    used = f", {100 * loss_used(total, limit):.0f}% of it used" if limit > 0 else ""
    parts = f"realised {rupees(profit.realised)}, unrealised {rupees(profit.unrealised)}"
    return f"{rupees(total)} ({parts}) · {measure}{used} · {_age(view.profit_at, now)}"


def _sizing(view: FollowerView, snapshot: Snapshot, settings: Settings) -> str:
    follower = settings.follower(view.client_id)
    sizing = follower.sizing_at(snapshot.rules.multiplier) if follower is not None else Sizing()
    rules = f" · {len(sizing.rules)} by symbol" if sizing.rules else ""
    return sizing_words(sizing) + rules


def _follower(view: FollowerView, settings: Settings) -> Content:
    budget = view.budget
    minute, hour = f"{budget.minute_used}/{budget.minute_limit}", f"{budget.hour_used}/{budget.hour_limit}"
    return _fields(
        ("Session", clean(view.session_text) or str(view.session)),
        ("Leaves from", _route(view, settings)),
        ("Order budget", f"{minute} this minute, {hour} this hour"),
        ("On its way", f"{view.queued} queued, {view.live} open, {view.unknown} unknown"),
        ("Not read", view.failing),
        ("Last error", view.last_error or "none"),
    )


def _route(view: FollowerView, settings: Settings) -> str:
    """Say the address that its requests leave from, and whether the broker takes its orders from there."""
    follower = settings.follower(view.client_id)
    registered = follower.registered_ip if follower is not None else ""
    if not view.egress_ip:
        return f"not asked · {registered} is registered" if registered else "not asked"
    if not registered:
        return f"{view.egress_ip} · the settings name no registered one"
    same = "the registered one" if view.ip_mismatch is None else f"NOT the registered one, {registered}"
    return f"{view.egress_ip} · {same}"


def _positions(view: FollowerView, snapshot: Snapshot) -> Content:
    """List what copying has built, and what of it the master has left."""
    head = Content.styled("Positions that copying has built", "bold underline")
    if not view.positions:
        return Content("\n").join([head, Content("  none")])
    left = {(found.follower, found.key) for found in snapshot.orphaned}
    lines = [head]
    for key, quantity in view.positions:
        words = f"  {cut(held_words(quantity, key), 36)} · {key.product.lower()}"
        note = " · left behind" if (view.client_id, key) in left else ""
        lines.append(Content.assemble(words, (note, "bold $text-warning")))
    return Content("\n").join(lines)


class AccountScreen(Drawer):
    """Shows mode, money, route and positions of one account, and goes on as they change."""

    HEADING = "The account"

    def __init__(self, follower: ClientId) -> None:
        """Tell of the follower with that client code."""
        super().__init__()
        self._follower = follower

    def redraw(self) -> None:
        """Tell it anew; what has not changed is not drawn."""
        view = follower_of(self.snapshot, self._follower)
        if view is None:
            self.tell_gone("This follower is not in the settings any more.")
        else:
            self.tell(account(view, self.snapshot, self.engine_client.settings, self.engine_client.monotonic()))
