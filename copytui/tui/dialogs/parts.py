"""The widgets of the dialogs: lists, choices and check boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option


class Rows(OptionList):
    """A list that is given all its rows each time and updates only those that changed.

    The cursor stays with the id of its row; if that row is gone, with its position.
    """

    DEFAULT_CSS = """
    Rows {
        height: auto; border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Rows:focus { border: none; }
    Rows > .option-list--option { padding: 0 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g", "first", show=False),
        Binding("G", "last", show=False),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's name
        """Start without rows."""
        super().__init__(id=id, markup=False)
        self._rows: list[tuple[str, Content]] = []

    @property
    def ids(self) -> list[str]:
        """The ids of the rows, from the top."""
        return [id_ for id_, _content in self._rows]

    @property
    def selected(self) -> str | None:
        """The id of the row under the cursor."""
        return self.ids[self.highlighted] if self.highlighted is not None and self._rows else None

    def show(self, rows: Sequence[tuple[str, Content]]) -> None:
        """Show these rows, each as (id, content)."""
        before = self._rows
        if [id_ for id_, _ in rows] == self.ids:
            self._rows = list(rows)
            for (id_, content), (_, old) in zip(rows, before, strict=True):
                if content != old:
                    self.replace_option_prompt(id_, content)
            return
        selected, place = self.selected, self.highlighted or 0
        self._rows = list(rows)
        self.set_options(Option(content, id_) for id_, content in rows)
        if rows:
            self.highlighted = self.ids.index(selected) if selected in self.ids else min(place, len(rows) - 1)

    def go_to(self, id_: str) -> None:
        """Move the cursor to a row."""
        if id_ in self.ids:
            self.highlighted = self.ids.index(id_)


class Choice(Static, can_focus=True):
    """A choice of a few words; left, right and space change it."""

    DEFAULT_CSS = """
    Choice { height: 1; width: auto; padding: 0 1; background: $panel; }
    Choice:focus { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", show=False),
        Binding("left", "turn(-1)", show=False),
    ]

    class Changed(Message):
        """Sent when another word was chosen."""

    def __init__(self, *words: str, id: str) -> None:  # noqa: A002  # Textual's name
        """Start with the first word."""
        super().__init__(id=id)
        self._words = words
        self._at = 0

    @property
    def word(self) -> str:
        """The chosen word."""
        return self._words[self._at]

    def on_mount(self) -> None:
        """Show the first word."""
        self.action_turn(0)

    def choose(self, word: str) -> None:
        """Choose a word."""
        self.action_turn(self._words.index(word) - self._at)

    def action_turn(self, by: int) -> None:
        """Choose the next word, or the one before."""
        self._at = (self._at + by) % len(self._words)
        width = max(len(word) for word in self._words)
        self.update(Content(f"< {self.word:^{width}} >"))
        if by:
            self.post_message(self.Changed())


class Tick(Static, can_focus=True):
    """A check box; space toggles it, Enter is left to the dialog."""

    DEFAULT_CSS = """
    Tick { height: 1; width: auto; padding: 0 1; margin-right: 1; background: $panel; }
    Tick:focus { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "turn", show=False)]

    class Changed(Message):
        """Sent when it was toggled."""

    def __init__(self, word: str, value: bool, *, id: str) -> None:  # noqa: A002  # Textual's name
        """Start with `value`."""
        super().__init__(id=id)
        self._word = word
        self.value = value

    def on_mount(self) -> None:
        """Show the value."""
        self._show_value()

    def _show_value(self) -> None:
        self.update(Content(f"[{'x' if self.value else ' '}] {self._word}"))

    def turn(self, *, on: bool) -> None:
        """Set the value."""
        self.value = on
        self._show_value()
        self.post_message(self.Changed())

    def action_turn(self) -> None:
        """Toggle the value."""
        self.turn(on=not self.value)
