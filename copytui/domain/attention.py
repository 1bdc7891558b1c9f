"""The attention list: everything that needs the user, in one order, for the screen, the commands and the mode bar.

`attention_items` is pure. The screen gives it the facts of a snapshot, `copytui attention` and `copytui resolve` those
of the journal. Ids, order, grouping and sentences are the same on both sides; they differ only in facts that one side
lacks: the journal does not know whether a follower's requests leave from the wrong IP address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto

from copytui.domain.attention_facts import (
    About,
    AttentionFacts,
    CopyInTrouble,
    FollowerFacts,
    OpenExecution,
)
from copytui.domain.copies import (
    ON_ITS_WAY,
    WENT_WRONG,
    ChildOrder,
    CopyName,
    CopyState,
    Resolution,
    copy_name,
    joined,
)
from copytui.domain.decisions import Verdict
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey, position_id, position_key
from copytui.domain.risk import OrphanedPosition
from copytui.domain.text import clean, execution_words, order_words
from copytui.domain.unreadable import UnreadableOrder
from copytui.domain.withheld import WithheldExit

ANSWERED_WITHIN = timedelta(seconds=60)
"""No order request lasts longer: a running copytui has called the copy unknown by then."""


class AttentionKind(StrEnum):
    """Why something needs the user; the kinds stand in the order in which they are listed."""

    APPROVAL = "approval"
    MISSED = "missed"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"
    FAILED = "failed"
    REJECTED = "rejected"
    UNFILLED = "unfilled"
    ORPHANED = "orphaned"
    OUT_OF_STEP = "out of step"
    HALTED = "halted"
    CLOCKS = "clocks"
    IP_MISMATCH = "ip mismatch"
    CLOSE_ONLY = "close only"


ROW_PREFIX = "row:"
"""Begins the id of an item about an order that could not be read."""

FAILURES = frozenset({AttentionKind.FAILED, AttentionKind.REJECTED})
"""The kinds of a copy that went wrong; they are listed together."""
_RANKS = {kind: rank for rank, kind in enumerate(AttentionKind)} | {
    AttentionKind.REJECTED: list(AttentionKind).index(AttentionKind.FAILED)
}


class Act(StrEnum):
    """Something that can be done about an item; those in `SETTLING` are the options of `copytui resolve`."""

    COPY = "copy"
    RETRY = "retry"
    NOT_PLACED = "not-placed"
    DISMISS = "dismiss"
    APPROVE = "approve"
    FLATTEN = "flatten"
    KEEP = "keep"
    DETACH = "detach"
    RELEASE = "release"
    DISABLE = "disable"


SETTLING = (Act.COPY, Act.RETRY, Act.NOT_PLACED, Act.DETACH, Act.DISMISS)
"""What `copytui resolve` can do; everything else is done where copytui runs."""


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One thing that needs the user.

    `id` is what `copytui resolve` takes, or what names the item elsewhere. `number` is the execution's or the first
    child order's, 0 for all else. `who` is a name, `client` the follower's client code ('' where it concerns none).
    `since` is when it executed, was sent or went wrong, None where that is not known. `acts` are possible now, and
    `hint` says what to do besides. `about` are the facts behind it, None where it is copying as a whole.
    """

    kind: AttentionKind
    id: str
    who: str
    what: str
    why: str
    since: datetime | None = None
    number: int = 0
    client: str = ""
    is_exit: bool = False
    acts: tuple[Act, ...] = ()
    hint: str = ""
    about: About | None = None

    @property
    def rank(self) -> tuple[bool, int]:
        """The item's place in the list, lowest first: exits stand first, since the master is out already."""
        return not self.is_exit, _RANKS[self.kind]

    @property
    def label(self) -> str:
        """The kind in words, with `exit` before it for an exit's execution or copy."""
        is_marked = self.is_exit and self.kind not in (AttentionKind.ORPHANED, AttentionKind.OUT_OF_STEP)
        return f"exit {self.kind}" if is_marked else str(self.kind)

    @property
    def settling(self) -> tuple[Act, ...]:
        """The acts that `copytui resolve` takes for it."""
        return tuple(act for act in self.acts if act in SETTLING)


