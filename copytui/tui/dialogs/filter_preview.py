"""The preview of edited filters on today's orders: pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from copytui.domain.executions import Origin, order_type_word
from copytui.domain.filter_rules import FilterRule, FilterSubject, subject_of
from copytui.domain.filters import Filters, order_type_refusal, symbol_refusal
from copytui.domain.sizing import Sizing, SizingMode, size
from copytui.domain.text import clean, clock_text
from copytui.engine.snapshot import OrderView
from copytui.settings.model import Settings
from copytui.settings.schema import MULTIPLIER
from copytui.settings.schema_filters import typed_rule
from copytui.tui.dialogs.text import CARE, GOOD, MUTED, sizing_words
from copytui.tui.present.cells import cut, plural

WRONG_MULTIPLIER = f"The multiplier must be {MULTIPLIER.check.allowed}."


@dataclass(frozen=True, slots=True)
class Given:
    """What the followers would get of an order, in words; with `nothing`, why they would get none."""

    words: str = ""
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class Sizes:
    """The common sizing, the distinct sizings that share its multiplier, and how many followers share it or do not."""

    common: Sizing
    sharing: tuple[Sizing, ...] = ()
    sharers: int = 0
    others: int = 0

    @property
    def editable(self) -> bool:
        """Whether any follower uses the multiplier."""
        return bool(self.sharing)

    @property
    def multiplier(self) -> Decimal:
        """The common multiplier."""
        return self.common.multiplier

    def at(self, multiplier: Decimal | None) -> Sizes:
        """Return the sizes with another multiplier; None keeps it."""
        sharing = tuple(sizing.with_multiplier(multiplier) for sizing in self.sharing)
        return replace(self, common=self.common.with_multiplier(multiplier), sharing=sharing)

    def words(self) -> str:
        """Describe who uses the multiplier; if nobody does, describe how quantities are found."""
        if not self.sharing:
            own = f"; {plural(self.others, 'follower')} with their own sizing" if self.others else ""
            return f"{sizing_words(self.common)}{own} (set in copytui.toml)"
        whom = plural(self.sharers, "follower")
        return f"for {whom}" + (f"; {self.others} with their own sizing (copytui.toml)" if self.others else "")

    def of(self, view: OrderView) -> Given:
        """Return what the followers would get of an order; empty if the multiplier does not decide it."""
        order = view.known.order
        if not self.sharing or any(decided.execution.closes is not None for decided in view.executions):
            return Given()  # an exit follows the copied position
        sizings = [sizing.for_symbol(order.symbol, order.underlying) for sizing in self.sharing]
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
    """Return the current sizes; `multiplier` is the live value, None for the one in the settings."""
    followers = settings.followers
    sharing = [follower for follower in followers if follower.takes_multiplier]
    sizings = tuple(dict.fromkeys(follower.sizing_at(multiplier) for follower in sharing))
    return Sizes(settings.sizing.with_multiplier(multiplier), sizings, len(sharing), len(followers) - len(sharing))


def read_multiplier(text: str) -> Decimal | None:
    """Return the typed multiplier; None if the settings do not allow it."""
    try:
        return MULTIPLIER.check.parse(Decimal(text.strip()))
    except InvalidOperation:
        return None


NO_CHANGE = " · no change"
_BETWEEN = re.compile(r"[\s,;]+")
_MOST = 100
_WIDTH = 73
"""The width of a line: the box without border, padding and scroll bar."""
_BEFORE = 15
"""The width of mark, time, side and blanks in a line."""
_SYMBOL = 17
"""The maximum width of a symbol; a longer one is cut in the middle."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How many of today's orders pass, how many change, and a line for each of the newest."""

    passing: int
    total: int
    changed: int
    lines: Content

    @property
    def summary(self) -> str:
        """The preview in one line."""
        if not self.total:
            return "No master orders today to preview."
        words = f"{self.passing} of today's {self.total} orders would pass"
        return words + (f" · {self.changed} decided differently" if self.changed else NO_CHANGE)


Kind = FilterSubject
"""What the filters ask of an order: orders of one kind pass or are stopped together."""


class Refusals:
    """A cache of the reasons for which filters stop symbols and order types."""

    def __init__(self, filters: Filters) -> None:
        """Evaluate `filters`."""
        self._filters = filters
        self._known: dict[Kind, str | None] = {}

    def of(self, kind: Kind) -> str | None:
        """Return the reason, or None if such an order passes."""
        if kind not in self._known:
            refusal = symbol_refusal(self._filters, kind)
            self._known[kind] = refusal or order_type_refusal(self._filters, kind.order_type)
        return self._known[kind]


