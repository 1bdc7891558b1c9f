"""Using the screen leaves nothing behind: the short form of benchmarks/soak.py."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from textual.widget import Widget

from benchmarks.soak import ROUNDS, soak_demo

pytestmark = [pytest.mark.usefixtures("garbage_as_in_the_program"), pytest.mark.every_frame]


def test_the_number_of_widgets_stays_level(tmp_path: Path) -> None:
    before = sum(isinstance(thing, Widget) for thing in gc.get_objects())
    figures = soak_demo(tmp_path, seconds=9, every=3, say=print, thorough=True)
    first, last = figures[0], figures[-1]
    assert last.on_screens == first.on_screens
    # A toast may be on its way out; a leak would leave a widget each time one of these is pressed.
    assert last.alive - first.alive < 5 < sum(map(len, ROUNDS))
    assert last.alive - before < 2 * last.on_screens
    assert last.drawn < 5 * last.on_screens