def attention_items(facts: AttentionFacts, now: datetime) -> tuple[AttentionItem, ...]:
    """Return what needs the user: exits first, then by kind, the oldest first within one."""
    names = {follower.client_id: follower.name for follower in facts.followers}
    executions = [*(_execution(each) for each in facts.executions), *_withheld(facts)]
    copies = list(_copies(facts, now, names))
    unread = [_unreadable(each) for each in facts.unreadable]
    dated = sorted([*executions, *unread, *copies], key=lambda item: (item.since or now, item.number))
    orphans = sorted(facts.orphans, key=lambda each: (each.key.symbol, each.key.exchange, each.key.product))
    listed = [*dated, *(_orphan(each, names) for each in orphans), *_out_of_step(facts, dated, names)]
    listed += _held_back(facts)
    return tuple(sorted(listed, key=lambda item: item.rank))


def is_failed(copy: ChildOrder) -> bool:
    """Tell whether a child order failed or was rejected, and nobody has dismissed or retried it."""
    return copy.state in WENT_WRONG and not copy.dismissed


def is_exit_on_its_way(copy: ChildOrder) -> bool:
    """Tell whether a child order is an exit that waits, is being sent or works at the exchange."""
    return copy.exit is not None and copy.state in ON_ITS_WAY


def position_words(quantity: int, key: PositionKey) -> str:
    """Say what is held: how much of which symbol, long or short."""
    return f"{abs(quantity)} {clean(key.symbol)} {'long' if quantity > 0 else 'short'}"


def _execution(found: OpenExecution) -> AttentionItem:
    execution, number = found.execution, found.number
    is_missed = found.verdict is Verdict.MISSED
    return AttentionItem(
        AttentionKind.MISSED if is_missed else AttentionKind.APPROVAL,
        f"m{number}" if is_missed else f"#{number}",
        "master",
        execution_words(execution),
        clean(found.sentence),
        execution.executed_at or execution.seen_at,
        number,
        is_exit=execution.closes is not None,
        acts=(Act.COPY, Act.DISMISS) if is_missed else (Act.APPROVE,),
        hint="" if is_missed else _approval_hint(number),
        about=found,
    )


def _withheld(facts: AttentionFacts) -> Iterator[AttentionItem]:
    """Yield one item per exit that some followers did not get; copied now, it goes to those that may take it."""
    by_execution: dict[int, list[WithheldExit]] = {}
    for each in facts.withheld:
        by_execution.setdefault(each.execution_id, []).append(each)
    for number, exits in by_execution.items():
        first = exits[0]
        names = ", ".join(each.name for each in exits)
        units = " and ".join(f"{each.quantity} for {clean(each.name)}" for each in exits)
        yield AttentionItem(
            AttentionKind.MISSED, f"m{number}", names, f"{first.side} {clean(first.key.symbol)}: {units}",
            clean("; ".join(dict.fromkeys(each.sentence for each in exits))), first.since, number,
            first.follower if len(exits) == 1 else "",
            is_exit=True, acts=(Act.COPY, Act.DISMISS), hint="release or enable the follower first",
            about=tuple(exits),
        )  # fmt: skip


def _unreadable(found: UnreadableOrder) -> AttentionItem:
    """An order that the broker shows and that could not be read, so that nothing of it was copied or counted."""
    is_master = found.who == "master"
    hint = f"look at it in the account {found.account}: it is not copied" + (
        ", and where it closes something, the followers keep their part" if is_master else " again"
    )
    return AttentionItem(
        AttentionKind.UNREADABLE, f"{ROW_PREFIX}{found.id}", found.who, clean(found.words), clean(found.why),
        found.seen_at, client="" if is_master else found.account, is_exit=found.is_exit, acts=(Act.DISMISS,), hint=hint,
        about=found,
    )  # fmt: skip


def _approval_hint(number: int) -> str:
    return f"approve or decline it where copytui runs: a on the screen, y {number} or n {number} headless"


class _Trouble(Enum):
    """What is wrong with a child order; slices of one copy with the same trouble are one item."""

    UNKNOWN = auto()
    CUT_OFF = auto()
    FAILED = auto()
    EXIT = auto()


