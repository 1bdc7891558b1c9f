"""The key bar: the registry's ranked commands that fit; help and quit always do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from copytui.engine.snapshot import Snapshot
from copytui.tui.commands.base import HELD, LAST, UserCommand
from copytui.tui.commands.registry import COMMANDS
from copytui.tui.present import Line, Piece, Tone
from copytui.tui.present.cells import line_width
from copytui.tui.widgets.lines import Lines


class KeyBar(Lines):
    """The bar at the bottom, a single line; Textual's footer rebuilds its widgets on every change of focus."""

    def __init__(self, *, demo: bool) -> None:
        """Start with the registry's labels."""
        super().__init__(id="key-bar")
        self._drawn_for: tuple[Mapping[str, str], int] | None = None
        self._commands = sorted(
            (command for command in COMMANDS if command.bar_rank and command.is_available(demo=demo)),
            key=lambda command: command.bar_rank,
        )

    def show(self, snapshot: Snapshot | None) -> None:
        """Show what the keys do now."""
        drawn_for = words, width = self._words(snapshot), self.size.width or self.app.size.width
        if drawn_for != self._drawn_for:
            self._drawn_for = drawn_for
            self.set_lines([key_line(self._commands, words, width)])

    def _words(self, snapshot: Snapshot | None) -> Mapping[str, str]:
        return {} if snapshot is None else {command.id: command.bar_word(snapshot) for command in self._commands}


def key_line(commands: Sequence[UserCommand], words: Mapping[str, str], width: int) -> Line:
    """Return the longest line that fits: `commands` by rank, fixed ones with labels, the last one at the right end."""
    end: Line = ()
    for command in commands:
        if command.bar_rank == LAST:
            end = (*_key(command, words), Piece(" "))
    room = width - line_width(end)
    line: Line = ()
    for line in _tries([command for command in commands if command.bar_rank != LAST], words):
        if line_width(line) <= room:
            break
    return (*line, Piece(" " * max(0, room - line_width(line))), *end)


def _tries(commands: Sequence[UserCommand], words: Mapping[str, str]) -> Iterator[Line]:
    """Yield shorter and shorter lines: all labels, narrower gaps, fewer labels, fewer keys."""
    ranked = [command for command in commands if command.bar_rank < HELD]
    held = [_key(command, words) for command in commands if command.bar_rank >= HELD]
    full = [_key(command, words) for command in ranked]
    bare = [part[:1] for part in full]
    yield _joined([*full, *held], "  ")
    for named in range(len(full), -1, -1):
        yield _joined([*full[:named], *bare[named:], *held], " ")
    for kept in range(len(bare) - 1, -1, -1):
        yield _joined([*bare[:kept], *held], " ")


def _joined(parts: Sequence[Line], gap: str) -> Line:
    line: Line = (Piece(" "),)
    for part in parts:
        line = (*line, *part, Piece(gap))
    return line


def _key(command: UserCommand, words: Mapping[str, str]) -> Line:
    return (Piece(command.key_name, Tone.ACCENT), Piece(f" {words.get(command.id, command.short)}", Tone.DIM))
