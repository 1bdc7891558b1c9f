"""Text of any length: broken at words, scrolled, marked with the mouse, and drawn only where it is in sight."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Offset
from textual.selection import Selection

from copytui.tui.widgets.long_text import LongText

pytestmark = pytest.mark.every_frame


class Page(App[None]):
    """A screen with one long text, as high as what it says, at most ten lines."""

    CSS = "LongText { max-height: 10; }"

    def compose(self) -> ComposeResult:
        yield LongText(id="text")

    @property
    def text(self) -> LongText:
        return self.query_one(LongText)

    def drawn(self) -> list[str]:
        text = self.text
        return [text.render_line(y).text.rstrip() for y in range(text.size.height)]


def numbered(count: int) -> Content:
    return Content("\n").join([Content(f"line {number}") for number in range(count)])


async def test_a_short_text_is_as_high_as_its_lines_and_a_long_one_scrolls() -> None:
    app = Page()
    async with app.run_test(size=(40, 20)) as pilot:
        app.text.show(numbered(3))
        await pilot.pause()
        assert app.drawn() == ["line 0", "line 1", "line 2"]
        assert app.text.max_scroll_y == 0
        app.text.show(numbered(500))
        await pilot.pause()
        assert app.drawn() == [f"line {number}" for number in range(10)]
        assert app.text.max_scroll_y == 490
        app.text.scroll_end(animate=False)
        await pilot.pause()
        assert app.drawn()[-1] == "line 499"
        app.text.show(numbered(2))
        await pilot.pause()
        assert app.drawn() == ["line 0", "line 1"]


async def test_what_changes_is_drawn_and_the_place_stays() -> None:
    app = Page()
    async with app.run_test(size=(40, 20)) as pilot:
        app.text.show(numbered(100))
        await pilot.pause()
        app.text.scroll_to(y=50, animate=False)
        await pilot.pause()
        app.text.show(Content(numbered(100).plain.replace("line 52", "line LII")))
        await pilot.pause()
        assert app.drawn()[:4] == ["line 50", "line 51", "line LII", "line 53"]


async def test_a_broad_line_is_broken_at_words_anew_for_each_width() -> None:
    app = Page()
    async with app.run_test(size=(24, 20)) as pilot:
        app.text.show(Content("the whole of a long sentence\nshort"))
        await pilot.pause()
        assert app.drawn() == ["the whole of a long", "sentence", "short"]
        await pilot.resize_terminal(40, 20)
        await pilot.pause()
        assert app.drawn() == ["the whole of a long sentence", "short"]


async def test_no_text_breaks_it() -> None:
    app = Page()
    async with app.run_test(size=(10, 20)) as pilot:
        for text in ("", "\n", "\n\n\n", "[/oops] [red]x", "x" * 300, "नमस्ते " * 20, "株" * 30):
            app.text.show(Content(text))
            await pilot.pause()
            assert all(app.text.render_line(y).cell_length == app.text.size.width for y in range(12))


async def test_what_is_marked_with_the_mouse_is_shown_and_can_be_copied() -> None:
    app = Page()
    async with app.run_test(size=(40, 20)) as pilot:
        app.text.show(numbered(30))
        await pilot.pause()
        plain = app.text.render_line(1)
        app.screen.selections = {app.text: Selection(Offset(5, 0), Offset(6, 2))}
        await pilot.pause()
        assert app.screen.get_selected_text() == "0\nline 1\nline 2"
        assert [part.style for part in app.text.render_line(1)] != [part.style for part in plain]
        assert app.text.render_line(3).text == "line 3" + " " * (app.text.size.width - 6)


async def test_dragging_marks_what_is_dragged_over_also_further_down() -> None:
    app = Page()
    async with app.run_test(size=(40, 20)) as pilot:
        app.text.show(numbered(100))
        await pilot.pause()
        app.text.scroll_to(y=20, animate=False)
        await pilot.pause()
        await pilot.mouse_down(LongText, offset=(0, 1))
        await pilot.hover(LongText, offset=(3, 2))
        await pilot.hover(LongText, offset=(7, 2))
        await pilot.mouse_up(LongText, offset=(7, 2))
        await pilot.pause()
        assert (app.screen.get_selected_text() or "").startswith("line 21\nline 22")
