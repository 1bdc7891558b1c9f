"""`OrderTracking`: the timing of one child order from the queue to its final state, in one record.

Times are monotonic seconds; None means that there is nothing to wait for. The record belongs to the follower and is
dropped when the order is final, so that nothing about an order outlives it in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class OrderTracking:
    """One child order's timing; changed by its own methods only.

    A queued order leaves at `not_before` at the earliest, and after an order book requested after `clean_book_after`.
    `drop_reason` is why it must not leave at all. `unknown_since` and `live_since` time the look-ups and the
    following; `is_flagged` says that it has been reported as not found. `cancel_due` is the time of the next cancel
    request, `cancel_number` keeps the order of asking, and `cancel_tries` counts the requests. `reprice_due` is the
    time of the next limit change (None: after the configured delay), `is_left_working` says that the limit stays,
    `reported_steps` are those with a report, and `repriced_at` the time of the broker's last answer to a step.
    `limited_since` is when the order limits began to hold an exit back, and `is_limit_reported` that this was reported.
    """

    not_before: float = 0.0
    clean_book_after: float | None = None
    session_refusals: int = 0
    drop_reason: str | None = None
    unknown_since: float | None = None
    live_since: float | None = None
    is_flagged: bool = False
    cancel_due: float | None = None
    cancel_number: int = 0
    cancel_tries: int = 0
    is_cancelling: bool = False
    reprice_due: float | None = None
    is_repricing: bool = False
    is_left_working: bool = False
    reported_steps: set[int] = field(default_factory=set)
    repriced_at: float | None = None
    limited_since: float | None = None
    is_limit_reported: bool = False

    def hold_until(self, at: float) -> None:
        """Keep the order in the queue until `at`."""
        self.not_before = at

    def await_clean_book(self, after: float) -> None:
        """Require an order book requested after `after` before the order, or what waits for it, continues."""
        self.clean_book_after = after

    def count_session_refusal(self) -> int:
        """Count a session refusal for this order; returns the count."""
        self.session_refusals += 1
        return self.session_refusals

    def drop(self, reason: str) -> None:
        """Keep the order from leaving, for `reason`."""
        self.drop_reason = reason

    def follow(self, now: float, *, is_unknown: bool, is_live: bool) -> None:
        """Start or stop the look-ups of an unknown order, and the following of a live one."""
        self.unknown_since = (now if self.unknown_since is None else self.unknown_since) if is_unknown else None
        self.live_since = (now if self.live_since is None else self.live_since) if is_live else None

    def flag(self, *, is_missing: bool) -> None:
        """Record that the order has been reported as not found, or that it has been found."""
        self.is_flagged = is_missing

    def want_cancel(self, now: float, number: int) -> None:
        """Have the order cancelled, if that is not wanted already; `number` keeps the order of asking."""
        if self.cancel_due is None:
            self.cancel_due, self.cancel_number = now, number

    def begin_cancel(self) -> None:
        """Record that a cancel task handles the order."""
        self.is_cancelling = True

    def count_cancel(self) -> int:
        """Count a cancel request; returns the count."""
        self.cancel_tries += 1
        return self.cancel_tries

    def cancel_again(self, at: float) -> None:
        """Repeat the cancel at `at` if the order still works then."""
        self.cancel_due = at

    def end_cancel(self) -> None:
        """Record that the cancel task has finished, with any outcome."""
        self.is_cancelling = False

    def reprice_again(self, at: float) -> None:
        """Check the order's limit again at `at`."""
        self.reprice_due = at

    def begin_reprice(self) -> None:
        """Record that a task changes the order's limit."""
        self.is_repricing = True

    def end_reprice(self) -> None:
        """Record that the task has finished."""
        self.is_repricing = False

    def leave_working(self) -> None:
        """Stop changing the order's limit."""
        self.is_left_working = True

    def report_step(self, step: int) -> bool:
        """Mark something as reported at `step`; returns whether it is the first report of that step."""
        is_new = step not in self.reported_steps
        self.reported_steps.add(step)
        return is_new

    def count_limit(self, now: float) -> float:
        """Record that the order limits hold the order back now; returns for how many seconds they have."""
        if self.limited_since is None:
            self.limited_since = now
        return now - self.limited_since

    def report_limit(self) -> None:
        """Record that this was reported."""
        self.is_limit_reported = True

    def answer_reprice(self, at: float | None) -> None:
        """Record when the broker answered a step; None clears it."""
        self.repriced_at = at


NOT_TRACKED = OrderTracking()
"""The tracking of an order that is not tracked, or no longer; it is never changed."""
