"""One follower's account in full, in a drawer at the right."""

from __future__ import annotations

from copytui.domain.orders import ClientId
from copytui.tui.dialogs.account_text import account
from copytui.tui.dialogs.drawer import Drawer
from copytui.tui.dialogs.text import follower_of


class AccountScreen(Drawer):
    """Shows mode, money, route and positions of one account, and goes on as they change."""

    HEADING = "The account"

    def __init__(self, follower: ClientId) -> None:
        """Tell of the follower with that client code."""
        super().__init__()
        self._follower = follower

    def redraw(self) -> None:
        """Tell it anew; what has not changed is not drawn."""
        view = follower_of(self.picture, self._follower)
        if view is None:
            self.tell_gone("This follower is not in the settings any more.")
        else:
            self.tell(account(view, self.picture, self.front.settings, self.front.monotonic()))
