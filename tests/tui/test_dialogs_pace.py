"""The pace of a person: what comes too soon to be an answer is none, and what is typed on means nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from textual.events import Key
from textual.keys import _character_to_key

from copytui.domain.filters import Filters
from copytui.engine.commands import (
    Approve,
    CancelAll,
    CopyMissed,
    DismissMissed,
    Flatten,
    SetDryRun,
    SetFilters,
    SetPaused,
)
from copytui.engine.snapshot import Snapshot
from copytui.tui import input_timing
from copytui.tui.commands.registry import BY_ID
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention import AttentionScreen
from copytui.tui.dialogs.dialog import Dialog
from copytui.tui.dialogs.input_guard import InputGuard
from copytui.tui.dialogs.quit import QuitScreen
from copytui.tui.dialogs.typed_word import TypedWordScreen
from copytui.tui.main.screen import MainScreen
from tests.tui import exits, snapshots
from tests.tui.dialog_host import WAITING, DialogHost, press
from tests.tui.fake import MONOTONIC, FakeFront
from tests.tui.pilot_driver import PilotDriver, a_pilot_driver

SIZE = (80, 24)
NOT_TAKEN = "ignored: look first"


async def at_once(driver: PilotDriver, *keys: str) -> None:
    """Press keys that come in one read: the app has them all before it has done anything about the first."""
    for key in keys:
        driver.app.post_message(Key(_character_to_key(key), key) if len(key) == 1 else Key(key, None))
    for _ in range(8):
        await driver.pilot.pause()


class Clock:
    """Moves by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def looked_at(driver: PilotDriver | DialogHost, seconds: float = 0.31) -> None:
    """Let the dialog be painted, and be looked at for so long."""
    app = driver.app if isinstance(driver, PilotDriver) else driver
    dialog = app.screen
    assert isinstance(dialog, Dialog)
    for _ in range(100):
        if dialog.input_guard._painted_at is not None:
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError("it was never painted")
    driver.engine_client.now += seconds


async def left(driver: PilotDriver) -> None:
    """Wait until the app ends."""
    for _ in range(200):
        if driver.app._exit:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it stays")


def needy() -> Snapshot:
    snapshot = replace(snapshots.approvals_waiting(), missed=snapshots.missed().missed)
    return snapshots.with_rules(snapshot, dry_run=False)


# what has not been looked at


@pytest.mark.own_pace
@pytest.mark.parametrize("keys", ["ay", "aY", "an", "aN", "ncy", "ndd", "nDy", "qy"])
async def test_what_is_typed_ahead_of_a_dialog_answers_nothing(keys: str) -> None:
    async with a_pilot_driver(needy() if keys[0] != "n" else snapshots.missed()) as driver:
        await at_once(driver, *keys)
        assert isinstance(driver.app.screen, Dialog)
        assert driver.told() == []
        assert not driver.app._exit


@pytest.mark.own_pace
async def test_a_dialog_answers_when_it_has_been_looked_at_and_says_once_that_it_did_not() -> None:
    app = DialogHost(FakeFront(snapshots.approvals_waiting()), ApprovalsScreen())
    async with app.run_test(size=SIZE) as pilot:
        await looked_at(app, input_timing.SETTLE_SECONDS - 0.05)
        await press(pilot, "y", "y", "n")
        assert app.engine_client.submitted == []
        assert app.said == [NOT_TAKEN]
        app.engine_client.now += 0.06
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(11, {})]


@pytest.mark.own_pace
async def test_it_is_painted_when_it_is_said_to_be() -> None:
    for dialog in (ApprovalsScreen(), AttentionScreen(), QuitScreen(needy())):
        app = DialogHost(FakeFront(needy()), dialog)
        async with app.run_test(size=SIZE):
            await looked_at(app)
            assert app._batch_count == 0
            assert str(dialog.query_one("#box").border_title) in app.screen_text()


@pytest.mark.own_pace
async def test_a_dialog_that_was_covered_is_looked_at_again_first() -> None:
    async with a_pilot_driver(needy()) as driver:
        await driver.press("a")
        await looked_at(driver)
        await driver.press("f1")
        driver.engine_client.now += 5
        await at_once(driver, "escape", "y")
        assert isinstance(driver.app.screen, ApprovalsScreen)
        assert driver.told() == []
        await looked_at(driver)
        await driver.press("y")
        assert driver.told() == [Approve(11, {})]


