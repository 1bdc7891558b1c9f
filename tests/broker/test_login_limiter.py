"""The order and the spacing of the logins of many accounts."""

from __future__ import annotations

import asyncio

from copytui.broker.smartapi.login_limiter import LoginLimiter, Urgency
from tests.broker.conftest import HeldTime


async def turns(limiter: LoginLimiter, *wanted: tuple[str, str, Urgency], held: HeldTime) -> list[tuple[str, float]]:
    got: list[tuple[str, float]] = []

    async def wait(name: str, egress: str, urgency: Urgency) -> None:
        await limiter.wait(egress, urgency)
        got.append((name, held.elapsed))

    await asyncio.gather(*(wait(*each) for each in wanted))
    return got


async def test_logins_from_one_address_are_spaced(held: HeldTime) -> None:
    limiter = LoginLimiter(5, clock=held.monotonic, sleep=held.sleep)
    found = await turns(limiter, *((name, "", Urgency.OTHER) for name in "abc"), held=held)
    assert found == [("a", 0.0), ("b", 5.0), ("c", 10.0)]


async def test_logins_from_different_addresses_do_not_wait_for_each_other(held: HeldTime) -> None:
    limiter = LoginLimiter(5, clock=held.monotonic, sleep=held.sleep)
    found = await turns(limiter, *((name, f"proxy {name}", Urgency.OTHER) for name in "abc"), held=held)
    assert [at for _name, at in found] == [0.0, 0.0, 0.0]


async def test_the_master_goes_before_all_and_open_positions_before_the_rest(held: HeldTime) -> None:
    all_wait = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await all_wait.wait()
        await held.sleep(seconds)

    limiter = LoginLimiter(5, clock=held.monotonic, sleep=sleep)
    await limiter.wait()  # the line is taken, so the others have to wait
    wanted = [("other", "", Urgency.OTHER), ("holder", "", Urgency.HAS_POSITIONS), ("master", "", Urgency.MASTER)]
    getting = asyncio.create_task(turns(limiter, *wanted, held=held))
    for _ in range(5):
        await asyncio.sleep(0)
    all_wait.set()
    found = await getting
    assert [name for name, _at in found] == ["master", "holder", "other"]


async def test_one_who_gives_up_does_not_hold_the_line(held: HeldTime) -> None:
    limiter = LoginLimiter(5, clock=held.monotonic, sleep=held.sleep)
    await limiter.wait()
    first = asyncio.create_task(limiter.wait(urgency=Urgency.MASTER))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait_for(limiter.wait(), 2)
    assert held.elapsed == 5.0
