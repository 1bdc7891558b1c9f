"""What lies beneath a dialog looks as Textual would draw it."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen

from copytui.tui.app import CopytuiApp
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.widgets.dim_background import DimBackground
from tests.tui import snapshots
from tests.tui.fake import FakeFront


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20)])
async def test_it_is_what_textual_would_draw(size: tuple[int, int]) -> None:
    app = CopytuiApp(FakeFront(snapshots.live()))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.pull()
        await pilot.press("question_mark")
        await pilot.pause()
        dialog = app.screen
        assert isinstance(dialog, Dialog)
        background = BackgroundScreen(app.main, dialog.styles.background)
        segments = app.console.render(background, app.console.options.update(width=size[0], height=size[1]))
        theirs = [Segment.simplify(line) for line in Segment.split_lines(segments)]
        ours = DimBackground(background).render_strips(size[0], size[1], dialog.visual_style, None)  # type: ignore[arg-type]
        assert [list(Segment.simplify(strip)) for strip in ours] == [list(line) for line in theirs][: size[1]]


async def test_dialogs_are_drawn_with_it() -> None:
    app = CopytuiApp(FakeFront(snapshots.live()))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        app.pull()
        await pilot.press("question_mark")
        await pilot.pause()
        drawn = "\n".join("".join(part.text for part in strip) for strip in app.screen._compositor.render_strips())
        assert "Keys" in drawn
        assert "LIVE" in drawn.splitlines()[0]
        assert isinstance(app.screen, Screen)
