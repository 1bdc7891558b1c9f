"""One heap for all threads, where the C library would make one a thread."""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8
"""glibc's name for the option, from its malloc.h."""


def use_one_arena() -> None:
    """Let all threads allocate from one heap; to be called before there are any. Does nothing but with glibc.

    What one thread makes another often lets go of: with a heap for each thread that leaves holes everywhere, some
    0.4 MB a minute. Several heaps gain nothing, since Python lets one thread at a time allocate anyway.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries of Linux have none
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
