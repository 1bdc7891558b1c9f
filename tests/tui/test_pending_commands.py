"""Until a snapshot shows the effect of a key, the next key goes by the command that was sent."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace

import pytest

from copytui.domain.filters import Filters
from copytui.engine.commands import Command, SetDryRun, SetFollower, SetHalted, SetPaused
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.typed_word import TypedWordScreen
from copytui.tui.main.screen import MainScreen
from tests.tui import snapshots
from tests.tui.fake import follower_id
from tests.tui.pilot_driver import NEWEST, PilotDriver, a_pilot_driver


def unanswered(driver: PilotDriver) -> Future[str]:
    """Let no command be answered from now on until the future is."""
    answer: Future[str] = Future()
    submitted = driver.engine_client.submitted

    def submit(command: Command) -> Future[str]:
        submitted.append(command)
        return answer

    driver.engine_client.submit = submit  # type: ignore[method-assign]
    return answer


def newer(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, version=snapshot.version + 1)


async def test_a_halt_right_after_a_release_halts_without_a_question() -> None:
    halted = snapshots.with_rules(snapshots.live(), halted_because="by hand")
    async with a_pilot_driver(halted) as driver:
        await driver.press("ctrl+k", "tab", *"RELEASE", "enter")
        assert driver.told() == [SetHalted(on=False)]
        await driver.press("ctrl+k")  # the picture still shows the halt
        assert driver.told() == [SetHalted(on=True)]
        assert driver.shows(MainScreen)


async def test_dry_run_is_one_key_while_going_live_is_pending() -> None:
    async with a_pilot_driver(snapshots.quiet()) as driver:
        await driver.press("d", "tab", *"LIVE", "enter", "d")
        assert driver.told() == [SetDryRun(on=False), SetDryRun(on=True)]
        assert driver.shows(MainScreen)
        await driver.press("d")
        assert driver.shows(TypedWordScreen)


async def test_going_live_shows_as_switching_until_it_is_answered() -> None:
    async with a_pilot_driver(snapshots.quiet()) as driver:
        answer = unanswered(driver)
        await driver.press("d", "tab", *"LIVE", "enter")
        driver.engine_client.now += 16
        await driver.see(newer(driver.engine_client.picture or snapshots.quiet()))
        assert "switching" in driver.bar()
        assert any("not answered yet" in text for text in driver.says())
        answer.set_result("LIVE: orders are sent")
        await driver.see(snapshots.with_rules(snapshots.quiet(), dry_run=False))
        assert "switching" not in driver.bar()


@pytest.mark.parametrize(("key", "word"), [("ctrl+k", "HALTED"), ("space", "PAUSED")])
async def test_the_mode_bar_shows_switching_until_the_snapshot_shows_it(key: str, word: str) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        answer = unanswered(driver)
        await driver.press(key)
        assert "switching" in driver.bar()
        assert word not in driver.bar()
        answer.set_result("done")
        rules = {"halted_because": "by hand"} if key == "ctrl+k" else {"paused": True}
        await driver.see(snapshots.with_rules(snapshots.live(), **rules))
        assert "switching" not in driver.bar()
        assert word in driver.bar()


async def test_a_command_that_the_engine_refused_is_dropped() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("space")
        await driver.see()
        driver.engine_client.now += 3
        await driver.see()
        assert "switching" not in driver.bar()
        await driver.press("space")
        assert driver.told() == [SetPaused(on=True), SetPaused(on=True)]


async def test_a_second_press_undoes_the_first_before_a_snapshot_shows_either() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        unanswered(driver)
        await driver.press("space", "space", "2", "x", "x")
        assert driver.told() == [
            *(SetPaused(on=on) for on in (True, False)),
            *(SetFollower(follower_id(0), enabled=on) for on in (False, True)),
        ]


async def test_an_answer_cut_off_by_the_end_is_reported_as_not_known() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        answer = unanswered(driver)
        await driver.press("space")
        answer.cancel()
        answer.set_running_or_notify_cancel()
        await driver.pilot.pause()
        assert any("not known" in text for text in driver.says())


@pytest.mark.own_pace
@pytest.mark.parametrize("key", ["space", "c", "M", "L", "S", "b", "x"])
async def test_a_held_key_is_one_press(key: str) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("2" if key == "x" else "1")
        driver.engine_client.now += 1
        for seconds in (0.5, *[0.033] * 10):  # as keyboards repeat
            await driver.press(key)
            driver.engine_client.now += seconds
        assert len(driver.told()) == 1
        assert len([text for text in driver.says() if "taken once" in text]) == 1
        driver.engine_client.now += 1
        await driver.press(key)
        assert len(driver.told()) == 1


@pytest.mark.own_pace
async def test_the_same_key_for_another_follower_is_not_a_repeat() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("escape", "2", "x", "j", "x")
        assert driver.told() == [SetFollower(follower_id(number), enabled=False) for number in (0, 1)]


@pytest.mark.parametrize("key", ["c", "b", "M", "x", "f", "a", "n", "e"])
async def test_no_command_runs_while_the_terminal_is_too_small(key: str) -> None:
    async with a_pilot_driver(snapshots.approvals_waiting()) as driver:
        await driver.pilot.resize_terminal(60, 15)
        await driver.press(key)
        assert driver.told() == []
        assert driver.shows(MainScreen)
        assert any("larger" in text for text in driver.says())


async def test_safer_commands_run_while_the_terminal_is_too_small() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.pilot.resize_terminal(60, 15)
        await driver.press("space", "d", "ctrl+k")
        assert driver.told() == [SetPaused(on=True), SetDryRun(on=True), SetHalted(on=True)]
        await driver.press("space", "d")
        assert driver.told() == []


@pytest.mark.own_pace
@pytest.mark.parametrize("gap", [0.1, 0.4])
async def test_a_pause_is_never_taken_for_a_repeat(gap: float) -> None:
    async with a_pilot_driver(snapshots.with_rules(snapshots.live(), paused=True)) as driver:
        await driver.press("space")
        driver.engine_client.now += gap
        await driver.press("space")
        assert driver.told() == [SetPaused(on=False), SetPaused(on=True)]
        driver.engine_client.now += gap
        await driver.press("space")
        assert driver.told() == []


@pytest.mark.own_pace
@pytest.mark.parametrize(
    ("key", "rules"), [("c", {"require_confirmation": True}), ("b", {"filters": Filters(block_symbols=(NEWEST,))})]
)
async def test_turning_back_to_the_safer_way_is_never_taken_for_a_repeat(key: str, rules: dict[str, object]) -> None:
    async with a_pilot_driver(snapshots.with_rules(snapshots.live(), **rules)) as driver:
        await driver.press(key, key, key)
        assert len(driver.told()) == 2


async def test_dry_run_works_just_after_a_dialog_has_closed_by_itself() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        driver.app.ignore_keys(1.5)
        await driver.press("space", "d")
        assert driver.told() == [SetDryRun(on=True)]
        driver.engine_client.now += 1.5
        await driver.press("space")
        assert driver.told() == [SetPaused(on=True)]
