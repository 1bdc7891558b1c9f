"""The lines below the accounts: what the table has no room for of the one under the cursor."""

from __future__ import annotations

from textual.events import Resize

from copytui.engine.snapshot import FollowerView
from copytui.tui.present import Signs
from copytui.tui.present.accounts import ACCOUNT_LINES, account_lines
from copytui.tui.widgets.lines import Lines


class AccountLines(Lines):
    """Always as many lines, so that going from account to account moves nothing."""

    def __init__(self, signs: Signs) -> None:
        """Begin without an account."""
        super().__init__(id="account")
        self._signs = signs
        self._view: FollowerView | None = None

    def show(self, view: FollowerView | None) -> None:
        """Tell of an account, or of none."""
        self._view = view
        width = self.content_size.width
        self.say([()] * ACCOUNT_LINES if view is None else account_lines(view, self._signs, width))

    def on_resize(self, _event: Resize) -> None:
        """Tell it again in the new width."""
        self.show(self._view)
