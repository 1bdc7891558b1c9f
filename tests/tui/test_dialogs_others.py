"""The story, help, quit, and the demo's order and fault dialogs."""

from __future__ import annotations

import threading
from dataclasses import fields, replace
from decimal import Decimal

import pytest

from copytui.domain.copies import CopyState
from copytui.domain.orders import OrderKey
from copytui.engine.commands import SetHalted
from copytui.tui.commands.registry import COMMANDS
from copytui.tui.dialogs.demo import FaultScreen, OrderScreen, Ticket
from copytui.tui.dialogs.help import HelpScreen, help_words
from copytui.tui.dialogs.quit import QuitScreen
from copytui.tui.dialogs.story import StoryScreen, story
from copytui.tui.present.glyphs import Signs
from tests.builders import after
from tests.tui import exits, snapshots
from tests.tui.dialog_host import WAITING, DialogHost, press
from tests.tui.fake import FakeDemo, FakeFront, follower_id

SIZE = (80, 24)
LEGEND = (
    "good", "partial", "open", "wait", "ask", "unknown", "bad", "warn", "skip", "dry", "idle", "pointer", "dot",
)  # fmt: skip


# the story


def test_the_story_has_every_time_the_decision_and_every_follower() -> None:
    snapshot = snapshots.busy()
    view = snapshot.orders[0]
    copies = (
        replace(view.copies[0], queued_at=after(600.1), sent_at=after(600.2), answered_at=after(600.4), attempts=2),
        *view.copies[1:],
    )
    text = " ".join(story(replace(view, copies=copies), snapshot).plain.split())
    for words in (
        "BUY 75 NIFTY28NOV2624500CE", "Exchange   12:10:00.000", "Seen       12:10:01.000 · 1.0 s later", "Decided",
        "copied to 5 followers", "queued 12:10:00.100 · sent 12:10:00.200 · answered 12:10:00.400",
        "filled 12:10:01.000",
        "Asha F10001  ✓ filled  75/75 @ 101.55", "+0.05% (₹4) against the master's 101.50", "281 ms",
        "Meera F10003  ◐ partial  25/75", "RMS: margin shortfall, needs 7612.50 more", "? unknown",
        "no answer in 7.0 s", "261120000000010", copies[0].tag, "Attempts   2",
    ):  # fmt: skip
        assert " ".join(words.split()) in text, words


def test_the_story_tells_why_a_follower_gets_nothing_and_what_was_skipped() -> None:
    snapshot = snapshots.busy()
    assert "symbol blocked by FINNIFTY" in story(snapshot.orders[2], snapshot).plain
    view = snapshot.orders[0]
    decided = view.executions[0]
    plan = replace(decided.decision.plans[0], quantity=0, sentence="37 x 0.5 is below one lot of 75")
    decided = replace(decided, decision=replace(decided.decision, plans=(plan,)))
    assert "Asha gets nothing: 37 x 0.5" in story(replace(view, executions=(decided,)), snapshot).plain


def test_the_story_of_an_order_that_has_not_executed() -> None:
    snapshot = snapshots.busy()
    assert "No decision yet." in story(snapshot.orders[3], snapshot).plain


async def test_the_story_goes_on_while_it_is_open() -> None:
    snapshot = snapshots.busy()
    app = DialogHost(FakeFront(snapshot), StoryScreen(OrderKey("U10")))
    async with app.run_test(size=(120, 60)) as pilot:
        assert "25/75" in app.screen_text()
        view = snapshot.orders[0]
        copies = tuple(
            replace(copy, filled=50, average_price=Decimal(102)) if copy.state is CopyState.PARTIAL else copy
            for copy in view.copies
        )
        app.show(replace(snapshot, orders=(replace(view, copies=copies), *snapshot.orders[1:])))
        await pilot.pause()
        assert "50/75 @ 102.00" in app.screen_text()


