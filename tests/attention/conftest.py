"""A journal as a run could have left it today at noon, with everything that can need attention."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from copytui.domain.changes import Change, DayOpened, EventEmitted, ExecutionDecided, FollowerHalted, OrderPlanned
from copytui.domain.copies import CopyState
from copytui.domain.decisions import Decision, Verdict
from copytui.domain.events import Event, EventCode, EventKind, Level
from copytui.domain.orders import ClientId, OrderKey, Side
from copytui.domain.positions import ExitFraction
from copytui.domain.reasons import Reason
from copytui.domain.text import IST, trading_day
from copytui.journal.store import Journal
from copytui.settings.paths import NamedFollower, Paths
from tests.builders import FOLLOWER, MASTER, a_copy, a_decided, an_execution, an_order

OTHER = ClientId("F2")
NAMES = {FOLLOWER: "Asha"}
MISSED = Decision(Verdict.MISSED, "seen 90 s after it executed, more than 60 s", Reason.TOO_OLD)
ASKED = Decision(Verdict.ASK, "approval required before it is copied to 1 follower")
TODAY_NOON = datetime.now(IST).replace(hour=12, minute=0, second=0, microsecond=0)


def after(seconds: float) -> datetime:
    return TODAY_NOON + timedelta(seconds=seconds)


def an_executed(number: int, decision: Decision, *, seconds: float, exit_: bool = False) -> list[Change]:
    """An execution that is not settled, `seconds` after noon."""
    order = an_order(key=OrderKey(f"U{number}"), side=Side.SELL if exit_ else Side.BUY, updated_at=after(seconds))
    share = ExitFraction(50, 50) if exit_ else None
    execution = an_execution(order=order, executed_at=after(seconds), seen_at=after(seconds + 90), closes=share)
    decided = replace(
        a_decided(id=number, execution=execution, decision=decision), day=trading_day(TODAY_NOON), settled=False
    )
    return [ExecutionDecided(decided)]


def a_troubled(number: int, state: CopyState, **fields: Any) -> Change:
    """A copy of execution 4, made at noon."""
    fields = {"created_at": TODAY_NOON, "changed_at": TODAY_NOON, **fields}
    return OrderPlanned(a_copy(id=number, execution_id=4, state=state, **fields))


def statements() -> list[Change]:
    """Two missed executions (the later an exit), one to approve, one with copies in all kinds of trouble, a halt."""
    day, long_ago = trading_day(TODAY_NOON), TODAY_NOON - timedelta(days=3)
    copied = replace(a_decided(id=4, execution=an_execution(order=an_order(key=OrderKey("U4")))), day=day)
    return [
        DayOpened(MASTER, day, TODAY_NOON),
        *an_executed(1, MISSED, seconds=0),
        *an_executed(2, MISSED, seconds=60, exit_=True),
        *an_executed(3, ASKED, seconds=70),
        ExecutionDecided(copied),
        a_troubled(1, CopyState.FILLED),
        a_troubled(2, CopyState.UNKNOWN, created_at=long_ago, sent_at=long_ago, follower=OTHER),
        a_troubled(
            3, CopyState.FAILED, changed_at=after(5), exit=ExitFraction(50, 50), error="AB4036 no\x1b[31m margin"
        ),
        a_troubled(4, CopyState.FAILED, dismissed=True),
        a_troubled(5, CopyState.FAILED, created_at=long_ago, changed_at=long_ago),
        a_troubled(6, CopyState.REJECTED, changed_at=after(6), filled=50, average_price=Decimal(100)),
        a_troubled(7, CopyState.OPEN),
        FollowerHalted(FOLLOWER, "5 failures in a row"),
        EventEmitted(
            Event(after(50), Level.ERROR, EventKind.RISK, "Asha", "halted: 5 failures in a row", code=EventCode.HALTED)
        ),
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The journal's path; there is no file yet."""
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs" / "journal.sqlite3"


@pytest.fixture
def filled(path: Path) -> Path:
    """The journal with `statements`, closed."""
    journal = Journal(path)
    asyncio.run(journal.require(statements()))
    journal.close()
    return path


@pytest.fixture
def paths(path: Path) -> Paths:
    """The paths of a folder whose `.env` names one follower."""
    return Paths(path.parent, (NamedFollower(1, "Asha", FOLLOWER),))
