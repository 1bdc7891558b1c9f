"""Settings that the contract has and this version does not act upon: refused, never silently ignored.

Each rule stands alone, to be dropped when its feature arrives.
"""

from __future__ import annotations

from collections.abc import Callable

from copytui.domain.sizing import SizingMode
from copytui.domain.translate import UnfilledAction
from copytui.settings.model import Settings


def capital_sizing(settings: Settings) -> str | None:
    """Refuse sizing by funds."""
    asked = ["sizing.mode"] if settings.sizing.mode is SizingMode.CAPITAL else []
    asked += [
        f"followers.{follower.number}.mode"
        for follower in settings.followers
        if follower.sizing.mode is SizingMode.CAPITAL and settings.sizing.mode is not SizingMode.CAPITAL
    ]
    if not asked:
        return None
    return f'{" and ".join(asked)} = "capital" does not work in this version yet: use "multiplier" or "fixed"'


def unfilled_actions(settings: Settings) -> str | None:
    """Refuse to promise that a copy is cancelled or repriced when it is not filled in time."""
    orders = settings.orders
    if orders.unfilled_action is UnfilledAction.LEAVE or not orders.unfilled_after_seconds:
        return None
    return f'orders.unfilled_action = "{orders.unfilled_action}" does not work in this version yet: use "leave"'


def daily_loss_limit(settings: Settings) -> str | None:
    """Refuse to promise that a follower is paused at a loss."""
    if not settings.risk.daily_loss_limit:
        return None
    return "risk.daily_loss_limit does not work in this version yet: use 0, and watch the losses yourself"


RULES: tuple[Callable[[Settings], str | None], ...] = (capital_sizing, unfilled_actions, daily_loss_limit)


def not_yet(settings: Settings) -> tuple[str, ...]:
    """Return a sentence for each setting that asks for what this version cannot do."""
    return tuple(sentence for rule in RULES if (sentence := rule(settings)))
