"""Leaving while orders may still be sent, or something is on its way."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Static

from copytui.domain.copies import FINAL, CopyState
from copytui.engine.snapshot import Snapshot
from copytui.tui import input_timing
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.text import key_line
from copytui.tui.present.cells import plural

_NEXT_SECONDS = 0.13
"""So soon a held key repeats itself, on every usual system; a finger needs longer."""


class QuitScreen(Dialog[bool]):
    """Says what is left behind; the button that stays has the focus."""

    DEFAULT_CSS = """
    QuitScreen {
        #box { width: 70; border: heavy $warning; }
        #end { height: 1; margin-top: 1; }
        #stay { margin-right: 2; }
        #left { height: auto; }
        #keys { width: 1fr; margin: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n", "answer(False)", show=False),
    ]
    AUTO_FOCUS = "#stay"
    HEADING = "Quit?"

    def __init__(self, snapshot: Snapshot) -> None:
        """Say what `snapshot`, and every later picture, leaves open."""
        super().__init__()
        self._first = snapshot
        self._pressed_at = float("-inf")
        self._leaving: Timer | None = None

    @staticmethod
    def needed(snapshot: Snapshot) -> bool:
        """Whether leaving wants a question: copying is live, or something is not settled."""
        return not snapshot.rules.dry_run or any(number for number, _words in _left_open(snapshot))

    def body(self) -> ComposeResult:
        """Give what is left open, and the safe button."""
        yield Static(id="left")
        with Horizontal(id="end"):
            yield Button("Stay", id="stay", compact=True)
            yield Static(id="keys")

    def redraw(self) -> None:
        """Say what would be left now."""
        snapshot = self.host.latest or self._first
        lines = ["Nothing more is sent; what is being sent is finished and recorded."]
        if not snapshot.rules.dry_run:
            lines.append("You are LIVE: the master's next orders will not be copied.")
        lines += [f"  {words}" for number, words in _left_open(snapshot) if number]
        self.put("left", Content("\n").join([Content(line) for line in lines]))
        self.put("keys", key_line(("y", "quit"), ("n", "stay"), ("esc", "stay")))

    def on_button_pressed(self) -> None:
        """Stay."""
        self.dismiss(False)

    def too_small(self) -> bool:
        """Let a terminal of any size be left."""
        return False

    def action_answer(self, yes: bool) -> None:
        """Quit, once it has been read what that leaves; or stay."""
        if not (yes and self.held()):
            self.dismiss(yes)

    def press_again(self) -> None:
        """Take Ctrl-C for a yes when it was pressed a second time, and not held down.

        A held key begins to repeat itself after a quarter to half a second, and then every 30 to 100 ms: its first
        repetition looks like a second press, but is not alone. So a press counts when nothing came shortly before it,
        when what is left open has been in sight for a moment, and when nothing comes shortly after it.
        """
        now, shortly = self._now(), min(_NEXT_SECONDS, input_timing.REPEAT_SECONDS)
        repeated, self._pressed_at = now - self._pressed_at < shortly, now
        if self._leaving is not None:
            self._leaving.stop()
            self._leaving = None
        if repeated or self.input_guard.holds:
            if self.input_guard.tells():
                self.host.say("look first, then press once more, or y")
            return
        if shortly:
            self._leaving = self.set_timer(shortly, self._leave)
        else:
            self._leave()

    def _leave(self) -> None:
        self.dismiss(True)

    def action_leave(self) -> None:
        """Stay."""
        self.dismiss(False)


def _left_open(snapshot: Snapshot) -> list[tuple[int, str]]:
    """Return what is not settled: how much of it, and what becomes of it."""
    unsettled = [copy.state for view in snapshot.orders for copy in view.copies if copy.state not in FINAL]

    def of(*states: CopyState) -> int:
        return sum(state in states for state in unsettled)

    sending, queued, unknown = of(CopyState.SENDING), of(CopyState.QUEUED), of(CopyState.UNKNOWN)
    working = of(CopyState.ACCEPTED, CopyState.OPEN, CopyState.PARTIAL)
    waiting, missed, orphaned = len(snapshot.approvals), len(snapshot.missed), len(snapshot.orphaned)
    positions = sum(len(view.positions) for view in snapshot.followers)
    accounts = sum(bool(view.positions) for view in snapshot.followers)
    return [
        (working, f"{plural(working, 'order')} open at the broker: stays there and may fill"),
        (unknown, f"{unknown} unknown: may exist at the broker; looked up at the next start"),
        (sending, f"{sending} being sent: finished first"),
        (queued, f"{queued} queued: not sent"),
        (waiting, f"{plural(waiting, 'execution')} waiting for your yes: asked again if copytui is back in time"),
        (missed, f"{plural(missed, 'execution')} missed: not copied"),
        (positions, f"{plural(positions, 'position')} built by copying in {plural(accounts, 'account')}: stay open"),
        (orphaned, f"{orphaned} of them left behind by the master (n lists them)"),
    ]
