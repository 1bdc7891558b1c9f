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
from tests.tui import snapshots
from tests.tui.fake import FakeFront, follower_id
from tests.tui.pilot_driver import NEWEST, SIZE, PilotDriver, a_pilot_driver, chosen_in_the_palette

LIVE = snapshots.live()
DRY = snapshots.with_rules(LIVE, dry_run=True)
HALTED = snapshots.with_rules(LIVE, halted_because="by hand")
CONFIRMED = snapshots.with_rules(LIVE, require_confirmation=True)
NONE = snapshots.with_rules(LIVE, filters=Filters((), (), market_orders=False, limit_orders=False, stop_orders=False))


async def titles(driver: PilotDriver) -> list[str]:
    return [str(hit.text).split("  (")[0] async for hit in KeyCommands(driver.app.main).discover()]


async def searched(driver: PilotDriver, words: str) -> list[Hit]:
    hits = [hit async for hit in KeyCommands(driver.app.main).search(words)]
    return sorted((hit for hit in hits if isinstance(hit, Hit)), key=lambda hit: hit.score, reverse=True)


@pytest.mark.parametrize(
    ("snapshot", "there", "other"),
    [
        (LIVE, "Go to dry run", "Go live"),
        (DRY, "Go live", "Go to dry run"),
        (LIVE, "Pause", "Resume"),
        (snapshots.with_rules(LIVE, paused=True), "Resume", "Pause"),
        (LIVE, "Halt everything", "Release the halt"),
        (HALTED, "Release the halt", "Halt everything"),
        (snapshots.with_rules(LIVE, require_confirmation=False), "Turn confirmation on", "Turn confirmation off"),
        (CONFIRMED, "Turn confirmation off", "Turn confirmation on"),
        (LIVE, "Turn market orders off", "Turn market orders on"),
        (NONE, "Turn market orders on", "Turn market orders off"),
        (LIVE, "Turn limit orders off", "Turn limit orders on"),
        (NONE, "Turn limit orders on", "Turn limit orders off"),
        (LIVE, "Turn stop orders off", "Turn stop orders on"),
        (NONE, "Turn stop orders on", "Turn stop orders off"),
    ],
)
async def test_a_toggle_is_named_by_what_it_does_now(snapshot: Snapshot, there: str, other: str) -> None:
    async with a_pilot_driver(snapshot) as driver:
        assert there in await titles(driver)
        assert other not in await titles(driver)
        assert (await searched(driver, there))[0].text.startswith(there)  # type: ignore[union-attr]  # every hit has one
        assert not [hit for hit in await searched(driver, other) if str(hit.text).startswith(there)]


async def test_release_finds_no_halt_where_nothing_is_halted() -> None:
    async with a_pilot_driver(LIVE) as driver:
        for word in ("release", "resume", "unblock"):
            found = [str(hit.text) for hit in await searched(driver, word)]
            assert not [text for text in found if text.startswith(("Halt", "Pause", "Disable", "Block"))]
        await driver.press("ctrl+p", *"release")
        await driver.pilot.pause(0.3)
        await driver.press("enter")
        await driver.pilot.pause(0.1)
        assert driver.told() == []


async def test_other_commands_are_found_by_their_help_too_but_last() -> None:
    async with a_pilot_driver(LIVE) as driver:
        assert [str(hit.text) for hit in await searched(driver, "csv logs")] == ["Export as CSV  (e)"]
        assert str((await searched(driver, "filters"))[0].text) == "Filters  (f)"
        assert await searched(driver, "refresh") == []  # its letters are strewn over many sentences


@pytest.mark.parametrize(
    ("snapshot", "name", "command"),
    [
        (LIVE, "Pause", SetPaused(on=True)),
        (LIVE, "Halt everything", SetHalted(on=True)),
        (LIVE, "Go to dry run", SetDryRun(on=True)),
        (CONFIRMED, "Turn confirmation off", SetConfirmation(on=False)),
        (NONE, "Turn stop orders on", SetFilters(replace(NONE.rules.filters, stop_orders=True))),
    ],
)
async def test_the_command_sent_is_the_one_that_was_named(snapshot: Snapshot, name: str, command: object) -> None:
    async with a_pilot_driver(snapshot) as driver:
        await chosen_in_the_palette(driver, name)
        assert driver.told() == [command]


async def test_a_halt_is_released_with_the_word() -> None:
    async with a_pilot_driver(HALTED) as driver:
        await chosen_in_the_palette(driver, "Release the halt")
        assert driver.shows(TypedWordScreen)
        assert driver.told() == []


async def test_the_follower_under_the_cursor_is_named() -> None:
    async with a_pilot_driver(LIVE) as driver:
        assert "Disable / enable the follower" in await titles(driver)
        await driver.press("escape", "2")
        assert driver.app.main.selected_follower() == follower_id(0)
        assert "Disable Asha" in await titles(driver)
        await chosen_in_the_palette(driver, "Disable Asha")
        assert driver.told() == [SetFollower(follower_id(0), enabled=False)]
        first, *others = LIVE.followers
        await driver.see(replace(LIVE, version=90, followers=(replace(first, name="[b]Asha", enabled=False), *others)))
        assert "Enable [b]Asha" in await titles(driver)
        (hit,) = await searched(driver, "enable asha")
        assert str(hit.prompt).startswith("Enable [b]Asha")


async def test_the_symbol_of_the_selected_order_is_named() -> None:
    async with a_pilot_driver(LIVE) as driver:
        assert f"Block {NEWEST}" in await titles(driver)
        await driver.see(snapshots.with_rules(LIVE, filters=Filters(block_symbols=(NEWEST,))))
        assert f"Unblock {NEWEST}" in await titles(driver)
        await driver.see(snapshots.with_rules(LIVE, filters=Filters(block_symbols=("NIFTY",))))
        assert "Block / unblock the symbol" in await titles(driver)


async def test_a_toggle_that_has_turned_meanwhile_is_not_run() -> None:
    async with a_pilot_driver(LIVE) as driver:
        (hit,) = (hit for hit in await searched(driver, "pause") if str(hit.text).startswith("Pause"))
        await driver.see(snapshots.with_rules(LIVE, paused=True))
        run = hit.command()
        assert run is not None
        await run
        await driver.pilot.pause()
        assert driver.told() == []
        assert driver.says() == ["not done: something has changed since the palette was opened"]


async def test_a_pending_command_counts_before_a_snapshot_shows_it() -> None:
    async with a_pilot_driver(LIVE) as driver:
        await driver.press("space")
        assert "Resume" in await titles(driver)


async def test_before_the_first_snapshot_toggles_name_both_ways() -> None:
    app = CopytuiApp(FakeFront(None))
    async with app.run_test(size=SIZE) as pilot:
        driver = PilotDriver(app, app.engine_client, pilot)  # type: ignore[arg-type]  # it is the scripted one
        await pilot.pause()
        assert {"Pause / resume", "Halt / release", "Go live / dry run"} <= set(await titles(driver))
