"""The palette's screen: Textual's own, but Enter runs only what stands highlighted for the text in the field."""

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

_SEARCHING = "not taken: the list was not there yet; look, and press enter again"
_NOTHING = "nothing is chosen: type a name, or choose with the arrows"


class PaletteScreen(CommandPalette):
    """Lists commands and runs one.

    Textual searches in the background and lets Enter run the first line of whatever list is shown, be it of
    an older text. Here Enter counts only when the search for the present text has ended; and of the list that
    stands before anything is typed, nothing is highlighted.
    """

    AUTO_FOCUS = ""  # see `_give_keyboard`

    def __init__(self, *, ascii_only: bool = False) -> None:
        """Offer what the app's commands are; Textual's own words end in a sign that a plain terminal lacks."""
        super().__init__(placeholder="Search for commands" + ("..." if ascii_only else "…"))
        self._text = ""
        self._is_found = False
        self._is_chosen = False

    @property
    def _field(self) -> Input:
        return self.query_one(Input)

    def _take_none(self, why: str) -> None:
        cast("Host", self.app).say(why)

    @on(Input.Changed)
    def _search_anew(self, event: Input.Changed) -> None:
        """Let Enter wait; Textual begins the search after this."""
        self._text, self._is_found = event.value.strip(), False

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Let Enter count from here on: what is listed is for the present text, unless a newer search runs."""
        others = (worker for worker in self.workers if worker.node is self)
        if event.state is not WorkerState.SUCCESS or any(not worker.is_finished for worker in others):
            return
        self._is_found = True
        if not self._text:
            self.query_one(CommandList).highlighted = None
        if self.focused is None:
            self.call_later(self._give_keyboard)

    def _give_keyboard(self) -> None:
        """Give the field the keyboard once the keys typed before it was there are in it: else they would mix."""
        if self.message_queue_size:
            self.call_later(self._give_keyboard)
        else:
            self.set_focus(self._field)

    async def on_key(self, event: Key) -> None:
        """Put into the field what is typed before it has the keyboard."""
        if self.focused is not None:
            if event.is_printable:  # it comes after one that was typed after it: no word is better than another
                self._field.clear()
        elif event.is_printable and event.character is not None:
            event.stop()  # else the field, if it has the keyboard by then, takes it a second time
            self._field.insert_text_at_cursor(event.character)
        elif event.key == "backspace":
            event.stop()
            self._field.action_delete_left()
        elif event.key == "enter":
            event.stop()
            await self._field.action_submit()

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        """Run what is highlighted, if it is highlighted for this text; Textual's own way is not taken."""
        event.stop()
        event.prevent_default()
        commands = self.query_one(CommandList)
        if not self._is_found or not self._text == event.value.strip() == self._field.value.strip():
            self._take_none(_SEARCHING)
        elif commands.highlighted is None:
            self._take_none(_NOTHING)
        else:
            commands.action_select()

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        """Let Textual run what was chosen: once, and not from beneath another screen or of an older list."""
        if self._is_chosen or not self._is_found or not self.is_active:
            event.stop()
            event.prevent_default()
        else:
            self._is_chosen = True

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close where this is on top, as dialogs do."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
