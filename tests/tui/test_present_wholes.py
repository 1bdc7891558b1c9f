"""Slices counted as the one copy that they are, exits told from entries, in the panes and in what leaves the screen."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from copytui.broker.port import Budget, Funds, Profit
from copytui.domain.copies import CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.executions import Origin
from copytui.domain.orders import ClientId
from copytui.domain.positions import ExitFraction
from copytui.engine.follower.follower import SessionState
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui.export import copy_json, csv_text
from copytui.tui.present import Attention, Row, Signs, account_rows, copy_rows, order_row
from copytui.tui.present.accounts import AccountContext, account_columns, send_block
from copytui.tui.present.cells import Tone
from copytui.tui.present.copies import copy_columns, row_copies, row_follower
from copytui.tui.present.orders import order_columns
from copytui.tui.present.statistics import statistics_line, statistics_lines
from copytui.tui.present.tables import fit
from copytui.tui.present.whole_copies import closing_words, complete_followers, join_slices
from tests.builders import after, an_execution
from tests.tui import exits, snapshots
from tests.tui.fake import MONOTONIC, follower_id

SIGNS = Signs.of(ascii_only=False)
NAMES = {follower_id(0): "Asha", follower_id(1): "Ravi"}
S = CopyState
INNER = 47
"""The followers' pane at 120 columns, inside its border and beside its scrollbar."""


def texts(row: Row) -> list[str]:
    return [cell.text for cell in row.cells]


def test_a_sliced_copy_is_one_row_of_the_followers() -> None:
    assert [texts(row) for row in copy_rows(exits.busy(), exits.sliced(), SIGNS)] == [
        ["Asha", "5400", "5400/5400", "✓ filled", "343", "@101.55  in 3 slices"],
        ["Ravi", "5400", "1800/5400", "✗ rejected", "354", "no  in 3 slices"],
    ]


def test_an_order_is_had_by_who_has_every_slice() -> None:
    row = order_row(exits.sliced(), 2, SIGNS)
    assert (row.cells[5].text, row.cells[6].text) == ("1/2", "! 1 failed")


def test_a_slice_that_was_sent_again_and_filled_makes_it_whole() -> None:
    view = exits.sliced()
    again = tuple(
        replace(copy, id=copy.id + 1000, retry=1, state=S.FILLED, filled=1800)
        for copy in view.copies
        if copy.state is S.REJECTED
    )
    old = tuple(replace(copy, dismissed=copy.state is S.REJECTED) for copy in view.copies)
    assert complete_followers(view.copies) == {follower_id(0)}
    assert complete_followers((*old, *again)) == {follower_id(0), follower_id(1)}
    assert order_row(replace(view, copies=(*old, *again)), 2, SIGNS).cells[6].text == "✓ filled"


def test_what_was_taken_back_before_it_filled_does_not_hide_what_came_after_it() -> None:
    order = snapshots.an_order_of(3)
    back = replace(
        snapshots.a_copy_of(order, 0, S.CANCELLED), id=900, execution_id=8, cancel_reason="an exit waits", filled=0
    )
    after_it = replace(snapshots.a_copy_of(order, 0, S.FILLED), id=901, execution_id=9)
    assert complete_followers((back, after_it)) == {follower_id(0)}
    assert complete_followers((back,)) == set()


def test_who_got_only_a_part_before_it_was_cancelled_does_not_have_it() -> None:
    order = snapshots.an_order_of(1)
    states = ((S.FILLED, order.filled), (S.CANCELLED, order.filled), (S.CANCELLED, 1), (S.CANCELLED, 0))
    copies = [snapshots.a_copy_of(order, n, state, filled=filled) for n, (state, filled) in enumerate(states)]
    assert complete_followers(copies) == {follower_id(0), follower_id(1)}


def test_the_row_of_a_sliced_copy_names_its_follower_and_all_its_slices() -> None:
    view = exits.sliced()
    second = copy_rows(exits.busy(), view, SIGNS)[1].key
    assert row_follower(view, second) == follower_id(1)
    assert [copy.slice_number for copy in row_copies(view, second)] == [0, 1, 2]
    assert row_copies(view, "p1.nobody") == ()


