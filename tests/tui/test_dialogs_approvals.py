"""Approvals: what a key sends, for the order that is drawn, with the quantities that are drawn."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.decisions import Plan, Verdict
from copytui.domain.reasons import Reason
from copytui.domain.sizing import Sizing
from copytui.engine.commands import Approve, Decline, SetHalted
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs.approvals import ApprovalsScreen
from tests.tui import snapshots
from tests.tui.dialog_host import WAITING, DialogHost, press
from tests.tui.fake import MONOTONIC, FakeFront, follower_id

SIZE = (80, 24)


def host(snapshot: Snapshot | None = None) -> DialogHost:
    return DialogHost(FakeFront(snapshot or snapshots.approvals_waiting()), ApprovalsScreen())


def waiting(*metrics: int) -> Snapshot:
    """Return the picture in which only these still wait."""
    snapshot = snapshots.approvals_waiting()
    left = tuple((id_, deadline) for id_, deadline in snapshot.approvals if id_ in metrics)
    return replace(snapshot, version=snapshot.version + 1, approvals=left)


def asked(number: int, left: float, snapshot: Snapshot) -> Snapshot:
    """Return the picture with one more that waits."""
    order = snapshots.an_order_of(number, symbol=f"SYM{number}", quantity=50, filled=50)
    copies = tuple(snapshots.a_copy_of(order, n, CopyState.ASKED) for n in range(2))
    view = snapshots.a_view(order, copies, Verdict.ASK, "needs a yes", settled=False)
    approvals = (*snapshot.approvals, (number, MONOTONIC + left))
    return replace(snapshot, version=snapshot.version + 1, orders=(view, *snapshot.orders), approvals=approvals)


async def test_y_approves_the_selected_one_as_planned() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(11, {})]


async def test_n_declines_the_one_under_the_cursor() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "down", "n")
        assert app.engine_client.submitted == [Decline(12)]


async def test_a_key_that_repeats_answers_one_only() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "y", "y", "y")
        assert app.engine_client.submitted == [Approve(11, {})]
        app.wait(0.5)
        await press(pilot, "y")
        assert len(app.engine_client.submitted) == 1
        app.wait(0.8)
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(11, {}), Approve(12, {})]


async def test_a_yes_does_not_fall_on_the_next_when_the_selected_one_expires() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        app.show(waiting(12))
        await press(pilot, "y")
        assert app.engine_client.submitted == []
        assert "no longer waits" in app.text("message")
        app.wait(1)
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(12, {})]


@pytest.mark.parametrize("key", ["space", "plus", "minus", "enter", "Y", "N", "y", "n"])
async def test_no_key_falls_on_the_next_when_the_selected_one_expires(key: str) -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        app.wait(1)
        await press(pilot, "tab")
        app.show(waiting(12))
        await pilot.pause()
        drawn = app.screen_text()
        for _ in range(5):  # a key held down waits for as long as it is held
            app.engine_client.now += 0.5
            await press(pilot, key, key)
        assert app.engine_client.submitted == []
        assert "The selected order no longer waits" in app.text("message")
        assert not app.dialog.has_class("editing")
        assert [line for line in app.screen_text().splitlines() if "[x]" in line] == [
            line for line in drawn.splitlines() if "[x]" in line
        ]
        assert app.said.count("ignored: look first") == 1


async def test_space_does_not_fall_on_the_next_follower_when_the_selected_one_gets_nothing_any_more() -> None:
    app = host(waiting(11))
    async with app.run_test(size=SIZE) as pilot:
        snapshot = app.engine_client.picture
        assert snapshot is not None
        asks = [view for view in snapshot.orders if view.executions and view.executions[0].id == 11]
        fewer = replace(asks[0], copies=asks[0].copies[1:])
        app.show(replace(snapshot, orders=tuple(fewer if view is asks[0] else view for view in snapshot.orders)))
        await press(pilot, "space")
        assert "[ ]" not in app.screen_text()
        assert app.text("message").startswith("The selected follower")


async def test_a_yes_after_the_deadline_is_not_sent() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        app.engine_client.now += 41
        await press(pilot, "y")
        assert app.engine_client.submitted == []


async def test_it_closes_when_nothing_waits_any_more() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        app.show(waiting())
        await pilot.pause()
        assert app.result is None
        assert app.said == ["nothing requires approval any more"]
        assert app.deaf_for > 0, "what is typed on must not become commands of the screen beneath"


async def test_it_closes_without_a_word_when_the_user_has_answered_all() -> None:
    app = host(waiting(11))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "y")
        app.show(waiting())
        await pilot.pause()
        assert app.result is None
        assert app.said == ["done"], "what the engine answered"
        assert app.deaf_for == 0


async def test_a_new_one_appears_and_the_cursor_stays() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "down")
        app.show(asked(13, 20, snapshots.approvals_waiting()))
        await pilot.pause()
        assert "SYM13" in app.screen_text()
        assert "3 orders require approval" in app.screen_text()
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(12, {})]


async def test_capital_y_approves_all_that_are_drawn_and_none_that_came_unseen() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        app.wait(1)
        app.latest = asked(13, 20, snapshots.approvals_waiting())
        await press(pilot, "Y")
        assert app.engine_client.submitted == [Approve(11, {}), Approve(12, {})]


async def test_capital_n_declines_all() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        app.wait(1)
        await press(pilot, "N")
        assert app.engine_client.submitted == [Decline(11), Decline(12)]


async def test_capital_y_leaves_what_came_only_just_now_and_says_how_many() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        app.wait(1)
        app.show(asked(13, 20, snapshots.approvals_waiting()))
        await pilot.pause(0.05)
        app.wait(0.6)
        await press(pilot, "Y")
        assert app.engine_client.submitted == [Approve(11, {}), Approve(12, {})]
        assert app.text("message") == "1 order arrived just now and was not answered: look first."
        app.wait(0.2)
        await press(pilot, "Y")
        assert app.engine_client.submitted[2:] == [Approve(13, {})]


async def test_space_leaves_a_follower_out_and_takes_it_in_again() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "tab", "down", "space")
        assert "[ ] Ravi" in app.screen_text()
        await press(pilot, "down", "space", "space", "y")
        assert app.engine_client.submitted == [Approve(11, {follower_id(1): 0})]


async def test_a_yes_with_everybody_left_out_is_not_sent() -> None:
    app = host(waiting(11))
    async with app.run_test(size=SIZE) as pilot:
        for _ in range(5):
            await press(pilot, "space", "down")
        await press(pilot, "y")
        assert app.engine_client.submitted == []
        assert "Every follower is skipped" in app.text("message")


async def test_plus_and_minus_change_the_quantity_by_a_lot() -> None:
    snapshot = asked(13, 30, waiting())
    app = host(snapshot)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "plus", "plus", "minus", "down", "minus", "y")
        assert app.engine_client.submitted == [Approve(13, {follower_id(0): 100, follower_id(1): 0})]


async def test_a_quantity_can_be_typed_and_its_value_is_shown() -> None:
    app = host(asked(13, 30, waiting()))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        assert app.text("message") == "Asha's quantity, in whole lots of 50; 0 skips the follower."
        await press(pilot, "ctrl+u", *"150", "enter")
        assert "₹15,300" in app.screen_text()
        assert "planned 50" in app.screen_text()
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(13, {follower_id(0): 150})]


@pytest.mark.parametrize(
    ("typed", "words"), [("70", "not whole lots of 50"), ("", "not a valid quantity"), ("-50", "not a valid quantity")]
)
async def test_a_quantity_that_is_not_whole_lots_is_not_taken(typed: str, words: str) -> None:
    app = host(asked(13, 30, waiting()))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter", "ctrl+u", *["minus" if char == "-" else char for char in typed], "enter")
        assert app.text("message").startswith("Not changed")
        assert words in app.text("message")
        await press(pilot, "escape", "y")
        assert app.engine_client.submitted == [Approve(13, {})]


async def test_a_quantity_over_the_followers_own_limit_is_not_taken() -> None:
    app = host(asked(13, 30, waiting()))
    followers = app.engine_client.settings.followers
    capped = replace(followers[0], sizing=Sizing(max_order_value=Decimal(10175)))
    app.engine_client.settings = replace(app.engine_client.settings, followers=(capped, *followers[1:]))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "plus")
        assert "over max_order_value" in app.text("message")
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(13, {})]


async def test_with_an_unknown_lot_a_follower_goes_as_planned_or_not_at_all() -> None:
    snapshot = asked(13, 30, waiting())
    view = snapshot.orders[0]
    decided = view.executions[0]
    order = replace(decided.execution.order, lot_size=0)
    decided = replace(decided, execution=replace(decided.execution, order=order))
    snapshot = replace(snapshot, orders=(replace(view, executions=(decided,)), *snapshot.orders[1:]))
    app = host(snapshot)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "plus")
        assert "did not give the lot size" in app.text("message")
        await press(pilot, "space", "y")
        assert app.engine_client.submitted == [Approve(13, {follower_id(0): 0})]


async def test_y_typed_into_the_quantity_answers_nothing() -> None:
    app = host(waiting(11))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter", "y", "n", "Y", "N")
        assert app.engine_client.submitted == []


async def test_changes_stay_with_their_order() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "tab", "space", "shift+tab", "down")
        assert "[ ] Asha" not in app.screen_text()
        await press(pilot, "y")
        app.wait(1)
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(12, {}), Approve(11, {follower_id(0): 0})]


async def test_escape_leaves_the_edit_first_and_then_the_dialog_and_answers_nothing() -> None:
    app = host(waiting(11))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter", "escape")
        assert app.result is WAITING
        await press(pilot, "escape")
        assert app.result is None
        assert app.engine_client.submitted == []


async def test_a_refused_answer_can_be_given_again() -> None:
    app = host(waiting(11))
    app.engine_client.answer = "Asha: 75 is over max_quantity 50"
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "y")
        app.wait(3)
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(11, {}), Approve(11, {})]
        assert app.said[0].startswith("Asha: 75 is over")


async def test_followers_that_get_nothing_are_named_with_the_limit_that_bites() -> None:
    snapshot = waiting(11)
    view = next(view for view in snapshot.orders if view.executions and view.executions[0].id == 11)
    decided = view.executions[0]
    aside = Plan(follower_id(4), "Kim", 0, Reason.OVER_MAX_QUANTITY, "75 is over max_quantity 50")
    decided = replace(decided, decision=replace(decided.decision, plans=(*decided.decision.plans[:4], aside)))
    orders = tuple(replace(v, executions=(decided,)) if v is view else v for v in snapshot.orders)
    app = host(replace(snapshot, orders=orders))
    async with app.run_test(size=SIZE):
        assert "skipped Kim: 75 is over max_quantity 50" in app.screen_text()


async def test_it_counts_down_and_says_what_a_yes_does_now() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        assert "40 s left" in app.screen_text()
        assert "LIVE: approval sends real orders" in app.screen_text()
        app.wait(10)
        app.show(snapshots.with_rules(snapshots.approvals_waiting(), paused=True))
        await pilot.pause()
        assert "30 s left" in app.screen_text()
        assert "PAUSED: nothing is sent" in app.screen_text()


async def test_a_halt_goes_through_while_it_asks() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "tab", "enter", "ctrl+k")
        assert app.engine_client.submitted == [SetHalted(on=True)]


def closed_in_part(left: Fraction) -> Snapshot:
    """Return the picture in which the master has closed some of the 100 that wait."""
    order = snapshots.an_order_of(13, quantity=100, filled=100, lot_size=25)
    copies = tuple(snapshots.a_copy_of(order, number, CopyState.ASKED) for number in range(2))
    view = snapshots.a_view(order, copies, Verdict.ASK, "needs a yes", settled=False)
    return replace(waiting(), orders=(view,), approvals=((13, MONOTONIC + 30),), reduced={13: left})


async def test_what_the_master_has_closed_since_is_said_and_taken_off() -> None:
    app = host(closed_in_part(Fraction(1, 2)))
    async with app.run_test(size=SIZE) as pilot:
        assert "The master has since closed 50 of it: approval opens at most 50 of 100" in app.screen_text()
        await press(pilot, "plus", "plus")  # the first only goes to the followers
        assert "75 is more than the 50 that the master has left of it" in app.text("message")
        await press(pilot, "minus", "y")
        assert app.engine_client.submitted == [Approve(13, {follower_id(0): 25})]


async def test_what_the_master_has_closed_whole_opens_nothing() -> None:
    app = host(closed_in_part(Fraction(0)))
    async with app.run_test(size=SIZE):
        assert "The master has since closed 100 of it: approval opens nothing" in app.screen_text()
        assert app.screen_text().count("skipped  ") == 2