async def test_the_story_scrolls_by_keys_and_leaves_with_escape() -> None:
    app = DialogHost(FakeFront(snapshots.busy()), StoryScreen(OrderKey("U10")))
    async with app.run_test(size=SIZE) as pilot:
        scroll = app.dialog.query_one("#story")
        await press(pilot, "down", "j", "pagedown")
        assert scroll.scroll_y == 14
        await press(pilot, "G")
        assert scroll.scroll_y == scroll.max_scroll_y
        await press(pilot, "k", "g")
        assert scroll.scroll_y == 0
        await press(pilot, "escape")
        assert app.result is None


async def test_the_story_of_an_order_that_is_gone_says_so() -> None:
    app = DialogHost(FakeFront(snapshots.busy()), StoryScreen(OrderKey("nobody")))
    async with app.run_test(size=SIZE):
        assert "no longer shown" in app.screen_text()


# help


@pytest.mark.parametrize("pane", ["orders", "followers", "events", "statistics", ""])
def test_help_has_every_key_once(pane: str) -> None:
    text = help_words(COMMANDS, pane, Signs(), demo=True).plain
    for command in COMMANDS:
        first = command.help.split(",")[0].split(":")[0][:30]
        assert " ".join(text.split()).count(" ".join(first.split())) >= 1, command.id
        assert " ".join(command.written_keys) in text


def test_help_begins_with_the_pane_in_focus() -> None:
    assert help_words(COMMANDS, "followers", Signs(), demo=False).plain.startswith("Followers (here)")
    assert (
        "disable the selected follower" in help_words(COMMANDS, "followers", Signs(), demo=False).plain.splitlines()[1]
    )


def test_help_shows_the_demos_keys_in_the_demo_only() -> None:
    assert "demo:" in help_words(COMMANDS, "orders", Signs(), demo=True).plain
    assert "demo:" not in help_words(COMMANDS, "orders", Signs(), demo=False).plain


@pytest.mark.parametrize("ascii_only", [False, True])
def test_help_has_a_legend_of_all_signs(ascii_only: bool) -> None:
    signs = Signs.of(ascii_only=ascii_only)
    legend = help_words(COMMANDS, "", signs, demo=False).plain.partition("Legend\n")[2]
    shown = [line.split()[0] for line in legend.splitlines()]
    punctuation = {"between", "dots", "more", "rupee", "bars", "would"}
    assert shown == [getattr(signs, name) for name in LEGEND]
    assert {field.name for field in fields(Signs)} - punctuation == set(LEGEND)


async def test_help_scrolls_and_leaves() -> None:
    app = DialogHost(FakeFront(snapshots.busy()), HelpScreen(COMMANDS, demo=True, pane="orders"))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "G")
        assert "the last poll of the master" in app.screen_text()
        await press(pilot, "escape")
        assert app.result is None


# quit


async def test_quitting_says_what_is_left_open() -> None:
    snapshot = replace(snapshots.approvals_waiting(), missed=snapshots.missed().missed)
    app = DialogHost(FakeFront(snapshot), QuitScreen(snapshot))
    async with app.run_test(size=SIZE):
        text = app.text("left")
        assert "You are LIVE" in text
        assert "1 order open: remains at the broker" in text
        assert "1 unknown" in text
        assert "2 executions waiting for approval" in text
        assert "2 executions missed" in text
        assert "listed again" in text


async def test_the_demo_promises_no_approval_after_a_restart() -> None:
    snapshot = snapshots.approvals_waiting()
    app = DialogHost(FakeFront(snapshot, demo=FakeDemo()), QuitScreen(snapshot))
    async with app.run_test(size=SIZE):
        assert "2 executions waiting for approval: gone with the demo" in app.text("left")


@pytest.mark.parametrize(
    ("keys", "result"), [(["y"], True), (["n"], False), (["enter"], False), (["space", "enter"], False),
                         (["escape"], False), (["x", "q"], WAITING)],
)  # fmt: skip
async def test_only_y_quits(keys: list[str], result: object) -> None:
    snapshot = snapshots.live()
    app = DialogHost(FakeFront(snapshot), QuitScreen(snapshot))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *keys)
        assert app.result is result


@pytest.mark.parametrize(
    ("name", "needed"),
    [("quiet", False), ("live", True), ("busy", True), ("approvals_waiting", True), ("missed", True)],
)
def test_quitting_asks_when_live_or_when_something_is_open(name: str, needed: bool) -> None:
    assert QuitScreen.needed(snapshots.ALL[name]()) is needed


