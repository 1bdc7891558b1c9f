"""The key bar: the commands of the registry that have a rank, as far as they fit."""

from __future__ import annotations

from collections.abc import Mapping

from copytui.engine.snapshot import Snapshot
from copytui.tui.keys import COMMANDS, KeyCommand
from copytui.tui.present import Line, Piece, Tone
from copytui.tui.present.cells import line_width
from copytui.tui.widgets.lines import Lines

_LAST = 99


class KeyBar(Lines):
    """Textual's own footer makes its widgets anew on every change of focus; this one is a single line."""

    def __init__(self, *, demo: bool) -> None:
        """Begin with the registry's own words."""
        super().__init__(id="key-bar")
        self._asked: tuple[Mapping[str, str], int] | None = None
        self._commands = sorted((c for c in COMMANDS if c.bar and (demo or not c.demo)), key=lambda c: c.bar)

    def show(self, snapshot: Snapshot | None) -> None:
        """Show what the keys would do now."""
        asked = words, width = _words(snapshot), self.size.width or self.app.size.width
        if asked != self._asked:
            self._asked = asked
            self.say([key_line(self._commands, words, width)])


def _words(snapshot: Snapshot | None) -> Mapping[str, str]:
    """Name the commands that do something else than their registry's word says."""
    if snapshot is None:
        return {}
    rules, words = snapshot.rules, {}
    if not rules.dry_run:
        words["mode"] = "Dry run"
    if rules.paused:
        words["pause"] = "Resume"
    if rules.halted_because is not None:
        words["halt"] = "Release"
    if snapshot.approvals:
        words["approvals"] = f"Approve {len(snapshot.approvals)}"
    return words


def key_line(commands: list[KeyCommand], words: Mapping[str, str], width: int) -> Line:
    """Return the line: the lowest ranks that fit, closer where that helps, and the way to the others at the end."""
    wide, close = (_key_line(commands, words, width, gap) for gap in ("  ", " "))
    return wide if len(wide) >= len(close) else close


def _key_line(commands: list[KeyCommand], words: Mapping[str, str], width: int, gap: str) -> Line:
    end: Line = ()
    line: Line = (Piece(" "),)
    for command in commands:
        if command.bar == _LAST:
            end = (*_key(command, words), Piece(" "))
    room = width - line_width(end)
    for command in commands:
        if command.bar == _LAST:
            continue
        longer = (*line, *_key(command, words), Piece(gap))
        if line_width(longer) > room:
            break
        line = longer
    return (*line, Piece(" " * max(0, width - line_width(line) - line_width(end))), *end)


def _key(command: KeyCommand, words: Mapping[str, str]) -> Line:
    return (Piece(command.shown, Tone.ACCENT), Piece(f" {words.get(command.id, command.short)}", Tone.DIM))