def _copies(facts: AttentionFacts, now: datetime, names: dict[ClientId, str]) -> Iterator[AttentionItem]:
    groups: dict[tuple[_Trouble, CopyName], list[ChildOrder]] = {}
    for _id, copy in sorted({copy.id: copy for copy in facts.copies}.items()):
        trouble = _trouble(copy, facts, now)
        if trouble is not None:
            groups.setdefault((trouble, copy_name(copy)), []).append(copy)
    for (trouble, name), slices in groups.items():
        who, whole = names.get(name.follower, name.follower), CopyInTrouble(joined(slices), tuple(slices))
        match trouble:
            case _Trouble.UNKNOWN:
                yield _unknown(whole, who)
            case _Trouble.CUT_OFF:
                yield _cut_off(whole, who)
            case _Trouble.FAILED:
                yield _failed(whole, who)
            case _Trouble.EXIT if any(copy.is_late_exit(now) or copy.id in facts.limited for copy in slices):
                is_limited = any(copy.id in facts.limited for copy in slices)
                yield _unfilled(whole, who, is_held=_is_held(facts, whole.copy), is_limited=is_limited)


def _trouble(copy: ChildOrder, facts: AttentionFacts, now: datetime) -> _Trouble | None:
    if copy.state is CopyState.UNKNOWN or copy.id in facts.missing:
        return _Trouble.UNKNOWN
    if copy.state is CopyState.SENDING and not facts.is_running and now - copy.changed_at > ANSWERED_WITHIN:
        return _Trouble.CUT_OFF
    if not (is_failed(copy) or is_exit_on_its_way(copy)):
        return None
    if facts.day is not None and copy.day < facts.day:
        return None  # it is neither sent again nor filled any more
    return _Trouble.FAILED if copy.state in WENT_WRONG else _Trouble.EXIT


def _copy(
    kind: AttentionKind, whole: CopyInTrouble, who: str, *, why: str, since: datetime, hint: str = "",
    acts: tuple[Act, ...] = (),
) -> AttentionItem:  # fmt: skip
    copy, id_ = whole.copy, whole.slices[0].id
    return AttentionItem(
        kind, f"c{id_}", who, order_words(copy.order), clean(why), since, id_, copy.follower,
        is_exit=copy.exit is not None, acts=acts, hint=hint, about=whole,
    )  # fmt: skip


def _unknown(whole: CopyInTrouble, who: str) -> AttentionItem:
    """A copy whose outcome is unknown: no answer came, or no order book shows what the broker has accepted."""
    copy = whole.copy
    is_missing = copy.state is CopyState.ACCEPTED
    why = f"accepted ({copy.order_id}), but no order book has shown it since" if is_missing else "no answer"
    return _copy(
        AttentionKind.UNKNOWN, whole, who, why=copy.error or why, since=copy.sent_at or copy.changed_at,
        acts=(Act.NOT_PLACED,), hint=f"check {who}'s order book first",
    )  # fmt: skip


def _cut_off(whole: CopyInTrouble, who: str) -> AttentionItem:
    """A copy that copytui was sending when it was killed: the next start looks for it."""
    why = "copytui ended while it was being sent, so its outcome is unknown"
    hint = f"start copytui: it looks for the order in {who}'s order book and never sends it again by itself"
    since = whole.copy.sent_at or whole.copy.changed_at
    return _copy(AttentionKind.UNKNOWN, whole, who, why=why, since=since, hint=hint)


def _failed(whole: CopyInTrouble, who: str) -> AttentionItem:
    copy = whole.copy
    has_rest = any(part.order.quantity > part.filled for part in whole.slices)
    acts = (Act.RETRY, Act.DISMISS) if has_rest else (Act.DISMISS,)
    why = copy.error or f"{copy.state}; the broker gave no reason"
    is_missed = all(part.resolution is Resolution.MISSED for part in whole.slices)
    kind = AttentionKind.MISSED if is_missed else AttentionKind(copy.state.value)
    return _copy(kind, whole, who, why=why, since=copy.changed_at, acts=acts)


def _unfilled(whole: CopyInTrouble, who: str, *, is_held: bool, is_limited: bool) -> AttentionItem:
    """An exit that works, or waits for its turn, while the master is out."""
    copy = whole.copy
    why = f"{copy.filled} of {copy.order.quantity} filled so far"
    if copy.state in (CopyState.QUEUED, CopyState.SENDING):
        why = copy.error or "it waits to be sent"
        if is_limited:
            why = "the order limits hold it back; it goes as soon as they allow"
    hint = "close the position (flatten) where copytui runs, or wait"
    acts = (Act.FLATTEN,) if is_held else ()
    return _copy(AttentionKind.UNFILLED, whole, who, why=why, since=copy.created_at, acts=acts, hint=hint)


