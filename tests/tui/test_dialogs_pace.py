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
from tests.tui import exits, pictures
from tests.tui.dialog_host import WAITING, DialogHost, press
from tests.tui.fake import MONOTONIC, FakeFront
from tests.tui.seat import Seat, a_seat

SIZE = (80, 24)
NOT_TAKEN = "ignored: look first"


async def at_once(seat: Seat, *keys: str) -> None:
    """Press keys that come in one read: the app has them all before it has done anything about the first."""
    for key in keys:
        seat.app.post_message(Key(_character_to_key(key), key) if len(key) == 1 else Key(key, None))
    for _ in range(8):
        await seat.pilot.pause()


class Clock:
    """Moves by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def looked_at(seat: Seat | DialogHost, seconds: float = 0.31) -> None:
    """Let the dialog be painted, and be looked at for so long."""
    app = seat.app if isinstance(seat, Seat) else seat
    dialog = app.screen
    assert isinstance(dialog, Dialog)
    for _ in range(100):
        if dialog.input_guard._painted_at is not None:
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError("it was never painted")
    seat.engine_client.now += seconds


def needy() -> Snapshot:
    picture = replace(pictures.approvals_waiting(), missed=pictures.missed().missed)
    return pictures.with_rules(picture, dry_run=False)


# what has not been looked at


@pytest.mark.own_pace
@pytest.mark.parametrize("keys", ["ay", "aY", "an", "aN", "ncy", "ndd", "nDy", "qy"])
async def test_what_is_typed_ahead_of_a_dialog_answers_nothing(keys: str) -> None:
    async with a_seat(needy() if keys[0] != "n" else pictures.missed()) as seat:
        await at_once(seat, *keys)
        assert isinstance(seat.app.screen, Dialog)
        assert seat.told() == []
        assert not seat.app._exit


@pytest.mark.own_pace
async def test_a_dialog_answers_when_it_has_been_looked_at_and_says_once_that_it_did_not() -> None:
    app = DialogHost(FakeFront(pictures.approvals_waiting()), ApprovalsScreen())
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
    async with a_seat(needy()) as seat:
        await seat.press("a")
        await looked_at(seat)
        await seat.press("f1")
        seat.engine_client.now += 5
        await at_once(seat, "escape", "y")
        assert isinstance(seat.app.screen, ApprovalsScreen)
        assert seat.told() == []
        await looked_at(seat)
        await seat.press("y")
        assert seat.told() == [Approve(11, {})]


@pytest.mark.own_pace
async def test_a_question_is_answered_when_it_has_been_read() -> None:
    app = DialogHost(FakeFront(pictures.missed()), AttentionScreen())
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
    app = DialogHost(FakeFront(pictures.live()), QuitScreen(pictures.live()))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "y")
        assert app.result is WAITING
        await press(pilot, "n")
        assert app.result is False


@pytest.mark.own_pace
@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
async def test_two_presses_at_the_pace_of_a_hand_leave(key: str) -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press(key)
        await looked_at(seat, 0.4)
        await seat.press(key)
        await seat.pilot.pause(0.3)
        assert seat.app._exit


@pytest.mark.own_pace
async def test_two_presses_in_one_read_do_not_leave() -> None:
    async with a_seat(pictures.live()) as seat:
        await at_once(seat, "ctrl+c", "ctrl+c")
        await seat.pilot.pause(0.3)
        assert not seat.app._exit
        assert seat.shows(QuitScreen)


@pytest.mark.own_pace
@pytest.mark.parametrize(("delay", "every"), [(0.25, 0.1), (0.5, 0.033), (0.66, 0.033)])
async def test_control_c_held_down_does_not_leave_nor_does_letting_go(delay: float, every: float) -> None:
    async with a_seat(pictures.live()) as seat:
        await seat.press("ctrl+c")
        await looked_at(seat, delay)
        for _ in range(20):
            await seat.press("ctrl+c")
            seat.engine_client.now += every
        await seat.pilot.pause(0.3)
        assert not seat.app._exit
        seat.engine_client.now += 0.4
        await seat.press("ctrl+c")
        await seat.pilot.pause(0.3)
        assert seat.app._exit, "and a press of its own does"


@pytest.mark.own_pace
@pytest.mark.parametrize("apart", [0.15, 0.19, 0.25])
async def test_whoever_goes_on_tapping_control_c_leaves(apart: float) -> None:
    async with a_seat(pictures.live()) as seat:
        for _ in range(5):
            await seat.press("ctrl+c")
            seat.engine_client.now += apart
            await seat.pilot.pause(0.15)  # the timer that waits for a repetition is a real one
            if seat.app._exit:
                break
        assert seat.app._exit
        assert [text for text in seat.says() if "press again" in text]


@pytest.mark.parametrize("keys", [["a", "y"], ["a", "Y"], ["a", "n"]])
async def test_no_dialog_takes_an_answer_where_it_has_no_room(keys: list[str]) -> None:
    async with a_seat(pictures.approvals_waiting()) as seat:
        await seat.press(keys[0])
        await seat.pilot.resize_terminal(40, 6)
        await seat.press(*keys[1:])
        assert seat.told() == []
        assert any("larger" in text for text in seat.says())


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
    picture = pictures.approvals_waiting()
    async with a_seat(replace(picture, approvals=((11, MONOTONIC + 40),))) as seat:
        await seat.press("a", "space")
        seat.engine_client.now += 41
        await seat.see(replace(picture, version=9, approvals=()))
        await seat.pilot.pause(0.6)
        assert seat.shows(MainScreen)
        assert "nothing requires approval any more" in seat.says()
        await seat.press("space")
        assert seat.told() == []
        seat.engine_client.now += 2
        await seat.press("space")
        assert seat.told() == [SetPaused(on=True)]


@pytest.mark.parametrize("seconds", [0.1, 0.6, 1.2])
async def test_a_word_typed_on_slowly_gives_no_command_and_that_is_said_once(seconds: float) -> None:
    async with a_seat(pictures.halted()) as seat:
        await seat.press("ctrl+k", "tab", *"REL")
        seat.engine_client.now += 30
        await seat.pilot.pause(0.4)
        assert seat.shows(MainScreen)
        for letter in "EASELMS":
            seat.engine_client.now += seconds
            await seat.press(letter)
        assert seat.told() == []
        assert sum("not taken" in said for said in seat.says()) == 1
        seat.engine_client.now += 1.6
        await seat.press("L")
        assert seat.told() == [SetFilters(Filters(limit_orders=False))]


async def test_a_word_typed_on_answers_no_dialog_beneath() -> None:
    async with a_seat(pictures.with_rules(needy(), halted_because="by hand")) as seat:
        await seat.press("a")
        BY_ID["cancel_all"].run(seat.app)
        await seat.pilot.pause()
        await seat.press("tab", *"CA")
        seat.engine_client.now += 30
        await seat.pilot.pause(0.4)
        assert seat.shows(ApprovalsScreen)
        for letter in "NCEL":
            seat.engine_client.now += 0.8
            await seat.press(letter)
        assert seat.told() == []


async def test_a_question_that_ends_beneath_the_help_says_so_once_and_closes_after_it() -> None:
    async with a_seat(pictures.with_rules(pictures.busy(), dry_run=True)) as seat:
        await seat.press("d", "f1")
        seat.engine_client.now += 31
        await seat.pilot.pause(1.0)
        assert seat.says() == []
        await seat.press("escape")
        await seat.pilot.pause(0.6)
        assert seat.shows(MainScreen)
        assert seat.says() == ["Go live? closed by itself: nothing was done"]


# what slides beneath the cursor, and questions that come to mean something else


async def test_a_key_does_not_fall_on_the_next_item_when_the_selected_one_is_settled() -> None:
    app = DialogHost(FakeFront(pictures.missed()), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        app.show(replace(pictures.missed(), missed=pictures.missed().missed[:1]))
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
    dry = pictures.with_rules(pictures.missed(), dry_run=True)
    app = DialogHost(FakeFront(dry), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "c")
        assert "DRY RUN" in app.text("question")
        app.show(pictures.with_rules(dry, dry_run=False))
        await press(pilot, "y")
        assert app.engine_client.submitted == []
        assert app.text("question") == "The question has changed and nothing was done: check it, then press c again."
        await press(pilot, "c")
        assert "LIVE: real orders." in app.text("question")
        await press(pilot, "y")
        assert app.engine_client.submitted == [CopyMissed(11)]


async def test_a_yes_is_for_what_is_so_now_and_not_for_what_was_drawn_last() -> None:
    dry = pictures.with_rules(pictures.missed(), dry_run=True)
    app = DialogHost(FakeFront(dry), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "c")
        app.latest = app.engine_client.picture = pictures.with_rules(dry, dry_run=False)
        await press(pilot, "y")
        assert app.engine_client.submitted == []


async def test_closing_all_asks_again_when_the_positions_have_changed() -> None:
    picture = exits.left_behind()
    async with a_seat(picture) as seat:
        BY_ID["flatten"].run(seat.app)
        await seat.pilot.pause()
        await seat.press("tab", *"FLATTEN")
        first = picture.followers[0]
        [(key, _)] = first.positions
        more = replace(first, positions=((key, 150),))
        await seat.see(replace(picture, version=9, followers=(more, *picture.followers[1:])))
        await seat.press("enter")
        assert seat.told() == []
        assert seat.shows(TypedWordScreen)
        assert any("The text above has changed: read it again." in line for line in seat.lines())
        assert any("150 NIFTY28NOV2624000CE long" in line for line in seat.lines())
        await seat.press(*"FLATTEN", "enter")
        assert seat.told() == [Flatten()]


async def test_figures_that_change_all_the_time_do_not_forget_the_word_and_are_kept_true() -> None:
    picture = exits.left_behind()
    async with a_seat(picture) as seat:
        BY_ID["cancel_all"].run(seat.app)
        await seat.pilot.pause()
        assert any("Cancels 4 open copies" in line for line in seat.lines())
        await seat.press("tab", *"CANCEL")
        await seat.see(replace(picture, version=9, orders=picture.orders[1:]))
        await seat.pilot.pause(0.3)
        assert not any("Cancels 4 open copies" in line for line in seat.lines())
        await seat.press("enter")
        assert seat.told() == [CancelAll()]


LIVE_CHANGES: dict[str, Callable[[Snapshot], Snapshot]] = {
    "an account": lambda p: replace(p, followers=(replace(p.followers[0], enabled=False), *p.followers[1:])),
    "filters": lambda p: pictures.with_rules(p, filters=Filters(market_orders=False)),
    "confirmation": lambda p: pictures.with_rules(p, require_confirmation=not p.rules.require_confirmation),
    "sizes": lambda p: pictures.with_rules(p, multiplier=Decimal(3)),
    "a halt": lambda p: pictures.with_rules(p, halted_because="by hand"),
}


@pytest.mark.parametrize("name", list(LIVE_CHANGES))
async def test_going_live_asks_again_when_it_would_be_another_thing(name: str) -> None:
    picture = pictures.with_rules(pictures.busy(), dry_run=True)
    async with a_seat(picture) as seat:
        sharing = tuple(replace(each, shares_multiplier=True) for each in seat.engine_client.settings.followers)
        seat.engine_client.settings = replace(seat.engine_client.settings, followers=sharing)
        await seat.press("d", "tab", *"LIVE")
        await seat.see(replace(LIVE_CHANGES[name](picture), version=9))
        await seat.press("enter")
        assert seat.told() == []
        assert any("The text above has changed: read it again." in line for line in seat.lines())
        await seat.press(*"LIVE", "enter")
        assert seat.told() == [SetDryRun(on=False)]


async def test_going_live_does_not_ask_again_for_a_log_in_or_a_figure() -> None:
    picture = pictures.with_rules(pictures.busy(), dry_run=True)
    async with a_seat(picture) as seat:
        await seat.press("d", "tab", *"LIVE")
        first = replace(picture.followers[0], armed=False, queued=3, last_error="x")
        await seat.see(replace(picture, version=9, followers=(first, *picture.followers[1:])))
        await seat.press("enter")
        assert seat.told() == [SetDryRun(on=False)]


async def test_releasing_asks_again_for_another_reason_and_closes_when_there_is_no_halt() -> None:
    picture = pictures.halted()
    async with a_seat(picture) as seat:
        await seat.press("ctrl+k", "tab", *"RELEASE")
        await seat.see(pictures.with_rules(replace(picture, version=8), halted_because="the file STOP was found"))
        await seat.press("enter")
        assert seat.told() == []
        await seat.see(pictures.with_rules(replace(picture, version=9), halted_because=None))
        await seat.pilot.pause(0.4)
        assert seat.shows(MainScreen)
        assert seat.says() == ["Release the halt? closed: nothing left to do"]


async def test_one_typed_question_is_open_at_a_time() -> None:
    picture = pictures.with_rules(exits.left_behind(), dry_run=True)
    async with a_seat(picture) as seat:
        await seat.press("d")
        BY_ID["mode"].run(seat.app)
        BY_ID["flatten"].run(seat.app)
        await seat.pilot.pause()
        assert sum(isinstance(screen, TypedWordScreen) for screen in seat.app.screen_stack) == 1
        assert seat.says() == ["answer or leave this first: Go live?"]
        await seat.press("escape")
        assert seat.shows(MainScreen)


@pytest.mark.parametrize("size", [(79, 36), (120, 19), (30, 8)])
async def test_a_word_is_not_taken_where_what_it_does_is_not_in_sight(size: tuple[int, int]) -> None:
    async with a_seat(pictures.with_rules(pictures.busy(), dry_run=True)) as seat:
        await seat.press("d", "tab", *"LIVE")
        await seat.pilot.resize_terminal(*size)
        await seat.pilot.pause()
        assert "Make the terminal" in "\n".join(seat.lines())
        await seat.press("enter", *"LIVE", "enter")
        assert seat.told() == []
        await seat.pilot.resize_terminal(80, 20)
        await seat.press("enter")
        assert seat.told() == [], "nor what was typed there"
        await seat.press(*"LIVE", "enter")
        assert seat.told() == [SetDryRun(on=False)]


async def test_going_live_counts_who_is_in_and_names_who_is_out() -> None:
    picture = pictures.with_rules(pictures.busy(), dry_run=True)
    out = tuple(replace(view, enabled=False, armed=False) for view in picture.followers[:2])
    async with a_seat(replace(picture, followers=(*out, *picture.followers[2:]))) as seat:
        await seat.press("d")
        text = "\n".join(seat.lines())
        assert f"REAL orders go to {len(picture.followers) - 2} accounts" in text
        assert "DISABLED    no orders go to Asha, Ravi" in text
