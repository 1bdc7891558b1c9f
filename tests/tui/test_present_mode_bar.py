"""The mode bar says what must be impossible to miss."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest

from copytui.domain.copies import CopyState
from copytui.engine.follower.follower import SessionState
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui.present import Attention, Moment, Signs, Tone, login_progress, mode_bar, stale_seconds
from copytui.tui.present.cells import line_width
from tests.builders import NOON, after
from tests.tui import snapshots
from tests.tui.fake import MONOTONIC

SIGNS = Signs.of(ascii_only=False)


def bar(snapshot: Snapshot | None, width: int = 120, needs: int = 0, **fields: Any) -> list[str]:
    moment = Moment(now=NOON, monotonic=MONOTONIC, up=8040, master="M12345", **fields)
    return ["".join(piece.text for piece in line) for line in mode_bar(snapshot, moment, needs, SIGNS, width)]


def held_with_queues() -> Snapshot:
    """Return copying that is halted: two executions are queued for each of three followers."""
    queued = tuple(
        snapshots.a_view(order, tuple(snapshots.a_copy_of(order, n, CopyState.QUEUED) for n in range(3)))
        for order in map(snapshots.an_order_of, (21, 22))
    )
    halted = snapshots.halted()
    followers = tuple(replace(view, queued=2 if n < 3 else 0) for n, view in enumerate(halted.followers))
    return replace(halted, orders=(*halted.orders, *queued), followers=followers)


def counted(snapshot: Snapshot, attention: Attention | None = None, seconds: float = 700) -> int:
    """Count what needs the user so many seconds after noon."""
    return len((attention or Attention()).items(snapshot, after(seconds)))


def test_a_dry_run_says_that_nothing_is_sent() -> None:
    (line,) = bar(snapshots.quiet())
    assert line.startswith(" DRY RUN  nothing is sent to followers")
    assert line.endswith("master M12345 · poll ● 0s ago · attention 0 · up 02:14 · 12:00:00")
    assert "LIVE" not in line


def test_a_closed_market_stands_beside_the_mode_in_a_word() -> None:
    (line,) = bar(snapshots.quiet(), closed="NFO CLOSED")
    assert line.startswith(" DRY RUN  nothing is sent to followers  NFO CLOSED ")
    assert " NFO CLOSED " in bar(snapshots.quiet(), width=60, closed="NFO CLOSED")[0]
    assert "CLOSED" not in bar(snapshots.quiet())[0]


def test_live_stands_at_both_ends_white_on_red_with_the_number_of_accounts() -> None:
    moment = Moment(now=NOON, monotonic=MONOTONIC)
    line = mode_bar(snapshots.live(), moment, 2, SIGNS, 120)[0]
    assert (line[0].text, line[0].tone) == (" LIVE ", Tone.LIVE)
    assert (line[-1].text, line[-1].tone) == (" LIVE 5 accounts ", Tone.LIVE)


def test_an_account_taken_out_is_not_counted_as_live() -> None:
    snapshot = replace(snapshots.live(), followers=(snapshots.a_follower(0), snapshots.a_follower(1, enabled=False)))
    assert bar(snapshot)[0].endswith(" LIVE 1 account ")


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
@pytest.mark.parametrize("name", [name for name in snapshots.ALL if name != "hostile"])
def test_the_bar_is_exactly_as_wide_as_the_screen(name: str, width: int) -> None:
    moment = Moment(now=NOON, monotonic=MONOTONIC, up=8040, master="M12345", halted_since=MONOTONIC - 5)
    lines = mode_bar(snapshots.ALL[name](), moment, 12, SIGNS, width)
    assert line_width(lines[0]) <= max(width, 75)
    assert all(line_width(line) <= width for line in lines[1:])


def test_a_narrow_bar_keeps_mode_needs_and_live() -> None:
    line = bar(snapshots.paused(), width=60, needs=4)[0]
    assert " LIVE " in line
    assert "PAUSED 3m" in line
    assert "attention 4" in line


def test_a_pause_says_how_long_and_how_much_was_missed() -> None:
    assert " PAUSED 3 min  2 missed" in bar(snapshots.paused())[0]


def test_a_halt_says_how_long_why_and_how_it_ends() -> None:
    lines = bar(snapshots.halted(), halted_since=MONOTONIC - 65)
    assert " HALTED 65 s " in lines[0]
    assert lines[1] == " ! halted: by hand; nothing is sent until you release it (^k)"


def test_what_waits_while_copying_is_held_is_counted_in_executions() -> None:
    assert "2 waiting" in bar(held_with_queues())[0]


def test_what_waits_for_a_yes_waits_while_copying_is_held() -> None:
    snapshot = snapshots.with_rules(snapshots.approvals_waiting(), paused=True)
    assert "2 waiting" in bar(snapshot)[0]
    assert "waiting" not in bar(snapshots.approvals_waiting())[0]


def test_what_is_missed_and_waits_is_said_once_however_copying_is_held() -> None:
    snapshot = replace(held_with_queues(), missed=snapshots.missed().missed, paused_since=MONOTONIC - 180)
    snapshot = snapshots.with_rules(snapshot, paused=True)
    line = bar(snapshot, halted_since=MONOTONIC - 57)[0]
    assert line.startswith(" LIVE   HALTED 57 s   PAUSED 3 min  2 missed 2 waiting ")
    assert line.count("missed") == line.count("waiting") == 1


STATES = ("live", "halted", "paused", "stale", "frozen", "demo")


@pytest.mark.parametrize("on", list(itertools.product((False, True), repeat=len(STATES))))
@pytest.mark.parametrize(("seconds", "said"), [(57, "57 ?s"), (11 * 3600 + 59 * 60, "11 ?h ?59( min)?")])
def test_what_must_not_be_missed_stands_whole_at_every_width(on: tuple[bool, ...], seconds: int, said: str) -> None:
    held = dict(zip(STATES, on, strict=True))
    snapshot = snapshots.with_rules(
        replace(
            held_with_queues(),
            missed=snapshots.missed().missed * 50,
            paused_since=MONOTONIC - seconds,
            looked_at=MONOTONIC - (seconds if held["stale"] else 1),
        ),
        dry_run=not held["live"], paused=held["paused"], halted_because="by hand" if held["halted"] else None,
    )  # fmt: skip
    moment = Moment(
        now=NOON, monotonic=MONOTONIC, up=8040, master="M12345", demo=held["demo"],
        halted_since=MONOTONIC - seconds, frozen=seconds if held["frozen"] else None,
    )  # fmt: skip
    for width in range(80, 201):
        lines = mode_bar(snapshot, moment, 12345, SIGNS, width)
        assert all(line_width(line) <= width for line in lines)
        first, text = ("".join(piece.text for piece in line) for line in (lines[0], sum(lines, ())))
        assert re.search(r" attention 12345( |$)", first)
        assert (" LIVE " if held["live"] else " DRY RUN ") in first
        assert first.endswith(" LIVE 5 accounts ") is held["live"]
        for state in ("halted", "paused", "stale", "frozen"):
            assert bool(re.search(f" {state.upper()} {said} ", text)) is held[state]
        assert text.count("100 missed 2 waiting") == (held["halted"] or held["paused"])


def test_words_are_shortened_before_a_second_line_is_taken() -> None:
    snapshot = snapshots.halted()
    assert len(bar(snapshot, 80, 33, halted_since=MONOTONIC - 57)) == 2
    lines = bar(
        replace(snapshot, missed=snapshots.missed().missed * 9), 80, 33333, halted_since=MONOTONIC - 57, frozen=112
    )
    assert lines[0] == " LIVE   HALTED 57s  18 missed  FROZEN 112s   attention 33333 ·  LIVE 5 accounts "
    both = snapshots.with_rules(replace(snapshot, looked_at=MONOTONIC - 42, paused_since=MONOTONIC - 180), paused=True)
    lines = bar(both, 80, 33, halted_since=MONOTONIC - 57, frozen=12)
    assert lines[0] == " LIVE   HALTED 57s   PAUSED 3m   STALE 42s      attention 33 ·  LIVE 5 accounts "
    assert lines[1] == " FROZEN 12s "


def test_a_stale_picture_says_its_age_and_the_reason() -> None:
    lines = bar(snapshots.stale())
    assert " STALE 42 s " in lines[0]
    assert lines[1] == " ! the data is 42 s old: no answer from the broker in 7.0 s, 9 polls failed"


def test_ten_seconds_are_not_stale_yet() -> None:
    assert "STALE" not in bar(replace(snapshots.quiet(), looked_at=MONOTONIC - 10))[0]


def test_a_master_that_never_answered_a_poll_is_stale_from_ten_seconds_of_watching_on() -> None:
    snapshot = replace(snapshots.quiet(), looked_at=None)
    assert stale_seconds(snapshot, MONOTONIC) is None
    assert stale_seconds(replace(snapshot, watching_since=MONOTONIC - 10), MONOTONIC) is None
    silent = replace(snapshot, watching_since=MONOTONIC - 11, poll_failures=2, poll_trouble="no answer in 7.0 s")
    lines = bar(silent)
    assert " STALE 11 s " in lines[0]
    assert lines[1] == " ! no successful poll in 11 s: no answer in 7.0 s, 2 polls failed"
    assert stale_seconds(replace(silent, looked_at=MONOTONIC - 1), MONOTONIC) is None


def test_journal_trouble_stands_beneath_the_bar() -> None:
    assert bar(replace(snapshots.live(), journal_trouble="disk full"))[1] == " ✗ journal: disk full"


def test_between_the_key_and_the_engine_it_says_switching() -> None:
    assert bar(snapshots.quiet(), switching=True)[0].startswith(" DRY RUN  switching…")


def test_an_engine_that_stopped_is_not_live_any_more() -> None:
    lines = bar(snapshots.live(), ended="the journal failed")
    assert lines[0].startswith(" ENGINE STOPPED ")
    assert "LIVE" not in lines[0]
    assert lines[1] == " The engine has stopped: the journal failed. Nothing is copied. q quits."


def test_before_the_first_picture_it_is_starting() -> None:
    assert bar(None)[0].startswith(" STARTING ")


def test_the_demo_has_a_badge_and_says_what_to_try() -> None:
    lines = bar(snapshots.quiet(), demo=True)
    assert lines[0].startswith(" DEMO  DRY RUN ")
    for words in ("o place an order", "a approve", "f filters", "d mode"):
        assert words in lines[1]


def test_a_frozen_display_says_so() -> None:
    assert " FROZEN 12 s " in bar(snapshots.quiet(), frozen=12.0)[0]


def test_log_ins_are_told_account_by_account() -> None:
    assert login_progress(snapshots.starting(), SIGNS) == "logging in 2/5… · Meera reading order book"


def test_a_master_that_is_not_in_is_told_first() -> None:
    snapshot = replace(snapshots.starting(), master_logged_in=False, master_text="logging in")
    assert login_progress(snapshot, SIGNS).startswith("master: logging in · logging in 2/5…")


def test_an_account_that_was_refused_stays_told_until_it_is_out() -> None:
    refused = snapshots.a_follower(
        3, session=SessionState.LOCKED, session_text="credentials refused: wrong PIN", armed=False
    )
    snapshot = replace(snapshots.quiet(), followers=(snapshots.a_follower(0), refused))
    assert login_progress(snapshot, SIGNS) == "! 1 follower not ready · Sara credentials refused: wrong PIN"
    assert login_progress(replace(snapshot, followers=(replace(refused, enabled=False),)), SIGNS) == ""


@pytest.mark.parametrize(
    ("name", "count"), [("quiet", 0), ("busy", 2), ("approvals_waiting", 4), ("missed", 4), ("halted", 4)]
)
def test_needs_you_counts_everything_that_waits_for_the_user(name: str, count: int) -> None:
    assert counted(snapshots.ALL[name]()) == count


def test_a_dismissed_failure_needs_nobody() -> None:
    snapshot = snapshots.busy()
    view = snapshot.orders[0]
    copies = tuple(replace(copy, dismissed=copy.state is CopyState.REJECTED) for copy in view.copies)
    orders = (OrderView(view.known, view.executions, copies), *snapshot.orders[1:])
    assert counted(replace(snapshot, orders=orders)) == 1


def test_counting_again_gives_the_same_as_counting_anew() -> None:
    kept, snapshot = Attention(), snapshots.busy()
    assert counted(snapshot, kept) == counted(snapshot, kept) == counted(snapshot)
    later = replace(snapshot, orders=snapshot.orders[1:])
    assert counted(later, kept) == counted(later)


@pytest.mark.parametrize("name", list(snapshots.ALL))
def test_a_plain_terminal_gets_plain_characters_only(name: str) -> None:
    moment = Moment(
        now=NOON, monotonic=MONOTONIC, master="M1", demo=True, switching=True, frozen=1, halted_since=MONOTONIC
    )
    for line in mode_bar(snapshots.ALL[name](), moment, 3, Signs.of(ascii_only=True), 100):
        assert "".join(piece.text for piece in line).isascii()
