"""The help dialog: every key, those of the pane in focus first, and the legend."""

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
from copytui.tui.present.glyphs import Signs, legend
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
    ("D", "in the attention list: dismiss all missed entries after one question; never an exit"),
    ("esc", "close a dialog without doing anything; in a pane, clear the selection"),
)


class HelpScreen(Dialog[None]):
    """The keys by group and the legend; `demo` adds the keys of the demo."""

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
        """Compose the text."""
        yield LongText(id="all")
        yield Static(id="keys")

    def redraw(self) -> None:
        """Show the text."""
        signs = Signs.of(ascii_only=self.host.ascii_only)
        self.put_long("all", help_words(self._commands, self._pane, signs, demo=self._demo))
        self.put("keys", key_line(("up down", "scroll"), ("esc", "leave")))

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one("#all").scroll_relative(y=lines, animate=False)

    def action_to_end(self, end: bool) -> None:
        """Scroll to the first or the last line."""
        scroll = self.query_one("#all")
        (scroll.scroll_end if end else scroll.scroll_home)(animate=False)


def help_words(commands: Sequence[UserCommand], pane: str, signs: Signs, *, demo: bool) -> Content:
    """Return all keys, those of `pane` first, the others by group, and the legend."""
    by_id = {command.id: command for command in commands}
    first = [by_id[id_] for id_ in _PANES.get(pane, ())]
    sections = [_section(f"{_PANE_NAMES[pane]} (here)", _rows(first, demo=demo))] if first else []
    for group in Group:
        rest = [command for command in commands if command.group is group and command not in first]
        sections.append(_section(group.value, _rows(rest, demo=demo)))
    sections.append(_section("In lists and dialogs", _IN_LISTS))
    sections.append(_section("Legend", legend(signs)))
    return Content("\n\n").join(sections)


def _rows(commands: Sequence[UserCommand], *, demo: bool) -> list[tuple[str, str]]:
    available = (command for command in commands if command.is_available(demo=demo))
    return [(" ".join(command.written_keys), command.help) for command in available]


def _section(title: str, rows: Sequence[tuple[str, str]]) -> Content:
    return Content("\n").join([Content.styled(title, "bold underline"), fields(rows, indent="  ", names=10)])
