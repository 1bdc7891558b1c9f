"""The quit dialog, shown while live or while anything is in progress."""

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
"""The maximum gap between repetitions of a held key on all usual systems; a second press takes longer."""


class QuitScreen(Dialog[bool]):
    """The list of what is left open, with the focus on the button that stays."""

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
        """Show what `snapshot` and all later ones leave open."""
        super().__init__()
        self._first = snapshot
        self._pressed_at = float("-inf")
        self._leaving: Timer | None = None

    @staticmethod
    def needed(snapshot: Snapshot) -> bool:
        """Whether quitting needs this dialog: copying is live, or something is open."""
        return not snapshot.rules.dry_run or any(number for number, _words in _left_open(snapshot))

    def body(self) -> ComposeResult:
        """Compose the list and the safe button."""
        yield Static(id="left")
        with Horizontal(id="end"):
            yield Button("Stay", id="stay", compact=True)
            yield Static(id="keys")

    def redraw(self) -> None:
        """Show what is open now."""
        snapshot = self.host.latest or self._first
        lines = ["No more orders are sent; those being sent are completed and recorded."]
        if not snapshot.rules.dry_run:
            lines.append("You are LIVE: the master's next orders will not be copied.")
        lines += [
            f"  {words}" for number, words in _left_open(snapshot, demo=self.engine_client.demo is not None) if number
        ]
        self.put("left", Content("\n").join([Content(line) for line in lines]))
        self.put("keys", key_line(("y", "quit"), ("n", "stay"), ("esc", "stay")))

    def on_button_pressed(self) -> None:
        """Stay."""
        self.dismiss(False)

    def too_small(self) -> bool:
        """Allow quitting in a terminal of any size."""
        return False

    def action_answer(self, yes: bool) -> None:
        """Quit if the dialog has been visible long enough, or stay."""
        if not (yes and self.held()):
            self.dismiss(yes)

    def press_again(self) -> None:
        """Quit on a second press of Ctrl-C, but not on a held key.

        A held key repeats after 250 to 500 ms, then every 30 to 100 ms, so its first repetition looks like a second
        press. A press counts if no other came shortly before or after it and the dialog has been visible for a moment.
        """
        now, shortly = self._now(), min(_NEXT_SECONDS, input_timing.REPEAT_SECONDS)
        repeated, self._pressed_at = now - self._pressed_at < shortly, now
        if self._leaving is not None:
            self._leaving.stop()
            self._leaving = None
        if repeated or self.input_guard.holds:
            if self.input_guard.first_refusal():
                self.host.say("look first, then press again or press y")
            return
        self._leave_at(now + shortly)

    def _leave_at(self, moment: float) -> None:
        """Quit once the clock has reached `moment`: a timer alone also fires while the next press is still queued."""
        remaining = moment - self._now()
        if remaining <= 0:
            self.dismiss(True)
        else:
            self._leaving = self.set_timer(remaining, lambda: self._leave_at(moment))

    def action_leave(self) -> None:
        """Stay."""
        self.dismiss(False)


def _left_open(snapshot: Snapshot, *, demo: bool = False) -> list[tuple[int, str]]:
    """Return everything that is open as (count, description)."""
    unsettled = [copy.state for view in snapshot.orders for copy in view.copies if copy.state not in FINAL]

    def of(*states: CopyState) -> int:
        return sum(state in states for state in unsettled)

    sending, queued, unknown = of(CopyState.SENDING), of(CopyState.QUEUED), of(CopyState.UNKNOWN)
    working = of(CopyState.ACCEPTED, CopyState.OPEN, CopyState.PARTIAL)
    waiting, missed, orphaned = len(snapshot.approvals), len(snapshot.missed), len(snapshot.orphaned)
    positions = sum(len(view.positions) for view in snapshot.followers)
    accounts = sum(bool(view.positions) for view in snapshot.followers)
    fate = "gone with the demo" if demo else "listed again if copytui restarts in time"
    return [
        (working, f"{plural(working, 'order')} open: {_verb('remain', working)} at the broker and may still fill"),
        (unknown, f"{unknown} unknown: may exist at the broker; looked up at the next start"),
        (sending, f"{sending} being sent: completed first"),
        (queued, f"{queued} queued: not sent"),
        (waiting, f"{plural(waiting, 'execution')} waiting for approval: {fate}"),
        (missed, f"{plural(missed, 'execution')} missed: not copied"),
        (
            positions,
            f"{plural(positions, 'copied position')} in {plural(accounts, 'account')}: {_verb('stay', positions)} open",
        ),
        (orphaned, f"{orphaned} of them orphaned (n lists them)"),
    ]


def _verb(verb: str, count: int) -> str:
    return f"{verb}s" if count == 1 else verb
