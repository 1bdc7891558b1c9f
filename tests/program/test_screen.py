"""The whole program on a terminal: what one sees, and that every way out is an orderly one."""

from __future__ import annotations

import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator

import pytest

if sys.platform == "win32":
    pytest.skip("POSIX terminals and signals", allow_module_level=True)

from copytui.sim import FaultName
from tests.program.terminal import Terminal
from tests.program.test_secrets import assert_no_secret, everything_written
from tests.program.world import World, environment, wait_until

ALTERNATE_SCREEN_LEFT = b"\x1b[?1049l"
BROKEN_WIDGET = """
import sys
from copytui.tui.widgets.mode_bar import ModeBar
show = ModeBar.show
def broken(self, snapshot, moment, needs):
    settings = self.app.engine_client.settings  # what a report with local variables would show
    if snapshot is not None and snapshot.orders:
        raise RuntimeError(f"canary {settings.master.credentials.pin.reveal()}")
    show(self, snapshot, moment, needs)
ModeBar.show = broken
from copytui.cli.main import main
sys.exit(main())
"""


class Screens:
    """Starts copytui on terminals, and disposes of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.started: list[Terminal] = []

    def start(self, *arguments: str, code: str | None = None) -> Terminal:
        program = ["-m", "copytui"] if code is None else ["-c", code]
        command = [sys.executable, *program, "run", *arguments]
        self.started.append(Terminal(command, cwd=self.world.folder, env=environment()))
        return self.started[-1]

    def live(self, *, code: str | None = None) -> Terminal:
        """Start live and wait until all followers can be sent orders."""
        self.world.settings(timeout=8)
        terminal = self.start("--live", "--yes", code=code)
        followers = len(self.world.followers)
        terminal.wait_for(f"{followers}/{followers} armed")
        return terminal


@pytest.fixture
def screens(world: World) -> Iterator[Screens]:
    made = Screens(world)
    yield made
    for terminal in made.started:
        terminal.dispose()


def orders_on_their_way(world: World) -> str:
    """Let every follower's broker think for some seconds, and place a master order that is copied to all."""
    world.exchange.exchange.faults.add("*", "placeOrder", FaultName.SLOW, None, seconds=3.0)
    order = world.order()
    wait_until(lambda: {row["status"] for row in world.records(order).values()} == {"sending"}, "posts in flight")
    return order


def assert_orderly_end(world: World, terminal: Terminal, order: str | None) -> None:
    """The journal is whole and knows each copy's fate, the log has its end, and nothing secret or raw was shown."""
    with sqlite3.connect(world.folder / "logs" / "journal.sqlite3") as journal:
        assert journal.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        states = {state for (state,) in journal.execute("SELECT state FROM copies")}
    journal.close()
    assert states <= {"accepted", "open", "filled"}
    assert world.log()["session"]["ended"] is not None
    if order is not None:
        assert len(states) >= 1
        assert {row["status"] for row in world.records(order).values()} <= {"accepted", "open", "filled"}
        assert sum(world.tags_at_broker().values()) == len(world.followers)
    shown = terminal.written.decode("utf-8", "replace")
    for raw in ("Traceback", "locals", "canary", "❱"):
        assert raw not in shown
    assert_no_secret(world, {"the terminal": shown, **everything_written(world.folder)})


def assert_restored(terminal: Terminal) -> None:
    written = terminal.written
    assert written.rindex(ALTERNATE_SCREEN_LEFT) > written.rindex(b"\x1b[?1049h")
    assert b"\x1b[?25h" in written[written.rindex(ALTERNATE_SCREEN_LEFT) :], "the cursor is shown again"
    assert written.rindex(b"\x1b]2;\x07\x1b[23;2t") > written.rindex(b"\x1b]2;copytui "), "its title is its own again"


def test_it_starts_in_dry_run_says_so_and_q_leaves_without_a_question(world: World, screens: Screens) -> None:
    terminal = screens.start()
    terminal.wait_for("3/3 armed")
    assert terminal.text.startswith(" DRY RUN ")
    assert b"\x1b]2;copytui DRY RUN\x07" in terminal.written
    assert "LIVE" not in terminal.text
    terminal.press("q")
    assert terminal.ended() == 0
    assert_restored(terminal)
    assert_orderly_end(world, terminal, None)


def quit_after_the_question(terminal: Terminal) -> None:
    terminal.press("q")
    terminal.answer("You are LIVE", "y")


