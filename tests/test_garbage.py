"""What is put aside is looked through again before it becomes much, and only when that disturbs nobody."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from copytui.gc_scheduler import GcScheduler

pytestmark = pytest.mark.usefixtures("garbage_as_in_the_program")


class Dialog:
    """Something that refers to itself, as everything with a parent and children does."""

    def __init__(self) -> None:
        self.me = self


class Clock:
    """Moves by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def collections(clock: Clock, garbage_as_in_the_program: None) -> Iterator[GcScheduler]:
    with GcScheduler(monotonic=clock) as collections:
        yield collections


def some_work(middle_collections: int) -> list[list[object]]:
    """Make so much that lives that Python has looked through the younger things so often."""
    made: list[list[object]] = []
    while gc.get_count()[2] < middle_collections:
        made.append([])
    return made


def much_work() -> list[list[object]]:
    return [[] for _ in range(gc.get_freeze_count() // 2 + 50_000)]


def put_aside(collections: GcScheduler) -> tuple[Dialog, weakref.ref[Dialog]]:
    dialog = Dialog()
    _kept = some_work(4)
    before = gc.get_freeze_count()
    collections.tidy(idle_seconds=0.5)
    assert gc.get_freeze_count() > before
    return dialog, weakref.ref(dialog)


def test_what_was_put_aside_and_dropped_goes_when_much_has_been_put_aside(collections: GcScheduler) -> None:
    dialog, there = put_aside(collections)
    del dialog
    gc.collect()
    assert there() is not None  # why it must be looked through at all
    kept = much_work()
    collections.tidy(idle_seconds=5)  # puts the new things aside
    collections.tidy(idle_seconds=5)
    assert there() is None
    assert kept


def test_what_is_open_for_a_moment_is_not_put_aside_with_what_stays(collections: GcScheduler) -> None:
    dialog = Dialog()
    there = weakref.ref(dialog)
    kept = some_work(4)
    before = gc.get_freeze_count()
    collections.tidy(idle_seconds=0.5, passing=True)
    assert gc.get_freeze_count() == before
    del dialog
    collections.tidy(idle_seconds=0.5)
    assert there() is None
    assert gc.get_freeze_count() > before
    assert kept


def test_what_is_open_for_long_puts_it_off_no_further(
    collections: GcScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copytui.gc_scheduler._OVERDUE", 6)
    before, kept = gc.get_freeze_count(), some_work(6)
    collections.tidy(idle_seconds=0.5, passing=True)
    assert gc.get_freeze_count() > before
    assert kept


def test_somebody_at_the_keys_puts_much_of_it_off_but_not_for_ever(
    collections: GcScheduler, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copytui.gc_scheduler._QUICK", 0)
    clock.now += 1000  # nothing had grown so far: it does not count
    dialog, there = put_aside(collections)
    del dialog
    kept = much_work()
    for _ in range(3):
        collections.tidy(idle_seconds=0.5)
    assert there() is not None
    clock.now += 119
    collections.tidy(idle_seconds=0.5)
    assert there() is not None
    clock.now += 1
    collections.tidy(idle_seconds=0.5)
    assert there() is None
    assert kept


def test_what_is_quick_is_not_put_off(collections: GcScheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copytui.gc_scheduler._QUICK", 100_000_000)
    dialog, there = put_aside(collections)
    del dialog
    kept = much_work()
    for _ in range(2):
        collections.tidy(idle_seconds=0.5)
    assert there() is None
    assert kept


def test_nothing_happens_before_it_is_time(collections: GcScheduler) -> None:
    collections.tidy(idle_seconds=60)  # whatever was due
    before = gc.get_freeze_count()
    collections.tidy(idle_seconds=60)
    assert gc.get_freeze_count() == before


def test_caches_are_emptied_first_so_that_what_they_hold_goes_too() -> None:
    cache = [Dialog()]
    there = weakref.ref(cache[0])
    with GcScheduler(cache.clear):
        assert there() is None


def test_python_gets_its_own_way_back() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with GcScheduler():
        assert gc.get_threshold() != before
        assert gc.get_freeze_count() > frozen
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