@pytest.mark.parametrize("state", list(CopyState))
def test_quitting_asks_for_each_state_that_is_not_settled(state: CopyState) -> None:
    order = snapshots.an_order_of(1)
    snapshot = snapshots.a_snapshot(orders=(snapshots.a_view(order, (snapshots.a_copy_of(order, 0, state),)),))
    on_its_way = {"queued", "sending", "accepted", "open", "partial", "unknown"}
    if state is CopyState.ASKED:
        snapshot = replace(snapshot, approvals=((1, 1000.0),))
    assert QuitScreen.needed(snapshot) is (state in on_its_way or state is CopyState.ASKED)


async def test_quitting_goes_on_to_say_what_changes() -> None:
    snapshot = snapshots.live()
    app = DialogHost(FakeFront(snapshot), QuitScreen(snapshot))
    async with app.run_test(size=SIZE):
        app.show(snapshots.with_rules(snapshots.quiet(), dry_run=False))
        assert "unknown" not in app.text("left")


# the demo's order


def order_host(hands: FakeDemo) -> DialogHost:
    return DialogHost(FakeFront(snapshots.busy(), demo=hands), OrderScreen(hands))


async def placed(app: DialogHost) -> None:
    await app.workers.wait_for_complete()


async def test_enter_places_one_lot_of_the_first_symbol_at_market() -> None:
    hands = FakeDemo()
    app = order_host(hands)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        await placed(app)
        await pilot.pause()
        assert hands.placed == [("SBIN-EQ", "BUY", 1, "MARKET", "")]
        assert app.result == Ticket("SBIN-EQ", "BUY", 1)
        assert app.said == ["placed: BUY 1 SBIN-EQ"]


async def test_after_an_order_the_way_out_of_it_is_suggested() -> None:
    hands = FakeDemo()
    last = Ticket("NIFTY28NOV2624500CE", "BUY", 150)
    app = DialogHost(FakeFront(snapshots.busy(), demo=hands), OrderScreen(hands, last))
    async with app.run_test(size=SIZE) as pilot:
        assert "lot 75, max 1800/order" in app.screen_text()
        await press(pilot, "enter")
        await placed(app)
        await pilot.pause()
        assert hands.placed == [("NIFTY28NOV2624500CE", "SELL", 150, "MARKET", "")]
        assert app.result == Ticket("NIFTY28NOV2624500CE", "SELL", 150)
        assert last.other_side == "SELL"
        assert replace(last, side="SELL").other_side == "BUY"


@pytest.mark.parametrize(
    ("keys", "side"),
    [
        (["i", "n", "f"], "BUY"),  # another symbol: the way out is not meant
        (["i", "n", "f", "ctrl+u", "s", "b"], "SELL"),
        (["tab", "tab", "space", "space", "shift+tab", "shift+tab", "s", "b"], "SELL"),
        (["tab", "tab", "space", "shift+tab", "shift+tab", "i", "n", "f"], "BUY"),  # chosen by hand: it stays
    ],
)
async def test_the_way_out_is_suggested_for_its_own_symbol_only(keys: list[str], side: str) -> None:
    hands = FakeDemo()
    last = Ticket("SBIN-EQ", "BUY", 1)
    app = DialogHost(FakeFront(snapshots.busy(), demo=hands), OrderScreen(hands, last))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *keys, "enter")
        await placed(app)
        assert [placed[1] for placed in hands.placed] == [side]


async def test_a_symbol_is_found_as_it_is_typed_and_sells_with_a_limit() -> None:
    hands = FakeDemo()
    app = order_host(hands)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"nif", "tab", "tab", "space", "tab", "ctrl+u", *"150", "tab", "right", "tab", *"101.5")
        await press(pilot, "enter")
        await placed(app)
        assert hands.placed == [("NIFTY28NOV2624500CE", "SELL", 150, "LIMIT", "101.5")]


