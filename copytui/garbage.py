"""Short garbage collections: Python's stop all threads, and look through everything that the day has left."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Mapping

_OLDEST = 2


@contextlib.contextmanager
def short_collections(calm: Callable[[], bool]) -> Iterator[None]:
    """Let a full collection look only at what is new since the last one, which was tenths of a second otherwise.

    What survives one stays for the day anyway: orders, copies, decisions. It is put aside, but only when it is `calm`:
    what goes soon, such as an open dialog, must not be put aside with it. It is all collectable again afterwards.
    """

    def collected(phase: str, about: Mapping[str, int]) -> None:
        if phase == "stop" and about["generation"] == _OLDEST and calm():
            gc.freeze()

    gc.callbacks.append(collected)
    try:
        gc.collect()
        yield
    finally:
        gc.callbacks.remove(collected)
        gc.unfreeze()
