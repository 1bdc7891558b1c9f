"""What the multiplier for all makes of an order, for the followers that have none of their own: pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from copytui.domain.sizing import Sizing, SizingMode, size
from copytui.engine.snapshot import OrderView
from copytui.settings.model import Settings
from copytui.settings.schema import MULTIPLIER
from copytui.tui.dialogs.text import sizing_words
from copytui.tui.present.cells import plural

WRONG = f"The multiplier must be {MULTIPLIER.check.allowed}."


@dataclass(frozen=True, slots=True)
class Given:
    """What the followers would get of an order, in words; or, with `nothing`, why they would get none of it."""

    words: str = ""
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizing for all; the different ones of those that share its multiplier; how many share it, how many do not."""

    common: Sizing
    sharing: tuple[Sizing, ...] = ()
    sharers: int = 0
    others: int = 0

    @property
    def editable(self) -> bool:
        """Whether a change of the multiplier would change anything."""
        return bool(self.sharing)

    @property
    def multiplier(self) -> Decimal:
        """The multiplier for all."""
        return self.common.multiplier

    def at(self, multiplier: Decimal | None) -> Sizes:
        """Return the same with another multiplier; None leaves it."""
        sharing = tuple(sizing.with_multiplier(multiplier) for sizing in self.sharing)
        return replace(self, common=self.common.with_multiplier(multiplier), sharing=sharing)

    def words(self) -> str:
        """Say for whom it is; or, where it cannot be changed here, how the quantity is found."""
        if not self.sharing:
            own = f"; {plural(self.others, 'follower')} with sizes of their own" if self.others else ""
            return f"{sizing_words(self.common)}{own} (set in copytui.toml)"
        whom = plural(self.sharers, "follower")
        return f"for {whom}" + (f"; {self.others} with sizes of their own (copytui.toml)" if self.others else "")

    def of(self, view: OrderView) -> Given:
        """Say what the followers would get of an order; without words where that is not the multiplier's to say."""
        order = view.known.order
        if not self.sharing or any(decided.execution.closes is not None for decided in view.executions):
            return Given()  # an exit follows what was built
        sizings = [sizing.for_symbol(order.symbol) for sizing in self.sharing]
        sized = [
            size(
                sizing,
                quantity=order.filled or order.quantity,
                lot=order.lot_size,
                price=order.average_price or order.price,
            )
            for sizing in sizings
            if sizing.mode is not SizingMode.CAPITAL
        ]
        if not sized:
            return Given()
        low, high = (least_or_most(each.quantity for each in sized) for least_or_most in (min, max))
        if high == 0:
            return Given((sized[0].reason or "").replace("_", " "), nothing=True)
        return Given(f"{high} each" if low == high else f"{low or 'none'} to {high} each")


def sizes_at(settings: Settings, multiplier: Decimal | None) -> Sizes:
    """Return the sizes as they are now: `multiplier` is what was changed live, None where nothing was."""
    followers = settings.followers
    sharing = [follower for follower in followers if follower.takes_multiplier]
    sizings = tuple(dict.fromkeys(follower.sizing_at(multiplier) for follower in sharing))
    return Sizes(settings.sizing.with_multiplier(multiplier), sizings, len(sharing), len(followers) - len(sharing))


def read_multiplier(text: str) -> Decimal | None:
    """Return the multiplier that was typed; None when it is none that the settings allow."""
    try:
        return MULTIPLIER.check.parse(Decimal(text.strip()))
    except InvalidOperation:
        return None
