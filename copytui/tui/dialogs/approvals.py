"""Copies that wait for a yes: one dialog with a list, and the selected one's followers below it."""

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
    all_asked,
    aside_words,
    follower_line,
    master_words,
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
    """Asks for a yes or a no, one by one or for all; closes when nothing waits any more.

    A key answers only what is in sight. When the order under the cursor goes away by itself, keys are held
    for a moment, so that what was meant for it does not fall on the next.
    """

    DEFAULT_CSS = """
    ApprovalsScreen {
        #waiting { max-height: 20vh; margin-bottom: 1; }
        #followers { max-height: 32vh; margin-top: 1; }
        #aside, #mode, #message { height: auto; }
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
        Binding("space", "in_or_out", show=False),
        Binding("plus,equals_sign", "step(1)", show=False),
        Binding("minus", "step(-1)", show=False),
    ]
    AUTO_FOCUS = "#waiting"
    HEADING = "Copy these?"

    def __init__(self) -> None:
        """Begin with every quantity as planned."""
        super().__init__()
        self._asked: dict[int, ApprovalView] = {}
        self._selected: int | None = None
        self._answered: dict[int, float] = {}
        self._sightings = Sightings(self._now)

    def body(self) -> ComposeResult:
        """Give the list, the selected one's order and followers, and a field for a quantity."""
        yield Rows(id="waiting")
        yield Static(id="master")
        yield Rows(id="followers")
        yield Static(id="aside")
        yield Input(id="quantity", type="integer", compact=True)
        yield Static(id="message")
        yield Static(id="mode")
        yield Static(id="keys")

    def begin(self) -> None:
        """Show what waits; with one only, its followers have the focus."""
        self._quantities = Quantities(self.engine_client.settings)
        self.redraw()
        if len(self._asked) == 1:
            self.query_one("#followers").focus()

    @property
    def waiting(self) -> Rows:
        """The list of what waits."""
        return self.query_one("#waiting", Rows)

    @property
    def followers(self) -> Rows:
        """The selected one's followers."""
        return self.query_one("#followers", Rows)

    def redraw(self) -> None:
        """Show what waits now; the cursor stays with its order."""
        asked = all_asked(self.snapshot)
        if not asked:
            self._close()
            return
        self._asked = {one.id: one for one in asked}
        now = self.engine_client.monotonic()
        gone = self._selected is not None and self._selected not in self._asked
        self.waiting.show(
            [(str(one.id), self.shown(waiting_line(one, now, answered=self._is_answered(one.id)))) for one in asked]
        )
        self.call_after_refresh(self.seen)
        if gone:
            was_answered = self._answered.get(self._selected or 0) is not None
            self.input_guard.slide()
            self._stop_editing()
            self._say("" if was_answered else "The one that you looked at does not wait any more. This is the next.")
        self.title_box(f"{len(asked)} wait for a yes" if len(asked) > 1 else "Copy this?")
        self._draw_selected()
        self.put("mode", mode_words(self.snapshot))
        many = (("Y N", "all"),) if len(asked) > 1 else ()
        if self.has_class("editing"):  # y and n are typed into the field
            self.put("keys", key_line(("enter", "take the quantity"), ("esc", "back")))
            return
        self.put(
            "keys",
            key_line(
                ("y", "yes"), ("n", "no"), *many, ("space", "in/out"), ("+ -", "lot"), ("enter", "edit"),
                ("esc", "later"),
            ),
        )  # fmt: skip

    def _close(self) -> None:
        """Close, by the user's own last answer or because the rest went away by itself."""
        if self._asked and all(id_ in self._answered for id_ in self._asked):
            self.dismiss()
        else:
            self.close_by_itself("nothing waits for a yes any more")

    def seen(self) -> None:
        """Note since when each row is in sight."""
        if self.is_active:
            self._sightings.paint(map(int, self.waiting.ids))

    def _draw_selected(self) -> None:
        before = self._selected
        selected = self.waiting.selected
        self._selected = int(selected) if selected is not None else None
        asked = self._asked.get(self._selected) if self._selected is not None else None
        if asked is None:
            return
        self.put("master", master_words(asked, self.snapshot.prices.get(asked.execution.key)))
        rows = [
            (str(part.id), follower_line(self.snapshot, asked, part, self._quantities.of(asked, part)))
            for part in asked.parts
        ]
        part = self.followers.selected
        self.followers.show([(id_, self.shown(line)) for id_, line in rows])
        if self._selected == before and part is not None and part not in self.followers.ids:
            self.input_guard.slide()
            self._say("The follower that you looked at gets nothing of it any more. This is the next.")
        self.put("aside", aside_words(asked))
        self.query_one("#aside").display = bool(asked.left_aside)

    def _is_answered(self, id_: int) -> bool:
        """Whether an answer is on its way; one that the engine refuses can be given again."""
        return self.engine_client.monotonic() - self._answered.get(id_, -_ANSWER_SECONDS) < _ANSWER_SECONDS

    def _say(self, text: str) -> None:
        self.put("message", Content.styled(text, CARE))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the order under the cursor."""
        if event.option_list is self.waiting and self.waiting.selected != str(self._selected):
            self._stop_editing()
            self._draw_selected()

    # answers

    def action_answer(self, yes: bool) -> None:
        """Answer the selected one."""
        if self.held():
            return
        asked = self._asked.get(self._selected) if self._selected is not None else None
        if asked is not None and self._give(asked, yes=yes):
            self._to_next()

    def action_answer_all(self, yes: bool) -> None:
        """Answer everything that has been in the list for long enough to be read; what came since goes on waiting."""
        if self.held():
            return
        listed = [self._asked[int(id_)] for id_ in self.waiting.ids if int(id_) in self._asked]
        late = [asked for asked in listed if self._sightings.fresh(asked.id)]
        for asked in listed:
            if asked not in late:
                self._give(asked, yes=yes)
        self.redraw()
        if late:
            were = "was" if len(late) == 1 else "were"
            self._say(f"{plural(len(late), 'order')} came only just now and {were} not answered: look first.")

    def _give(self, asked: ApprovalView, *, yes: bool) -> bool:
        """Send one answer; tell whether it was sent."""
        now = self.engine_client.monotonic()
        if self._is_answered(asked.id) or now >= asked.deadline:
            return False
        if yes and self._quantities.nobody(asked):
            self._say("Every follower is left out: n skips it.")
            return False
        self._answered[asked.id] = now
        self._say("")
        answer = Approve(asked.id, self._quantities.overrides(asked)) if yes else Decline(asked.id)
        self.host.send(answer)
        return True

    def _to_next(self) -> None:
        """Go to the next one without an answer; a key that repeats must not answer it, too."""
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
        """Return the order and the follower's part under the cursor; the first key only goes to the followers."""
        if not self.followers.has_focus:
            self.followers.focus()
            return None
        asked = self._asked.get(self._selected) if self._selected is not None else None
        if asked is None:
            return None
        part = asked.part(self.followers.selected)
        return None if part is None else (asked, part)

    def action_in_or_out(self) -> None:
        """Leave the follower out, or take it in."""
        if not self.held() and (here := self._here()) is not None:
            self._quantities.toggle(*here)
            self._say("")
            self._draw_selected()

    def action_step(self, lots: int) -> None:
        """Change the follower's quantity by a lot."""
        if not self.held() and (here := self._here()) is not None:
            asked, part = here
            lot = max(asked.execution.order.lot_size, 1)
            self._change(asked, part, max(0, self._quantities.of(asked, part) + lots * lot))

    def _change(self, asked: ApprovalView, part: Copy, quantity: int) -> bool:
        wrong = self._quantities.set(asked, part, quantity)
        self._say(f"Not changed: {wrong}." if wrong else "")
        self._draw_selected()
        return wrong is None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter: from the list to the followers, from a follower to its quantity."""
        if self.held():
            return
        if event.option_list is self.waiting:
            self.followers.focus()
        elif (here := self._here()) is not None:
            if here[0].turns_over(here[1].copy.follower):
                self._say(f"Not changed: {TAKE_BOTH} (space).")
                return
            field = self.query_one("#quantity", Input)
            self.add_class("editing")
            self.redraw()
            field.value = str(self._quantities.of(*here))
            field.focus()
            who, lot = cut(name_of(self.snapshot, here[1].copy.follower), 20), here[0].execution.order.lot_size
            self._say(f"{who}'s quantity, in whole lots of {lot}; 0 leaves the follower out.")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the quantity that was typed."""
        asked = self._asked.get(self._selected) if self._selected is not None else None
        part = asked.part(self.followers.selected) if asked is not None else None
        if asked is None or part is None or not event.value.lstrip("+").isdecimal():
            self._say("Not changed: that is no quantity.")
        elif self._change(asked, part, int(event.value)):
            self._stop_editing()

    def _stop_editing(self) -> None:
        if self.has_class("editing"):
            self.remove_class("editing")
            self.followers.focus()
            self.redraw()

    def action_leave(self) -> None:
        """Stop editing a quantity, or leave; what waits goes on waiting."""
        if self.has_class("editing"):
            self._stop_editing()
            self._say("")
            return
        self.dismiss()
