"""What was done then beside what today's settings would do: verdict, reason, quantities. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from copytui.domain.copies import Copy, CopyState
from copytui.domain.decisions import Decision, Verdict
from copytui.domain.orders import ClientId
from copytui.journal.statements import DecidedExecution
from copytui.reports.replay import Replayed

_GOES_OUT = frozenset({Verdict.COPY, Verdict.SIMULATE, Verdict.ASK})
_DID_NOT_GO_OUT = frozenset({CopyState.SKIPPED, CopyState.EXPIRED})


class Difference(StrEnum):
    """In what then and now differ, the weightiest first."""

    VERDICT = "verdict"
    QUANTITY = "quantity"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Compared:
    """One execution: what was decided then, and under today's settings; quantities by follower, without zeros.

    `then` are the quantities of the copies that were made, without those that were declined and what was sent again
    by hand. `difference` is None where they agree; copied, simulated and asked agree: the order goes out.
    """

    before: DecidedExecution
    after: Replayed
    then: Mapping[ClientId, int]
    now: Mapping[ClientId, int]
    difference: Difference | None

    @property
    def followers(self) -> tuple[ClientId, ...]:
        """Every follower that had or has a part in it, also one that gets nothing, in the order of the settings."""
        plans = (*self.after.decision.plans, *self.before.decision.plans)
        return tuple(dict.fromkeys([*(plan.follower for plan in plans), *self.then]))


def compare(
    before: Sequence[DecidedExecution], after: Iterable[Replayed], copies: Iterable[Copy]
) -> tuple[Compared, ...]:
    """Put each past decision beside its replay."""
    sent: dict[int, dict[ClientId, int]] = {}
    for copy in copies:
        if not copy.retry and copy.state not in _DID_NOT_GO_OUT:
            quantities = sent.setdefault(copy.execution_id, {})
            quantities[copy.follower] = quantities.get(copy.follower, 0) + copy.order.quantity
    return tuple(_compared(old, new, sent.get(old.id, {})) for old, new in zip(before, after, strict=True))


def _compared(old: DecidedExecution, new: Replayed, then: Mapping[ClientId, int]) -> Compared:
    now = quantities(new.decision)
    return Compared(old, new, then, now, _difference(old.decision, new.decision, then, now))


def quantities(decision: Decision) -> dict[ClientId, int]:
    """Return what each follower gets, without those that get nothing."""
    found: dict[ClientId, int] = {}
    if decision.verdict in _GOES_OUT:
        for plan in decision.copies:
            found[plan.follower] = found.get(plan.follower, 0) + plan.quantity
    return found


def _difference(
    old: Decision, new: Decision, then: Mapping[ClientId, int], now: Mapping[ClientId, int]
) -> Difference | None:
    if _kind(old.verdict) is not _kind(new.verdict):
        return Difference.VERDICT
    if dict(then) != dict(now):
        return Difference.QUANTITY
    return Difference.REASON if _why(old) != _why(new) else None


def _why(decision: Decision) -> tuple[object, dict[ClientId, object]]:
    return decision.reason, {plan.follower: plan.reason for plan in decision.plans if not plan.quantity}


def _kind(verdict: Verdict) -> Verdict:
    return Verdict.COPY if verdict in _GOES_OUT else verdict
