"""What needs the user, one by one, with what is known of it and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from copytui.engine.commands import Command
from copytui.tui.dialogs import text
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention_copies import missed_entries
from copytui.tui.dialogs.attention_item import Act, Need
from copytui.tui.dialogs.attention_list import needs
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.parts import Rows
from copytui.tui.dialogs.text import BAD, CARE, key_line
from copytui.tui.present.attention import Attention
from copytui.tui.present.cells import plural

_ENTRIES = "entries"
"""What a question is about that is about all missed entries, and no row."""
_FOLLOWED_SECONDS = 3
"""So long what was dismissed may take to leave the picture; what the engine kept is listed again then."""


class NeedsScreen(Dialog[None]):
    """A list; what sends an order, declares something or leaves an exit undone asks a y or n first.

    To dismiss an entry or a failed copy sends nothing and is done at once; `D` asks once for all missed entries.
    """

    DEFAULT_CSS = """
    NeedsScreen {
        #list { max-height: 30vh; }
        #about { height: auto; max-height: 34vh; margin-top: 1; }
        #about Static { height: auto; }
        #question { height: auto; margin-top: 1; }
        #keys { margin-top: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"act('{key}')", show=False) for key in "acdfmrx"),
        Binding("D", "dismiss_entries", show=False),
        Binding("y", "answer(True)", show=False),
        Binding("n", "answer(False)", show=False),
    ]
    AUTO_FOCUS = "#list"
    HEADING = "Needs you"

    def __init__(self, begin_at: str = "") -> None:
        """Begin with no question; with the cursor on the first item whose id begins with the word `begin_at`."""
        super().__init__()
        self._begin_at = begin_at
        self._looked_at: str | None = None
        self._message = ""
        self._attention = Attention()
        self._needs: dict[str, Need] = {}
        self._entries: Act | None = None
        self._asking: tuple[str, Act] | None = None
        self._dismissed: dict[str, float] = {}
        self._answers: Sequence[Future[str]] = ()

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
        found = self._listed()
        self._needs, self._entries = {need.id: need for need in found}, missed_entries(found)
        self.rows.show([(need.id, self.shown(need.line)) for need in found])
        self.rows.display = bool(found)
        self.title_box(f"{plural(len(found), 'thing')} need you" if len(found) > 1 else self.HEADING)
        self._drop_if_changed()
        if self._begin_at:
            self._begin()
        elif self._looked_at is not None and self._looked_at not in self._needs:
            self._slide(self._looked_at)
        self._draw_selected()
        self._tell_dismissed()

    def _listed(self) -> list[Need]:
        """Return what needs the user, without what was dismissed a moment ago."""
        snapshot, now = self.snapshot, self.engine_client.monotonic()
        self._dismissed = {id_: at for id_, at in self._dismissed.items() if now - at < _FOLLOWED_SECONDS}
        found = needs(snapshot, self._attention.look(snapshot.orders), now, text.wall_clock())
        return [need for need in found if need.id not in self._dismissed]

    def _drop_if_changed(self) -> None:
        """Drop the question when nothing is left of what it is about, or when it would say something else now."""
        if self._asking is None:
            return
        about, act = self._asking
        if about == _ENTRIES:
            if self._entries is None:
                self._asking = None
        elif about not in self._needs:
            self._asking = None
        elif act not in self._needs[about].acts:  # its words, or what it would do
            self._asking = None
            self._message = f"What was asked has changed and was not done: look, then press {act.key} again."

    def _slide(self, gone: str) -> None:
        """Hold keys: another item has come beneath the cursor; say so where the user did not send the last one away."""
        self.input_guard.slide()
        if gone not in self._dismissed:
            self._message = "What you looked at is settled. This is the next." if self._needs else ""

    def _begin(self) -> None:
        """Put the cursor where the list is to begin, once, in sight."""
        word, self._begin_at = self._begin_at, ""
        self.rows.go_to(next((id_ for id_ in self._needs if id_.split(maxsplit=1)[0] == word), ""))
        self.call_after_refresh(self.rows.scroll_to_highlight)

    def _draw_selected(self) -> None:
        self._looked_at = self.rows.selected
        need = self._needs.get(self.rows.selected or "")
        self.put("known", Content("Nothing needs you.") if need is None else need.known)
        if self._asking is not None:
            self.put("question", Content.assemble((self._asking[1].question, f"bold {BAD}"), "  y / n"))
            self.put("keys", key_line(("y", "yes"), ("n", "no")))
            return
        self.put("question", Content.styled(self._message, CARE))
        acts = (*(need.acts if need is not None else ()), *((self._entries,) if self._entries is not None else ()))
        self.put("keys", key_line(*((act.key, act.label) for act in acts), ("esc", "leave")))

    def on_option_list_option_highlighted(self) -> None:
        """Show what is known of the row under the cursor; a question about another row is dropped."""
        if self._asking is not None and self._asking[0] not in (_ENTRIES, self.rows.selected):
            self._asking = None
        self._draw_selected()

    def on_option_list_option_selected(self) -> None:
        """Enter opens the approvals, and does nothing else: what sends has a key of its own."""
        self.action_act("a")

    def action_act(self, key: str) -> None:
        """Do what the key means for the selected item, after its question if it has one."""
        need = self._needs.get(self.rows.selected or "")
        act = next((act for act in need.acts if act.key == key), None) if need is not None else None
        if need is None or act is None or self._asking is not None or self.held():
            return
        self._message = ""
        if not act.commands:
            self.app.push_screen(ApprovalsScreen())
            return
        if not act.question:
            self._dismissed[need.id] = self.engine_client.monotonic()
            self._send(act.commands)
            self.redraw()  # which holds keys: one that repeats must not take the next one, too
            return
        self._ask(need.id, act)

    def _ask(self, about: str, act: Act) -> None:
        """Put a question; it is answered when it has been read."""
        self._asking, self._message = (about, act), ""
        self._draw_selected()
        self.look_first()

    def action_dismiss_entries(self) -> None:
        """Ask whether all missed entries may go."""
        if self._entries is not None and self._asking is None and not self.held():
            self._ask(_ENTRIES, self._entries)

    def action_answer(self, yes: bool) -> None:
        """Answer the question, if one is asked and still says the same."""
        if self._asking is None or self.held():
            return
        asked = self._asking
        self.redraw()
        if self._asking is not asked:
            return
        (about, act), self._asking = asked, None
        if yes and about == _ENTRIES:
            self._dismiss(act.commands)
        elif yes:
            self._send(act.commands)
        self.redraw()

    def _dismiss(self, commands: Sequence[Command]) -> None:
        """Send maybe hundreds of dismissals; `_tell_dismissed` gives them one answer, where the app gives each one."""
        going = frozenset(commands)
        gone = (id_ for id_, need in self._needs.items() if any(going & {*act.commands} for act in need.acts))
        self._dismissed |= dict.fromkeys(gone, self.engine_client.monotonic())
        try:
            self._answers = [self.engine_client.submit(command) for command in commands]
        except RuntimeError:
            self.host.say("the engine has ended", severity="error")

    def _tell_dismissed(self) -> None:
        """Say how many of them went, when all have been answered."""
        if not self._answers or not all(answer.done() for answer in self._answers):
            return
        answers, self._answers = self._answers, ()
        lost = sum(answer.cancelled() or answer.exception() is not None for answer in answers)
        text = f"{plural(len(answers) - lost, 'missed entry', 'missed entries')} dismissed"
        self.host.say(f"{text}, {lost} not" if lost else text, severity="warning" if lost else "information")

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
            self._asking = None
            self._draw_selected()
            return
        self.dismiss()
