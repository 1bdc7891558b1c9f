"""Short garbage collections: Python's stop all threads, and look through everything that the day has left."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from types import TracebackType

_ON_ITS_OWN = 1000
"""So many middle collections without a call of `tidy`, and Python looks through everything by itself after all."""
_DUE = 4
"""So many middle collections, and what is new since the last time is looked through."""
_OVERDUE = 16
"""The same while something is open that will be dropped soon, and would be put aside with the rest."""
_QUIET_SECONDS = 2.0
_GROWN, _GROWN_BY = 1.3, 30_000
"""How much must have been put aside since the last look through everything to make another worth it."""
_QUICK = 150_000
"""So many objects, dead or alive, are looked through so quickly (under 0.1 s) that it can be any time."""
_PATIENCE_SECONDS = 120.0


class GcScheduler:
    """Collects while it is open, whenever `tidy` is called and it is time.

    What survives a collection mostly stays for the day (orders, copies, decisions), so it is put aside and not looked
    through again: that was tenths of a second. Among it is always something that is dropped later, such as a dialog
    that was open, and would then stay for good; so when much has been put aside, all of it is looked through once: soon
    while it is little, else when nobody is at the keys, or after two minutes in which always somebody was.
    """

    def __init__(
        self, forget: Callable[[], None] = lambda: None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin when entered; `forget` empties caches that hold what nobody needs any more, before each collection."""
        self._forget = forget
        self._monotonic = monotonic
        self._before = gc.get_threshold()
        self._left = 0
        self._put_aside = 0
        self._grown_at: float | None = None

    def __enter__(self) -> GcScheduler:
        """Take over from Python; what there is already is put aside."""
        self._before = gc.get_threshold()
        gc.set_threshold(*self._before[:2], _ON_ITS_OWN)
        self._look_through_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave it to Python again."""
        gc.set_threshold(*self._before)
        gc.unfreeze()

    def tidy(self, *, idle_seconds: float, passing: bool = False) -> None:
        """Collect, if it is time; nobody has been at the keys for `idle_seconds`.

        `passing` says that something is open that will be dropped soon, such as a dialog.
        """
        if self._put_aside > self._left * _GROWN + _GROWN_BY and self._is_good_time(idle_seconds):
            self._look_through_all()
        elif gc.get_count()[2] >= (_OVERDUE if passing else _DUE):
            self._look_through_new()

    def _is_good_time(self, idle_seconds: float) -> bool:
        now = self._monotonic()
        if self._grown_at is None:
            self._grown_at = now
        quick, waited = self._put_aside < _QUICK, now - self._grown_at
        return quick or idle_seconds >= _QUIET_SECONDS or waited >= _PATIENCE_SECONDS

    def _look_through_new(self) -> None:
        self._forget()
        gc.collect()
        self._put_aside += len(gc.get_objects())  # Python's own count of them walks through all that was put aside
        gc.freeze()

    def _look_through_all(self) -> None:
        gc.unfreeze()
        self._put_aside = 0
        self._look_through_new()
        self._left, self._grown_at = self._put_aside, None
