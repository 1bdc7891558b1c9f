"""The approvals dialog: a list of executions, and the followers of the selected one below it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static

from copytui.domain.sizing import TAKE_BOTH
from copytui.engine.commands import Approve, Decline
from copytui.tui.dialogs.approval_view import (
    ApprovalView,
    Quantities,
    follower_line,
    left_out_words,
    master_words,
    waiting_approvals,
    waiting_line,
)
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.input_guard import Sightings
from copytui.tui.dialogs.parts import Rows
from copytui.tui.dialogs.text import CARE, cut, key_line, mode_words, name_of
from copytui.tui.present.cells import plural
from copytui.tui.present.whole_copies import Copy

_ANSWER_SECONDS = 2.0


class ApprovalsScreen(Dialog[None]):
    """The dialog to approve or decline executions, one by one or all; it closes when none is left.

    A key answers only what is visible. When the execution under the cursor disappears, keys are held for a moment,
    so that a key meant for it does not answer the next one.
    """

    DEFAULT_CSS = """
    ApprovalsScreen {
        #waiting { max-height: 20vh; margin-bottom: 1; }
        #followers { max-height: 32vh; margin-top: 1; }
        #left-out, #mode, #message { height: auto; }
        #quantity { display: none; width: 40; background: $panel; }
        &.editing #quantity { display: block; }
        #keys { margin-top: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n", "answer(False)", show=False),
        Binding("Y", "answer_all(True)", show=False),
        Binding("N", "answer_all(False)", show=False),
        Binding("space", "toggle_follower", show=False),
        Binding("plus,equals_sign", "step(1)", show=False),
        Binding("minus", "step(-1)", show=False),
    ]
    AUTO_FOCUS = "#waiting"
    HEADING = "Approval required"

    def __init__(self) -> None:
        """Start with all quantities as planned."""
        super().__init__()
        self._approvals: dict[int, ApprovalView] = {}
        self._selected: int | None = None
        self._answered: dict[int, float] = {}
        self._sightings = Sightings(self._now)

    def body(self) -> ComposeResult:
        """Compose the list, the selected execution with its followers, and a field for a quantity."""
        yield Rows(id="waiting")
        yield Static(id="master")
        yield Rows(id="followers")
        yield Static(id="left-out")
        yield Input(id="quantity", type="integer", compact=True)
        yield Static(id="message")
        yield Static(id="mode")
        yield Static(id="keys")

    def begin(self) -> None:
        """Show the list; if it has a single entry, focus its followers."""
        self._quantities = Quantities(self.engine_client.settings)
        self.redraw()
        if len(self._approvals) == 1:
            self.query_one("#followers").focus()

    @property
    def waiting(self) -> Rows:
        """The list of executions."""
        return self.query_one("#waiting", Rows)

    @property
    def followers(self) -> Rows:
        """The followers of the selected execution."""
        return self.query_one("#followers", Rows)

    def redraw(self) -> None:
        """Show the executions that wait now; the cursor stays with its execution."""
        approvals = waiting_approvals(self.snapshot)
        if not approvals:
            self._close()
            return
        self._approvals = {one.id: one for one in approvals}
        now = self.engine_client.monotonic()
        gone = self._selected is not None and self._selected not in self._approvals
        self.waiting.show(
            [(str(one.id), self.shown(waiting_line(one, now, answered=self._is_answered(one.id)))) for one in approvals]
        )
        self.call_after_refresh(self.seen)
        if gone:
            was_answered = self._answered.get(self._selected or 0) is not None
            self.input_guard.slide()
            self._stop_editing()
            self._say("" if was_answered else "The selected order no longer waits. This is the next one.")
        self.title_box(f"{len(approvals)} orders require approval" if len(approvals) > 1 else self.HEADING)
        self._draw_selected()
        self.put("mode", mode_words(self.snapshot))
        many = (("Y N", "all"),) if len(approvals) > 1 else ()
        if self.has_class("editing"):  # y and n go into the field
            self.put("keys", key_line(("enter", "set the quantity"), ("esc", "back")))
            return
        self.put(
            "keys",
            key_line(
                ("y", "approve"), ("n", "decline"), *many, ("space", "copy/skip"), ("+ -", "lot"), ("enter", "edit"),
                ("esc", "later"),
            ),
        )  # fmt: skip

    def _close(self) -> None:
        """Close, silently if the user has answered everything, otherwise with a message."""
        if self._approvals and all(id_ in self._answered for id_ in self._approvals):
            self.dismiss()
        else:
            self.close_by_itself("nothing requires approval any more")

    def seen(self) -> None:
        """Record when each row became visible."""
        if self.is_active:
            self._sightings.paint(map(int, self.waiting.ids))

    def _draw_selected(self) -> None:
        before = self._selected
        selected = self.waiting.selected
        self._selected = int(selected) if selected is not None else None
        approval = self._approvals.get(self._selected) if self._selected is not None else None
        if approval is None:
            return
        self.put("master", master_words(approval, self.snapshot.prices.get(approval.execution.key)))
        rows = [
            (str(part.id), follower_line(self.snapshot, approval, part, self._quantities.of(approval, part)))
            for part in approval.parts
        ]
        part = self.followers.selected
        self.followers.show([(id_, self.shown(line)) for id_, line in rows])
        if self._selected == before and part is not None and part not in self.followers.ids:
            self.input_guard.slide()
            self._say("The selected follower no longer gets a copy. This is the next one.")
        self.put("left-out", left_out_words(approval))
        self.query_one("#left-out").display = bool(approval.left_out)

    def _is_answered(self, id_: int) -> bool:
        """Whether an answer was sent a moment ago; if the engine refuses it, it can be given again."""
        return self.engine_client.monotonic() - self._answered.get(id_, -_ANSWER_SECONDS) < _ANSWER_SECONDS

    def _say(self, text: str) -> None:
        self.put("message", Content.styled(text, CARE))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the execution under the cursor."""
        if event.option_list is self.waiting and self.waiting.selected != str(self._selected):
            self._stop_editing()
            self._draw_selected()

    # answers

    def action_answer(self, yes: bool) -> None:
        """Approve or decline the selected execution."""
        if self.held():
            return
        approval = self._approvals.get(self._selected) if self._selected is not None else None
        if approval is not None and self._give(approval, yes=yes):
            self._to_next()

    def action_answer_all(self, yes: bool) -> None:
        """Answer everything that was listed long enough to be read; newer entries keep waiting."""
        if self.held():
            return
        listed = [self._approvals[int(id_)] for id_ in self.waiting.ids if int(id_) in self._approvals]
        late = [approval for approval in listed if self._sightings.fresh(approval.id)]
        for approval in listed:
            if approval not in late:
                self._give(approval, yes=yes)
        self.redraw()
        if late:
            were = "was" if len(late) == 1 else "were"
            self._say(f"{plural(len(late), 'order')} arrived just now and {were} not answered: look first.")

    def _give(self, approval: ApprovalView, *, yes: bool) -> bool:
        """Send one answer; return whether it was sent."""
        now = self.engine_client.monotonic()
        if self._is_answered(approval.id) or now >= approval.deadline:
            return False
        if yes and self._quantities.all_skipped(approval):
            self._say("Every follower is skipped: press n to decline.")
            return False
        self._answered[approval.id] = now
        self._say("")
        answer = Approve(approval.id, self._quantities.overrides(approval)) if yes else Decline(approval.id)
        self.host.send(answer)
        return True

    def _to_next(self) -> None:
        """Move to the next unanswered execution; a repeating key must not answer it as well."""
        ids = [int(id_) for id_ in self.waiting.ids]
        place = ids.index(self._selected) if self._selected in ids else 0
        following = next((id_ for id_ in ids[place:] + ids[:place] if not self._is_answered(id_)), None)
        if following is not None:
            self.waiting.go_to(str(following))
            self._draw_selected()
            self.input_guard.slide()
        self.redraw()

    # quantities

    def _here(self) -> tuple[ApprovalView, Copy] | None:
        """Return the execution and the part under the cursor; without focus, only move the focus to the followers."""
        if not self.followers.has_focus:
            self.followers.focus()
            return None
        approval = self._approvals.get(self._selected) if self._selected is not None else None
        if approval is None:
            return None
        part = approval.part(self.followers.selected)
        return None if part is None else (approval, part)

    def action_toggle_follower(self) -> None:
        """Skip the follower, or copy to it again."""
        if not self.held() and (here := self._here()) is not None:
            self._quantities.toggle(*here)
            self._say("")
            self._draw_selected()

    def action_step(self, lots: int) -> None:
        """Change the follower's quantity by one lot."""
        if not self.held() and (here := self._here()) is not None:
            approval, part = here
            lot = max(approval.execution.order.lot_size, 1)
            self._change(approval, part, max(0, self._quantities.of(approval, part) + lots * lot))

    def _change(self, approval: ApprovalView, part: Copy, quantity: int) -> bool:
        refusal = self._quantities.set(approval, part, quantity)
        self._say(f"Not changed: {refusal}." if refusal else "")
        self._draw_selected()
        return refusal is None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter: from the list to the followers, from a follower to its quantity."""
        if self.held():
            return
        if event.option_list is self.waiting:
            self.followers.focus()
        elif (here := self._here()) is not None:
            if here[0].reverses(here[1].joined.follower):
                self._say(f"Not changed: {TAKE_BOTH} (space).")
                return
            field = self.query_one("#quantity", Input)
            self.add_class("editing")
            self.redraw()
            field.value = str(self._quantities.of(*here))
            field.focus()
            who, lot = cut(name_of(self.snapshot, here[1].joined.follower), 20), here[0].execution.order.lot_size
            self._say(f"{who}'s quantity, in whole lots of {lot}; 0 skips the follower.")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Set the quantity that was typed."""
        approval = self._approvals.get(self._selected) if self._selected is not None else None
        part = approval.part(self.followers.selected) if approval is not None else None
        if approval is None or part is None or not event.value.lstrip("+").isdecimal():
            self._say("Not changed: not a valid quantity.")
        elif self._change(approval, part, int(event.value)):
            self._stop_editing()

    def _stop_editing(self) -> None:
        if self.has_class("editing"):
            self.remove_class("editing")
            self.followers.focus()
            self.redraw()

    def action_leave(self) -> None:
        """Stop editing a quantity, or close the dialog without an answer."""
        if self.has_class("editing"):
            self._stop_editing()
            self._say("")
            return
        self.dismiss()
