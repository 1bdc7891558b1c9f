"""A toggle is named in the palette by what it would do now, and found by that name only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.command import Hit

from copytui.domain.filters import Filters
from copytui.engine.commands import SetConfirmation, SetDryRun, SetFilters, SetFollower, SetHalted, SetPaused
from copytui.engine.snapshot import Snapshot
from copytui.tui.app import CopytuiApp
from copytui.tui.commands.palette import KeyCommands
from copytui.tui.dialogs.typed_word import TypedWordScreen
from tests.tui import pictures
from tests.tui.fake import FakeFront, follower_id
from tests.tui.seat import NEWEST, SIZE, Seat, a_seat, chosen_in_the_palette

LIVE = pictures.live()
DRY = pictures.with_rules(LIVE, dry_run=True)
HALTED = pictures.with_rules(LIVE, halted_because="by hand")
CONFIRMED = pictures.with_rules(LIVE, require_confirmation=True)
NONE = pictures.with_rules(LIVE, filters=Filters((), (), market_orders=False, limit_orders=False, stop_orders=False))


async def titles(seat: Seat) -> list[str]:
    return [str(hit.text).split("  (")[0] async for hit in KeyCommands(seat.app.main).discover()]


async def searched(seat: Seat, words: str) -> list[Hit]:
    hits = [hit async for hit in KeyCommands(seat.app.main).search(words)]
    return sorted((hit for hit in hits if isinstance(hit, Hit)), key=lambda hit: hit.score, reverse=True)


@pytest.mark.parametrize(
    ("picture", "there", "other"),
    [
        (LIVE, "Go to dry run", "Go live"),
        (DRY, "Go live", "Go to dry run"),
        (LIVE, "Pause", "Resume"),
        (pictures.with_rules(LIVE, paused=True), "Resume", "Pause"),
        (LIVE, "Halt everything", "Release the halt"),
        (HALTED, "Release the halt", "Halt everything"),
        (pictures.with_rules(LIVE, require_confirmation=False), "Turn confirmation on", "Turn confirmation off"),
        (CONFIRMED, "Turn confirmation off", "Turn confirmation on"),
        (LIVE, "Turn market orders off", "Turn market orders on"),
        (NONE, "Turn market orders on", "Turn market orders off"),
        (LIVE, "Turn limit orders off", "Turn limit orders on"),
        (NONE, "Turn limit orders on", "Turn limit orders off"),
        (LIVE, "Turn stop orders off", "Turn stop orders on"),
        (NONE, "Turn stop orders on", "Turn stop orders off"),
    ],
)
async def test_a_toggle_is_named_by_what_it_does_now(picture: Snapshot, there: str, other: str) -> None:
    async with a_seat(picture) as seat:
        assert there in await titles(seat)
        assert other not in await titles(seat)
        assert (await searched(seat, there))[0].text.startswith(there)  # type: ignore[union-attr]  # every hit has one
        assert not [hit for hit in await searched(seat, other) if str(hit.text).startswith(there)]


async def test_release_finds_no_halt_where_nothing_is_halted() -> None:
    async with a_seat(LIVE) as seat:
        for word in ("release", "resume", "unblock"):
            found = [str(hit.text) for hit in await searched(seat, word)]
            assert not [text for text in found if text.startswith(("Halt", "Pause", "Disable", "Block"))]
        await seat.press("ctrl+p", *"release")
        await seat.pilot.pause(0.3)
        await seat.press("enter")
        await seat.pilot.pause(0.1)
        assert seat.told() == []


async def test_other_commands_are_found_by_their_help_too_but_last() -> None:
    async with a_seat(LIVE) as seat:
        assert [str(hit.text) for hit in await searched(seat, "csv logs")] == ["Export as CSV  (e)"]
        assert str((await searched(seat, "filters"))[0].text) == "Filters  (f)"
        assert await searched(seat, "refresh") == []  # its letters are strewn over many sentences


@pytest.mark.parametrize(
    ("picture", "name", "command"),
    [
        (LIVE, "Pause", SetPaused(on=True)),
        (LIVE, "Halt everything", SetHalted(on=True)),
        (LIVE, "Go to dry run", SetDryRun(on=True)),
        (CONFIRMED, "Turn confirmation off", SetConfirmation(on=False)),
        (NONE, "Turn stop orders on", SetFilters(replace(NONE.rules.filters, stop_orders=True))),
    ],
)
async def test_the_command_sent_is_the_one_that_was_named(picture: Snapshot, name: str, command: object) -> None:
    async with a_seat(picture) as seat:
        await chosen_in_the_palette(seat, name)
        assert seat.told() == [command]


async def test_a_halt_is_released_with_the_word() -> None:
    async with a_seat(HALTED) as seat:
        await chosen_in_the_palette(seat, "Release the halt")
        assert seat.shows(TypedWordScreen)
        assert seat.told() == []


async def test_the_follower_under_the_cursor_is_named() -> None:
    async with a_seat(LIVE) as seat:
        assert "Disable / enable the follower" in await titles(seat)
        await seat.press("escape", "2")
        assert seat.app.main.selected_follower() == follower_id(0)
        assert "Disable Asha" in await titles(seat)
        await chosen_in_the_palette(seat, "Disable Asha")
        assert seat.told() == [SetFollower(follower_id(0), enabled=False)]
        first, *others = LIVE.followers
        await seat.see(replace(LIVE, version=90, followers=(replace(first, name="[b]Asha", enabled=False), *others)))
        assert "Enable [b]Asha" in await titles(seat)
        (hit,) = await searched(seat, "enable asha")
        assert str(hit.prompt).startswith("Enable [b]Asha")


async def test_the_symbol_of_the_selected_order_is_named() -> None:
    async with a_seat(LIVE) as seat:
        assert f"Block {NEWEST}" in await titles(seat)
        await seat.see(pictures.with_rules(LIVE, filters=Filters(block_symbols=(NEWEST,))))
        assert f"Unblock {NEWEST}" in await titles(seat)
        await seat.see(pictures.with_rules(LIVE, filters=Filters(block_symbols=("NIFTY",))))
        assert "Block / unblock the symbol" in await titles(seat)


async def test_a_toggle_that_has_turned_meanwhile_is_not_run() -> None:
    async with a_seat(LIVE) as seat:
        (hit,) = (hit for hit in await searched(seat, "pause") if str(hit.text).startswith("Pause"))
        await seat.see(pictures.with_rules(LIVE, paused=True))
        run = hit.command()
        assert run is not None
        await run
        await seat.pilot.pause()
        assert seat.told() == []
        assert seat.says() == ["not done: something has changed since the palette was opened"]


async def test_a_pending_command_counts_before_a_snapshot_shows_it() -> None:
    async with a_seat(LIVE) as seat:
        await seat.press("space")
        assert "Resume" in await titles(seat)


async def test_before_the_first_snapshot_toggles_name_both_ways() -> None:
    app = CopytuiApp(FakeFront(None))
    async with app.run_test(size=SIZE) as pilot:
        seat = Seat(app, app.engine_client, pilot)  # type: ignore[arg-type]  # it is the scripted one
        await pilot.pause()
        assert {"Pause / resume", "Halt / release", "Go live / dry run"} <= set(await titles(seat))
