"""The base classes of dialogs: a box or a drawer that redraws from the latest snapshot, and Esc to close it."""

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

_SUPPRESS_SECONDS = 1.5
"""How long keys are suppressed after a dialog has closed by itself."""


class Host(Protocol):
    """The app, as dialogs use it."""

    engine_client: EngineClient
    latest: Snapshot | None
    ascii_only: bool

    @property
    def keys_suppressed(self) -> bool:
        """Whether keys are suppressed because a dialog has just closed by itself."""

    def send(self, command: Command, then: Callable[[str], None] | None = None) -> None:
        """Send a command to the engine; its answer goes to `then` or becomes a toast."""

    def ignore_keys(self, seconds: float) -> None:
        """Suppress all keys except the halt until nothing was typed for `seconds`."""

    def say(self, text: str, *, severity: str = "information") -> None:
        """Show a toast in answer to what the user has just done."""


class Dialog(ModalScreen[ScreenResultType], Generic[ScreenResultType]):
    """A box over the screen; the mode bar stays visible.

    Subclasses implement `body` and, if their content changes, `redraw`. An action that answers starts with
    `if self.held(): return`.
    """

    DEFAULT_CSS = """
    Dialog {
        align: center middle; background: $background 40%;
        #box {
            width: 78; max-width: 100%; height: auto; max-height: 100%;
            border: round $primary; border-title-style: bold; background: $surface; padding: 0 1;
            margin-top: 1;  /* a padding of the screen would move the screen below */
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
        """Start with nothing drawn."""
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
        """The latest snapshot; there is one whenever a dialog is open."""
        snapshot = self.host.latest
        if snapshot is None:
            raise RuntimeError("no snapshot yet")
        return snapshot

    def compose(self) -> ComposeResult:
        """Put the box around the body."""
        with Vertical(id="box") as box:
            yield from self.body()
        box.border_title = self.HEADING

    def body(self) -> ComposeResult:
        """Compose the content of the box."""
        yield from ()

    def on_mount(self) -> None:
        """Draw, and redraw at an interval.

        Textual lays out a new screen when it is resumed and again when it is resized, and would draw it each time;
        nothing is drawn before the second layout.
        """
        self._still.enter_context(self.app.batch_update())
        self.call_later(self._still.close)
        self.set_class(self.host.ascii_only, "-ascii")
        self.begin()
        self.redraw()
        if type(self).redraw is not Dialog.redraw:
            self.set_interval(self.PULL_SECONDS, self.redraw)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close only if on top: Textual closes the top screen, which may be another one after two quick Enters."""
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def on_unmount(self) -> None:
        """Let the app draw again if the dialog closed before it was drawn."""
        self._still.close()

    def on_screen_resume(self) -> None:
        """Hold answers until the dialog is visible, at first and after another screen covered it."""
        self.look_first()

    def on_screen_suspend(self) -> None:
        """Hold answers while another screen covers the dialog."""
        self.input_guard.begin()

    def look_first(self) -> None:
        """Hold answers until what was just drawn has been visible for a moment."""
        self.call_after_refresh(self._painted, self.input_guard.begin())

    def _painted(self, turn: int) -> None:
        if self.is_active:
            self.input_guard.painted(turn)
            self.seen()

    def seen(self) -> None:
        """React to the dialog having been painted: at first, when it is on top again, and after `look_first`."""

    def too_small(self) -> bool:
        """Whether the terminal is too small to show what an answer would be about."""
        return self.app.size.width < SMALLEST.width or self.app.size.height < SMALLEST.height

    def held(self) -> bool:
        """Return whether an answering key came too soon to be meant for what is visible; a toast says so once."""
        if self.too_small():
            self.host.say("ignored: make the terminal larger first", severity="warning")
            return True
        if not self.input_guard.refuses() and not self.host.keys_suppressed:
            return False
        if self.input_guard.first_refusal():
            self.host.say("ignored: look first")
        return True

    def close_by_itself(self, sentence: str, result: ScreenResultType | None = None) -> None:
        """Close because of an event instead of a key, and show why.

        Keys typed for the dialog must not become commands of the screen below. While covered, nothing happens: the
        next redraw tries again.
        """
        if self.is_active:
            self.host.ignore_keys(_SUPPRESS_SECONDS)
            self.host.say(sentence)
            self.dismiss(result)

    def begin(self) -> None:
        """Show constant content, before the first `redraw`."""

    def redraw(self) -> None:
        """Draw what has changed."""

    def put_long(self, id_: str, content: Content) -> None:
        """Show `content`, possibly hundreds of lines, in the LongText with this id; unchanged content costs nothing."""
        content = self.shown(content)
        if self._drawn.get(id_) != content:
            self._drawn[id_] = content
            self.query_one(f"#{id_}", LongText).show(content)

    def render(self) -> RenderableType:
        """Draw the dimmed screen below."""
        rendered = super().render()
        return cast("RenderableType", DimBackground(rendered)) if isinstance(rendered, BackgroundScreen) else rendered

    def put(self, id_: str, content: Content) -> None:
        """Show `content` in the Static with this id; unchanged content costs nothing."""
        content = self.shown(content)
        if self._drawn.get(id_) != content:
            self._drawn[id_] = content
            self.query_one(f"#{id_}", Static).update(content)

    def shown(self, content: Content) -> Content:
        """Return `content` in the signs of this terminal."""
        return plain(content) if self.host.ascii_only else content

    def title_box(self, text: str) -> None:
        """Set the title of the box; `text` must not be foreign text."""
        self.query_one("#box").border_title = text

    def action_leave(self) -> None:
        """Close without doing anything."""
        self.dismiss()


class Drawer(Dialog[None]):
    """A drawer on the right with long text; subclasses call `show_text` in `redraw`."""

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
        """Compose the text and the keys."""
        yield LongText(id="story")
        yield Static(id="keys")

    def begin(self) -> None:
        """Show the keys."""
        self.put("keys", key_line(("up down", "scroll"), ("g G", "ends"), ("esc", "leave")))

    def show_text(self, content: Content) -> None:
        """Show this text."""
        self.put_long("story", content)

    def show_gone(self, words: str) -> None:
        """Say that the subject no longer exists."""
        self.put_long("story", Content(words))

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one("#story").scroll_relative(y=lines, animate=False)

    def action_to_end(self, end: bool) -> None:
        """Scroll to the first or the last line."""
        scroll = self.query_one("#story")
        (scroll.scroll_end if end else scroll.scroll_home)(animate=False)