def test_a_reversal_is_two_rows_that_say_what_they_do() -> None:
    view = exits.a_reversal(13, S.FILLED)
    rows = copy_rows(exits.busy(), view, SIGNS)
    assert [(row.cells[0].text, row.cells[2].text) for row in rows] == [
        ("Asha", "closes 50/50"), ("Asha", "opens 100/100"), ("Ravi", "closes 50/50"), ("Ravi", "opens 100/100"),
        ("Kim", "closes 0"), ("Kim", "opens 0"),
    ]  # fmt: skip
    assert len({row.key for row in rows}) == len(rows)
    assert [row_follower(view, row.key) for row in rows[-2:]] == [follower_id(4)] * 2


def test_who_has_nothing_to_close_lacks_nothing_and_a_part_that_failed_is_lacking() -> None:
    view = exits.a_reversal(13, S.FILLED)
    assert order_row(view, 5, SIGNS).cells[5].text == "2/3"
    copies = (replace(view.copies[0], state=S.REJECTED), *view.copies[1:])
    assert order_row(replace(view, copies=copies), 5, SIGNS).cells[5].text == "1/3"


@pytest.mark.parametrize(
    ("view", "state"),
    [
        (exits.an_exit(11, *[S.FILLED] * 5), "✓ filled exit"),
        (exits.an_exit(11, S.FILLED, S.FILLED), "✓ 3 missing exit"),
        (exits.an_exit(11, S.UNKNOWN, S.FILLED), "? 1 unknown exit"),
        (exits.an_exit(11, verdict=Verdict.SKIP), "⊘ skipped exit"),
        (exits.sliced(), "! 1 failed"),
    ],
)
def test_exits_are_marked_in_the_list_of_orders(view: OrderView, state: str) -> None:
    assert order_row(view, 5, SIGNS).cells[6].text == state


def test_a_flattening_is_marked_as_the_users_own() -> None:
    view = exits.an_exit(11, *[S.FILLED] * 5)
    by_hand = replace(view, known=replace(view.known, origin=Origin.MANUAL))
    assert order_row(by_hand, 5, SIGNS).cells[6].text == "✓ filled flat"


def test_half_of_a_sliced_copy_whose_rest_was_dismissed_is_a_part() -> None:
    view = exits.sliced()
    copies = tuple(replace(copy, dismissed=True) for copy in view.copies if copy.follower == follower_id(1))
    assert order_row(replace(view, copies=copies), 2, SIGNS).cells[6].text == "◐ partial"


def test_no_figure_and_no_state_of_an_order_is_cut_off() -> None:
    width = 67  # the pane's inside at 120 columns
    rows = [order_row(view, 50, SIGNS) for view in (exits.an_exit(11, S.UNKNOWN), *exits.busy().orders)]
    widths = {column.key: wide for column, wide in fit(order_columns(rows), width)}
    for place, column in enumerate(order_columns(rows)):
        if column.key not in ("symbol", "side", "time"):
            assert max(len(row.cells[place].text) for row in rows) < widths[column.key]
    assert sum(widths.values()) <= width


def test_what_is_closed_is_never_cut_off() -> None:
    order = exits.sale(11, 1800)
    copies = exits.slices(order, 0, S.FILLED, S.FILLED, exit=exits.WHOLE)
    view = exits.closing(snapshots.a_view(order, copies, followers=1), exits.WHOLE)
    rows = copy_rows(exits.busy(), view, SIGNS)
    assert rows[0].cells[2].text == "closes 3600/3600"
    assert {column.key: wide for column, wide in fit(copy_columns(rows), INNER)}["filled"] == 17


@pytest.mark.parametrize(
    ("quantity", "share", "words"),
    [(50, None, ""), (50, exits.HALF, "closes 50 of 100"), (150, exits.WHOLE, "closes 50 of 50, opens 100")],
)
def test_an_execution_says_what_it_closes(quantity: int, share: ExitFraction | None, words: str) -> None:
    assert closing_words(an_execution(order=exits.sale(1, quantity), closes=share)) == words


