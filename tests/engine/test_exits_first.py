"""Within one follower's queue exits go before entries of other symbols, and never before their own entries' fate."""

from __future__ import annotations

from copytui.domain.events import Level
from copytui.domain.orders import Side
from copytui.tui.present.attention import Attention
from tests.engine.conftest import MakeWorld
from tests.engine.harness import F1, F2, World
from tests.engine.scripted import accepted, not_sent
from tests.engine.trades import sent, trade

ENTRIES = [f"E{number:02}-EQ" for number in range(60)]
SLOW = accepted(answers_after=1.0)


async def begun(a_world: MakeWorld) -> World:
    """Let the followers hold two positions, and let each further order take a second."""
    world = await a_world()
    for symbol in ("AAA-EQ", "BBB-EQ"):
        await trade(world, Side.BUY, 100, symbol=symbol)
    for account in (world[F1], world[F2]):
        account.default = SLOW
    return world


def symbols(world: World) -> list[tuple[str, str]]:
    return [(str(intent.order.side), intent.order.symbol) for _at, intent in world[F1].posts[2:]]


async def test_exits_pass_sixty_entries_and_everything_else_keeps_the_masters_order(a_world: MakeWorld) -> None:
    world = await begun(a_world)
    for symbol in ENTRIES:
        world.executes(symbol=symbol)
    world.executes(side=Side.SELL, symbol="BBB-EQ", quantity=100, filled=100)
    world.executes(side=Side.SELL, symbol="AAA-EQ", quantity=100, filled=100)
    await world.pass_(6)
    exits = [("SELL", "BBB-EQ"), ("SELL", "AAA-EQ")]
    # At most one entry was on its way before the master's exits were decided.
    assert symbols(world)[0] == ("BUY", "E00-EQ")
    assert symbols(world)[1:3] == exits
    await world.pass_(50)
    entries = [each for each in symbols(world) if each not in exits]
    assert len(entries) > 50
    assert entries == [("BUY", symbol) for symbol in ENTRIES[: len(entries)]]


async def test_an_exit_waits_for_the_entries_of_its_own_position(a_world: MakeWorld) -> None:
    world = await begun(a_world)
    world.executes(symbol="E00-EQ")
    world.executes(symbol="AAA-EQ", quantity=100, filled=100)
    world.executes(symbol="E01-EQ")
    world.executes(side=Side.SELL, symbol="AAA-EQ", quantity=50, filled=50)
    await world.pass_(12)
    assert symbols(world) == [("BUY", "E00-EQ"), ("BUY", "AAA-EQ"), ("SELL", "AAA-EQ"), ("BUY", "E01-EQ")]
    assert sent(world, F1)[2:][2] == ("SELL", 50)


async def test_an_exit_that_is_queued_again_holds_back_no_entry_and_goes_first_when_it_is_ready(
    a_world: MakeWorld,
) -> None:
    world = await begun(a_world)
    world[F1].outcomes.append(not_sent())
    world.executes(side=Side.SELL, symbol="AAA-EQ", quantity=100, filled=100)
    for symbol in ENTRIES[:20]:
        world.executes(symbol=symbol)
    await world.pass_(30)
    places = [place for place, each in enumerate(symbols(world)) if each == ("SELL", "AAA-EQ")]
    assert places[0] == 0
    assert 1 < places[1] < 8
    assert len(symbols(world)) == 22


async def test_all_lanes_still_share_one_transaction(a_world: MakeWorld) -> None:
    world = await begun(a_world)
    assert world.journal is not None
    before = world.journal.requires
    world.executes(side=Side.SELL, symbol="AAA-EQ", quantity=100, filled=100)
    await world.pass_(3)
    assert world.journal.requires - before == 1


# An exit that the order limits hold back.


def listed(world: World) -> list[tuple[str, str]]:
    items = Attention().items(world.engine.snapshot(), world.clock.now())
    return [(item.label, item.why) for item in items if item.client == F1]


async def test_an_exit_that_the_limits_hold_for_over_five_seconds_says_so_while_it_lasts(world: World) -> None:
    await trade(world, Side.BUY, 50)
    now = world.clock.monotonic()
    world[F1].held_until = world[F1].exits_held_until = now + 15
    world.executes(side=Side.SELL)
    await world.pass_(6)
    assert (world.events(Level.WARN), listed(world)) == ([], [])
    await world.pass_(4)
    (text,) = world.events(Level.WARN)
    assert text.startswith("exit SELL 50 NIFTY28NOV2624000CE")
    assert "the order limits hold it back for" in text
    assert listed(world) == [("exit unfilled", "the order limits hold it back; it goes as soon as they allow")]
    await world.pass_(10)
    assert sent(world, F1) == [("BUY", 50), ("SELL", 50)]
    assert listed(world) == []
    assert len(world.events(Level.WARN)) == 1


async def test_an_entry_that_the_limits_hold_says_nothing(world: World) -> None:
    world[F1].held_until = world[F1].exits_held_until = world.clock.monotonic() + 15
    world.executes()
    await world.pass_(12)
    assert (world.events(Level.WARN), listed(world)) == ([], [])
