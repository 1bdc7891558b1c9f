"""The demo: let a follower's next order go wrong."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static

from copytui.engine.snapshot import FollowerView
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.parts import Rows
from copytui.tui.dialogs.text import BAD, cut, fit, key_line
from copytui.tui.engine_client import DemoHands


class FaultScreen(Dialog[None]):
    """Two lists: whose next order, and what happens to it. Enter goes from the first to the second, and does it."""

    DEFAULT_CSS = """
    FaultScreen {
        #who { max-height: 30vh; }
        #what { max-height: 40vh; }
        #problem { height: auto; }
    }
    """

    AUTO_FOCUS: ClassVar[str] = "#who"
    HEADING = "Let something go wrong (demo)"

    def __init__(self, hands: DemoHands, followers: tuple[FollowerView, ...]) -> None:
        """Offer the faults of `hands` for `followers`."""
        super().__init__()
        self._hands = hands
        self._followers = followers

    def body(self) -> ComposeResult:
        """Give the two lists."""
        yield Static("The next order of", markup=False)
        yield Rows(id="who")
        yield Static("goes wrong like this", classes="space", markup=False)
        yield Rows(id="what")
        yield Static(id="problem")
        yield Static(id="keys")

    def begin(self) -> None:
        """Fill the lists."""
        self._faults = tuple(self._hands.faults())
        self.query_one("#who", Rows).show(
            [
                (view.client_id, self.shown(Content(f"{fit(view.name, 20)} {cut(view.client_id, 12)}")))
                for view in self._followers
            ]
        )
        rows = [(str(number), self.shown(Content(cut(name, 70)))) for number, name in enumerate(self._faults)]
        self.query_one("#what", Rows).show(rows)
        self.put("keys", key_line(("tab", "other list"), ("enter", "next, then do it"), ("esc", "leave")))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go on to the second list; from there, switch the fault on."""
        who, what = self.query_one("#who", Rows), self.query_one("#what", Rows)
        if event.option_list is who:
            what.focus()
            return
        view = next((view for view in self._followers if view.client_id == who.selected), None)
        if view is None or what.selected is None:
            self.put("problem", Content.styled("There is no follower.", BAD))
            return
        fault = self._faults[int(what.selected)]
        try:
            self._hands.let_fail(view.client_id, fault)
        except ValueError as error:
            self.put("problem", Content.styled(cut(str(error), 200), BAD))
            return
        self.host.say(f"the next order of {cut(view.name, 24)}: {fault}")
        self.dismiss()