async def test_arrows_choose_the_symbol_from_any_field_and_the_lot_follows() -> None:
    hands = FakeDemo()
    app = order_host(hands)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "down", "down", "enter")
        await placed(app)
        assert hands.placed == [("NIFTY28NOV2624500CE", "BUY", 75, "MARKET", "")]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([*"nif", "tab", "tab", "tab", "ctrl+u", *"100", "enter"], "100 is not a multiple of the lot size 75."),
        (["tab", "tab", "tab", "ctrl+u", "enter"], "The quantity must be a whole number above 0."),
        ([*"zzz", "enter"], "No symbol matches."),
    ],
)
async def test_what_is_wrong_with_a_ticket_is_said_in_the_dialog(keys: list[str], words: str) -> None:
    hands = FakeDemo()
    app = order_host(hands)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *keys)
        assert app.text("problem") == words
        assert hands.placed == []
        assert app.result is WAITING


async def test_what_the_exchange_refuses_is_said_in_the_dialog_and_can_be_tried_again() -> None:
    hands = FakeDemo()
    hands.refusal = "The price is outside today's circuit limits [/oops]"
    app = order_host(hands)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        await placed(app)
        await pilot.pause()
        assert app.text("problem") == hands.refusal
        hands.refusal = None
        await press(pilot, "enter")
        await placed(app)
        assert len(hands.placed) == 1


class SlowDemo(FakeDemo):
    """Places when it is let to."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def place(self, symbol: str, side: str, quantity: int, order_type: str, price: str) -> str:
        self.go.wait(10)
        return super().place(symbol, side, quantity, order_type, price)


async def test_mashing_enter_places_one_order() -> None:
    hands = SlowDemo()
    app = order_host(hands)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *["enter"] * 5)
        assert app.text("problem") == "placing…"
        hands.go.set()
        await placed(app)
        assert len(hands.placed) == 1


async def test_escape_places_nothing() -> None:
    hands = FakeDemo()
    app = order_host(hands)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"nif", "escape")
        assert hands.placed == []
        assert app.result is None


# the demo's faults


async def test_a_fault_is_picked_for_a_follower() -> None:
    hands = FakeDemo()
    snapshot = snapshots.busy()
    app = DialogHost(FakeFront(snapshot, demo=hands), FaultScreen(hands, snapshot.followers))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "down", "enter", "down", "enter")
        assert hands.failing == [(follower_id(1), "reject")]
        assert app.said == ["the next order of Ravi: reject"]
        assert app.result is None


async def test_a_refused_fault_and_no_follower_are_said() -> None:
    class Refusing(FakeDemo):
        def let_fail(self, follower: str, fault: str) -> None:
            raise ValueError("no such fault")

    for followers, words in ((snapshots.busy().followers, "no such fault"), ((), "No follower.")):
        hands = Refusing()
        app = DialogHost(FakeFront(snapshots.busy(), demo=hands), FaultScreen(hands, followers))
        async with app.run_test(size=SIZE) as pilot:
            await press(pilot, "tab", "enter")
            assert app.text("problem") == words


async def test_escape_lets_nothing_fail_and_a_halt_goes_through() -> None:
    hands = FakeDemo()
    snapshot = snapshots.busy()
    app = DialogHost(FakeFront(snapshot, demo=hands), FaultScreen(hands, snapshot.followers))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter", "ctrl+k", "escape")
        assert hands.failing == []
        assert app.engine_client.submitted == [SetHalted(on=True)]
        assert app.result is None


async def test_quitting_names_the_positions_that_stay_open_and_asks_for_them() -> None:
    snapshot = exits.left_behind()
    positions = sum(len(view.positions) for view in snapshot.followers)
    app = DialogHost(FakeFront(snapshot), QuitScreen(snapshot))
    async with app.run_test(size=SIZE):
        assert f"{positions} copied positions in " in app.text("left")
        assert f"{len(snapshot.orphaned)} of them orphaned (n lists them)" in app.text("left")
    dry = snapshots.with_rules(snapshots.quiet(), dry_run=True)
    assert not QuitScreen.needed(dry)
    assert QuitScreen.needed(replace(dry, followers=snapshot.followers))