@pytest.mark.own_pace
async def test_a_question_is_answered_when_it_has_been_read() -> None:
    app = DialogHost(FakeFront(snapshots.missed()), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await looked_at(app)
        await press(pilot, "c", "y")
        assert app.engine_client.submitted == []
        assert "y / n" in app.text("question")
        await looked_at(app)
        await press(pilot, "y")
        assert app.engine_client.submitted == [CopyMissed(11)]


# the way out


@pytest.mark.own_pace
async def test_quitting_is_answered_when_it_has_been_read_and_staying_at_once() -> None:
    app = DialogHost(FakeFront(snapshots.live()), QuitScreen(snapshots.live()))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "y")
        assert app.result is WAITING
        await press(pilot, "n")
        assert app.result is False


@pytest.mark.own_pace
@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
async def test_two_presses_at_the_pace_of_a_hand_leave(key: str) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press(key)
        await looked_at(driver, 0.4)
        await driver.press(key)
        driver.engine_client.now += 0.2
        await left(driver)


@pytest.mark.own_pace
async def test_two_presses_in_one_read_do_not_leave() -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await at_once(driver, "ctrl+c", "ctrl+c")
        await driver.pilot.pause(0.3)
        assert not driver.app._exit
        assert driver.shows(QuitScreen)


@pytest.mark.own_pace
@pytest.mark.parametrize(("delay", "every"), [(0.25, 0.1), (0.5, 0.033), (0.66, 0.033)])
async def test_control_c_held_down_does_not_leave_nor_does_letting_go(delay: float, every: float) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        await driver.press("ctrl+c")
        await looked_at(driver, delay)
        for _ in range(20):
            await driver.press("ctrl+c")
            driver.engine_client.now += every
        await driver.pilot.pause(0.3)
        assert not driver.app._exit
        driver.engine_client.now += 0.4
        await driver.press("ctrl+c")
        driver.engine_client.now += 0.2
        await left(driver)


@pytest.mark.own_pace
@pytest.mark.parametrize("apart", [0.15, 0.19, 0.25])
async def test_whoever_goes_on_tapping_control_c_leaves(apart: float) -> None:
    async with a_pilot_driver(snapshots.live()) as driver:
        for _ in range(5):
            await driver.press("ctrl+c")
            driver.engine_client.now += apart
            await driver.pilot.pause(0.15)  # the timer that waits for a repetition is a real one
            if driver.app._exit:
                break
        assert driver.app._exit
        assert [text for text in driver.says() if "press again" in text]


@pytest.mark.parametrize("keys", [["a", "y"], ["a", "Y"], ["a", "n"]])
async def test_no_dialog_takes_an_answer_where_it_has_no_room(keys: list[str]) -> None:
    async with a_pilot_driver(snapshots.approvals_waiting()) as driver:
        await driver.press(keys[0])
        await driver.pilot.resize_terminal(40, 6)
        await driver.press(*keys[1:])
        assert driver.told() == []
        assert any("larger" in text for text in driver.says())


@pytest.mark.own_pace
@pytest.mark.parametrize(("apart", "dismissed"), [(0.5, 5), (0.1, 1)])
def test_one_after_the_other_goes_at_a_steady_pace_and_a_held_key_takes_one(apart: float, dismissed: int) -> None:
    input_guard = InputGuard(clock := Clock())
    input_guard.painted(input_guard.begin())
    clock.now += 1
    taken = 0
    for _ in range(10):
        if not input_guard.refuses():
            taken += 1
            input_guard.slide()
        clock.now += apart
    assert taken == dismissed


# what closes by itself


async def test_space_for_a_follower_is_no_pause_when_the_approvals_close_by_themselves() -> None:
    snapshot = snapshots.approvals_waiting()
    async with a_pilot_driver(replace(snapshot, approvals=((11, MONOTONIC + 40),))) as driver:
        await driver.press("a", "space")
        driver.engine_client.now += 41
        await driver.see(replace(snapshot, version=9, approvals=()))
        await driver.pilot.pause(0.6)
        assert driver.shows(MainScreen)
        assert "nothing requires approval any more" in driver.says()
        await driver.press("space")
        assert driver.told() == []
        driver.engine_client.now += 2
        await driver.press("space")
        assert driver.told() == [SetPaused(on=True)]


@pytest.mark.parametrize("seconds", [0.1, 0.6, 1.2])
async def test_a_word_typed_on_slowly_gives_no_command_and_that_is_said_once(seconds: float) -> None:
    async with a_pilot_driver(snapshots.halted()) as driver:
        await driver.press("ctrl+k", "tab", *"REL")
        driver.engine_client.now += 30
        await driver.pilot.pause(0.4)
        assert driver.shows(MainScreen)
        for letter in "EASELMS":
            driver.engine_client.now += seconds
            await driver.press(letter)
        assert driver.told() == []
        assert sum("not taken" in said for said in driver.says()) == 1
        driver.engine_client.now += 1.6
        await driver.press("L")
        assert driver.told() == [SetFilters(Filters(limit_orders=False))]