def test_the_parts_of_a_copy_have_their_verbs() -> None:
    found = join_slices(exits.a_reversal(13, S.FILLED, 1).copies)
    assert [(whole.verb, whole.slice_words) for whole in found] == [("closes", ""), ("opens", "")]
    assert [whole.slice_words for whole in join_slices(exits.sliced().copies)] == ["in 3 slices"] * 2


# what leaves the screen


def test_a_sliced_copy_is_one_line_of_the_csv_file_with_every_order_id() -> None:
    text, count = csv_text([exits.sliced()], NAMES)
    first, second = csv.DictReader(io.StringIO(text))
    assert count == 2
    assert first["follower_order_id"] == "S1200 S1201 S1202"
    assert (first["quantity"], first["filled_quantity"], first["status"]) == ("5400", "5400", "filled")
    assert len(first["order_tag"].split()) == 3
    assert second["status"] == "rejected"


def test_a_sliced_copys_json_is_one_record() -> None:
    view = exits.sliced()
    record = json.loads(copy_json(view, row_copies(view, "c1200"), NAMES))
    assert (record["follower_order_id"], record["quantity"]) == ("S1200 S1201 S1202", 5400)


# what needs the user


def needs_of(snapshot: Snapshot, seconds: float = 0) -> int:
    return len(Attention().items(snapshot, after(seconds)))


def test_slices_are_one_thing_that_needs_the_user() -> None:
    assert needs_of(snapshots.a_snapshot(orders=(exits.sliced(),))) == 1
    order = snapshots.an_order_of(1)
    lost = exits.slices(order, 0, S.UNKNOWN, S.UNKNOWN)
    assert needs_of(snapshots.a_snapshot(orders=(snapshots.a_view(order, lost),))) == 1


@pytest.mark.parametrize(
    ("state", "seconds", "count"),
    [(S.OPEN, 29, 0), (S.OPEN, 31, 1), (S.QUEUED, 31, 1), (S.FILLED, 31, 0), (S.UNKNOWN, 31, 1), (S.ASKED, 31, 0)],
)
def test_an_exit_that_does_not_fill_in_time_needs_the_user(state: CopyState, seconds: float, count: int) -> None:
    snapshot = snapshots.a_snapshot(orders=(exits.an_exit(1, state),))
    assert needs_of(snapshot, 60 + seconds) == count
    entry = snapshots.a_view(snapshots.an_order_of(1), (snapshots.a_copy_of(snapshots.an_order_of(1), 0, S.OPEN),))
    assert needs_of(snapshots.a_snapshot(orders=(entry,)), 600) == 0


def test_what_is_left_behind_or_held_back_needs_the_user() -> None:
    quiet = snapshots.quiet()
    for fields, count in (
        ({"close_only": "lost"}, 1), ({"ip_mismatch": "wrong"}, 1), ({"ip_mismatch": "wrong", "enabled": False}, 0),
        ({"halted_because": "x", "close_only": "lost"}, 2),
    ):  # fmt: skip
        assert needs_of(replace(quiet, followers=(snapshots.a_follower(0, **fields),))) == count
    assert needs_of(replace(quiet, orphaned=exits.left_behind().orphaned)) == 1


# the accounts


def account(**fields: object) -> Row:
    [row] = account_rows([snapshots.a_follower(0, **fields)], SIGNS, AccountContext(MONOTONIC, Decimal(10000)))
    return row


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "2,50,000"), (60, "2,50,000"), (300, "2,50,000 5m"), (7200, "2,50,000 2h"), (None, "2,50,000 old")],
)
def test_funds_are_shown_with_their_age(seconds: float | None, words: str) -> None:
    row = account(funds_at=None if seconds is None else MONOTONIC - seconds)
    assert row.cells[2].text == words
    assert account(funds=Funds(None, None)).cells[2].text == ""


