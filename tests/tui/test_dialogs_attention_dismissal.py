"""Dismissing items: at once, after a question, or all missed entries together; and where `r` opens the list."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytui.domain.attention import FAILURES, AttentionKind
from copytui.domain.copies import CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.orders import ClientId
from copytui.domain.reasons import Reason
from copytui.domain.unreadable import UnreadableOrder
from copytui.engine.commands import Command, DismissCopy, DismissMissed, DismissOrphan, DismissUnreadable, RetryCopy
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui.dialogs.attention import AttentionScreen
from copytui.tui.dialogs.attention_list import attention_rows, missed_entries
from copytui.tui.dialogs.attention_row import AttentionRow
from copytui.tui.present import Attention
from tests.builders import NOON, after
from tests.tui import exits, snapshots
from tests.tui.dialog_host import DialogHost, press
from tests.tui.fake import MONOTONIC, FakeFront
from tests.tui.pilot_driver import a_pilot_driver

SIZE = (80, 24)
REJECTED = 1003


def missing(snapshot: Snapshot, *views: OrderView) -> Snapshot:
    """Return the picture with the executions of `views` missed, the newest first."""
    executions = tuple(view.executions[0] for view in views)
    return replace(snapshot, orders=(*views, *snapshot.orders), missed=executions)


def an_entry(number: int) -> OrderView:
    order = snapshots.an_order_of(number)
    return snapshots.a_view(order, (), Verdict.MISSED, "halted by hand", settled=False, reason=Reason.HALTED)


def an_exit(number: int) -> OrderView:
    view = exits.an_exit(number, verdict=Verdict.MISSED)
    [decided] = view.executions
    return replace(view, executions=(replace(decided, settled=False),))


def after_a_halt(entries: int = 75) -> Snapshot:
    """Return what a halt leaves: many missed entries, a missed exit, an orphaned position, and a failed copy."""
    snapshot = missing(exits.left_behind(), an_exit(900), *(an_entry(500 + number) for number in range(entries)))
    return replace(snapshot, version=snapshot.version + 1)


def listed(snapshot: Snapshot) -> list[AttentionRow]:
    return attention_rows(Attention().items(snapshot, after(700)), snapshot, MONOTONIC)


def all_entries(snapshot: Snapshot) -> list[Command]:
    entries = [decided for decided in snapshot.missed if decided.execution.closes is None]
    oldest_first = sorted(entries, key=lambda decided: (decided.execution.executed_at or NOON, decided.id))
    return [DismissMissed(decided.id) for decided in oldest_first]


class SlowFront(FakeFront):
    """Answers when it is told to."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot)
        self.waiting: list[Future[str]] = []

    def submit(self, command: Command) -> Future[str]:
        self.submitted.append(command)
        self.waiting.append(Future())
        return self.waiting[-1]


@pytest.mark.parametrize(
    ("begin_at", "command"), [({AttentionKind.MISSED}, DismissMissed(11)), (FAILURES, DismissCopy(REJECTED))]
)
async def test_a_missed_entry_and_a_failed_copy_are_dismissed_without_a_question(
    begin_at: frozenset[AttentionKind], command: Command
) -> None:
    app = DialogHost(FakeFront(snapshots.missed()), AttentionScreen(begin_at))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "d")
        assert app.engine_client.submitted == [command]
        assert app.text("question") == ""


async def test_a_dismissed_item_disappears_at_once_and_returns_if_the_engine_still_has_it() -> None:
    app = DialogHost(FakeFront(snapshots.missed()), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "d", "d", "d")
        assert app.engine_client.submitted == [DismissMissed(11)], "a key that repeats takes one only"
        app.wait(0.8)
        await press(pilot, "d")
        assert app.engine_client.submitted == [DismissMissed(11), DismissMissed(12)]
        assert "D dismiss" not in app.text("keys")
        app.wait(3.5)
        assert "D dismiss all missed entries (2)" in app.text("keys")


@pytest.mark.parametrize(
    ("begin_at", "command"),
    [
        ({AttentionKind.MISSED}, DismissMissed),
        (FAILURES, DismissCopy),
        ({AttentionKind.ORPHANED}, DismissOrphan),
    ],
)
async def test_an_exit_or_a_position_is_dismissed_only_after_a_question(
    begin_at: frozenset[AttentionKind], command: type[Command]
) -> None:
    failed_exit = exits.an_exit(901, CopyState.REJECTED)
    snapshot = after_a_halt()
    app = DialogHost(FakeFront(replace(snapshot, orders=(failed_exit, *snapshot.orders))), AttentionScreen(begin_at))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "d")
        assert app.engine_client.submitted == []
        assert "y / n" in app.text("question")
        await press(pilot, "y")
        assert [type(each) for each in app.engine_client.submitted] == [command]


@pytest.mark.parametrize(("is_exit", "keys"), [(False, "d"), (True, "dy")])
async def test_an_order_that_cannot_be_read_is_listed_and_dismissed_with_a_question_where_it_may_be_an_exit(
    is_exit: bool, keys: str
) -> None:
    why = "producttype 'MTF' is unknown"
    found = UnreadableOrder(
        "77", ClientId("M1"), "master", "SELL", "SBIN-EQ", why, after(0), after(0).date(), is_exit
    )  # fmt: skip
    snapshot = replace(exits.left_behind(), unreadable=(found,))
    (row,) = [row for row in listed(snapshot) if row.item.about == found]
    for words in ("SELL SBIN-EQ order 77", why, "not copied"):
        assert words in row.known.plain
    assert bool(row.actions[0].question) is is_exit
    app = DialogHost(FakeFront(snapshot), AttentionScreen({AttentionKind.UNREADABLE}))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *keys)
        assert app.engine_client.submitted == [DismissUnreadable("77")]


