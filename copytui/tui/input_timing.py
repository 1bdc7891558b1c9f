"""Input timing: a key counts for what was in sight when it was pressed, and a held key is one press.

Read the constants where they are used, by the module's name: tests that type faster than anybody set them to 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.events import Key
from textual.notifications import SeverityLevel

if TYPE_CHECKING:
    from copytui.tui.commands.base import UserCommand
    from copytui.tui.commands.state import ScreenState

SETTLE_SECONDS = 0.3
"""How long a dialog or a question is in sight before a key answers it."""
SLID_SECONDS = 0.7
"""How long keys do not act on a row that came under the cursor by itself."""
REPEAT_SECONDS = 0.7
"""The same switch pressed again within this time is a key repeat; each repeat restarts it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a key's command is not run; an empty text was shown before."""

    text: str
    severity: SeverityLevel = "information"


class KeyGate:
    """Decides whether the command of a key is run now."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Let everything through; `clock` is monotonic."""
        self._clock = clock
        self._suppressed_until = float("-inf")
        self._suppressed_seconds = 0.0
        self._suppression_said = False
        self._last_toggle: tuple[object, float] = (None, 0.0)
        self._repeat_said = False

    def suppress(self, seconds: float) -> None:
        """Run no command until nothing has been typed for so long, except those that are exempt."""
        self._suppressed_seconds, self._suppression_said = seconds, False
        self._suppressed_until = self._clock() + seconds

    @property
    def suppressed(self) -> bool:
        """Whether keys may still be meant for a dialog that has closed by itself."""
        return self._clock() < self._suppressed_until

    def note_key(self, key: Key) -> None:
        """Stay suppressed while a word is typed on, whether or not its letters are commands."""
        if key.is_printable and key.key != "space" and self.suppressed:
            self._suppressed_until = self._clock() + self._suppressed_seconds

    def refusal(self, command: UserCommand, state: ScreenState | None, *, too_small: bool) -> Refusal | None:
        """Return why `command` is not run, None where it is; `too_small` is whether the panes are out of sight."""
        safer = state is not None and command.is_safer(state)
        if self.suppressed and not command.while_suppressed.allows(safer=safer):
            said, self._suppression_said = self._suppression_said, True
            return Refusal("" if said else f"{command.key_name} not taken: a dialog has just closed by itself")
        if state is None and not command.before_start:
            return Refusal("the engine is starting")
        if too_small and not command.while_unseen.allows(safer=safer):
            return Refusal("not taken: make the terminal larger first", "warning")
        if state is not None and command.once_per_press and self._is_repeat(command, state) and not safer:
            said, self._repeat_said = self._repeat_said, True
            return Refusal("" if said else f"{command.key_name} was pressed a moment ago: taken once")
        return None

    def _is_repeat(self, command: UserCommand, state: ScreenState) -> bool:
        """Take a press of a toggle; return whether the same toggle was pressed, for the same thing, a moment ago."""
        now, toggle = self._clock(), (command.id, command.subject(state))
        (before, at), self._last_toggle = self._last_toggle, (toggle, now)
        if toggle == before and now - at < REPEAT_SECONDS:
            return True
        self._repeat_said = False
        return False
