"""Every key, from the registry, those of the pane in focus first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from copytui.tui.commands.base import Group, UserCommand
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.text import fields, key_line
from copytui.tui.widgets.long_text import LongText

_PANES: Mapping[str, tuple[str, ...]] = {
    "orders": ("detail", "block", "search", "sort", "zoom", "copy_row", "copy_json", "export"),
    "followers": ("follower", "search", "sort", "zoom", "copy_row", "copy_json"),
    "events": ("search", "zoom", "copy_row", "copy_json"),
    "statistics": ("statistics_pane", "zoom", "copy_row", "copy_json"),
}
_PANE_NAMES = {"orders": "Master orders", "followers": "Followers", "events": "Events", "statistics": "Statistics"}
_IN_LISTS = (
    ("arrows", "move the cursor; page up, page down, home, end"),
    ("j k g G", "down, up, first, last"),
    ("tab", "the next pane, or the next field of a dialog"),
    ("D", "in what needs you: dismiss all missed entries, after one question; never an exit"),
    ("esc", "leave a dialog without doing anything; in a pane, select nothing"),
)


class HelpScreen(Dialog[None]):
    """The keys by group; `demo` shows those of the demo, too."""

    DEFAULT_CSS = """
    HelpScreen {
        #all { max-height: 84vh; }
        #keys { margin-top: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(12)", show=False),
        Binding("pageup", "scroll(-12)", show=False),
        Binding("home,g", "to_end(False)", show=False),
        Binding("end,G", "to_end(True)", show=False),
        Binding("q,enter", "leave", show=False),
    ]
    HEADING = "Keys"

    def __init__(self, commands: Sequence[UserCommand], *, demo: bool, pane: str) -> None:
        """Show the keys of `commands`, those of `pane` first."""
        super().__init__()
        self._commands = commands
        self._demo = demo
        self._pane = pane

    def body(self) -> ComposeResult:
        """Give the keys."""
        yield LongText(id="all")
        yield Static(id="keys")

    def redraw(self) -> None:
        """Write them, once."""
        self.put_long("all", key_words(self._commands, self._pane, demo=self._demo))
        self.put("keys", key_line(("up down", "scroll"), ("esc", "leave")))

    def action_scroll(self, lines: int) -> None:
        """Move through the keys."""
        self.query_one("#all").scroll_relative(y=lines, animate=False)

    def action_to_end(self, end: bool) -> None:
        """Go to the first or the last line."""
        scroll = self.query_one("#all")
        (scroll.scroll_end if end else scroll.scroll_home)(animate=False)


def key_words(commands: Sequence[UserCommand], pane: str, *, demo: bool) -> Content:
    """Write all keys, those of `pane` first, the others by group; each command stands once."""
    by_id = {command.id: command for command in commands}
    first = [by_id[id_] for id_ in _PANES.get(pane, ())]
    sections = [_section(f"{_PANE_NAMES[pane]} (here)", _rows(first, demo=demo))] if first else []
    for group in Group:
        rest = [command for command in commands if command.group is group and command not in first]
        sections.append(_section(group.value, _rows(rest, demo=demo)))
    sections.append(_section("In lists and dialogs", _IN_LISTS))
    return Content("\n\n").join(sections)


def _rows(commands: Sequence[UserCommand], *, demo: bool) -> list[tuple[str, str]]:
    available = (command for command in commands if command.is_available(demo=demo))
    return [(" ".join(command.written_keys), command.help) for command in available]


def _section(title: str, rows: Sequence[tuple[str, str]]) -> Content:
    return Content("\n").join([Content.styled(title, "bold underline"), fields(rows, indent="  ", names=10)])
