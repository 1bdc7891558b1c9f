"""What the screen looks like in each state, as pictures that somebody has looked at.

`pytest tests/tui/test_snapshots.py --snapshot-update` makes them anew; look at them before they are kept.
The clocks stand still; nothing blinks or moves.
"""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from copytui.domain.copies import CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.events import EventKind, Level
from copytui.domain.text import IST
from copytui.engine.snapshot import Snapshot
from copytui.tui.app import CopytuiApp
from copytui.tui.dialogs import text
from copytui.tui.themes import CONTRAST, LIGHT
from tests.builders import after
from tests.tui import exits, snapshots
from tests.tui.fake import FakeDemo, FakeFront
from tests.tui.screen_host import Still

WIDE, SMALL, TINY = (120, 36), (80, 24), (70, 18)
EVENTS = (
    snapshots.an_event("logged in as M12345", at=after(-120), who="master", kind=EventKind.SESSION),
    snapshots.an_event("SELL 15 SBIN-EQ @ 812.35 copied to 5 followers", at=after(541), who="master"),
    snapshots.an_event("BUY 75 NIFTY28NOV2624500CE @ 101.50 copied to 5 followers", at=after(601), who="master"),
    snapshots.an_event("NIFTY28NOV2624500CE rejected: margin shortfall", at=after(602), who="Sara", level=Level.ERROR),
    snapshots.an_event("no answer in 7.0 s: unknown, looking it up by tag", at=after(608), who="Kim", level=Level.WARN),
)


class Compare(Protocol):
    """The plugin's fixture."""

    def __call__(
        self, app: CopytuiApp, *, terminal_size: tuple[int, int], run_before: Callable[[Pilot[None]], Awaitable[None]]
    ) -> bool: ...


Look = Callable[..., bool]


@pytest.fixture
def look(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> Look:
    """Return a comparison of a picture, after some keys, with what it looked like before."""
    monkeypatch.setattr(text, "wall_clock", lambda: after(615))
    monkeypatch.setattr(Still, "wall_clock", lambda _screen: after(615))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("COLORTERM", raising=False)

    def compare(
        snapshot: Snapshot | None,
        *keys: str,
        size: tuple[int, int] = WIDE,
        theme: str | None = None,
        ascii_only: bool = False,
        demo: bool = False,
        ended: str | None = None,
        seconds: float = 0,
        events: bool = True,
    ) -> bool:
        engine_client = FakeFront(snapshot, demo=FakeDemo() if demo else None)
        if events:
            engine_client.queue(*EVENTS)
        app = CopytuiApp(engine_client, ascii_only=ascii_only)
        app.main = Still(engine_client, ascii_only=ascii_only)
        app.animation_level = "none"

        async def arrange(pilot: Pilot[None]) -> None:
            await pilot.pause()
            app.pull()  # whether or not the timer has done so
            engine_client.now += seconds
            engine_client.end = ended
            if theme is not None:
                app.theme = theme
            app.pull()
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause()
            for field in app.screen.query(Input):
                field.cursor_blink = False
            app.pull()
            await pilot.pause()

        return snap_compare(app, terminal_size=size, run_before=arrange)

    return compare


def test_before_the_first_picture(look: Look) -> None:
    assert look(None, events=False)


def test_logging_in(look: Look) -> None:
    assert look(snapshots.starting(), events=False)


def test_a_quiet_dry_run(look: Look) -> None:
    assert look(snapshots.quiet(), events=False)


def test_a_busy_dry_run(look: Look) -> None:
    assert look(snapshots.busy())


def test_live(look: Look) -> None:
    assert look(snapshots.live())


def test_paused(look: Look) -> None:
    assert look(snapshots.paused())


def test_halted(look: Look) -> None:
    assert look(snapshots.halted(), seconds=75)


def test_stale(look: Look) -> None:
    assert look(snapshots.stale())


def test_the_engine_has_ended(look: Look) -> None:
    assert look(snapshots.live(), ended="the journal cannot be written: the disk is full")


def test_the_accounts(look: Look) -> None:
    assert look(snapshots.halted(), "escape")


def test_accounts_that_are_held_back(look: Look) -> None:
    assert look(exits.left_behind(), "escape", "2")


def test_accounts_with_every_figure(look: Look) -> None:
    assert look(exits.left_behind(), "escape", "2", "plus")


def test_an_account_in_full(look: Look) -> None:
    assert look(exits.left_behind(), "escape", "2", "down", "enter")


def test_a_reversal_a_sliced_order_and_an_exit(look: Look) -> None:
    assert look(exits.busy())


def test_a_sliced_order(look: Look) -> None:
    assert look(exits.busy(), "down")


def test_the_story_of_a_sliced_order(look: Look) -> None:
    assert look(exits.busy(), "down", "enter", "pagedown")


def test_approving_a_reversal_with_the_price_now(look: Look) -> None:
    view = exits.a_reversal(20, CopyState.ASKED, verdict=Verdict.ASK)
    assert look(exits.asked(view, Decimal("100.20")), "a", size=SMALL)


def test_exits_that_need_the_user(look: Look) -> None:
    assert look(exits.left_behind(), "n", "down", "f")


def test_closing_everything(look: Look) -> None:
    snapshot = snapshots.with_rules(exits.left_behind(), halted_because="by hand")
    assert look(snapshot, "ctrl+p", *"Close all copied positions", "wait:500", "enter")


def test_a_toast_over_a_dialog_leaves_its_keys_in_sight(look: Look) -> None:
    assert look(snapshots.approvals_waiting(), "a", "y", size=SMALL)


def test_the_statistics_in_full(look: Look) -> None:
    assert look(snapshots.live(), "4")


def test_a_small_terminal(look: Look) -> None:
    assert look(snapshots.live(), "2", size=SMALL)


def test_a_terminal_that_is_too_small(look: Look) -> None:
    assert look(snapshots.live(), size=TINY)


def test_the_light_theme(look: Look) -> None:
    assert look(snapshots.live(), theme=LIGHT.name)


def test_the_theme_of_high_contrast(look: Look) -> None:
    assert look(snapshots.halted(), theme=CONTRAST.name)


def test_plain_characters(look: Look) -> None:
    assert look(snapshots.live(), ascii_only=True)


def test_the_demo(look: Look) -> None:
    assert look(snapshots.live(), demo=True)


def test_approvals(look: Look) -> None:
    assert look(snapshots.approvals_waiting(), "a", "tab", "down", "space", "down", "plus")


def test_going_live(look: Look) -> None:
    assert look(snapshots.busy(), "d")


def test_what_needs_the_user(look: Look) -> None:
    assert look(snapshots.missed(), "n")


def test_the_story_of_an_order(look: Look) -> None:
    assert look(snapshots.live(), "enter")


def test_hostile_text(look: Look) -> None:
    assert look(snapshots.hostile())


def test_no_picture_holds_anything_of_the_machine_or_the_moment() -> None:
    files = sorted((Path(__file__).parent / "__snapshots__" / "test_snapshots").glob("*.svg"))
    days = {f"{datetime.now(IST) - timedelta(days=days):%Y-%m-%d}" for days in (0, 1)}
    places = (tempfile.gettempdir(), Path(__file__).parents[2], Path.home())
    marks = (*(f"{place}/" for place in places), "pytest-of", *days)
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not [mark for mark in marks if mark in text], file.name
