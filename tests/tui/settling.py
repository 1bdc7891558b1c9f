"""What a test waits for after a key: an app at rest, not a slice of time in which it may have come to rest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from textual import app as textual_app
from textual import pilot as textual_pilot
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

_QUIET_ROUNDS = 3
_MOST_ROUNDS = 20_000
_RESIZE_PAUSE = 0.002


def _has_failed(app: App[Any]) -> bool:
    return app._exception is not None


def _is_to_be_painted(screen: Screen[Any]) -> bool:
    """Whether the timer runs that lets a screen lay out and paint what has changed, up to 60 times a second."""
    return screen._update_timer._active.is_set()


async def at_rest(app: App[Any]) -> None:
    """Wait until every message is handled and each screen has laid out and painted what changed.

    A message pump is a task that waits for its queue, so the loop has nothing to run once all queues are empty.
    What waits for real time, such as a toast or an animation, goes on waiting.
    """
    loop, quiet = asyncio.get_running_loop(), 0
    for _ in range(_MOST_ROUNDS):
        await asyncio.sleep(0)
        if _has_failed(app):
            return
        quiet = 0 if loop._ready else quiet + 1  # type: ignore[attr-defined]  # nothing public tells
        if quiet < _QUIET_ROUNDS:
            continue
        if app._resize_timer is not None:  # Textual gathers sizes for 8 ms before it takes one
            await asyncio.sleep(_RESIZE_PAUSE)
            continue
        changed = [screen for screen in app._screen_stack if _is_to_be_painted(screen)]
        if not changed:
            return
        for screen in changed:
            screen._on_timer_update()
        quiet = 0
    raise AssertionError("the app does not come to rest: some task goes round without waiting")


def wait_for_rest(patch: pytest.MonkeyPatch) -> None:
    """Let `Pilot` wait for rest, where Textual sleeps for 20 ms at a time and posts a message to every widget.

    Sleeping was half of a key's time, the messages were most of its work.
    """
    press = App._press_keys

    async def press_one_by_one(self: App[Any], keys: Iterable[str]) -> None:
        for key in keys:
            await press(self, [key])
            await at_rest(self)

    async def wait(self: Pilot[Any], timeout: float = 30.0) -> bool:  # noqa: ASYNC109  # Textual's own signature
        await at_rest(self.app)
        return not _has_failed(self.app)

    async def give_way(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
        await asyncio.sleep(0)

    patch.setattr(App, "_press_keys", press_one_by_one)
    patch.setattr(Pilot, "_wait_for_screen", wait)
    patch.setattr(textual_app, "wait_for_idle", give_way)
    patch.setattr(textual_pilot, "wait_for_idle", give_way)
