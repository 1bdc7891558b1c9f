"""What a test paints: the screen where the test stops, not the frames on the way there, which nobody sees."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import pytest
from rich.console import RenderableType
from textual._compositor import Compositor
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen


def paint_where_the_test_stops(patch: pytest.MonkeyPatch) -> None:
    """Let each app paint at the end of `Pilot.pause`, and before it ends, all that has changed since.

    Without a terminal Textual renders each frame and throws it away, half of a test's time. What fails to render
    still fails the test. A whole screen that is asked for, as `render_strips` or a picture, is always drawn.
    """
    render, pause, shut_down = Compositor.render_update, Pilot.pause, App._shutdown
    waiting: WeakKeyDictionary[Compositor, set[Region]] = WeakKeyDictionary()

    def render_later(self: Compositor, full: bool = False, *more: Any, **named: Any) -> RenderableType | None:
        if full:
            return render(self, full, *more, **named)
        waiting.setdefault(self, set()).update(self._dirty_regions)
        self._dirty_regions.clear()
        return None

    def paint(screen: Screen[Any]) -> None:
        compositor = screen._compositor
        if changed := waiting.pop(compositor, None):
            compositor._dirty_regions |= changed
            render(compositor, screen_stack=screen.app._background_screens)

    async def pause_and_paint(self: Pilot[Any], delay: float | None = None) -> None:
        await pause(self, delay)
        paint(self.app.screen)

    async def paint_and_shut_down(self: App[Any]) -> None:
        if self._screen_stack and self.screen.is_running and self._exception is None:
            paint(self.screen)
        await shut_down(self)

    patch.setattr(Compositor, "render_update", render_later)
    patch.setattr(Pilot, "pause", pause_and_paint)
    patch.setattr(App, "_shutdown", paint_and_shut_down)
