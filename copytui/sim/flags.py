"""Faults written on a command line: `WHO:CALL:NAME[:TIMES]`, such as `2:placeOrder:timeout_after`."""

from __future__ import annotations

from dataclasses import dataclass

from copytui.sim.exchange import Exchange
from copytui.sim.faults import ANY, FaultName
from copytui.sim.gateway import CALLS


@dataclass(frozen=True, slots=True)
class FaultFlag:
    """A fault for `who` ('master', a follower's number, or '*') at a `call`; `times` None means every time."""

    who: str
    call: str
    name: FaultName
    times: int | None


def parse_fault(text: str, *, followers: int) -> FaultFlag:
    """Read a flag for an exchange of so many followers; raises ValueError with a sentence that says what is wrong."""
    who, call, name, times = [*text.split(":"), "1"][:4] if text.count(":") in (2, 3) else ("", "", "", "")
    if not call:
        names = ", ".join(FaultName)
        raise ValueError(f"{text!r} is not WHO:CALL:NAME[:TIMES], such as 2:placeOrder:timeout_after; names: {names}")
    if who not in ("master", ANY) and not who.isdecimal():
        raise ValueError(f"{who!r} is neither master, nor a follower's number, nor *")
    if who.isdecimal() and not 1 <= int(who) <= followers:
        raise ValueError(f"there is no follower {who}: there are {followers}")
    if call not in CALLS:
        raise ValueError(f"{call!r} is no call; there are: {', '.join(sorted(CALLS))}")
    if name not in set(FaultName):
        raise ValueError(f"{name!r} is no fault; there are: {', '.join(FaultName)}")
    if times != ANY and not (times.isdecimal() and int(times)):
        raise ValueError(f"{times!r} is neither a number above 0 nor *")
    return FaultFlag(who, call, FaultName(name), None if times == ANY else int(times))


def switch_on(exchange: Exchange, flags: list[FaultFlag]) -> None:
    """Switch the faults of a command line on."""
    for flag in flags:
        exchange.faults.add(_client_id(exchange, flag.who), flag.call, flag.name, flag.times)


def _client_id(exchange: Exchange, who: str) -> str:
    if who == ANY:
        return ANY
    return exchange.master.client_id if who == "master" else exchange.followers[int(who) - 1].client_id
