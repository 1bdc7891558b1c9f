"""The events: cut with a sign, one of them marked, and each of them to be read in full."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from copytui.domain.events import Event, EventKind, Level
from copytui.domain.orders import OrderKey
from copytui.tui.app import CopytuiApp
from copytui.tui.dialogs.event import EventScreen
from copytui.tui.dialogs.story import StoryScreen
from copytui.tui.main.screen import MainScreen
from copytui.tui.present import Line, Piece, Tone
from copytui.tui.widgets.events import EventList, cut_line
from copytui.tui.widgets.long_text import LongText
from tests.tui import snapshots
from tests.tui.fake import FakeFront
from tests.tui.pilot_driver import SIZE, PilotDriver, a_pilot_driver

WORDS = (
    "the ratio of capital is unknown: nothing is copied, 0 open ones copied when the funds are read again, once more"
)
RUPEES = snapshots.an_event("it has lost ₹12,000 today, and daily_loss_limit is ₹10,000", who="a very long name")
LONG = replace(snapshots.an_event(f"{WORDS}. " * 4), who="Meera", level=Level.WARN, kind=EventKind.SESSION)
OF_AN_ORDER = snapshots.an_event("SELL 15 SBIN-EQ filled", who="Kim", order_key=OrderKey("U9"))


async def with_events(driver: PilotDriver, *events: Event) -> EventList:
    driver.engine_client.queue(*events)
    await driver.see()
    return driver.app.main.events_pane.list


def on(driver: PilotDriver, words: str) -> str:
    """The line of the screen that has these words."""
    return next(line for line in driver.lines() if words in line)


@pytest.mark.parametrize(
    ("width", "text"),
    [(30, "head a long text"), (16, "head a long text"), (15, "head a long te…"), (6, "head …"), (5, "head…"),
     (3, "he…"), (1, "…")],
)  # fmt: skip
def test_a_line_is_cut_with_a_sign(width: int, text: str) -> None:
    line: Line = (Piece("head ", Tone.DIM), Piece("a long text"))
    short = cut_line(line, width, "…")
    assert "".join(piece.text for piece in short) == text
    assert short[0].tone is Tone.DIM


@pytest.mark.parametrize("width", range(3, 40))
def test_a_cut_line_is_never_too_wide(width: int) -> None:
    line: Line = (Piece("漢字 "), Piece("漢" * 20))
    text = "".join(piece.text for piece in cut_line(line, width, "..."))
    assert cell_len(text) <= width
    assert text.endswith("...")


@pytest.mark.parametrize(("ascii_only", "dots"), [(False, "…│"), (True, "...|")])
@pytest.mark.parametrize("size", [SIZE, (80, 24)])
async def test_a_long_event_ends_in_a_sign(size: tuple[int, int], ascii_only: bool, dots: str) -> None:
    app = CopytuiApp(FakeFront(snapshots.quiet()), ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        driver = PilotDriver(app, app.engine_client, pilot)  # type: ignore[arg-type]  # the front is the fake one
        await pilot.pause()
        await with_events(driver, LONG)
        await driver.press("3")
        assert on(driver, "the ratio of capital").endswith(dots)
        if size != SIZE:  # the last event is always in sight there
            last = [line for line in driver.lines() if "the ratio of capital" in line][-1]
            assert last.rstrip().endswith(dots[:-1])


async def test_enter_opens_the_event_under_the_cursor_in_full() -> None:
    async with a_pilot_driver() as driver:
        await with_events(driver, LONG, snapshots.an_event("the newest"))
        await driver.press("3", "k", "enter")
        assert driver.shows(EventScreen)
        said = driver.app.screen.query_one("#text", LongText).plain
        assert [line.split(maxsplit=1)[1] for line in said.splitlines()[:4]] == [
            "12:00:00.000 IST", "WARN", "Meera", "session",
        ]  # fmt: skip
        text = " ".join(line[8:] for line in said.splitlines()[4:])
        assert text.split() == LONG.text.split()
        assert all(any(line in drawn for drawn in driver.lines()) for line in said.splitlines())
        await driver.press("escape")
        assert driver.shows(MainScreen)
        assert driver.app.main.pane_in_focus() == "events"


async def test_the_newest_is_marked_in_focus_and_is_what_enter_opens() -> None:
    async with a_pilot_driver() as driver:
        log = await with_events(driver, LONG, snapshots.an_event("the newest"))

        def marked() -> list[str]:
            strips = [log.render_line(y) for y in range(log.size.height)]
            reverse = [strip for strip in strips if any(part.style and part.style.reverse for part in strip)]
            return [strip.text.split("copytui")[-1].strip() for strip in reverse]

        assert marked() == []
        await driver.press("3")
        assert marked() == ["the newest"]
        assert log.following
        await with_events(driver, snapshots.an_event("newer"))
        assert marked() == ["newer"]
        await driver.press("enter")
        assert any("newer" in line for line in driver.lines()[10:26])
        await driver.press("escape", "1")
        assert marked() == []


async def test_enter_again_tells_the_story_of_the_events_own_order() -> None:
    async with a_pilot_driver() as driver:
        await with_events(driver, OF_AN_ORDER)
        await driver.press("3", "enter")
        assert any("enter the order's story" in line for line in driver.lines())
        await driver.press("enter")
        assert driver.shows(StoryScreen)
        assert any("SBIN-EQ" in line for line in driver.lines()[:10])
        await driver.press("escape")
        assert driver.shows(MainScreen)


async def test_an_event_without_an_order_offers_none() -> None:
    async with a_pilot_driver() as driver:
        await with_events(driver, LONG)
        await driver.press("escape", "3", "enter")
        assert driver.shows(EventScreen)
        assert not any("story" in line for line in driver.lines())
        await driver.press("enter")
        assert driver.shows(MainScreen)


async def test_a_click_chooses_an_event_and_another_one_opens_it() -> None:
    async with a_pilot_driver() as driver:
        log = await with_events(driver, *[snapshots.an_event(f"event {number}") for number in range(4)])
        await driver.pilot.click(log, offset=(40, 1))
        assert log.current is not None
        assert log.current.text == "event 1"
        assert driver.shows(MainScreen)
        await driver.pilot.click(log, offset=(40, 1))
        await driver.pilot.pause()
        assert driver.shows(EventScreen)


@pytest.mark.parametrize("text", [snapshots.HOSTILE, snapshots.LONG, "漢" * 300, "\u202e[red]", "", "a\nb"])
async def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    async with a_pilot_driver() as driver:
        await with_events(driver, snapshots.an_event(text, who=text))
        await driver.press("3", "enter", "down", "pagedown", "up")
        assert driver.shows(EventScreen)
        assert not any(char in "".join(driver.lines()) for char in "\x1b\u202e")
        assert all(len(line) <= SIZE[0] for line in driver.lines())


async def test_a_long_event_is_scrolled_where_the_terminal_is_small() -> None:
    async with a_pilot_driver() as driver:
        await driver.pilot.resize_terminal(80, 20)
        await with_events(driver, snapshots.an_event(" ".join(f"word{number}" for number in range(300))))
        await driver.press("3", "enter")
        assert any("esc leave" in line for line in driver.lines())
        assert not any("word299" in line for line in driver.lines())
        await driver.press(*["pagedown"] * 4)
        assert any("word299" in line for line in driver.lines())


@pytest.mark.parametrize("size", [SIZE, (80, 24)])
async def test_the_engines_own_signs_are_plain_where_the_terminal_is(size: tuple[int, int]) -> None:
    app = CopytuiApp(FakeFront(snapshots.busy()), ascii_only=True)
    async with app.run_test(size=size) as pilot:
        driver = PilotDriver(app, app.engine_client, pilot)  # type: ignore[arg-type]  # the front is the fake one
        await pilot.pause()
        await with_events(driver, RUPEES)
        for keys in (("3",), ("enter",), ("escape", "1", "escape", "2")):
            await driver.press(*keys)
            assert {char for line in driver.lines() for char in line if ord(char) > 126} == set()