def read_symbols(text: str) -> tuple[str, ...]:
    """Split patterns at commas, semicolons or blanks, without duplicates. No symbol contains a blank."""
    found: dict[str, str] = {}
    for pattern in _BETWEEN.split(text):
        if pattern:
            found.setdefault(pattern.upper(), pattern)
    return tuple(found.values())


_RULE = re.compile(r"\{[^{}]*\}?")


def read_filters(text: str) -> tuple[str | FilterRule, ...] | str:
    """Read a list of patterns and rules in braces; a sentence where a rule is wrong."""
    rules = []
    for typed in _RULE.findall(text):
        rule = typed_rule(typed) if typed.endswith("}") else "A rule ends with }."
        if isinstance(rule, str):
            return rule
        rules.append(rule)
    return (*read_symbols(_RULE.sub(" ", text)), *dict.fromkeys(rules))


def written(filters: Iterable[str | FilterRule]) -> str:
    """Write patterns and rules for editing, without control characters."""
    return ", ".join(clean(str(each)) for each in filters)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Why an order would be stopped after and before the edit; None if it passes."""

    view: OrderView
    after: str | None
    before: str | None

    @property
    def changed(self) -> bool:
        return (self.after is None) is not (self.before is None)


def _kind(view: OrderView) -> Kind | None:
    """Return what the filters look at; None where the order closes a position: they hold back entries only."""
    if any(decided.execution.closes is not None for decided in view.executions):
        return None
    return subject_of(view.known.order, view.day or view.known.day)


def _verdict(view: OrderView, new: Refusals, old: Refusals) -> _Verdict:
    kind = _kind(view)
    if kind is None:
        return _Verdict(view, after=None, before=None)
    return _Verdict(view, after=new.of(kind), before=old.of(kind))


def preview(edited: Filters, now: Filters, orders: Iterable[OrderView], sizes: Sizes | None = None) -> Preview:
    """Apply the edited filters to today's orders, newest first; `sizes` adds what the followers would get."""
    views = [view for view in orders if view.known.origin is not Origin.OWN]
    newest = sorted(views, key=lambda view: view.known.first_seen, reverse=True)[:_MOST]
    new, old = Refusals(edited), Refusals(now)
    alike = Counter(map(_kind, views))
    passing = {kind: (True, True) if kind is None else (new.of(kind) is None, old.of(kind) is None) for kind in alike}
    verdicts = [_verdict(view, new, old) for view in newest]
    lines = _lines(verdicts, sizes)
    if len(views) > _MOST:
        lines.append(Content.styled(f"and {len(views) - _MOST} older orders", MUTED))
    return Preview(
        passing=sum(number for kind, number in alike.items() if passing[kind][0]),
        total=len(views),
        changed=sum(number for kind, number in alike.items() if passing[kind][0] is not passing[kind][1]),
        lines=Content("\n").join(lines),
    )


def _lines(verdicts: Sequence[_Verdict], sizes: Sizes | None) -> list[Content]:
    """Return a line per order; symbol and type take no more room than needed, the verdict gets the rest."""
    orders = [verdict.view.known.order for verdict in verdicts]
    symbols = [cut(clean(order.symbol), _SYMBOL, middle=True, tail=len(order.strike_words)) for order in orders]
    types = [order_type_word(order.order_type) for order in orders]
    wide, kind = (max(map(cell_len, texts), default=0) for texts in (symbols, types))
    room = _WIDTH - _BEFORE - wide - kind
    return [
        Content.assemble(
            ("> " if verdict.changed else "  ", "bold"),
            (clock_text(order.updated_at or verdict.view.known.first_seen)[:5], MUTED),
            f" {order.side:<4} {set_cell_size(symbol, wide)} {type_:<{kind}} ",
            _words(verdict, sizes, room),
        )
        for verdict, order, symbol, type_ in zip(verdicts, orders, symbols, types, strict=True)
    ]


def _words(verdict: _Verdict, sizes: Sizes | None, room: int) -> Content:
    """Return the verdict on an order: stopped, passes, or passes but gives nobody anything."""
    if verdict.after is not None:
        return Content.styled(cut(f"no: {clean(verdict.after.removeprefix('symbol '))}", room), CARE)
    given = sizes.of(verdict.view) if sizes is not None else Given()
    if given.nothing:
        return Content.styled(cut(f"passes, no copy: {given.words}", room), CARE)
    return Content.assemble(("passes", GOOD), (f" {given.words}" if given.words else "", MUTED))
