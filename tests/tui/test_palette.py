"""The command palette: the demo's faults, names that others chose, and terminals with plain characters only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from textual.notifications import SeverityLevel

from copytui.engine.snapshot import Snapshot
from copytui.tui.app import CopytuiApp
from copytui.tui.commands.palette import KeyCommands
from copytui.tui.commands.palette_screen import PaletteScreen
from copytui.tui.demo_controls import FAULTS, fault_effect
from copytui.tui.main.screen import MainScreen
from tests.tui import snapshots
from tests.tui.fake import FakeDemo, FakeFront, follower_id
from tests.tui.pilot_driver import SIZE, PilotDriver, a_pilot_driver

TIME_OUT = "Make Ravi's next order time out: no answer, but the order exists"


class Hands(FakeDemo):
    """Scripted demo controls with the real faults."""

    def faults(self) -> Sequence[str]:
        return tuple(FAULTS)


def named(name: str) -> Snapshot:
    first, *others = snapshots.busy().followers
    return replace(snapshots.busy(), followers=(replace(first, name=name), *others))


async def searched(driver: PilotDriver, words: str) -> list[str]:
    """Type words into the palette; return what it finds."""
    provider = KeyCommands(driver.app.main)
    return [str(hit.text) async for hit in provider.search(words)]


async def typed(driver: PilotDriver, words: str, wanted: str) -> None:
    await driver.press("ctrl+p", *words)
    for _ in range(200):  # the palette looks in the background
        if any(wanted in line for line in driver.lines()):
            return
        await driver.pilot.pause(0.02)
    raise AssertionError("\n".join(driver.lines()))


async def test_time_out_finds_the_time_outs_of_every_follower() -> None:
    async with a_pilot_driver(demo=Hands()) as driver:
        found = await searched(driver, "time out")
        names = ("Asha", "Ravi", "Meera", "Sara", "Kim")
        ends = ("no answer, and no order", "no answer, but the order exists")
        assert found == [f"Make {name}'s next order time out: {end}" for name in names for end in ends]


async def test_a_fault_chosen_in_the_palette_is_switched_on_and_reported() -> None:
    demo = Hands()
    async with a_pilot_driver(demo=demo) as driver:
        await typed(driver, "ravi time out exists", TIME_OUT)
        await driver.press("enter")
        await driver.pilot.pause()
        assert driver.shows(MainScreen)
        assert demo.failing == [(follower_id(1), "no answer, but the order exists")]
        assert driver.says() == ["the next order of Ravi: no answer, but the order exists"]


@pytest.mark.parametrize("words", ["timeout", "but ravi time", "out exists time RAVI"])
async def test_the_words_of_a_fault_may_come_in_any_order(words: str) -> None:
    async with a_pilot_driver(demo=Hands()) as driver:
        assert TIME_OUT in await searched(driver, words)


async def test_faults_are_offered_when_asked_for_and_in_the_demo_only() -> None:
    async with a_pilot_driver(demo=Hands()) as driver:
        provider = KeyCommands(driver.app.main)
        assert not [hit async for hit in provider.discover() if "next order" in str(hit.text)]
        assert await searched(driver, "margin shortfall")
    async with a_pilot_driver() as driver:
        assert await searched(driver, "margin shortfall") == []
        assert await searched(driver, "time out") == []


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_the_demo_has_an_effect_that_can_be_searched(fault: str) -> None:
    assert not fault_effect(fault).startswith("go wrong")
    assert {word for word in fault.replace(",", " ").split() if len(word) > 7} <= set(
        fault_effect(fault).replace(",", " ").split()
    )


def test_a_fault_without_an_effect_is_named_as_it_is() -> None:
    assert fault_effect("reject") == "go wrong: reject"


@pytest.mark.parametrize("name", [snapshots.HOSTILE, "[/oops]", "[bold]x", "[link=x"])
async def test_a_name_in_a_fault_is_never_markup(name: str) -> None:
    demo = Hands()
    async with a_pilot_driver(named(name), demo=demo) as driver:
        await typed(driver, "time out", f"Make {name[:6]}")
        await driver.press("enter")
        await driver.pilot.pause()
        assert demo.failing == [(follower_id(0), "no answer, and no order")]


async def test_a_refused_fault_is_reported() -> None:
    class Refusing(Hands):
        def let_fail(self, follower: str, fault: str) -> None:
            raise ValueError("[/that] is no fault.")

    async with a_pilot_driver(demo=Refusing()) as driver:
        await typed(driver, "time out", "Make Asha")
        await driver.press("enter")
        await driver.pilot.pause()
        assert driver.says() == ["[/that] is no fault."]


def plain_app(snapshot: Snapshot) -> CopytuiApp:
    return CopytuiApp(FakeFront(snapshot, demo=Hands()), ascii_only=True)


def odd(driver: PilotDriver) -> set[str]:
    return {char for line in driver.lines() for char in line if ord(char) > 126}


@pytest.mark.parametrize("size", [SIZE, (80, 24)])
async def test_the_palette_has_plain_characters_only_where_the_terminal_has(size: tuple[int, int]) -> None:
    app = plain_app(named("A name that is longer than the palette shows"))
    async with app.run_test(size=size) as pilot:
        driver = PilotDriver(app, app.engine_client, pilot)  # type: ignore[arg-type]  # it is the scripted one
        await pilot.pause()
        await driver.see()
        await driver.press("ctrl+p")
        await pilot.pause(0.1)
        assert driver.shows(PaletteScreen)
        assert any("Search for commands..." in line for line in driver.lines())
        assert odd(driver) == set()
        await driver.press(*"time out")
        await pilot.pause(0.5)
        assert any("A name that is longer..." in line for line in driver.lines())
        assert odd(driver) == set()
        await driver.press(*"no such thing")
        await pilot.pause(0.8)
        assert any("No matches found" in line for line in driver.lines())
        assert odd(driver) == set()


@pytest.mark.parametrize("severity", ["information", "warning", "error"])
async def test_a_toast_has_plain_characters_only_where_the_terminal_has(severity: SeverityLevel) -> None:
    app = plain_app(snapshots.live())
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        driver = PilotDriver(app, app.engine_client, pilot)  # type: ignore[arg-type]  # it is the scripted one
        await pilot.pause()
        await driver.see()
        app.say("a toast", severity=severity)
        await pilot.pause(0.1)
        assert any("| a toast" in line for line in driver.lines())
        assert odd(driver) == set()
        await driver.press("question_mark")
        app.say("a toast over a dialog", severity=severity)
        await pilot.pause(0.1)
        assert any("| a toast over a dialog" in line for line in driver.lines())
        assert odd(driver) == set()
