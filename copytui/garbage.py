"""Short garbage collections: Python's stop all threads, and look through everything that the day has left."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Mapping

_OLDEST = 2
_THRESHOLDS = (700, 10, 4)
"""Python's own but for the last: full collections are more frequent, and each is shorter, having less that is new."""


@contextlib.contextmanager
def short_collections(calm: Callable[[], bool]) -> Iterator[None]:
    """Let a full collection look only at what is new since the last one, which was tenths of a second otherwise.

    What survives one stays for the day anyway: orders, copies, decisions. It is put aside, but only when it is `calm`:
    what goes soon, such as an open dialog, must not be put aside with it. It is all collectable again afterwards.
    """

    def collected(phase: str, about: Mapping[str, int]) -> None:
        if phase == "stop" and about["generation"] == _OLDEST and calm():
            gc.freeze()

    before = gc.get_threshold()
    gc.callbacks.append(collected)
    try:
        gc.collect()
        gc.set_threshold(*_THRESHOLDS)
        yield
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(collected)
        gc.unfreeze()
