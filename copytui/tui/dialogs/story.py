"""An order's whole story, in a drawer at the right."""

from __future__ import annotations

from copytui.domain.orders import OrderKey
from copytui.engine.snapshot import FollowerView, OrderView
from copytui.tui.dialogs.drawer import Drawer
from copytui.tui.dialogs.story_text import story


class StoryScreen(Drawer):
    """Shows every time stamp, decision and follower of one master order, and goes on as they change."""

    HEADING = "The order's story"

    def __init__(self, key: OrderKey) -> None:
        """Tell the story of the order with that key."""
        super().__init__()
        self._key = key
        self._told: tuple[OrderView, tuple[FollowerView, ...]] | None = None

    def redraw(self) -> None:
        """Tell it anew when it has changed."""
        picture = self.picture
        view = next((view for view in picture.orders if view.known.order.key == self._key), None)
        if view is None:
            self.tell_gone("This order is not in the picture any more.")
        elif self._told is None or self._told[0] is not view or self._told[1] != picture.followers:
            self._told = (view, picture.followers)
            self.tell(story(view, picture))
