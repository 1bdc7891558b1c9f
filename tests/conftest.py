"""What holds for all tests."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same result every time, on a busy machine too: the same examples, and no limit on their time.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

# Each app that a test starts leaves a heap of garbage: looked for less often, a fifth of the suite's time is saved.
_AS_IN_THE_PROGRAM = gc.get_threshold()
gc.set_threshold(100_000, 20, 100)

_WAITING = ("program", "past", "test_soak.py", "test_crashes.py")
"""Folders and files whose few tests take long, most of it waiting: begun last, they are what all others wait for."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the workers a file that waits, then one that computes, and so on; the largest of each kind first."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    largest_first = sorted(files, key=lambda path: len(files[path]), reverse=True)
    waiting = [path for path in largest_first if any(part in _WAITING for part in path.parts)]
    computing = [path for path in largest_first if path not in waiting]
    order = [path for pair in zip_longest(waiting, computing) for path in pair if path is not None]
    items[:] = chain.from_iterable(files[path] for path in order)


@pytest.fixture
def garbage_as_in_the_program() -> Iterator[None]:
    """Look for garbage as often as Python does by itself, for the tests of just that."""
    rarely = gc.get_threshold()
    gc.set_threshold(*_AS_IN_THE_PROGRAM)
    yield
    gc.set_threshold(*rarely)
