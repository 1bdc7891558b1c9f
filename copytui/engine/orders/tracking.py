"""`OrderTracking`: everything that paces one child order from its queue to its end, in one record.

Times are monotonic seconds; None says that there is nothing to wait for. The record lives in its follower and is
dropped when the order has ended, so nothing about an order outlives it in memory.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class OrderTracking:
    """One child order's pace; changed by its own methods only.

    A queued order leaves at `not_before` at the earliest, and after an order book that was asked for after
    `clean_book_after`. `drop_reason` says why it shall not leave at all. `unknown_since` and `live_since` pace the
    look-ups and the following; `is_flagged` says that the user has been told that it cannot be found.
    `cancel_due` is when the broker is next asked to cancel it, for the `cancel_tries`-th time.
    `reprice_due` is when its limit is next moved (None: by the settings' delay), `is_left_working` says that it is
    not moved any more, `reported_step` at which step something was reported, and `repriced_at` when the broker last
    answered to a step.
    """

    not_before: float = 0.0
    clean_book_after: float | None = None
    session_refusals: int = 0
    drop_reason: str | None = None
    unknown_since: float | None = None
    live_since: float | None = None
    is_flagged: bool = False
    cancel_due: float | None = None
    cancel_tries: int = 0
    is_cancelling: bool = False
    reprice_due: float | None = None
    is_repricing: bool = False
    is_left_working: bool = False
    reported_step: int | None = None
    repriced_at: float | None = None

    def hold_until(self, at: float) -> None:
        """Keep the order in the queue until `at`."""
        self.not_before = at

    def await_clean_book(self, after: float) -> None:
        """Want an order book that is asked for after `after` before the order, or what waits for it, goes on."""
        self.clean_book_after = after

    def count_session_refusal(self) -> int:
        """Count a refusal of the session for this order; returns how many there were."""
        self.session_refusals += 1
        return self.session_refusals

    def drop(self, reason: str) -> None:
        """Keep the order from leaving, for `reason`."""
        self.drop_reason = reason

    def follow(self, now: float, *, is_unknown: bool, is_live: bool) -> None:
        """Pace the look-ups of an order that is unknown, and the following of one that is live."""
        self.unknown_since = (now if self.unknown_since is None else self.unknown_since) if is_unknown else None
        self.live_since = (now if self.live_since is None else self.live_since) if is_live else None

    def flag(self, *, is_missing: bool) -> None:
        """Note that the user has been told that the order cannot be found, or that it has been found."""
        self.is_flagged = is_missing

    def want_cancel(self, now: float) -> None:
        """Have the order cancelled, if that is not wanted already."""
        if self.cancel_due is None:
            self.cancel_due = now

    def begin_cancel(self) -> None:
        """Note that a cancel task has the order."""
        self.is_cancelling = True

    def count_cancel(self) -> int:
        """Count a cancel request; returns how many there were."""
        self.cancel_tries += 1
        return self.cancel_tries

    def cancel_again(self, at: float) -> None:
        """Ask again at `at`, should the order still work then."""
        self.cancel_due = at

    def end_cancel(self) -> None:
        """Note that the cancel task has finished, whatever came of it."""
        self.is_cancelling = False

    def reprice_again(self, at: float) -> None:
        """Look at the order's limit again at `at`."""
        self.reprice_due = at

    def begin_reprice(self) -> None:
        """Note that a task moves the order's limit."""
        self.is_repricing = True

    def end_reprice(self) -> None:
        """Note that the task has finished."""
        self.is_repricing = False

    def leave_working(self) -> None:
        """Move the order's limit no more."""
        self.is_left_working = True

    def report_step(self, step: int) -> bool:
        """Tell whether nothing was reported at `step` yet, and note that something is now."""
        is_new = self.reported_step != step
        self.reported_step = step
        return is_new

    def answer_reprice(self, at: float | None) -> None:
        """Note when the broker answered to a step; None takes the note back."""
        self.repriced_at = at


NOT_TRACKED = OrderTracking()
"""Stands for an order that is not tracked (any more); it is never changed."""
