"""The command palette's screen: Textual's own, but Enter runs only what is highlighted for the text in the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.events import Key
from textual.widgets import Input, OptionList
from textual.worker import Worker, WorkerState

if TYPE_CHECKING:
    from copytui.tui.dialogs.dialog import Host

_SEARCHING = "not taken: the list was not ready; look, then press enter again"
_NOTHING = "nothing is selected: type a name, or use the arrows"


class PaletteScreen(CommandPalette):
    """Lists commands and runs one.

    Textual searches in the background, and Enter runs the first line of whatever list is shown, even one for an older
    text. Here Enter counts only once the search for the present text has ended, and nothing is highlighted in the list
    that is shown before anything is typed.
    """

    AUTO_FOCUS = ""  # see `_focus_field`

    def __init__(self, *, ascii_only: bool = False) -> None:
        """List the app's commands; Textual's own placeholder ends in a sign that a plain terminal lacks."""
        super().__init__(placeholder="Search for commands" + ("..." if ascii_only else "…"))
        self._text = ""
        self._is_ready = False
        self._is_selected = False

    @property
    def _field(self) -> Input:
        return self.query_one(Input)

    def _refuse(self, why: str) -> None:
        cast("Host", self.app).say(why)

    @on(Input.Changed)
    def _hold_enter(self, event: Input.Changed) -> None:
        """Hold Enter; Textual begins the search after this."""
        self._text, self._is_ready = event.value.strip(), False

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Let Enter count: the list is for the present text, unless a newer search runs."""
        others = (worker for worker in self.workers if worker.node is self)
        if event.state is not WorkerState.SUCCESS or any(not worker.is_finished for worker in others):
            return
        self._is_ready = True
        if not self._text:
            self.query_one(CommandList).highlighted = None
        if self.focused is None:
            self.call_later(self._focus_field)

    def _focus_field(self) -> None:
        """Focus the field once the keys typed before it was there are in it; else they would get mixed up."""
        if self.message_queue_size:
            self.call_later(self._focus_field)
        else:
            self.set_focus(self._field)

    async def on_key(self, event: Key) -> None:
        """Put into the field what is typed before it has the focus."""
        if self.focused is not None:
            if event.is_printable:  # it comes out of order: no word is better than a wrong one
                self._field.clear()
        elif event.is_printable and event.character is not None:
            event.stop()  # else the field, if it has the focus by then, takes it twice
            self._field.insert_text_at_cursor(event.character)
        elif event.key == "backspace":
            event.stop()
            self._field.action_delete_left()
        elif event.key == "enter":
            event.stop()
            await self._field.action_submit()

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        """Run what is highlighted for this text, instead of what Textual would run."""
        event.stop()
        event.prevent_default()
        commands = self.query_one(CommandList)
        if not self._is_ready or not self._text == event.value.strip() == self._field.value.strip():
            self._refuse(_SEARCHING)
        elif commands.highlighted is None:
            self._refuse(_NOTHING)
        else:
            commands.action_select()

    @on(OptionList.OptionSelected)
    def _select(self, event: OptionList.OptionSelected) -> None:
        """Let Textual run what was selected: once, not from beneath another screen, and not from an older list."""
        if self._is_selected or not self._is_ready or not self.is_active:
            event.stop()
            event.prevent_default()
        else:
            self._is_selected = True

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close if this is on top, as dialogs do."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
