"""`copytui attention` and `copytui resolve` beside a running copytui process, and after its end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from copytui.sim import FaultName
from tests.program.test_endings import copytui
from tests.program.world import DEADLINE, World, wait_until

STRICT = "[master]\npoll_interval_seconds = 1.1\nmax_order_age_seconds = 0.001\n"
"""Every execution is seen too late."""


def ask_until(answered: Callable[[], object], what: str, deadline: float = DEADLINE) -> None:
    """Wait for an answer of a command, each of which is a process of its own."""
    wait_until(answered, what, deadline, every=0.5)


def needs(world: World) -> dict[str, dict[str, Any]]:
    result = copytui(world.folder, "attention", "--format", "json")
    assert result.returncode == 0, result.stderr
    return {row["id"]: row for row in json.loads(result.stdout)}


def resolve(world: World, *arguments: str) -> tuple[int, str]:
    result = copytui(world.folder, "resolve", *arguments)
    assert result.stderr == ""
    return result.returncode, result.stdout.strip()


def test_a_missed_execution_is_copied_and_another_dismissed_while_copytui_runs(world: World) -> None:
    # Long enough for the copies to be sent afterwards, on a busy machine too.
    world.settings("[master]\npoll_interval_seconds = 1.1\nmax_order_age_seconds = 6\n")
    assert world.live().stop() == 0
    first, second = world.order("SBIN-EQ"), world.order("INFY-EQ")
    time.sleep(7.5)
    program = world.start("--live", "--yes")
    ask_until(lambda: len(needs(world)) == 2, "two items")
    ids = {row["what"].split()[2]: id_ for id_, row in needs(world).items()}
    assert needs(world)[ids["SBIN-EQ"]]["resolve"] == ["--copy", "--dismiss"]
    assert not world.tags_at_broker()
    assert resolve(world, ids["SBIN-EQ"], "--copy") == (0, "copied to 3 followers")
    world.wait_for_status(first, "filled")
    number = ids["INFY-EQ"].removeprefix("m")
    assert resolve(world, f"#{number}", "--dismiss") == (0, f"#{number} dismissed")
    code, sentence = resolve(world, f"M{number}", "--dismiss")
    assert (code, sentence) == (1, f"m{number} needs nothing; copytui attention lists what does")
    assert copytui(world.folder, "needs").stdout == "nothing needs attention\n"
    assert program.stop() == 0
    assert sum(world.tags_at_broker().values()) == 3
    assert world.records(second) == {}
    assert world.log()["statistics"]["missed"] == 1


def test_a_failed_copy_is_retried_and_another_dismissed_while_copytui_runs(world: World) -> None:
    faults = world.exchange.exchange.faults
    faults.add(world.followers[0], "placeOrder", FaultName.REFUSED, 1, code="AB4036")
    faults.add(world.followers[1], "placeOrder", FaultName.REFUSED, 1, code="AB4036")
    program = world.live()
    world.order("SBIN-EQ")
    ask_until(lambda: len(needs(world)) == 2, "two failed copies")
    found = needs(world)
    assert {row["kind"] for row in found.values()} == {"failed"}
    by_name = {row["who"]: id_ for id_, row in found.items()}
    code, sentence = resolve(world, by_name["Asha"], "--retry")
    assert (code, "retried manually" in sentence) == (0, True)
    wait_until(lambda: sum(world.tags_at_broker().values()) == 2, "the second attempt at the broker")
    code, sentence = resolve(world, by_name["Ravi"].upper(), "--dismiss")
    assert (code, "dismissed" in sentence) == (0, True)
    assert needs(world) == {}
    assert program.stop() == 0
    assert sum(world.tags_at_broker().values()) == 2


def test_an_unknown_copy_is_marked_and_a_dry_run_sends_nothing_again(world: World) -> None:
    world.exchange.exchange.faults.add(world.followers[0], "placeOrder", FaultName.TIMEOUT_BEFORE, 1)
    world.settings(timeout=1.0)
    program = world.live()
    world.order("SBIN-EQ")
    ask_until(lambda: any(row["kind"] == "unknown" for row in needs(world).values()), "an unknown copy")
    (id_,) = needs(world)
    code, sentence = resolve(world, id_, "--not-placed")
    assert (code, "marked as not placed" in sentence) == (0, True)
    assert needs(world)[id_]["kind"] == "failed"
    assert program.stop() == 0
    dry = world.start("--dry-run")
    dry.wait_for("first poll of the day" if "first poll" in dry.output else "logged in as")
    ask_until(lambda: resolve(world, id_, "--retry") == (1, "not sent: dry run is on"), "the no of a dry run")
    assert dry.stop() == 0
    assert sum(world.tags_at_broker().values()) == 2


def test_after_the_end_what_sends_nothing_can_still_be_settled(world: World) -> None:
    world.settings(STRICT)
    program = world.live()
    for symbol in ("SBIN-EQ", "INFY-EQ"):
        world.order(symbol)
        program.wait_for(f"{symbol} @")
    ask_until(lambda: len(needs(world)) == 2, "two items")
    assert program.stop() == 0
    assert set(needs(world)) == {"m1", "m2"}
    code, sentence = resolve(world, "m1", "--copy")
    assert (code, sentence.startswith("copytui is not running: --copy sends orders")) == (1, True)
    assert resolve(world, "m1", "--dismiss") == (0, "#1 dismissed")
    assert set(needs(world)) == {"m2"}
    again = world.start("--live", "--yes")
    again.wait_for("#2 BUY 10 INFY-EQ")
    again.wait_for("logged in as")
    assert "#1 BUY" not in again.output
    assert again.stop() == 0
    assert not world.tags_at_broker()


def test_a_killed_copytui_leaves_its_attention_list(world: World) -> None:
    world.settings(STRICT)
    program = world.live()
    world.order("SBIN-EQ")
    ask_until(lambda: "m1" in needs(world), "an item")
    program.kill()
    assert set(needs(world)) == {"m1"}  # also with the write-ahead log that a kill leaves


@pytest.mark.parametrize("arguments", [("m1",), ("--copy",), ("1", "--copy"), ("m1", "--copy", "--dismiss")])
def test_wrong_usage_ends_with_2(world: World, arguments: tuple[str, ...]) -> None:
    assert copytui(world.folder, "resolve", *arguments).returncode == 2


def test_before_the_first_run_there_is_no_journal(world: World) -> None:
    for arguments in (("attention",), ("needs",), ("resolve", "m1", "--dismiss")):
        result = copytui(world.folder, *arguments)
        assert result.returncode == 1
        assert "there is no journal yet" in result.stderr
        assert result.stdout == ""


def test_a_position_closed_by_hand_is_shown_and_given_to_its_owner_while_copytui_runs(world: World) -> None:
    world.settings("[master]\npoll_interval_seconds = 1.1\n\n[positions]\nread_every_seconds = 5\n")
    program = world.live()
    world.wait_for_status(world.order("SBIN-EQ"), "filled")

    def positions() -> dict[str, dict[str, Any]]:
        result = copytui(world.folder, "positions", "--format", "json")
        assert result.returncode == 0, result.stderr
        return {row["follower_name"]: row for row in json.loads(result.stdout)}

    ask_until(lambda: all(row["held"] for row in positions().values()), "the figures of all followers")
    assert len(positions()) == 3
    assert {row["cause"] for row in positions().values()} == {None}
    exchange = world.exchange.exchange
    world.exchange.call(exchange.place_by_hand, world.followers[0], "SBIN-EQ", "SELL", 4, fill="now")
    ask_until(lambda: positions()["Asha"]["cause"] == "by hand", "the owner's own sale", deadline=60)
    ask_until(lambda: any(row["kind"] == "out of step" for row in needs(world).values()), "the item", deadline=60)
    (id_,) = needs(world)
    assert (needs(world)[id_]["who"], positions()["Asha"]["id"]) == ("Asha", id_)
    code, sentence = resolve(world, id_, "--detach")
    assert (code, "detached: it is the owner's now" in sentence) == (0, True)
    assert needs(world) == {}
    assert (positions()["Asha"]["copied"], positions()["Asha"]["cause"]) == (0, "detached")
    assert program.stop() == 0
    assert positions()["Asha"]["cause"] == "detached", "after the end, too"
