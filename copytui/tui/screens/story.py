"""An order's whole story, in a drawer at the right."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from copytui.domain.orders import OrderKey
from copytui.engine.snapshot import FollowerView, OrderView
from copytui.tui.screens.dialog import Dialog
from copytui.tui.screens.story_words import story
from copytui.tui.screens.words import key_line


class StoryScreen(Dialog[None]):
    """Shows every time stamp, decision and follower of one master order, and goes on as they change."""

    DEFAULT_CSS = """
    StoryScreen {
        align: right top;
        #box { width: 72; height: 100%; }
        #scroll { height: 1fr; scrollbar-size-vertical: 1; }
        #scroll Static { height: auto; }
        #keys { margin-top: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(12)", show=False),
        Binding("pageup", "scroll(-12)", show=False),
        Binding("home,g", "to_end(False)", show=False),
        Binding("end,G", "to_end(True)", show=False),
        Binding("enter", "leave", show=False),
    ]
    HEADING = "The order's story"

    def __init__(self, key: OrderKey) -> None:
        """Tell the story of the order with that key."""
        super().__init__()
        self._key = key
        self._told: tuple[OrderView, tuple[FollowerView, ...]] | None = None

    def body(self) -> ComposeResult:
        """Give the story and its keys."""
        with VerticalScroll(id="scroll", can_focus=False):
            yield Static(id="story")
        yield Static(id="keys")

    def redraw(self) -> None:
        """Tell it anew when it has changed."""
        picture = self.picture
        view = next((view for view in picture.orders if view.known.order.key == self._key), None)
        if view is None:
            self.put("story", Content("This order is not in the picture any more."))
        elif self._told is None or self._told[0] is not view or self._told[1] != picture.followers:
            self._told = (view, picture.followers)
            self.put_long("story", story(view, picture))
        self.put("keys", key_line(("up down", "scroll"), ("g G", "ends"), ("esc", "leave")))

    def action_scroll(self, lines: int) -> None:
        """Move through the story."""
        self.query_one("#scroll").scroll_relative(y=lines, animate=False)

    def action_to_end(self, end: bool) -> None:
        """Go to the first or the last line."""
        scroll = self.query_one("#scroll")
        (scroll.scroll_end if end else scroll.scroll_home)(animate=False)
