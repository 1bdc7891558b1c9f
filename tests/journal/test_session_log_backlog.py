"""A session log after a kill: it begins with all that the last one may lack, of every slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from copytui.domain.changes import OrderAdvanced
from copytui.domain.copies import ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution
from copytui.domain.orders import ClientId
from copytui.domain.text import IST, stamp
from copytui.journal.backlog import Backlog, backlog
from copytui.journal.recovered_state import RecoveredState
from copytui.journal.session_log import cut_off_at
from tests.builders import MASTER, NOON, TODAY, a_copy, a_decided, after

from .conftest import STARTED, a_log, read

S = CopyState


def slices_of(*states: CopyState, **more: Any) -> list[ChildOrder]:
    found = []
    for number, state in enumerate(states):
        filled = 50 if state is S.FILLED else 0
        found.append(a_copy(id=number + 1, state=state, slice_number=number, slices=len(states), filled=filled, **more))
    return found


def test_a_log_begins_with_its_backlog_in_its_first_bytes(tmp_path: Path) -> None:
    copies = slices_of(S.FILLED, S.FAILED, S.FILLED, created_at=STARTED - timedelta(hours=1))
    decided = a_decided(decided_at=STARTED - timedelta(hours=1))
    repeated = Backlog((decided,), tuple(copies), tuple(copies), (decided,), {decided.id: STARTED})
    log = a_log(tmp_path, backlog=repeated)
    written = read(log)
    log.close(after(3600))
    (record,) = written["copy_records"]
    assert (record["quantity"], record["filled_quantity"], record["status"]) == (150, 100, "failed")
    assert written["statistics"]["earlier"] == {"master_orders": 1, "copies": 1}
    assert [line["timestamp"] for line in written["decisions"]] == [stamp(STARTED)]


def test_a_copy_of_an_earlier_session_that_changes_is_written_with_all_of_its_slices(tmp_path: Path) -> None:
    copies, decided = slices_of(S.FILLED, S.FILLED, S.FAILED), a_decided()
    log = a_log(tmp_path, backlog=Backlog(known=tuple(copies), decided=(decided,)))
    assert read(log)["copy_records"] == []
    log.on_change(OrderAdvanced(copies[2], replace(copies[2], dismissed=True)))
    log.close(after(3600))
    (record,) = read(log)["copy_records"]
    assert (record["quantity"], record["filled_quantity"], record["status"]) == (150, 100, "failed")
    assert record["master_order_id"] == decided.execution.order.order_id


def recovered(copies: Sequence[ChildOrder], *executions: DecidedExecution) -> RecoveredState:
    return RecoveredState(frozenset({TODAY}), (), executions, tuple(copies), (), 9, 99)


def test_the_backlog_has_every_slice_of_a_copy_of_which_one_changed_after_the_last_write() -> None:
    early, late = slices_of(S.FILLED, S.FILLED, changed_at=NOON, average_price=Decimal(9))
    done = a_copy(id=9, execution_id=2, state=S.FILLED, filled=50, average_price=Decimal(9), changed_at=NOON)
    late, early = (
        replace(late, changed_at=after(10), average_price=Decimal(9)),
        replace(early, average_price=Decimal(9)),
    )
    state = recovered([early, late, done], a_decided(decided_at=NOON), a_decided(id=2, decided_at=NOON))
    repeated = backlog(state, after(5))
    assert repeated.copies == (early, late)
    assert [decided.id for decided in repeated.executions] == [1]
    assert repeated.known == (early, late, done)
    assert backlog(state, None).copies == backlog(state, after(11)).copies == ()


def test_an_execution_that_was_decided_again_after_the_last_write_is_in_the_backlog() -> None:
    decided = a_decided(decided_at=NOON)
    state = replace(recovered([], decided), decided_at={decided.id: after(10)})
    assert backlog(state, after(5)).executions == (decided,)
    assert backlog(state, after(11)).executions == ()


def test_the_next_log_begins_where_the_last_one_of_this_master_may_have_ended(tmp_path: Path) -> None:
    assert cut_off_at(tmp_path, MASTER) is None
    killed = a_log(tmp_path)
    written = datetime.fromtimestamp(killed.path.stat().st_mtime, IST)
    assert cut_off_at(tmp_path, MASTER) == written - timedelta(seconds=2)
    demo = a_log(tmp_path, after(9), master=ClientId("D1"))
    demo.close(after(10))
    (tmp_path / "copy_trading_20261120_999999.json").write_text("{")
    assert cut_off_at(tmp_path, MASTER) == written - timedelta(seconds=2)
    killed.close(after(11))
    assert cut_off_at(tmp_path, MASTER) == after(11)
