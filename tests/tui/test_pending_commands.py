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
from tests.tui import pictures
from tests.tui.fake import follower_id
from tests.tui.seat import NEWEST, Seat, a_seat


def unanswered(seat: Seat) -> Future[str]:
    """Let no command be answered from now on until the future is."""
    answer: Future[str] = Future()
    submitted = seat.engine_client.submitted

    def submit(command: Command) -> Future[str]:
        submitted.append(command)
        return answer

    seat.engine_client.submit = submit  # type: ignore[method-assign]
    return answer


def newer(picture: Snapshot) -> Snapshot:
    return replace(picture, version=picture.version + 1)


async def test_a_halt_right_after_a_release_halts_without_a_question() -> None:
    halted = pictures.with_rules(pictures.live(), halted_because="by hand")
    async with a_seat(halted) as seat:
        await seat.press("ctrl+k", "tab", *"RELEASE", "enter")
        assert seat.told() == [SetHalted(on=False)]
        await seat.press("ctrl+k")  # the picture still shows the halt
        assert seat.told() == [SetHalted(on=True)]
        assert seat.shows(MainScreen)


async def test_dry_run_is_one_key_while_going_live_is_pending() -> None:
    async with a_seat(pictures.quiet()) as seat:
        await seat.press("d", "tab", *"LIVE", "enter", "d")
        assert seat.told() == [SetDryRun(on=False), SetDryRun(on=True)]
        assert seat.shows(MainScreen)
        await seat.press("d")
        assert seat.shows(TypedWordScreen)


async def test_going_live_shows_as_switching_until_it_is_answered() -> None:
    async with a_seat(pictures.quiet()) as seat:
        answer = unanswered(seat)
        await seat.press("d", "tab", *"LIVE", "enter")
        seat.engine_client.now += 16
        await seat.see(newer(seat.engine_client.picture or pictures.quiet()))
        assert "switching" in seat.bar()
        assert any("not answered yet" in text for text in seat.says())
        answer.set_result("LIVE: orders are sent")
        await seat.see(pictures.with_rules(pictures.quiet(), dry_run=False))
        assert "switching" not in seat.bar()


@pytest.mark.parametrize(("key", "word"), [("ctrl+k", "HALTED"), ("space", "PAUSED")])
async def test_the_mode_bar_shows_switching_until_the_snapshot_shows_it(key: str, word: str) -> None:
    async with a_seat(pictures.live()) as seat:
        answer = unanswered(seat)
        await seat.press(key)
        assert "switching" in seat.bar()
        assert word not in seat.bar()
        answer.set_result("done")
        rules = {"halted_because": "by hand"} if key == "ctrl+k" else {"paused": True}
        await seat.see(pictures.with_rules(pictures.live(), **rules))
        assert "switching" not in seat.bar()
        assert word in seat.bar()


async def test_a_command_that_the_engine_refused_is_dropped() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("space")
        await seat.see()
        seat.engine_client.now += 3
        await seat.see()
        assert "switching" not in seat.bar()
        await seat.press("space")
        assert seat.told() == [SetPaused(on=True), SetPaused(on=True)]


async def test_a_second_press_undoes_the_first_before_a_snapshot_shows_either() -> None:
    async with a_seat(pictures.live()) as seat:
        unanswered(seat)
        await seat.press("space", "space", "2", "x", "x")
        assert seat.told() == [
            *(SetPaused(on=on) for on in (True, False)),
            *(SetFollower(follower_id(0), enabled=on) for on in (False, True)),
        ]


async def test_an_answer_cut_off_by_the_end_is_reported_as_not_known() -> None:
    async with a_seat(pictures.live()) as seat:
        answer = unanswered(seat)
        await seat.press("space")
        answer.cancel()
        answer.set_running_or_notify_cancel()
        await seat.pilot.pause()
        assert any("not known" in text for text in seat.says())


@pytest.mark.own_pace
@pytest.mark.parametrize("key", ["space", "c", "M", "L", "S", "b", "x"])
async def test_a_held_key_is_one_press(key: str) -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("2" if key == "x" else "1")
        seat.engine_client.now += 1
        for seconds in (0.5, *[0.033] * 10):  # as keyboards repeat
            await seat.press(key)
            seat.engine_client.now += seconds
        assert len(seat.told()) == 1
        assert len([text for text in seat.says() if "taken once" in text]) == 1
        seat.engine_client.now += 1
        await seat.press(key)
        assert len(seat.told()) == 1


@pytest.mark.own_pace
async def test_the_same_key_for_another_follower_is_not_a_repeat() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("escape", "2", "x", "j", "x")
        assert seat.told() == [SetFollower(follower_id(number), enabled=False) for number in (0, 1)]


@pytest.mark.parametrize("key", ["c", "b", "M", "x", "f", "a", "n", "e"])
async def test_no_command_runs_while_the_terminal_is_too_small(key: str) -> None:
    async with a_seat(pictures.approvals_waiting()) as seat:
        await seat.pilot.resize_terminal(60, 15)
        await seat.press(key)
        assert seat.told() == []
        assert seat.shows(MainScreen)
        assert any("larger" in text for text in seat.says())


async def test_safer_commands_run_while_the_terminal_is_too_small() -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.pilot.resize_terminal(60, 15)
        await seat.press("space", "d", "ctrl+k")
        assert seat.told() == [SetPaused(on=True), SetDryRun(on=True), SetHalted(on=True)]
        await seat.press("space", "d")
        assert seat.told() == []


@pytest.mark.own_pace
@pytest.mark.parametrize("gap", [0.1, 0.4])
async def test_a_pause_is_never_taken_for_a_repeat(gap: float) -> None:
    async with a_seat(pictures.with_rules(pictures.live(), paused=True)) as seat:
        await seat.press("space")
        seat.engine_client.now += gap
        await seat.press("space")
        assert seat.told() == [SetPaused(on=False), SetPaused(on=True)]
        seat.engine_client.now += gap
        await seat.press("space")
        assert seat.told() == []


@pytest.mark.own_pace
@pytest.mark.parametrize(
    ("key", "rules"), [("c", {"require_confirmation": True}), ("b", {"filters": Filters(block_symbols=(NEWEST,))})]
)
async def test_turning_back_to_the_safer_way_is_never_taken_for_a_repeat(key: str, rules: dict[str, object]) -> None:
    async with a_seat(pictures.with_rules(pictures.live(), **rules)) as seat:
        await seat.press(key, key, key)
        assert len(seat.told()) == 2


async def test_dry_run_works_just_after_a_dialog_has_closed_by_itself() -> None:
    async with a_seat(pictures.live()) as seat:
        seat.app.ignore_keys(1.5)
        await seat.press("space", "d")
        assert seat.told() == [SetDryRun(on=True)]
        seat.engine_client.now += 1.5
        await seat.press("space")
        assert seat.told() == [SetPaused(on=True)]