@pytest.mark.parametrize(
    ("realised", "words", "tone"),
    [
        (-2000, "-2,000 20%", Tone.PLAIN), (-8000, "-8,000 80%", Tone.WARN), (-12000, "-12,000 120%", Tone.BAD),
        (0, "0", Tone.PLAIN), (5000, "+5,000", Tone.PLAIN),
    ],
)  # fmt: skip
def test_the_days_profit_is_measured_by_the_loss_limit(realised: int, words: str, tone: Tone) -> None:
    cell = account(profit=Profit(Decimal(realised), Decimal(0), 0)).cells[3]
    assert (cell.text, cell.tone) == (words, tone)


def test_without_a_loss_limit_there_is_no_share_of_it() -> None:
    view = snapshots.a_follower(0, profit=Profit(Decimal(-2000), Decimal(-500), 1))
    [row] = account_rows([view], SIGNS, AccountContext(MONOTONIC))
    assert row.cells[3].text == "-2,500"


def test_an_account_says_its_positions_ratio_and_address() -> None:
    row = account(positions=((exits.NIFTY, 50),), capital_ratio=Decimal("0.5234"), egress_ip="203.0.113.7")
    assert (row.cells[4].text, row.cells[9].text, row.cells[10].text) == ("1", "x0.52", "203.0.113.7")
    wrong = account(egress_ip="198.51.100.9", ip_mismatch="wrong")
    assert (wrong.cells[10].text, wrong.cells[10].tone) == ("! 198.51.100.9", Tone.BAD)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"halted_because": "h", "ip_mismatch": "m", "close_only": "c"}, "h"),
        ({"ip_mismatch": "m", "close_only": "c", "last_error": "e"}, "m"),
        ({"close_only": "c", "last_error": "e"}, "c"),
        ({"last_error": "e", "failing": "f"}, "e"),
        ({"failing": "f"}, "f"),
        ({"session": SessionState.WAITING, "session_text": "s", "last_error": "e"}, "s"),
    ],
)
def test_the_worst_trouble_is_told_first(fields: dict[str, object], words: str) -> None:
    assert account(**fields).cells[5].text == words


def test_at_120_columns_the_most_telling_figures_of_accounts_stand_whole() -> None:
    rows = account_rows(exits.left_behind().followers, SIGNS, AccountContext(MONOTONIC, Decimal(10000)))
    shown = [column.key for column, _wide in fit(account_columns(rows), INNER)]
    assert shown[:4] == ["follower", "mode", "funds", "day"]
    zoomed = [column.key for column, _wide in fit(account_columns(rows), 117)]
    assert {"positions", "minute", "hour", "ratio", "address", "error", "open"} <= set(zoomed)


# the numbers


def test_what_waits_for_a_yes_has_not_failed_to_fill() -> None:
    order = snapshots.an_order_of(1)
    copies = tuple(snapshots.a_copy_of(order, n, S.FILLED if n < 2 else S.ASKED) for n in range(4))
    snapshot = snapshots.with_rules(snapshots.a_snapshot(orders=(snapshots.a_view(order, copies),)), dry_run=False)
    assert snapshot.metrics.all.asked == 2
    line = "".join(piece.text for piece in statistics_lines(snapshot, SIGNS)[0])
    assert "filled 2/2  100.0%" in line
    assert "good 100.0%" in "".join(piece.text for piece in statistics_line(snapshot, 110))
    nothing = "".join(piece.text for piece in statistics_line(snapshots.quiet(), 110))
    assert "good -" in nothing


def test_budget_and_names_stay_as_they_were() -> None:
    row = account(budget=Budget(1, 60, 2, 1000), client_id=ClientId("X1"), name="[/oops]")
    assert (row.key, row.cells[0].text, row.cells[6].text, row.cells[8].text) == ("X1", "[/oops]", "1/60", "2/1000")


@pytest.mark.parametrize(
    ("change", "word"), [({"halted_because": "by hand"}, "all halted"), ({"paused": True}, "all paused")]
)
def test_no_account_is_called_armed_while_everything_is_held(change: dict[str, object], word: str) -> None:
    rules = replace(snapshots.live().rules, **change)  # type: ignore[arg-type]
    [row] = account_rows((snapshots.a_follower(0),), SIGNS, AccountContext(MONOTONIC, blocked=send_block(rules)))
    assert row.cells[1].text.endswith(word)
    assert send_block(snapshots.live().rules) == ""