def _is_held(facts: AttentionFacts, copy: ChildOrder) -> bool:
    """Tell whether copying still holds something of the position that an exit closes."""
    key = position_key(copy.order)
    positions = (each.positions for each in facts.followers if each.client_id == copy.follower)
    return any(held == key and units for of_follower in positions for held, units in of_follower)


def _orphan(found: OrphanedPosition, names: dict[ClientId, str]) -> AttentionItem:
    key, client = found.key, found.follower
    return AttentionItem(
        AttentionKind.ORPHANED,
        position_id(client, key),
        names.get(client, client),
        f"{position_words(found.quantity, key)} {key.product.lower()}",
        f"the master holds {position_words(found.master_quantity, key)}"
        if found.master_quantity
        else "the master no longer holds any",
        client=client,
        is_exit=True,
        acts=(Act.FLATTEN, Act.KEEP, Act.DETACH),
        hint="close it (flatten) or keep it where copytui runs",
        about=found,
    )


def _out_of_step(
    facts: AttentionFacts, dated: Sequence[AttentionItem], names: dict[ClientId, str]
) -> Iterator[AttentionItem]:
    """Yield the positions out of step that no other item is about."""
    copies = [item.about.copy for item in dated if isinstance(item.about, CopyInTrouble)]
    covered = {(copy.follower, position_key(copy.order)) for copy in copies}
    covered |= {(each.follower, each.key) for each in facts.orphans}
    covered |= {(each.follower, each.key) for each in facts.withheld}
    undecided = {position_key(each.execution.order) for each in facts.executions}
    for found in sorted(facts.out_of_step, key=lambda each: (each.key.symbol, each.follower, each.key)):
        key, client = found.key, found.follower
        if (client, key) in covered or key in undecided:
            continue
        yield AttentionItem(
            AttentionKind.OUT_OF_STEP,
            position_id(client, key),
            names.get(client, client),
            f"{_units_words(found.there)} of {clean(key.symbol)} {key.product.lower()},"
            f" expected {_units_words(found.expected)}",
            f"{found.cause}: {clean(found.sentence)}",
            found.since,
            client=client,
            is_exit=abs(found.there) > abs(found.expected),
            acts=(*((Act.FLATTEN, Act.DETACH) if found.copied else ()), Act.DISMISS),
            about=found,
        )


def _units_words(units: int) -> str:
    return f"{abs(units)} {'short' if units < 0 else 'long'}" if units else "none"


def _held_back(facts: AttentionFacts) -> Iterator[AttentionItem]:
    """Yield what sends nothing, or exits only, until the user releases it: everything, or one follower."""
    if facts.halted_because is not None:
        yield AttentionItem(
            AttentionKind.HALTED, "halt", "copytui", "nothing is sent", clean(facts.halted_because),
            facts.halted_since, hint="release it where copytui runs: ctrl+k on the screen",
        )  # fmt: skip
    if facts.clocks:
        yield AttentionItem(
            AttentionKind.CLOCKS, "clocks", "copytui", "the date", clean(facts.clocks),
            hint="set this computer's clock right; the item goes when the clocks agree",
        )  # fmt: skip
    for each in facts.followers:
        if (why := each.halted_because) is not None:
            hint = "release it where copytui runs: n and then x on the screen, release and its number headless"
            yield replace(_follower(AttentionKind.HALTED, each, "takes no orders", why, hint), since=each.halted_since)
        if each.enabled and (why := each.ip_mismatch) is not None:
            hint = "its orders go out again once its requests leave from the registered address"
            yield _follower(AttentionKind.IP_MISMATCH, each, "takes no orders", why, hint)
        if (why := each.close_only) is not None:
            hint = "it takes entries again tomorrow, or when it is released where copytui runs"
            yield _follower(AttentionKind.CLOSE_ONLY, each, "takes exits only", why, hint)


def _follower(kind: AttentionKind, facts: FollowerFacts, what: str, why: str, hint: str) -> AttentionItem:
    client = facts.client_id
    id_ = client if kind is AttentionKind.HALTED else f"{client}:{kind.replace(' ', '-')}"
    act = Act.DISABLE if kind is AttentionKind.IP_MISMATCH else Act.RELEASE
    return AttentionItem(kind, id_, facts.name, what, clean(why), client=client, acts=(act,), hint=hint, about=facts)
