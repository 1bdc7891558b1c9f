"""What all dialogs share: the box, the newest picture twice a second, and Esc to leave without doing anything."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import ClassVar, Generic, Protocol, cast

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Static

from copytui.engine.commands import Command
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.input_guard import InputGuard
from copytui.tui.dialogs.text import key_line, plain
from copytui.tui.engine_client import EngineClient
from copytui.tui.main.layout import SMALLEST
from copytui.tui.widgets.dim_background import DimBackground
from copytui.tui.widgets.long_text import LongText

_DEAF_SECONDS = 1.5
"""So long keys are no commands after a dialog has closed by itself."""


class Host(Protocol):
    """The app, as dialogs use it."""

    engine_client: EngineClient
    latest: Snapshot | None
    ascii_only: bool

    @property
    def keys_suppressed(self) -> bool:
        """Whether keys are typed on that were meant for a dialog that has closed by itself."""

    def send(self, command: Command, then: Callable[[str], None] | None = None) -> None:
        """Hand a command to the engine; its answer is a toast, or goes to `then`."""

    def ignore_keys(self, seconds: float) -> None:
        """Take no commands until nothing was typed for so long, but for the halt."""

    def say(self, text: str, *, severity: str = "information") -> None:
        """Answer something that the user has just done."""


class Dialog(ModalScreen[ScreenResultType], Generic[ScreenResultType]):
    """A box over the screen; the mode bar stays in sight.

    Subclasses give `body` and, where what they show changes, `redraw`; what answers begins with
    `if self.held(): return`.
    """

    DEFAULT_CSS = """
    Dialog {
        align: center middle; background: $background 40%;
        #box {
            width: 78; max-width: 100%; height: auto; max-height: 100%;
            border: round $primary; border-title-style: bold; background: $surface; padding: 0 1;
            margin-top: 1;  /* a padding of the screen would move what is beneath it */
        }
        &.-ascii #box { border: ascii $primary; }
        &.-ascii Rows, &.-ascii LongText, &.-ascii VerticalScroll { scrollbar-size-vertical: 0 !important; }
        #keys { height: auto; margin-top: 1; }
        .space { margin-top: 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False),
    ]
    HEADING = ""
    PULL_SECONDS = 0.5

    def __init__(self) -> None:
        """Begin with nothing drawn."""
        super().__init__()
        self._drawn: dict[str, Content] = {}
        self._still = ExitStack()
        self.input_guard = InputGuard(self._now)

    def _now(self) -> float:
        return self.engine_client.monotonic()

    @property
    def host(self) -> Host:
        """The app."""
        return cast("Host", self.app)

    @property
    def engine_client(self) -> EngineClient:
        """The engine."""
        return self.host.engine_client

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture; there is one whenever a dialog is open."""
        snapshot = self.host.latest
        if snapshot is None:
            raise RuntimeError("no picture yet")
        return snapshot

    def compose(self) -> ComposeResult:
        """Put the box around the body."""
        with Vertical(id="box") as box:
            yield from self.body()
        box.border_title = self.HEADING

    def body(self) -> ComposeResult:
        """Give what is in the box."""
        yield from ()

    def on_mount(self) -> None:
        """Draw, and go on to draw what changes.

        Textual lays a new screen out when it is resumed and again when it is resized, and would draw it each
        time; nothing is drawn before the second.
        """
        self._still.enter_context(self.app.batch_update())
        self.call_later(self._still.close)
        self.set_class(self.host.ascii_only, "-ascii")
        self.begin()
        self.redraw()
        if type(self).redraw is not Dialog.redraw:
            self.set_interval(self.PULL_SECONDS, self.redraw)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close where this is on top: Textual closes what is, which is another for the second of two quick Enters."""
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def on_unmount(self) -> None:
        """Let the app draw again where the dialog closed before it was drawn."""
        self._still.close()

    def on_screen_resume(self) -> None:
        """Hold answers until this is in sight, the first time and after what covered it has gone."""
        self.look_first()

    def on_screen_suspend(self) -> None:
        """Hold answers while this is covered."""
        self.input_guard.begin()

    def look_first(self) -> None:
        """Let no key answer what has just been drawn until it has been in sight for a moment."""
        self.call_after_refresh(self._painted, self.input_guard.begin())

    def _painted(self, turn: int) -> None:
        if self.is_active:
            self.input_guard.painted(turn)
            self.seen()

    def seen(self) -> None:
        """Know that this is painted, the first time, when it is on top again, and after `look_first`."""

    def too_small(self) -> bool:
        """Whether the terminal has no room for what an answer would be about."""
        return self.app.size.width < SMALLEST.width or self.app.size.height < SMALLEST.height

    def held(self) -> bool:
        """Take a key that answers: whether it came too soon to mean what is in sight, which is said once."""
        if self.too_small():
            self.host.say("not taken: make the terminal larger first", severity="warning")
            return True
        if not self.input_guard.refuses() and not self.host.keys_suppressed:
            return False
        if self.input_guard.tells():
            self.host.say("not taken: look first")
        return True

    def close_by_itself(self, sentence: str, result: ScreenResultType | None = None) -> None:
        """Close because of what happened, not of a key, and say why.

        What is being typed here must not become commands there. Where something covers this, nothing happens: the
        next drawing asks again, and it closes when it is on top.
        """
        if self.is_active:
            self.host.ignore_keys(_DEAF_SECONDS)
            self.host.say(sentence)
            self.dismiss(result)

    def begin(self) -> None:
        """Show what never changes, before the first drawing."""

    def redraw(self) -> None:
        """Draw what has changed since the last time."""

    def put_long(self, id_: str, content: Content) -> None:
        """Show maybe hundreds of lines in the LongText of that id, unless it does so already."""
        content = self.shown(content)
        if self._drawn.get(id_) != content:
            self._drawn[id_] = content
            self.query_one(f"#{id_}", LongText).show(content)

    def render(self) -> RenderableType:
        """Show the screen beneath, dimmed."""
        rendered = super().render()
        return cast("RenderableType", DimBackground(rendered)) if isinstance(rendered, BackgroundScreen) else rendered

    def put(self, id_: str, content: Content) -> None:
        """Show `content` in the Static of that id, unless it does so already."""
        content = self.shown(content)
        if self._drawn.get(id_) != content:
            self._drawn[id_] = content
            self.query_one(f"#{id_}", Static).update(content)

    def shown(self, content: Content) -> Content:
        """Return `content` as this terminal can show it."""
        return plain(content) if self.host.ascii_only else content

    def title_box(self, text: str) -> None:
        """Change the box's title; `text` is our own."""
        self.query_one("#box").border_title = text

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self.dismiss()


class Drawer(Dialog[None]):
    """Subclasses `tell` in `redraw` what stands in it."""

    DEFAULT_CSS = """
    Drawer {
        align: right top;
        #box { width: 72; height: 100%; }
        #story { height: 1fr; }
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
        Binding("enter", "leave", show=False),
    ]

    def body(self) -> ComposeResult:
        """Give the text and the keys."""
        yield LongText(id="story")
        yield Static(id="keys")

    def begin(self) -> None:
        """Show the keys."""
        self.put("keys", key_line(("up down", "scroll"), ("g G", "ends"), ("esc", "leave")))

    def tell(self, content: Content) -> None:
        """Show this from now on."""
        self.put_long("story", content)

    def tell_gone(self, words: str) -> None:
        """Say that there is nothing to tell any more."""
        self.put_long("story", Content(words))

    def action_scroll(self, lines: int) -> None:
        """Move through the text."""
        self.query_one("#story").scroll_relative(y=lines, animate=False)

    def action_to_end(self, end: bool) -> None:
        """Go to the first or the last line."""
        scroll = self.query_one("#story")
        (scroll.scroll_end if end else scroll.scroll_home)(animate=False)
