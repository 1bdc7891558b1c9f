"""The attention dialog: what needs the user, item by item, with what is known of it and the keys that act on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Future
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from copytui.domain.attention import AttentionKind
from copytui.engine.commands import Command
from copytui.tui.dialogs import text
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention_list import attention_rows, missed_entries
from copytui.tui.dialogs.attention_row import AttentionRow, RowAction
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.parts import Rows
from copytui.tui.dialogs.text import BAD, CARE, key_line
from copytui.tui.present.attention import Attention
from copytui.tui.present.cells import plural

_ENTRIES = "entries"
"""The subject of the question that concerns all missed entries instead of one row."""
_HIDDEN_SECONDS = 3
"""How long a dismissed item is hidden; the engine lists it again after that if it was not dismissed."""


class AttentionScreen(Dialog[None]):
    """The attention list; an action that sends an order, marks a copy or gives up an exit asks y or n first.

    Dismissing an entry or a failed copy sends nothing and is done at once; `D` asks once for all missed entries.
    """

    DEFAULT_CSS = """
    AttentionScreen {
        #list { max-height: 30vh; }
        #about { height: auto; max-height: 34vh; margin-top: 1; }
        #about Static { height: auto; }
        #question { height: auto; margin-top: 1; }
        #keys { margin-top: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"act('{key}')", show=False) for key in "acdfmrtx"),
        Binding("D", "dismiss_entries", show=False),
        Binding("y", "answer(True)", show=False),
        Binding("n", "answer(False)", show=False),
    ]
    AUTO_FOCUS = "#list"
    HEADING = "Attention"

    def __init__(self, begin_at: Collection[AttentionKind] = ()) -> None:
        """Begin with no question, and with the cursor on the first item of one of the kinds `begin_at`."""
        super().__init__()
        self._begin_at = begin_at
        self._looked_at: str | None = None
        self._message = ""
        self._attention = Attention()
        self._items: dict[str, AttentionRow] = {}
        self._entries: RowAction | None = None
        self._asking: tuple[str, RowAction] | None = None
        self._dismissed: dict[str, float] = {}
        self._answers: Sequence[Future[str]] = ()

    def body(self) -> ComposeResult:
        """Compose the list, the details of the selected item, and a place for a question."""
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
        found = self._listed()
        self._items, self._entries = {row.id: row for row in found}, missed_entries(found)
        self.rows.show([(row.id, self.shown(row.line)) for row in found])
        self.rows.display = bool(found)
        self.title_box(f"{plural(len(found), 'item')} need attention" if len(found) > 1 else self.HEADING)
        self._drop_if_changed()
        if self._begin_at:
            self._begin()
        elif self._looked_at is not None and self._looked_at not in self._items:
            self._slide(self._looked_at)
        self._draw_selected()
        self._report_dismissed()

    def _listed(self) -> list[AttentionRow]:
        """Return the attention list without what was dismissed a moment ago."""
        snapshot, now = self.snapshot, self.engine_client.monotonic()
        self._dismissed = {id_: at for id_, at in self._dismissed.items() if now - at < _HIDDEN_SECONDS}
        items = self._attention.items(snapshot, text.wall_clock())
        return [row for row in attention_rows(items, snapshot, now) if row.id not in self._dismissed]

    def _drop_if_changed(self) -> None:
        """Drop the question when its subject is gone, or when it would read differently now."""
        if self._asking is None:
            return
        about, action = self._asking
        if about == _ENTRIES:
            if self._entries is None:
                self._asking = None
        elif about not in self._items:
            self._asking = None
        elif action not in self._items[about].actions:  # its words, or what it would do
            self._asking = None
            self._message = f"The question has changed and nothing was done: check it, then press {action.key} again."

    def _slide(self, gone: str) -> None:
        """Ignore keys for a moment: another item is under the cursor now. Say so unless the last was dismissed."""
        self.input_guard.slide()
        if gone not in self._dismissed:
            self._message = "The item you were looking at is settled. This is the next one." if self._items else ""

    def _begin(self) -> None:
        """Put the cursor on the row where the list begins, once, and scroll to it."""
        kinds, self._begin_at = self._begin_at, ()
        self.rows.go_to(next((id_ for id_, row in self._items.items() if row.item.kind in kinds), ""))
        self.call_after_refresh(self.rows.scroll_to_highlight)

    def _draw_selected(self) -> None:
        self._looked_at = self.rows.selected
        row = self._items.get(self.rows.selected or "")
        self.put("known", Content("Nothing needs attention.") if row is None else row.known)
        if self._asking is not None:
            self.put("question", Content.assemble((self._asking[1].question, f"bold {BAD}"), "  y / n"))
            self.put("keys", key_line(("y", "yes"), ("n", "no")))
            return
        self.put("question", Content.styled(self._message, CARE))
        actions = (*(row.actions if row is not None else ()), *((self._entries,) if self._entries is not None else ()))
        self.put("keys", key_line(*((action.key, action.label) for action in actions), ("esc", "leave")))

    def on_option_list_option_highlighted(self) -> None:
        """Show the details of the row under the cursor; a question about another row is dropped."""
        if self._asking is not None and self._asking[0] not in (_ENTRIES, self.rows.selected):
            self._asking = None
        self._draw_selected()

    def on_option_list_option_selected(self) -> None:
        """Open the approvals on Enter, which does nothing else: what sends has a key of its own."""
        self.action_act("a")

    def action_act(self, key: str) -> None:
        """Do what the key means for the selected item, after its question if it has one."""
        row = self._items.get(self.rows.selected or "")
        action = next((each for each in row.actions if each.key == key), None) if row is not None else None
        if row is None or action is None or self._asking is not None or self.held():
            return
        self._message = ""
        if not action.commands:
            self.app.push_screen(ApprovalsScreen())
            return
        if not action.question:
            self._dismissed[row.id] = self.engine_client.monotonic()
            self._send(action.commands)
            self.redraw()  # which ignores keys for a moment: a repeated key must not act on the next item, too
            return
        self._ask(row.id, action)

    def _ask(self, about: str, action: RowAction) -> None:
        """Ask a question; y counts once there was time to read it."""
        self._asking, self._message = (about, action), ""
        self._draw_selected()
        self.look_first()

    def action_dismiss_entries(self) -> None:
        """Ask whether to dismiss all missed entries."""
        if self._entries is not None and self._asking is None and not self.held():
            self._ask(_ENTRIES, self._entries)

    def action_answer(self, yes: bool) -> None:
        """Answer the question, if there is one and it still reads the same."""
        if self._asking is None or self.held():
            return
        asked = self._asking
        self.redraw()
        if self._asking is not asked:
            return
        (about, action), self._asking = asked, None
        if yes and about == _ENTRIES:
            self._dismiss(action.commands)
        elif yes:
            self._send(action.commands)
        self.redraw()

    def _dismiss(self, commands: Sequence[Command]) -> None:
        """Send perhaps hundreds of dismissals; `_report_dismissed` reports them together, not one by one."""
        going = frozenset(commands)
        gone = (id_ for id_, row in self._items.items() if any(going & {*each.commands} for each in row.actions))
        self._dismissed |= dict.fromkeys(gone, self.engine_client.monotonic())
        try:
            self._answers = [self.engine_client.submit(command) for command in commands]
        except RuntimeError:
            self.host.say("the engine has ended", severity="error")

    def _report_dismissed(self) -> None:
        """Report how many were dismissed, once all are answered."""
        if not self._answers or not all(answer.done() for answer in self._answers):
            return
        answers, self._answers = self._answers, ()
        lost = sum(answer.cancelled() or answer.exception() is not None for answer in answers)
        words = f"{plural(len(answers) - lost, 'missed entry', 'missed entries')} dismissed"
        self.host.say(f"{words}, {lost} not" if lost else words, severity="warning" if lost else "information")

    def _send(self, commands: Sequence[Command]) -> None:
        """Send a command per slice, and report answers that are the same only once."""
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
            self._asking = None
            self._draw_selected()
            return
        self.dismiss()
