"""`copytui why` over journals that the real engine wrote: every turn of a copy's life, by every name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytui.domain.changes import EventEmitted, OrderPlanned
from copytui.domain.copies import CopyState
from copytui.domain.events import Event, EventKind, Level
from copytui.domain.filters import Filters
from copytui.domain.orders import ClientId, OrderKey, OrderStatus, Side
from copytui.engine.commands import Approve, Decline, DismissMissed, MarkNotPlaced, RetryCopy
from copytui.journal.archive import opened_archive
from copytui.reports.lookup import People, near_matches, read_name
from copytui.reports.why import story
from tests.builders import NOON, a_tag, after
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import accepted, lost_answer, not_sent, not_taken, refused
from tests.reports.conftest import Shell
from tests.reports.made import ASHA, RAVI, a_fill, copy_of, past


async def told(world: World, name: str, *, only: frozenset[ClientId] | None = None) -> str:
    """Return what `why` says about an order, from the file that the engine is still writing."""
    await world.on_disk("SELECT 1")
    with opened_archive(world.path) as archive:
        people = People.of((), archive.follower_names())
        return "\n\n".join(
            "\n".join(story(archive.order(each), people.name, only)) for each in archive.orders_named(name)
        )


async def test_a_copy_is_told_from_its_plan_to_its_fill(world: World) -> None:
    row = world.executes()
    await world.pass_(5)
    text = await told(world, row.order_id)
    assert text.startswith(f"BUY 50 NIFTY28NOV2624000CE: the master's order {row.order_id} of 2026-11-20\n")
    assert "It is a limit order at 102.00, intraday, on NFO, in lots of 50." in text
    assert "50 of 50 units were filled at 101.50; the broker calls it 'complete'" in text
    assert "while it watched" in text
    assert "Execution #1: BUY 50 NIFTY28NOV2624000CE @ 101.50" in text
    assert "The decision: copied to 2 followers." in text
    (copy,) = world.copies_of(F1)
    assert f"Follower 1 (F1): filled, 50/50 @ 102.00\n  Copy {copy.id}: BUY 50 NIFTY28NOV2624000CE limit 102.00" in text
    assert f"tag {copy.tag}" in text
    assert "sent to the broker\n" in text
    assert f"the broker answered, as order {copy.order_id}" in text
    assert f"It is filled: 50/50 @ 102.00 (the follower's order {copy.order_id})." in text
    assert "That is 0.49 % worse than the master's 101.50: ₹25.00 in total." in text


async def test_any_name_of_the_order_finds_it(world: World) -> None:
    row = world.executes()
    await world.pass_(5)
    text = await told(world, row.order_id)
    (copy,) = world.copies_of(F2)
    for name in (row.key, str(copy.order_id), copy.tag, copy.tag.lower()):
        assert await told(world, name) == text


async def test_one_followers_story_leaves_the_others_out(world: World) -> None:
    world[F2].default = refused()
    row = world.executes()
    await world.pass_(5)
    text = await told(world, row.order_id, only=frozenset({F1}))
    assert "Follower 1 (F1)" in text
    assert "Follower 2" not in text
    assert "AB4036" not in text


async def test_a_lost_answer_that_was_found_again(world: World) -> None:
    world[F1].default = lost_answer(lands_after=1.0)
    row = world.executes()
    await world.pass_(10)
    text = await told(world, row.order_id, only=frozenset({F1}))
    assert "WARN: unknown: time-out; looking it up by its tag" in text
    assert "found at the broker: F1-1" in text
    assert "Its outcome was unknown for 1.5 s, until the account's order book showed it." in text
    assert "It is filled: 50/50" in text


async def test_an_order_that_was_being_sent_when_copytui_was_killed_was_unknown_until_it_was_found(
    world: World,
) -> None:
    world[F1].outcomes.append(accepted(answers_after=30.0, lands_after=0.0))
    world[F1].book_seen = lambda _rows: ()
    row = world.executes()
    await world.pass_(4)
    assert world.states(F1) == ["sending"]
    await world.end()
    await world.pass_(2)
    await world.start()
    assert world.states(F1) == ["unknown"]
    world[F1].book_seen = lambda rows: rows
    await world.pass_(10)
    assert world.states(F1) == ["filled"]
    text = await told(world, row.order_id, only=frozenset({F1}))
    assert "until the account's order book showed it." in text


async def test_a_lost_answer_that_was_never_found(world: World) -> None:
    world[F1].default = not_taken()
    row = world.executes()
    await world.pass_(130)
    text = await told(world, row.order_id, only=frozenset({F1}))
    assert "ERROR: not found for 120 s: its outcome is unknown." in text
    assert "Its outcome is unknown: check the account, since it may exist. It is never sent again by itself" in text
    (copy,) = world.copies_of(F1)
    await world.handle(MarkNotPlaced(copy.id))
    text = await told(world, row.order_id, only=frozenset({F1}))
    assert "until you marked it as not placed." in text
    assert "It failed: marked as not placed by the user." in text


async def test_a_refusal_is_told_in_the_brokers_words_and_so_is_the_retry(world: World) -> None:
    world[F1].outcomes.append(refused())
    row = world.executes()
    await world.pass_(5)
    (copy,) = world.copies_of(F1)
    assert copy.state is CopyState.FAILED
    await world.handle(RetryCopy(copy.id))
    await world.pass_(5)
    text = await told(world, row.order_id, only=frozenset({F1}))
    assert "It failed: AB4036: product not allowed; dismissed or retried by the user." in text
    assert "; retried by the user for the 1st time" in text
    assert "Follower 1 (F1): filled, 50/50 @ 102.00" in text
    assert text.index("It failed") < text.index("retried manually") < text.index("It is filled")


async def test_an_order_that_never_left_was_sent_again_by_itself(world: World) -> None:
    world[F1].outcomes.append(not_sent())
    row = world.executes()
    await world.pass_(10)
    text = await told(world, row.order_id, only=frozenset({F1}))
    assert "WARN: not sent (connection refused); retrying after a clean order book" in text
    assert "sent to the broker, for the 2nd time" in text


async def test_a_rejection_has_the_exchanges_words_and_no_fill(world: World) -> None:
    world[F1].default = accepted(ends=OrderStatus.REJECTED, row_text="RMS: margin exceeds [bold]")
    row = world.executes()
    await world.pass_(5)
    text = await told(world, row.order_id, only=frozenset({F1}))
    assert (
        "The broker accepted it and then rejected it: RMS: margin exceeds [bold] (the follower's order F1-1)." in text
    )


async def test_what_was_skipped_says_why(a_world: MakeWorld) -> None:
    world = await a_world(filters=Filters(block_symbols=("NIFTY",)))
    row = world.executes()
    await world.pass_(5)
    text = await told(world, row.order_id)
    assert "The decision: skipped: symbol blocked by NIFTY [symbol]." in text
    assert "Follower" not in text


async def test_a_follower_that_gets_nothing_is_told_why(world: World) -> None:
    settings = world.engine.state.followers[F2]
    settings.enabled = False
    row = world.executes()
    await world.pass_(5)
    text = await told(world, row.order_id)
    assert "Follower 2 (F2): nothing\n  Nothing was planned: this follower is disabled [disabled]." in text


async def test_an_approval_and_a_declined_execution_are_told(a_world: MakeWorld) -> None:
    world = await a_world(require_confirmation=True)
    first = world.executes(symbol="AAA-EQ")
    second = world.executes(symbol="BBB-EQ")
    await world.pass_(4)
    waiting = await told(world, first.order_id)
    assert "The decision: approval required before it is copied to 2 followers. It needs attention." in waiting
    await world.handle(Approve(1, {F2: 0}))
    await world.handle(Decline(2))
    await world.pass_(4)
    yes, no = await told(world, first.order_id), await told(world, second.order_id)
    assert "The decision: approved for 1 follower." in yes
    assert "Follower 2 (F2): skipped" in yes
    assert "It was not sent: left out by the user." in yes
    assert "The decision: skipped: declined: not copied [declined]." in no


async def test_a_missed_execution_is_told_with_what_became_of_it(world: World) -> None:
    row = world.executes(at=after(-300))
    await world.pass_(5)
    assert "The decision: missed: seen" in await told(world, row.order_id)
    await world.handle(DismissMissed(1))
    assert "dismissed" in (await told(world, row.order_id)).lower()


async def test_orders_that_were_never_to_be_copied_say_what_they_are(a_world: MakeWorld) -> None:
    world = await a_world(started=False)
    before = world.executes()
    await world.start()
    own = world.executes(tag=str(a_tag()))
    rejected = world.works(order_status=OrderStatus.REJECTED, status="rejected", text="RMS: no margin")
    await world.pass_(5)
    assert "the order had already ended: never copied" in await told(world, before.order_id)
    assert "recognised it as one of copytui's own: never copied" in await told(world, own.order_id)
    text = await told(world, rejected.order_id)
    assert "The broker says: RMS: no margin" in text
    assert "No decision was ever made on it, so nothing was sent to anybody." in text


async def test_an_exit_says_what_it_closes(world: World) -> None:
    world.executes()
    await world.pass_(5)
    row = world.executes(side=Side.SELL)
    await world.pass_(8)
    text = await told(world, row.order_id)
    assert "It closed 50 of the 50 units that the master held." in text
    assert "it closes 50 of the master's 50" in text


async def test_a_dry_run_sent_nothing_and_says_so(a_world: MakeWorld) -> None:
    world = await a_world(dry_run=True)
    row = world.executes()
    await world.pass_(5)
    text = await told(world, row.order_id)
    assert "dry run: would be copied to 2 followers" in text
    assert "It was a dry run: nothing was sent." in text


# The command around it.


def test_numbers_name_executions_before_copies(shell: Shell) -> None:
    shell.keep(*past(1), *past(10, copies={ASHA: a_fill(), RAVI: a_fill()}))
    for name in (["#10"], ["10"], ["execution", "10"], ["261120000000010"], ["U10"], ["copy", "101"], ["#101"]):
        assert shell.out("why", *name).startswith("BUY 50 NIFTY28NOV2624000CE: the master's order 261120000000010"), (
            name
        )
    assert "order 261120000000001 " in shell.out("why", "copy 10")
    _code, _out, err = shell("why", "#10")
    assert err == "#10 is execution 10; for copy 10: copytui why copy 10\n"


def test_slices_are_told_one_by_one_under_one_heading(shell: Shell) -> None:
    second = replace(copy_of(1, 1, ASHA, a_fill(slice_number=1)), state=CopyState.OPEN, filled=0)
    shell.keep(*past(1), OrderPlanned(second))
    text = shell.out("why", "#1")
    assert "Asha (F100): partial, 50/100 @ 101.60" in text
    assert "Copy 10 (slice 1 of 2)" in text
    assert "Copy 11 (slice 2 of 2)" in text


def test_a_follower_without_a_part_in_the_order_is_named(shell: Shell) -> None:
    shell.keep(*past(1))
    code, out, err = shell("why", "#1", "--follower", "2")
    assert (code, err) == (0, "Follower 2 has no part in it\n")
    assert "Asha" not in out


def test_an_unknown_order_names_what_the_journal_covers_and_what_is_near(shell: Shell) -> None:
    shell.keep(*past(1), *past(2))
    sentence = shell.refused("why", "26112000000002", code=1)
    assert sentence.startswith(
        "the journal knows no order, copy or tag '26112000000002': the journal covers 2026-11-20:"
        " 2 master orders, 2 executions, 2 copies; near: 2611200000000"
    )
    assert "near: F100-20, 261120000000002" not in sentence
    assert shell.refused("why", "zzz", code=1).endswith("2 copies")
    assert "near: 261120000000002" in shell.refused("why", "0002", code=1)
    assert shell.refused("why", "#99", code=1).startswith("the journal knows no order, copy or tag '#99'")


def test_without_a_journal_why_says_so(shell: Shell) -> None:
    assert shell.refused("why", "#1", code=1).startswith("there is no journal yet")
    code, _out, err = shell("why")
    assert code == 2
    assert "ORDER_ID" in err


def test_hostile_text_of_broker_and_names_stays_text(shell: Shell) -> None:
    evil = "\x1b[2J[red]x[/]\x9b1m\nExecution #9: \u202e"
    statements = past(1, copies={ASHA: a_fill(error=evil, state=CopyState.FAILED)}, text=evil, status=evil, tag=evil)
    event = Event(NOON, Level.ERROR, EventKind.COPY, "Asha", f"failed: {evil}", OrderKey("U1"), 1, 10)
    shell.keep(*statements, EventEmitted(event))
    out = shell.out("why", "#1")
    assert not any(sign in out for sign in "\x1b\x9b\u202e")
    assert out.count("[red]x[/]") == 5
    assert [line for line in out.splitlines() if line.startswith("Execution")] == [
        "Execution #1: BUY 50 NIFTY28NOV2624000CE @ 101.50"
    ]
    assert "\x1b" not in shell.refused("why", evil, code=1)


def test_a_long_answer_of_the_broker_is_told_whole(shell: Shell) -> None:
    words = " ".join(f"word{number}" for number in range(40))
    shell.keep(*past(1, copies={ASHA: a_fill(error=words, state=CopyState.FAILED, filled=0)}))
    assert f"It failed: {words} (the" in shell.out("why", "#1")


@pytest.mark.parametrize(
    ("text", "number", "is_copy", "is_id"),
    [
        ("#12", 12, False, False), (" # 12", 12, False, False), ("copy 12", 12, True, False),
        ("Copy #12", 12, True, False), ("execution 3", 3, False, False), ("12", 12, False, True),
        ("CTABC", None, False, True), ("#", None, False, True), ("9" * 30, None, False, True),
    ],
)  # fmt: skip
def test_names_are_understood(text: str, number: int | None, *, is_copy: bool, is_id: bool) -> None:
    asked = read_name(text)
    assert (asked.number, asked.is_copy, asked.is_id) == (number, is_copy, is_id)


def test_near_matches_are_few_and_those_that_contain_it_come_first() -> None:
    ids = [f"26112000000{number:04d}" for number in range(100)]
    assert near_matches("0042", ids)[0] == "261120000000042"
    assert len(near_matches("2611200000000", ids)) == 5
    assert near_matches("", ids) == ()