def ctrl_c_twice(terminal: Terminal) -> None:
    terminal.press("\x03")
    terminal.answer("You are LIVE", "\x03")


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(quit_after_the_question, id="q"),
        pytest.param(ctrl_c_twice, id="ctrl-c twice"),
        pytest.param(lambda terminal: terminal.send(signal.SIGTERM), id="SIGTERM"),
    ],
)
def test_leaving_finishes_and_records_what_is_in_flight(
    world: World, screens: Screens, leave: Callable[[Terminal], None]
) -> None:
    terminal = screens.live()
    assert terminal.text.startswith(" LIVE ")
    assert "LIVE 3 accounts" in terminal.text
    order = orders_on_their_way(world)
    leave(terminal)
    assert terminal.ended() == 0
    assert_restored(terminal)
    assert_orderly_end(world, terminal, order)
    assert "copies 3: " in terminal.written.decode(), "the summary stands on the ordinary screen"


def test_closing_the_terminals_window_ends_in_order(world: World, screens: Screens) -> None:
    terminal = screens.live()
    order = orders_on_their_way(world)
    terminal.close()
    assert terminal.ended(10) == 0
    assert_orderly_end(world, terminal, order)


def test_a_terminal_that_takes_nothing_more_cannot_hold_up_the_end(world: World, screens: Screens) -> None:
    terminal = screens.live()
    order = orders_on_their_way(world)
    terminal.paused.set()
    for _ in range(60):
        terminal.press("t")  # each repaints the whole screen, in the next theme
    world.wait_for_status(order, "filled")
    terminal.send(signal.SIGTERM)
    assert terminal.process.wait(10) == 0
    assert_orderly_end(world, terminal, order)


def test_bytes_that_are_no_character_are_no_key(screens: Screens) -> None:
    terminal = screens.start()
    terminal.wait_for("3/3 armed")
    terminal.press(b"\xff\xc32")
    terminal.wait_for("▸2 Followers")
    terminal.press("q")
    assert terminal.ended() == 0


def test_a_bug_in_a_widget_ends_in_order_with_one_sentence(world: World, screens: Screens) -> None:
    terminal = screens.live(code=BROKEN_WIDGET)
    order = orders_on_their_way(world)
    assert terminal.ended() == 1
    assert_restored(terminal)
    assert_orderly_end(world, terminal, order)
    assert terminal.written.decode().count("the screen failed") == 1


def test_a_wrong_pin_of_the_master_stays_on_the_screen_until_one_leaves(world: World, screens: Screens) -> None:
    env = world.folder / ".env"
    lines = [("PASSWORD=0000" if line.startswith("PASSWORD=") else line) for line in env.read_text().splitlines()]
    env.write_text("\n".join(lines))
    terminal = screens.start()
    terminal.wait_for("the master could not log in")
    assert "ENGINE STOPPED" in terminal.text
    terminal.press("q")
    assert terminal.ended() == 3
    assert_restored(terminal)
    shown = terminal.written.decode()
    assert "copytui: " in shown[shown.rindex("\x1b[?1049l") :], "the reason stands on the ordinary screen too"
    assert "Traceback" not in shown


STANDS_STILL = """
import asyncio, sys, time
import copytui.cli.run
from copytui.tui.app import CopytuiApp
copytui.cli.run._STUCK_SECONDS = 2.0
class Canary:
    def __del__(self):
        raise RuntimeError("canary")
async def canary():
    raise RuntimeError("canary")
def leave_behind(app):  # all that Python would print of what is left of the loop
    app.canaries = [Canary(), canary(), asyncio.get_running_loop().create_future()]
    app.canaries[2].set_exception(RuntimeError("canary"))
    Canary.canaries = [Canary(), canary()]  # cleared away at the end of the process only
    open("it-stands-still", "w").close()
pull = CopytuiApp.pull
def stuck(self):
    pull(self)
    if self.latest is not None and self.latest.orders:
        leave_behind(self)
        while True:
            time.monotonic()
CopytuiApp.pull = stuck
from copytui.cli.main import main
sys.exit(main())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_screen_that_stands_still_is_broken_off_and_the_end_is_orderly(
    world: World, screens: Screens, number: signal.Signals
) -> None:
    terminal = screens.live(code=STANDS_STILL)
    order = orders_on_their_way(world)
    wait_until((world.folder / "it-stands-still").exists, "the screen to stand still")
    terminal.send(number)
    terminal.ended()
    assert ALTERNATE_SCREEN_LEFT in terminal.written
    assert_orderly_end(world, terminal, order)
