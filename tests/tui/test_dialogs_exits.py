"""Exits, reversals and slices in the dialogs; accounts in full; and the typed questions before what is grave."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.domain.attention import FAILURES
from copytui.domain.copies import CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.drift import Cause, ComparedPosition
from copytui.domain.positions import Position
from copytui.domain.sizing import Sizing
from copytui.engine.commands import (
    Approve,
    Command,
    Detach,
    DismissCopy,
    DismissOrphan,
    DismissOutOfStep,
    Flatten,
    MarkNotPlaced,
    ReleaseFollower,
    ReleaseHalt,
    RetryCopy,
    SetFollower,
)
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs import text
from copytui.tui.dialogs.account import AccountScreen, account
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention import AttentionScreen
from copytui.tui.dialogs.attention_list import attention_rows
from copytui.tui.dialogs.attention_row import AttentionRow
from copytui.tui.dialogs.confirmations import (
    cancelling_all,
    flattening,
    open_copies,
    releasing_follower,
    releasing_halt,
)
from copytui.tui.dialogs.story import story
from copytui.tui.present import Attention
from tests.builders import after
from tests.tui import exits, snapshots
from tests.tui.dialog_host import DialogHost, press
from tests.tui.fake import MONOTONIC, FakeFront, follower_id

SIZE = (80, 24)
CLOCK = after(11 * 60) + exits.LATE
S = CopyState


def approvals(snapshot: Snapshot) -> DialogHost:
    return DialogHost(FakeFront(snapshot), ApprovalsScreen())


# approvals


async def test_a_reversal_is_asked_for_in_two_parts_that_go_together() -> None:
    app = approvals(exits.asked(exits.a_reversal(20, S.ASKED, verdict=Verdict.ASK)))
    async with app.run_test(size=SIZE) as pilot:
        shown = app.screen_text()
        assert "exit: closes 50 of 50, opens 100" in shown
        assert "[x] Asha          closes       50" in shown
        assert "[x] Asha          opens       100" in shown
        assert "skipped Kim, closing: copying has built nothing here" in shown
        assert "skipped Kim, opening: close only: it has lost" in shown
        await press(pilot, "plus")
        assert "one part closes, one opens: take both, or neither" in app.text("message")
        await press(pilot, "enter")
        assert not app.dialog.has_class("editing")
        await press(pilot, "down", "space")
        assert app.screen_text().count("skipped  ") == 2
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(20, {follower_id(0): 0})]


async def test_a_part_that_was_left_out_is_taken_in_again_with_the_other() -> None:
    app = approvals(exits.asked(exits.a_reversal(20, S.ASKED, verdict=Verdict.ASK)))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "space", "down", "space", "y")
        assert app.engine_client.submitted == [Approve(20, {})]


async def test_an_exit_can_be_made_smaller_and_no_larger() -> None:
    app = approvals(exits.asked(exits.an_exit(20, S.ASKED, share=exits.WHOLE, verdict=Verdict.ASK)))
    snapshot = app.engine_client.picture
    assert snapshot is not None
    view = snapshot.orders[0]
    copy = replace(view.copies[0], order=replace(view.copies[0].order, quantity=100))
    app.latest = app.engine_client.picture = replace(
        snapshot, orders=(replace(view, copies=(copy,)), *snapshot.orders[1:])
    )
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "plus")
        assert "150 is more than the 100 that copying has built" in app.text("message")
        await press(pilot, "minus")
        assert "planned 100" in app.screen_text()
        await press(pilot, "y")
        assert app.engine_client.submitted == [Approve(20, {follower_id(0): 50})]


async def test_a_sliced_copy_is_one_row_with_its_whole_quantity() -> None:
    order = snapshots.an_order_of(20, quantity=1800, filled=1800)
    view = snapshots.a_view(
        order, exits.slices(order, 0, S.ASKED, S.ASKED), Verdict.ASK, "needs a yes", settled=False, followers=1
    )
    app = approvals(exits.asked(view))
    async with app.run_test(size=SIZE) as pilot:
        assert "3600" in app.screen_text()
        assert "in 2 slices" in app.screen_text()
        await press(pilot, "plus")
        assert "more than the 3600 planned, which is sent in slices" in app.text("message")
        await press(pilot, "minus", "y")
        assert app.engine_client.submitted == [Approve(20, {follower_id(0): 3550})]


async def test_the_limits_of_the_symbol_hold_for_a_quantity_given_by_hand() -> None:
    snapshot = snapshots.approvals_waiting()
    app = approvals(replace(snapshot, approvals=snapshot.approvals[:1]))
    capped = replace(app.engine_client.settings.followers[0], sizing=Sizing(max_quantity=50))
    app.engine_client.settings = replace(
        app.engine_client.settings, followers=(capped, *app.engine_client.settings.followers[1:])
    )
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "plus")
        assert "Not changed" in app.text("message")


@pytest.mark.parametrize(
    ("now", "said"),
    [("100.00", "now 100.00 -1.48% worse"), ("103.00", "now 103.00 +1.48% better"), ("101.50", "now 101.50 +0.00%")],
)
async def test_the_price_now_stands_beside_the_masters(now: str, said: str) -> None:
    app = approvals(exits.asked(exits.an_exit(20, S.ASKED, verdict=Verdict.ASK), Decimal(now)))
    async with app.run_test(size=SIZE):
        assert said in app.screen_text()
        assert "SELL 50 NIFTY28NOV2624000CE @ 101.50" in app.screen_text()


async def test_without_a_quote_no_price_is_made_up() -> None:
    app = approvals(exits.asked(exits.an_exit(20, S.ASKED, verdict=Verdict.ASK)))
    async with app.run_test(size=SIZE):
        assert "now" not in app.text("master")


# the story


def test_the_story_of_a_sliced_copy_has_every_order_id() -> None:
    text = " ".join(story(exits.sliced(), exits.busy()).plain.split())
    for said in (
        "Asha F10001  ✓ filled  5400/5400 @ 101.55", "in 3 slices", "filled 1800/1800 @ 101.55 · order S1200",
        "order S1202", "Ravi F10002  ✗ rejected  1800/5400", "rejected 0/1800 · order S1211",
    ):  # fmt: skip
        assert " ".join(said.split()) in text, said


def test_the_story_of_a_reversal_says_what_closes_and_what_opens() -> None:
    text = " ".join(story(exits.a_reversal(13, S.FILLED), exits.busy()).plain.split())
    for said in (
        "Master closes 50 of 50, opens 100", "Part closes 50, as the master closed 50 of 50", "Part opens 100",
        "Kim closes nothing: copying has built nothing here", "Kim opens nothing: close only",
    ):  # fmt: skip
        assert said in text, said


def test_the_story_says_why_an_order_was_withdrawn() -> None:
    view = exits.an_exit(11, S.OPEN)
    view = replace(view, copies=(replace(view.copies[0], cancel_reason="cancelled by hand"),))
    assert "cancelled by hand" in story(view, exits.busy()).plain


# the attention list


def listed(snapshot: Snapshot) -> list[AttentionRow]:
    return attention_rows(Attention().items(snapshot, CLOCK), snapshot, MONOTONIC)


def test_exits_stand_first_and_are_named() -> None:
    snapshot = exits.left_behind()
    missed = exits.closing(snapshots.a_view(exits.sale(15), (), Verdict.MISSED, "copying was paused"), exits.HALF)
    snapshot = replace(
        snapshot, missed=(*snapshots.missed().missed, missed.executions[0]), orders=(missed, *snapshot.orders)
    )
    kinds = [need.line.plain[:14].strip() for need in listed(snapshot)]
    assert kinds == [
        "exit missed", "exit unknown", "exit unfilled", "orphaned",
        "missed", "missed", "unknown", "rejected", "halted", "ip mismatch", "close only",
    ]  # fmt: skip
    assert len(kinds) == len(Attention().items(snapshot, CLOCK))


def test_an_exit_that_asks_stands_before_entries_that_ask() -> None:
    snapshot = exits.asked(exits.an_exit(20, S.ASKED, verdict=Verdict.ASK))
    assert listed(snapshot)[0].line.plain.startswith("exit approval")


def place(snapshot: Snapshot, id_: str) -> int:
    return [need.id for need in listed(snapshot)].index(id_)


async def does(snapshot: Snapshot, id_: str, key: str) -> list[Command]:
    """Return what the key sends for the item, and the question before it holds no command back."""
    app = DialogHost(FakeFront(snapshot), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *["down"] * place(snapshot, id_), key)
        assert app.engine_client.submitted == []
        assert "y / n" in app.text("question")
        await press(pilot, "y")
        return app.engine_client.submitted


@pytest.mark.parametrize(
    ("id_", "key", "command"),
    [
        (f"orphaned {follower_id(1)}:NFO:{exits.NIFTY.symbol}:INTRADAY", "f", Flatten(follower_id(1), exits.NIFTY)),
        (f"orphaned {follower_id(1)}:NFO:{exits.NIFTY.symbol}:INTRADAY", "d",
         DismissOrphan(follower_id(1), exits.NIFTY)),
        (f"orphaned {follower_id(1)}:NFO:{exits.NIFTY.symbol}:INTRADAY", "t", Detach(follower_id(1), exits.NIFTY)),
        ("unfilled c1100", "f", Flatten(follower_id(0), exits.NIFTY)),
        (f"close only {follower_id(2)}:close-only", "x", ReleaseFollower(follower_id(2))),
        (f"ip mismatch {follower_id(3)}:ip-mismatch", "x", SetFollower(follower_id(3), enabled=False)),
        (f"halted {follower_id(4)}", "x", ReleaseHalt(follower_id(4))),
    ],
)  # fmt: skip
async def test_each_new_item_has_its_key(id_: str, key: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "wall_clock", lambda: CLOCK)
    assert await does(exits.left_behind(), id_, key) == [command]


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("f", Flatten(follower_id(2), exits.NIFTY)),
        ("t", Detach(follower_id(2), exits.NIFTY)),
        ("d", DismissOutOfStep(follower_id(2), exits.NIFTY)),
    ],
)
async def test_a_position_out_of_step_says_how_and_has_its_keys(
    key: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "wall_clock", lambda: CLOCK)
    found = ComparedPosition(
        follower_id(2), exits.NIFTY, 100, 100, 60, Position(100), Cause.BY_HAND, "closed by hand", after(600)
    )
    snapshot = replace(exits.left_behind(), out_of_step=(found,))
    (row,) = [row for row in listed(snapshot) if row.item.about == found]
    for words in (
        "60 long of NIFTY",
        "copied 100, held 60, expected 100, the master has 100",
        "by hand: closed by hand",
    ):
        assert words in row.known.plain
    assert await does(snapshot, f"out of step {follower_id(2)}:NFO:{exits.NIFTY.symbol}:INTRADAY", key) == [command]


async def test_each_slice_that_went_wrong_is_retried_or_dismissed() -> None:
    snapshot = snapshots.a_snapshot(orders=(exits.sliced(),))
    assert await does(snapshot, "rejected c1211", "r") == [RetryCopy(1211), RetryCopy(1212)]
    app = DialogHost(FakeFront(snapshot), AttentionScreen(FAILURES))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "d")  # of an entry: no question
        assert app.engine_client.submitted == [DismissCopy(1211), DismissCopy(1212)]
    [need] = listed(snapshot)
    assert "2 of the 3 that it was sent in" in need.known.plain
    assert "S1211 S1212" in need.known.plain
    assert need.actions[0].question.startswith("Send BUY 3600 ")


async def test_each_slice_that_is_unknown_is_marked_and_one_answer_is_said_once() -> None:
    order = snapshots.an_order_of(1)
    lost = exits.slices(order, 0, S.UNKNOWN, S.FILLED, S.UNKNOWN)
    app = DialogHost(FakeFront(snapshots.a_snapshot(orders=(snapshots.a_view(order, lost),))), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "m", "y")
        assert app.engine_client.submitted == [MarkNotPlaced(100), MarkNotPlaced(102)]
        assert app.said == ["done"]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({}, "LIVE: real orders."), ({"halted_because": "x"}, "LIVE: real orders, also while halted."),
        ({"paused": True}, "PAUSED: it will be refused; resume first."),
        ({"dry_run": True}, "DRY RUN: it will be refused."),
    ],
)  # fmt: skip
def test_closing_by_hand_says_whether_it_goes_out(rules: dict[str, object], said: str) -> None:
    snapshot = snapshots.with_rules(exits.left_behind(), **rules)
    question = listed(snapshot)[place(snapshot, "unfilled c1100")].actions[0].question
    assert question.startswith("Cancel it and close all 50 NIFTY28NOV2624000CE of Asha")
    assert question.endswith(said)


def test_a_late_exit_of_a_position_that_is_gone_offers_nothing() -> None:
    snapshot = exits.left_behind()
    flat = replace(snapshot, followers=tuple(replace(view, positions=()) for view in snapshot.followers))
    assert listed(flat)[place(flat, "unfilled c1100")].actions == ()


# the account


def test_an_account_tells_all_that_is_known_of_it() -> None:
    snapshot = exits.left_behind()
    engine_client = FakeFront(snapshot)
    engine_client.settings = replace(
        engine_client.settings, risk=replace(engine_client.settings.risk, daily_loss_limit=Decimal(10000)),
        followers=tuple(replace(each, registered_ip="203.0.113.8") for each in engine_client.settings.followers),
    )  # fmt: skip
    texts = [
        " ".join(account(v, snapshot, engine_client.settings, MONOTONIC).plain.split()) for v in snapshot.followers
    ]
    for number, said in (
        (0, "Asha F10001 ✓ armed"),
        (0, "Funds ₹2,50,000 available · net ₹3,00,000 · fresh"),
        (0, "This morning ₹2,60,000 · master's ₹5,00,000"),
        (0, "Ratio x0.5200 of the master's orders"),
        (0, "Day ₹-4,200 (realised ₹-3,000, unrealised ₹-1,200) · loss limit ₹10,000, 42% used · fresh"),
        (0, "Egress IP unknown · 203.0.113.8 is registered"),
        (0, "Order budget 12/500 per minute, 48/1000 per hour"),
        (0, "Copied positions 50 NIFTY28NOV2624000CE long · intraday"),
        (1, "read 7m ago"),
        (1, "100 NIFTY28NOV2624000CE short · intraday · orphaned"),
        (2, "Close only it has lost ₹12,000 today"),
        (3, "IP mismatch its requests leave from 198.51.100.9"),
        (3, "198.51.100.9, and 203.0.113.8 is registered"),
        (4, "Halted 5 copies in a row went wrong"),
        (4, "Copied positions none"),
        (4, "Sizing x1"),
    ):
        assert said in texts[number], said


async def test_the_account_goes_on_while_it_is_open_and_may_vanish() -> None:
    app = DialogHost(FakeFront(exits.left_behind()), AccountScreen(follower_id(1)))
    async with app.run_test(size=SIZE) as pilot:
        assert "✗ wrong IP" not in app.screen_text()
        view = replace(exits.left_behind().followers[1], ip_mismatch="it leaves from elsewhere", armed=False)
        app.show(replace(exits.left_behind(), followers=(view,)))
        await pilot.pause()
        assert "✗ wrong IP" in app.screen_text()
        app.show(replace(exits.left_behind(), followers=()))
        await pilot.pause()
        assert "no longer in the settings" in app.screen_text()
        await press(pilot, "escape")
        assert app.result is None


# the typed questions


def test_flattening_lists_what_would_be_closed_and_when_it_works() -> None:
    snapshot = exits.left_behind()
    text = "\n".join(flattening(snapshot, None).lines)
    assert "Closes 2 positions of 2 accounts" in text
    assert "This works while halted, but not in dry run or while paused." in text
    assert "Asha           F10001   50 NIFTY28NOV2624000CE long · intraday" in text
    assert "Ravi           F10002   100 NIFTY28NOV2624000CE short" in text
    one = flattening(snapshots.with_rules(snapshot, dry_run=True, paused=True, halted_because="x"), follower_id(1))
    text = "\n".join(one.lines)
    assert "Closes 1 position of Ravi" in text
    assert "Asha" not in text
    assert "DRY RUN     this will be refused" in text
    assert "PAUSED      this will be refused" in text
    assert "HALTED      x: these orders are sent anyway" in text
    assert one.word == "FLATTEN"


def test_cancelling_all_lists_what_is_open_and_warns_of_exits() -> None:
    snapshot = exits.left_behind()
    text = "\n".join(cancelling_all(snapshot).lines)
    assert len(open_copies(snapshot)) == 4
    assert "Cancels 4 open copies" in text
    assert "EXITS       2 of them" in text
    assert "Asha         SELL 50 NIFTY28NOV2624000CE limit 102.00 open 0/50 exit" in text
    assert "DRY RUN" in "\n".join(cancelling_all(snapshots.with_rules(snapshot, dry_run=True)).lines)
    assert cancelling_all(snapshot).word == "CANCEL"


def test_releasing_a_follower_says_what_it_has_lost() -> None:
    question = releasing_follower(exits.left_behind().followers[2])
    text = "\n".join(question.lines)
    assert "Meera" in text
    assert "it has lost ₹12,000 today" in text
    assert "₹-12,000" in text
    assert question.word == "RELEASE"


def test_releasing_a_halt_by_the_stop_file_says_what_to_do_first() -> None:
    snapshot = snapshots.with_rules(snapshots.live(), halted_because="the file STOP was found")
    assert any("remove the file STOP" in line for line in releasing_halt(snapshot).lines)
    assert not any("STOP" in line for line in releasing_halt(snapshots.halted()).lines)
