"""Short garbage collections: Python's stop all threads, and look through everything that the day has left."""

from __future__ import annotations

import gc
from collections.abc import Callable
from types import TracebackType

_ON_ITS_OWN = 1000
"""So many middle collections without a call of `tidy`, and Python looks through everything by itself after all."""
_DUE, _OVERDUE = 4, 40
"""Middle collections after which what is new is looked through: at a good moment, and at any."""
_QUIET_SECONDS = 2.0
_GROWN, _GROWN_MUCH = 1.5, 3.0
_SMALL = 100_000


class ShortCollections:
    """Collects while it is open, whenever `tidy` is called and it is time.

    What survives a collection stays for the day anyway (orders, copies, decisions), so it is put aside and not looked
    through again: that was tenths of a second. Among it is always something that is dropped later and would then stay
    for good; so when much has been put aside, and nobody is at the keys, all of it is looked through once.
    """

    def __init__(self, forget: Callable[[], None] = lambda: None) -> None:
        """Begin when entered; `forget` empties caches that hold what nobody needs any more, before each collection."""
        self._forget = forget
        self._before = gc.get_threshold()
        self._thorough = 0

    def __enter__(self) -> ShortCollections:
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

    def tidy(self, *, calm: bool, idle_seconds: float) -> None:
        """Collect, if it is time: `calm` says that nothing is shown that goes again soon, such as an open dialog."""
        due = gc.get_count()[2]
        if calm and self._has_grown(_GROWN if idle_seconds >= _QUIET_SECONDS else _GROWN_MUCH):
            self._look_through_all()
        elif due >= _OVERDUE or (calm and due >= _DUE):
            self._forget()
            gc.collect()
            if calm:
                gc.freeze()

    def _has_grown(self, times: float) -> bool:
        return gc.get_freeze_count() > self._thorough * times + _SMALL

    def _look_through_all(self) -> None:
        self._forget()
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._thorough = gc.get_freeze_count()
