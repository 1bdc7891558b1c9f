"""What needs the user, one by one, with what is known of it and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from copytui.engine.commands import Command
from copytui.tui.present.attention import Attention
from copytui.tui.present.cells import plural
from copytui.tui.screens import words
from copytui.tui.screens.approvals import ApprovalsScreen
from copytui.tui.screens.dialog import Dialog
from copytui.tui.screens.needs_item import Act, Need
from copytui.tui.screens.needs_list import needs
from copytui.tui.screens.parts import Rows
from copytui.tui.screens.words import BAD, key_line


class NeedsScreen(Dialog[None]):
    """A list; what sends an order or declares something asks a y or n first, about that one item."""

    DEFAULT_CSS = """
    NeedsScreen {
        #list { max-height: 30vh; }
        #about { height: auto; max-height: 38vh; margin-top: 1; }
        #about Static { height: auto; }
        #question { height: auto; margin-top: 1; }
        #keys { margin-top: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"act('{key}')", show=False) for key in "acdfmrx"),
        Binding("y", "answer(True)", show=False),
        Binding("n", "answer(False)", show=False),
    ]
    AUTO_FOCUS = "#list"
    HEADING = "Needs you"

    def __init__(self) -> None:
        """Begin with no question."""
        super().__init__()
        self._attention = Attention()
        self._needs: dict[str, Need] = {}
        self._asking: tuple[str, Act] | None = None

    def body(self) -> ComposeResult:
        """Give the list, what is known of the selected, and a place for a question."""
        yield Rows(id="list")
        with VerticalScroll(id="about", can_focus=False):
            yield Static(id="known")
        yield Static(id="question")
        yield Static(id="keys")

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one("#list", Rows)

    def redraw(self) -> None:
        """Show what needs the user now."""
        picture = self.picture
        found = needs(picture, self._attention.look(picture.orders), self.front.monotonic(), words.wall_clock())
        self._needs = {need.id: need for need in found}
        self.rows.show([(need.id, self.shown(need.line)) for need in found])
        self.rows.display = bool(found)
        self.title_box(f"{plural(len(found), 'thing')} need you" if len(found) > 1 else self.HEADING)
        if self._asking is not None and self._asking[0] not in self._needs:
            self._asking = None
        self._draw_selected()

    def _draw_selected(self) -> None:
        need = self._needs.get(self.rows.selected or "")
        self.put("known", Content("Nothing needs you.") if need is None else need.known)
        if self._asking is not None:
            self.put("question", Content.assemble((self._asking[1].question, f"bold {BAD}"), "  y / n"))
            self.put("keys", key_line(("y", "yes"), ("n", "no")))
            return
        self.put("question", Content(""))
        acts = need.acts if need is not None else ()
        self.put("keys", key_line(*((act.key, act.label) for act in acts), ("esc", "leave")))

    def on_option_list_option_highlighted(self) -> None:
        """Show what is known of the row under the cursor; a question is about one row only."""
        if self._asking is not None and self._asking[0] != self.rows.selected:
            self._asking = None
        self._draw_selected()

    def on_option_list_option_selected(self) -> None:
        """Enter opens the approvals, and does nothing else: what sends has a key of its own."""
        self.action_act("a")

    def action_act(self, key: str) -> None:
        """Do what the key means for the selected item, after a question."""
        need = self._needs.get(self.rows.selected or "")
        act = next((act for act in need.acts if act.key == key), None) if need is not None else None
        if need is None or act is None or self._asking is not None:
            return
        if not act.commands:
            self.app.push_screen(ApprovalsScreen())
            return
        self._asking = (need.id, act)
        self._draw_selected()

    def action_answer(self, yes: bool) -> None:
        """Answer the question, if one is asked."""
        if self._asking is None:
            return
        (_id, act), self._asking = self._asking, None
        if yes:
            self._send(act.commands)
        self._draw_selected()

    def _send(self, commands: Sequence[Command]) -> None:
        """Send what each slice needs, and say what was answered once where the answers are the same."""
        said: set[str] = set()

        def answered(text: str) -> None:
            if text not in said:
                said.add(text)
                self.host.say(text)

        for command in commands:
            self.host.send(command, answered)

    def action_leave(self) -> None:
        """Drop the question, or leave."""
        if self._asking is not None:
            self.action_answer(False)
            return
        self.dismiss()
