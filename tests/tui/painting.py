"""What a test paints: screens as they come, as they are looked at and as they go, not the frames in between."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import pytest
from rich.console import RenderableType
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen


def paint_where_the_test_stops(patch: pytest.MonkeyPatch) -> None:
    """Let each screen be painted when a test first waits for it, before it goes and at the end of the app.

    Without a terminal Textual renders each frame and throws it away, half of a test's time. What fails to render
    still fails the test. A whole screen that is asked for, as `render_strips` or a picture, is always drawn.
    """
    render, pause, replace_screen, shut_down = (
        Compositor.render_update, Pilot.pause, App._replace_screen, App._shutdown,
    )  # fmt: skip
    waiting: WeakKeyDictionary[Compositor, set[Region]] = WeakKeyDictionary()
    painted: WeakSet[Screen[Any]] = WeakSet()

    def render_later(self: Compositor, full: bool = False, *more: Any, **named: Any) -> RenderableType | None:
        if full:
            return render(self, full, *more, **named)
        waiting.setdefault(self, set()).update(self._dirty_regions)
        self._dirty_regions.clear()
        return None

    def paint(screen: Screen[Any]) -> None:
        compositor = screen._compositor
        if changed := waiting.pop(compositor, None):
            painted.add(screen)
            visible_screen_stack.set(screen.app._background_screens)
            for _lines in compositor._get_renders(Region.from_union(changed).intersection(compositor.size.region)):
                pass  # nobody looks: the lines need not be cut where widgets overlap

    async def pause_and_paint(self: Pilot[Any], delay: float | None = None) -> None:
        await pause(self, delay)
        if self.app.screen not in painted:
            paint(self.app.screen)

    async def paint_and_replace(self: App[Any], screen: Screen[Any]) -> Screen[Any]:
        if screen.is_running and self._exception is None:
            paint(screen)
        return await replace_screen(self, screen)

    async def paint_and_shut_down(self: App[Any]) -> None:
        if self._screen_stack and self.screen.is_running and self._exception is None:
            paint(self.screen)
        await shut_down(self)

    patch.setattr(Compositor, "render_update", render_later)
    patch.setattr(Pilot, "pause", pause_and_paint)
    patch.setattr(App, "_replace_screen", paint_and_replace)
    patch.setattr(App, "_shutdown", paint_and_shut_down)
