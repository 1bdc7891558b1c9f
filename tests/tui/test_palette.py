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
from tests.tui import pictures
from tests.tui.fake import FakeDemo, FakeFront, follower_id
from tests.tui.seat import SIZE, Seat, a_seat

TIME_OUT = "Make Ravi's next order time out: no answer, but the order exists"


class Hands(FakeDemo):
    """Scripted demo controls with the real faults."""

    def faults(self) -> Sequence[str]:
        return tuple(FAULTS)


def named(name: str) -> Snapshot:
    first, *others = pictures.busy().followers
    return replace(pictures.busy(), followers=(replace(first, name=name), *others))


async def searched(seat: Seat, words: str) -> list[str]:
    """Type words into the palette; return what it finds."""
    provider = KeyCommands(seat.app.main)
    return [str(hit.text) async for hit in provider.search(words)]


async def typed(seat: Seat, words: str, wanted: str) -> None:
    await seat.press("ctrl+p", *words)
    for _ in range(200):  # the palette looks in the background
        if any(wanted in line for line in seat.lines()):
            return
        await seat.pilot.pause(0.02)
    raise AssertionError("\n".join(seat.lines()))


async def test_time_out_finds_the_time_outs_of_every_follower() -> None:
    async with a_seat(demo=Hands()) as seat:
        found = await searched(seat, "time out")
        names = ("Asha", "Ravi", "Meera", "Sara", "Kim")
        ends = ("no answer, and no order", "no answer, but the order exists")
        assert found == [f"Make {name}'s next order time out: {end}" for name in names for end in ends]


async def test_a_fault_chosen_in_the_palette_is_switched_on_and_reported() -> None:
    demo = Hands()
    async with a_seat(demo=demo) as seat:
        await typed(seat, "ravi time out exists", TIME_OUT)
        await seat.press("enter")
        await seat.pilot.pause()
        assert seat.shows(MainScreen)
        assert demo.failing == [(follower_id(1), "no answer, but the order exists")]
        assert seat.says() == ["the next order of Ravi: no answer, but the order exists"]


@pytest.mark.parametrize("words", ["timeout", "but ravi time", "out exists time RAVI"])
async def test_the_words_of_a_fault_may_come_in_any_order(words: str) -> None:
    async with a_seat(demo=Hands()) as seat:
        assert TIME_OUT in await searched(seat, words)


async def test_faults_are_offered_when_asked_for_and_in_the_demo_only() -> None:
    async with a_seat(demo=Hands()) as seat:
        provider = KeyCommands(seat.app.main)
        assert not [hit async for hit in provider.discover() if "next order" in str(hit.text)]
        assert await searched(seat, "margin shortfall")
    async with a_seat() as seat:
        assert await searched(seat, "margin shortfall") == []
        assert await searched(seat, "time out") == []


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_the_demo_has_an_effect_that_can_be_searched(fault: str) -> None:
    assert not fault_effect(fault).startswith("go wrong")
    assert {word for word in fault.replace(",", " ").split() if len(word) > 7} <= set(
        fault_effect(fault).replace(",", " ").split()
    )


def test_a_fault_without_an_effect_is_named_as_it_is() -> None:
    assert fault_effect("reject") == "go wrong: reject"


@pytest.mark.parametrize("name", [pictures.HOSTILE, "[/oops]", "[bold]x", "[link=x"])
async def test_a_name_in_a_fault_is_never_markup(name: str) -> None:
    demo = Hands()
    async with a_seat(named(name), demo=demo) as seat:
        await typed(seat, "time out", f"Make {name[:6]}")
        await seat.press("enter")
        await seat.pilot.pause()
        assert demo.failing == [(follower_id(0), "no answer, and no order")]


async def test_a_refused_fault_is_reported() -> None:
    class Refusing(Hands):
        def let_fail(self, follower: str, fault: str) -> None:
            raise ValueError("[/that] is no fault.")

    async with a_seat(demo=Refusing()) as seat:
        await typed(seat, "time out", "Make Asha")
        await seat.press("enter")
        await seat.pilot.pause()
        assert seat.says() == ["[/that] is no fault."]


def plain_app(picture: Snapshot) -> CopytuiApp:
    return CopytuiApp(FakeFront(picture, demo=Hands()), ascii_only=True)


def odd(seat: Seat) -> set[str]:
    return {char for line in seat.lines() for char in line if ord(char) > 126}


@pytest.mark.parametrize("size", [SIZE, (80, 24)])
async def test_the_palette_has_plain_characters_only_where_the_terminal_has(size: tuple[int, int]) -> None:
    app = plain_app(named("A name that is longer than the palette shows"))
    async with app.run_test(size=size) as pilot:
        seat = Seat(app, app.engine_client, pilot)  # type: ignore[arg-type]  # it is the scripted one
        await pilot.pause()
        await seat.see()
        await seat.press("ctrl+p")
        await pilot.pause(0.1)
        assert seat.shows(PaletteScreen)
        assert any("Search for commands..." in line for line in seat.lines())
        assert odd(seat) == set()
        await seat.press(*"time out")
        await pilot.pause(0.5)
        assert any("A name that is longer..." in line for line in seat.lines())
        assert odd(seat) == set()
        await seat.press(*"no such thing")
        await pilot.pause(0.8)
        assert any("No matches found" in line for line in seat.lines())
        assert odd(seat) == set()


@pytest.mark.parametrize("severity", ["information", "warning", "error"])
async def test_a_toast_has_plain_characters_only_where_the_terminal_has(severity: SeverityLevel) -> None:
    app = plain_app(pictures.live())
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        seat = Seat(app, app.engine_client, pilot)  # type: ignore[arg-type]  # it is the scripted one
        await pilot.pause()
        await seat.see()
        app.say("a toast", severity=severity)
        await pilot.pause(0.1)
        assert any("| a toast" in line for line in seat.lines())
        assert odd(seat) == set()
        await seat.press("question_mark")
        app.say("a toast over a dialog", severity=severity)
        await pilot.pause(0.1)
        assert any("| a toast over a dialog" in line for line in seat.lines())
        assert odd(seat) == set()
