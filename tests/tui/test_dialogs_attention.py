"""The attention dialog: the order of the list, what is known, and the command that each key sends once confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from copytui.domain.copies import CopyState
from copytui.engine.commands import Command, CopyMissed, MarkNotPlaced, ReleaseHalt, RetryCopy
from copytui.engine.snapshot import Snapshot
from copytui.tui.dialogs import text
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention import AttentionScreen
from copytui.tui.dialogs.attention_list import attention_rows
from copytui.tui.dialogs.attention_row import AttentionRow
from copytui.tui.present import Attention
from tests.builders import after
from tests.tui import exits, snapshots
from tests.tui.dialog_host import WAITING, DialogHost, press
from tests.tui.fake import MONOTONIC, FakeFront, follower_id

SIZE = (80, 24)
CLOCK = after(700)
UNKNOWN, REJECTED = 1004, 1003


def everything() -> Snapshot:
    """Return a picture with two approvals, two missed, one unknown, one rejected and one halted follower."""
    snapshot = snapshots.approvals_waiting()
    return replace(snapshot, followers=snapshots.halted().followers, missed=snapshots.missed().missed)


def listed(snapshot: Snapshot) -> list[AttentionRow]:
    return attention_rows(Attention().items(snapshot, CLOCK), snapshot, MONOTONIC)


def host(snapshot: Snapshot | None = None) -> DialogHost:
    return DialogHost(FakeFront(snapshot or everything()), AttentionScreen())


def test_the_list_has_its_order() -> None:
    assert [need.id for need in listed(everything())] == [
        "approval #11", "approval #12", "missed m11", "missed m12", f"unknown c{UNKNOWN}", f"rejected c{REJECTED}",
        f"halted {follower_id(3)}",
    ]  # fmt: skip


@pytest.mark.parametrize("name", list(snapshots.ALL))
def test_it_lists_as_many_as_the_mode_bar_counts(name: str) -> None:
    snapshot = snapshots.ALL[name]()
    assert len(listed(snapshot)) == len(Attention().items(snapshot, CLOCK))


def test_each_item_shows_the_brokers_words() -> None:
    known = {need.id: need.known.plain for need in listed(everything())}
    assert "copying is paused" in known["missed m12"]
    assert "no answer in 7.0 s" in known[f"unknown c{UNKNOWN}"]
    assert "RMS: margin shortfall, needs 7612.50 more" in known[f"rejected c{REJECTED}"]
    assert "5 failures in a row" in known[f"halted {follower_id(3)}"]


def test_each_item_shows_its_age(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = snapshots.missed()
    at = missed.missed[-1].execution.executed_at
    assert at is not None
    monkeypatch.setattr(text, "wall_clock", lambda: at + timedelta(seconds=90))
    assert "90 s ago" in listed(missed)[0].line.plain


def test_a_failed_copy_is_not_listed_any_more_once_dismissed() -> None:
    snapshot = snapshots.busy()
    attention = Attention()
    assert f"c{REJECTED}" in {item.id for item in attention.items(snapshot, CLOCK)}
    view = snapshot.orders[0]
    copies = tuple(replace(copy, dismissed=copy.id == REJECTED) for copy in view.copies)
    after_it = replace(snapshot, orders=(replace(view, copies=copies), *snapshot.orders[1:]))
    assert f"c{REJECTED}" not in {item.id for item in attention.items(after_it, CLOCK)}


def test_an_exit_that_becomes_late_is_listed_without_a_new_snapshot() -> None:
    snapshot = snapshots.a_snapshot(orders=(exits.an_exit(1, CopyState.OPEN),))
    attention = Attention()
    counts = [len(attention.items(snapshot, after(60 + seconds))) for seconds in (0, 29, 31, 32, 29)]
    assert counts == [0, 0, 1, 1, 0]


def test_a_retry_of_a_partly_filled_copy_says_what_is_left() -> None:
    snapshot = snapshots.busy()
    view = snapshot.orders[0]
    copies = tuple(replace(copy, filled=25) if copy.id == REJECTED else copy for copy in view.copies)
    need = next(n for n in listed(replace(snapshot, orders=(replace(view, copies=copies),))) if "rejected" in n.id)
    assert need.actions[0].question.startswith("Send BUY 50 NIFTY28NOV2624500CE")


@pytest.mark.parametrize(
    ("need", "key", "command"),
    [
        ("missed m12", "c", CopyMissed(12)),
        (f"unknown c{UNKNOWN}", "m", MarkNotPlaced(UNKNOWN)),
        (f"rejected c{REJECTED}", "r", RetryCopy(REJECTED)),
        (f"halted {follower_id(3)}", "x", ReleaseHalt(follower_id(3))),
    ],
)
async def test_a_key_sends_its_command_once_confirmed_and_nothing_otherwise(
    need: str, key: str, command: Command
) -> None:
    app = host()
    place = [item.id for item in listed(everything())].index(need)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *["down"] * place, key)
        assert app.engine_client.submitted == []
        assert "y / n" in app.text("question")
        await press(pilot, "n", "y", key, "escape", "y", key, "enter")
        assert app.engine_client.submitted == []
        await press(pilot, "y", "y")
        assert app.engine_client.submitted == [command]
        assert app.result is WAITING


async def test_keys_that_do_not_apply_to_the_selected_item_do_nothing() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "down", "down", "r", "y", "m", "y", "x", "y", "a")
        assert app.engine_client.submitted == []
        assert app.screen is app.dialog


async def test_moving_the_cursor_drops_the_question() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "down", "down", "c", "down", "y")
        assert app.engine_client.submitted == []


async def test_a_question_about_something_that_is_settled_meanwhile_is_dropped() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "down", "down", "c")
        app.show(replace(everything(), missed=everything().missed[:1]))
        await press(pilot, "y")
        assert app.engine_client.submitted == []


async def test_a_question_is_dropped_when_nothing_is_left() -> None:
    app = host(snapshots.missed())
    async with app.run_test(size=SIZE) as pilot:
        app.show(replace(snapshots.quiet(), missed=snapshots.missed().missed[:1]))
        await press(pilot, "c")
        app.show(snapshots.quiet())
        await press(pilot, "y")
        assert app.engine_client.submitted == []


async def test_enter_opens_the_approvals_and_sends_nothing_elsewhere() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "down", "down", "enter", "enter")
        assert app.engine_client.submitted == []
        assert app.screen is app.dialog
        await press(pilot, "home", "enter")
        assert isinstance(app.screen, ApprovalsScreen)


async def test_the_question_says_whether_real_orders_are_sent() -> None:
    app = host(snapshots.missed())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "c")
        assert "DRY RUN: nothing is sent." in app.text("question")
        await press(pilot, "n")
        app.show(snapshots.paused())
        await press(pilot, "c")
        assert "LIVE: real orders." in app.text("question")


async def test_an_empty_list_takes_no_key() -> None:
    app = host(snapshots.quiet())
    async with app.run_test(size=SIZE) as pilot:
        assert "Nothing needs attention." in app.screen_text()
        await press(pilot, *"acdmrxy", "enter")
        assert app.engine_client.submitted == []
        app.show(replace(snapshots.quiet(), followers=(snapshots.a_follower(0, halted_because="why"),)))
        await press(pilot, "x", "y")
        assert app.engine_client.submitted == [ReleaseHalt(follower_id(0))]
        await press(pilot, "escape")
        assert app.result is None