async def test_a_word_typed_on_answers_no_dialog_beneath() -> None:
    async with a_pilot_driver(snapshots.with_rules(needy(), halted_because="by hand")) as driver:
        await driver.press("a")
        BY_ID["cancel_all"].run(driver.app)
        await driver.pilot.pause()
        await driver.press("tab", *"CA")
        driver.engine_client.now += 30
        await driver.pilot.pause(0.4)
        assert driver.shows(ApprovalsScreen)
        for letter in "NCEL":
            driver.engine_client.now += 0.8
            await driver.press(letter)
        assert driver.told() == []


async def test_a_question_that_ends_beneath_the_help_says_so_once_and_closes_after_it() -> None:
    async with a_pilot_driver(snapshots.with_rules(snapshots.busy(), dry_run=True)) as driver:
        await driver.press("d", "f1")
        driver.engine_client.now += 31
        await driver.pilot.pause(1.0)
        assert driver.says() == []
        await driver.press("escape")
        await driver.pilot.pause(0.6)
        assert driver.shows(MainScreen)
        assert driver.says() == ["Go live? closed by itself: nothing was changed"]


# what slides beneath the cursor, and questions that come to mean something else


async def test_a_key_does_not_fall_on_the_next_item_when_the_selected_one_is_settled() -> None:
    app = DialogHost(FakeFront(snapshots.missed()), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        app.show(replace(snapshots.missed(), missed=snapshots.missed().missed[:1]))
        await pilot.pause()
        assert app.text("question") == "The item you were looking at is settled. This is the next one."
        for _ in range(3):
            app.engine_client.now += 0.5
            await press(pilot, "d", "c", "y", "enter")
        assert app.engine_client.submitted == []
        assert app.said == [NOT_TAKEN]
        app.engine_client.now += 0.8
        await press(pilot, "d")
        assert app.engine_client.submitted == [DismissMissed(12)]


async def test_a_question_is_dropped_when_it_would_say_something_else_and_put_anew() -> None:
    dry = snapshots.with_rules(snapshots.missed(), dry_run=True)
    app = DialogHost(FakeFront(dry), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "c")
        assert "DRY RUN" in app.text("question")
        app.show(snapshots.with_rules(dry, dry_run=False))
        await press(pilot, "y")
        assert app.engine_client.submitted == []
        assert app.text("question") == "The question has changed and nothing was done: check it, then press c again."
        await press(pilot, "c")
        assert "LIVE: real orders." in app.text("question")
        await press(pilot, "y")
        assert app.engine_client.submitted == [CopyMissed(11)]


async def test_a_yes_is_for_what_is_so_now_and_not_for_what_was_drawn_last() -> None:
    dry = snapshots.with_rules(snapshots.missed(), dry_run=True)
    app = DialogHost(FakeFront(dry), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "c")
        app.latest = app.engine_client.picture = snapshots.with_rules(dry, dry_run=False)
        await press(pilot, "y")
        assert app.engine_client.submitted == []


async def test_closing_all_asks_again_when_the_positions_have_changed() -> None:
    snapshot = exits.left_behind()
    async with a_pilot_driver(snapshot) as driver:
        BY_ID["flatten"].run(driver.app)
        await driver.pilot.pause()
        await driver.press("tab", *"FLATTEN")
        first = snapshot.followers[0]
        [(key, _)] = first.positions
        more = replace(first, positions=((key, 150),))
        await driver.see(replace(snapshot, version=9, followers=(more, *snapshot.followers[1:])))
        await driver.press("enter")
        assert driver.told() == []
        assert driver.shows(TypedWordScreen)
        assert any("The text above has changed: read it again." in line for line in driver.lines())
        assert any("150 NIFTY28NOV2624000CE long" in line for line in driver.lines())
        await driver.press(*"FLATTEN", "enter")
        assert driver.told() == [Flatten()]


async def test_figures_that_change_all_the_time_do_not_forget_the_word_and_are_kept_true() -> None:
    snapshot = exits.left_behind()
    async with a_pilot_driver(snapshot) as driver:
        BY_ID["cancel_all"].run(driver.app)
        await driver.pilot.pause()
        assert any("Cancels 4 open copies" in line for line in driver.lines())
        await driver.press("tab", *"CANCEL")
        await driver.see(replace(snapshot, version=9, orders=snapshot.orders[1:]))
        await driver.pilot.pause(0.3)
        assert not any("Cancels 4 open copies" in line for line in driver.lines())
        await driver.press("enter")
        assert driver.told() == [CancelAll()]


LIVE_CHANGES: dict[str, Callable[[Snapshot], Snapshot]] = {
    "an account": lambda p: replace(p, followers=(replace(p.followers[0], enabled=False), *p.followers[1:])),
    "filters": lambda p: snapshots.with_rules(p, filters=Filters(market_orders=False)),
    "confirmation": lambda p: snapshots.with_rules(p, require_confirmation=not p.rules.require_confirmation),
    "sizes": lambda p: snapshots.with_rules(p, multiplier=Decimal(3)),
    "a halt": lambda p: snapshots.with_rules(p, halted_because="by hand"),
}


@pytest.mark.parametrize("name", list(LIVE_CHANGES))
async def test_going_live_asks_again_when_it_would_be_another_thing(name: str) -> None:
    snapshot = snapshots.with_rules(snapshots.busy(), dry_run=True)
    async with a_pilot_driver(snapshot) as driver:
        sharing = tuple(replace(each, shares_multiplier=True) for each in driver.engine_client.settings.followers)
        driver.engine_client.settings = replace(driver.engine_client.settings, followers=sharing)
        await driver.press("d", "tab", *"LIVE")
        await driver.see(replace(LIVE_CHANGES[name](snapshot), version=9))
        await driver.press("enter")
        assert driver.told() == []
        assert any("The text above has changed: read it again." in line for line in driver.lines())
        await driver.press(*"LIVE", "enter")
        assert driver.told() == [SetDryRun(on=False)]


async def test_going_live_does_not_ask_again_for_a_log_in_or_a_figure() -> None:
    snapshot = snapshots.with_rules(snapshots.busy(), dry_run=True)
    async with a_pilot_driver(snapshot) as driver:
        await driver.press("d", "tab", *"LIVE")
        first = replace(snapshot.followers[0], armed=False, queued=3, last_error="x")
        await driver.see(replace(snapshot, version=9, followers=(first, *snapshot.followers[1:])))
        await driver.press("enter")
        assert driver.told() == [SetDryRun(on=False)]


async def test_releasing_asks_again_for_another_reason_and_closes_when_there_is_no_halt() -> None:
    snapshot = snapshots.halted()
    async with a_pilot_driver(snapshot) as driver:
        await driver.press("ctrl+k", "tab", *"RELEASE")
        await driver.see(snapshots.with_rules(replace(snapshot, version=8), halted_because="the file STOP was found"))
        await driver.press("enter")
        assert driver.told() == []
        await driver.see(snapshots.with_rules(replace(snapshot, version=9), halted_because=None))
        await driver.pilot.pause(0.4)
        assert driver.shows(MainScreen)
        assert driver.says() == ["Release the halt? closed: nothing left to do"]


async def test_one_typed_question_is_open_at_a_time() -> None:
    snapshot = snapshots.with_rules(exits.left_behind(), dry_run=True)
    async with a_pilot_driver(snapshot) as driver:
        await driver.press("d")
        BY_ID["mode"].run(driver.app)
        BY_ID["flatten"].run(driver.app)
        await driver.pilot.pause()
        assert sum(isinstance(screen, TypedWordScreen) for screen in driver.app.screen_stack) == 1
        assert driver.says() == ["answer or leave this first: Go live?"]
        await driver.press("escape")
        assert driver.shows(MainScreen)


@pytest.mark.parametrize("size", [(79, 36), (120, 19), (30, 8)])
async def test_a_word_is_not_taken_where_what_it_does_is_not_in_sight(size: tuple[int, int]) -> None:
    async with a_pilot_driver(snapshots.with_rules(snapshots.busy(), dry_run=True)) as driver:
        await driver.press("d", "tab", *"LIVE")
        await driver.pilot.resize_terminal(*size)
        await driver.pilot.pause()
        assert "Make the terminal" in "\n".join(driver.lines())
        await driver.press("enter", *"LIVE", "enter")
        assert driver.told() == []
        await driver.pilot.resize_terminal(80, 20)
        await driver.press("enter")
        assert driver.told() == [], "nor what was typed there"
        await driver.press(*"LIVE", "enter")
        assert driver.told() == [SetDryRun(on=False)]


async def test_going_live_counts_who_is_in_and_names_who_is_out() -> None:
    snapshot = snapshots.with_rules(snapshots.busy(), dry_run=True)
    out = tuple(replace(view, enabled=False, armed=False) for view in snapshot.followers[:2])
    async with a_pilot_driver(replace(snapshot, followers=(*out, *snapshot.followers[2:]))) as driver:
        await driver.press("d")
        text = "\n".join(driver.lines())
        assert f"REAL orders go to {len(snapshot.followers) - 2} accounts" in text
        assert "DISABLED    no orders go to Asha, Ravi" in text
