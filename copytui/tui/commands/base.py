"""The base of all commands: what a command tells key bar, palette, help and docs, and how it is run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, ClassVar

from copytui.engine.snapshot import Snapshot
from copytui.tui.commands.state import ScreenState

if TYPE_CHECKING:
    from copytui.tui.app import CopytuiApp

HELD = 90
"""The rank from which on a command stays in the key bar, however narrow it is."""
LAST = 99
"""The rank of the command palette, at the bar's right end."""

_WRITTEN = {"f1": "F1", "colon": ":"}
"""How keys are written where Textual names them differently."""


class Group(StrEnum):
    """The sections of help and docs."""

    MODE = "Mode"
    COPIES = "Copies"
    FILTERS = "Filters"
    VIEW = "View"
    PROGRAM = "Program"


class When(Enum):
    """When a command runs although its keys are suppressed or the panes are out of sight."""

    NEVER = auto()
    SAFER = auto()
    """Only if it would make copying safer."""
    ALWAYS = auto()

    def allows(self, *, safer: bool) -> bool:
        """Return whether the command runs; `safer` is whether it would make copying safer."""
        return self is When.ALWAYS or (self is When.SAFER and safer)


@dataclass(frozen=True, slots=True)
class Label:
    """What a toggle would do now; `subject` is the follower or symbol that it names, a text from outside."""

    title: str
    subject: str | None = None


class UserCommand(ABC):
    """One command of the user.

    A command has no state of its own. `keys` are Textual's names of its keys. A command without keys is in the palette
    only: rare commands with serious consequences should not be one key away. `short` is its word in the key bar (if it
    has a `bar_rank`, lowest first), `title` its name in the palette, `help` its line in help and docs.
    """

    __slots__ = ()

    id: ClassVar[str]
    group: ClassVar[Group]
    keys: ClassVar[tuple[str, ...]] = ()
    key_name: ClassVar[str] = "^p"
    """The first key as it is written in the key bar; the palette's where there is none."""
    short: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    bar_rank: ClassVar[int] = 0

    is_toggle: ClassVar[bool] = False
    """Whether `title` names both directions; `label` then names the one that the command would take now."""
    everywhere: ClassVar[bool] = False
    """Whether its keys also work inside dialogs."""
    demo_only: ClassVar[bool] = False
    before_start: ClassVar[bool] = False
    """Whether it runs before the engine's first snapshot."""
    once_per_press: ClassVar[bool] = False
    """Whether a held key must not run it again and again."""
    while_suppressed: ClassVar[When] = When.NEVER
    """Whether it runs just after a dialog has closed by itself."""
    while_unseen: ClassVar[When] = When.NEVER
    """Whether it runs while the terminal is too small to show the panes."""

    @abstractmethod
    def run(self, app: CopytuiApp) -> None:
        """Run the command."""

    def is_available(self, *, demo: bool) -> bool:
        """Return whether the command exists in this run; `demo` says whether it is the demo."""
        return demo or not self.demo_only

    def label(self, state: ScreenState) -> Label | None:
        """Return what a toggle would do now; None if the command is not a toggle or would do nothing."""
        del state
        return None

    def bar_word(self, snapshot: Snapshot) -> str:
        """Return its word in the key bar."""
        del snapshot
        return self.short

    def is_safer(self, state: ScreenState) -> bool:
        """Return whether it would now make copying safer: fewer orders would be sent."""
        del state
        return False

    def subject(self, state: ScreenState) -> str | None:
        """Return what it acts on; a key press for another subject is not a repeat."""
        del state
        return None

    @property
    def written_keys(self) -> tuple[str, ...]:
        """Its keys as written in help and docs."""
        return (self.key_name.replace("^", "ctrl+"), *(_WRITTEN.get(key, key) for key in self.keys[1:]))