async def test_one_question_dismisses_all_missed_entries_and_no_exit() -> None:
    snapshot = after_a_halt()
    app = DialogHost(FakeFront(snapshot), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "D")
        assert app.text("question") == (
            "Dismiss 75 missed entries without copying? Missed exits and positions are not included.  y / n"
        )
        assert app.engine_client.submitted == []
        await press(pilot, "y")
        assert app.engine_client.submitted == all_entries(snapshot)
        assert len(app.engine_client.submitted) == 75
        assert app.said == ["75 missed entries dismissed"]
        assert "missed" in app.screen_text()  # the exit stays
        assert str(app.screen.query_one("#box").border_title).startswith(f"{len(listed(snapshot)) - 75} items")


async def test_n_and_escape_dismiss_nothing() -> None:
    app = DialogHost(FakeFront(after_a_halt()), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "D", "n", "y", "D", "escape", "y")
        assert app.engine_client.submitted == []
        assert app.screen is app.dialog


async def test_the_question_about_all_stays_while_the_cursor_moves_and_the_list_grows() -> None:
    before = after_a_halt()
    app = DialogHost(FakeFront(before), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "D", "down", "down")
        app.show(missing(before, an_exit(900), *(an_entry(500 + number) for number in range(76))))
        await press(pilot, "y")
        assert app.engine_client.submitted == all_entries(before)  # those that it named, and none that came since


async def test_the_question_about_all_is_dropped_when_none_is_left() -> None:
    app = DialogHost(FakeFront(snapshots.missed()), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "D")
        app.show(snapshots.busy())
        await press(pilot, "y")
        assert app.engine_client.submitted == []


async def test_missed_exits_alone_offer_no_bulk_dismissal() -> None:
    snapshot = missing(snapshots.quiet(), an_exit(900))
    app = DialogHost(FakeFront(snapshot), AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "D", "y")
        assert app.engine_client.submitted == []
        assert "D dismiss" not in app.text("keys")


async def test_many_answers_are_one_toast_and_it_says_how_many_failed() -> None:
    engine_client = SlowFront(snapshots.missed())
    app = DialogHost(engine_client, AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "D", "y")
        engine_client.waiting[0].set_result("#12 dismissed")
        app.wait(0.5)
        assert app.said == []
        engine_client.waiting[1].set_exception(OSError("disk"))
        app.wait(0.5)
        app.wait(0.5)
        assert app.said == ["1 missed entry dismissed, 1 not"]


async def test_an_ended_engine_is_reported_once() -> None:
    engine_client = FakeFront(after_a_halt())
    app = DialogHost(engine_client, AttentionScreen())
    async with app.run_test(size=SIZE) as pilot:
        engine_client.end = "it ended"
        await press(pilot, "D", "y")
        assert app.said == ["the engine has ended"]


@pytest.mark.parametrize("size", [(80, 20), (80, 24), (120, 36)])
async def test_the_keys_stay_visible_below_a_question_of_two_lines(size: tuple[int, int]) -> None:
    app = DialogHost(FakeFront(after_a_halt(159)), AttentionScreen(FAILURES))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "r retry   d dismiss   D dismiss all missed entries (159)   esc leave" in app.screen_text()
        await press(pilot, "D")
        assert "y yes   n no" in app.screen_text()


@given(st.lists(st.booleans(), max_size=40))
def test_bulk_dismissal_takes_every_entry_and_no_exit(are_exits: list[bool]) -> None:
    views = [an_exit(500 + n) if is_exit else an_entry(500 + n) for n, is_exit in enumerate(are_exits)]
    snapshot = missing(snapshots.busy(), *views)
    act = missed_entries(listed(snapshot))
    assert list(act.commands if act is not None else ()) == all_entries(snapshot)


async def test_retrying_begins_at_the_first_failed_copy_among_many_missed() -> None:
    snapshot = after_a_halt()
    async with a_pilot_driver(snapshot) as driver:
        await driver.press("r")
        dialog = driver.app.screen
        assert isinstance(dialog, AttentionScreen)
        assert dialog.rows.selected == f"rejected c{REJECTED}"
        row = next(line for line in driver.lines() if "rejected " in line and "Sara" in line)
        assert "NIFTY28NOV2624500CE" in row
        await driver.press("r", "y")
        assert driver.told() == [RetryCopy(REJECTED)]


async def test_the_first_position_of_the_cursor_applies_once() -> None:
    app = DialogHost(FakeFront(after_a_halt()), AttentionScreen(FAILURES))
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "home")
        app.show(after_a_halt(76))
        dialog = app.screen
        assert isinstance(dialog, AttentionScreen)
        assert dialog.rows.selected == listed(after_a_halt())[0].id


async def test_the_attention_list_opens_at_the_top() -> None:
    async with a_pilot_driver(after_a_halt()) as driver:
        await driver.press("n")
        dialog = driver.app.screen
        assert isinstance(dialog, AttentionScreen)
        assert dialog.rows.highlighted == 0
