"""The session's JSON log, `logs/copy_trading_YYYYMMDD_HHMMSS.json` (docs/reports.md, "The JSON log").

A thread of its own replaces the whole file atomically, so it is valid JSON at any moment, even after a kill. Only
changed records are serialised again, a large log is written less often, and all work is done in small chunks: the
engine's and the screen's threads must not wait for this one.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from copytui.domain.changes import Change, ExecutionDecided, OrderAdvanced, OrderPlanned
from copytui.domain.copies import WENT_WRONG, ChildOrder, CopyName, CopyState, Joiner, copy_name
from copytui.domain.decisions import DecidedExecution, Verdict
from copytui.domain.executions import Origin
from copytui.domain.orders import ClientId
from copytui.domain.statistics import NOT_IN_RECORDS, Statistics, is_success, tally
from copytui.domain.text import IST, stamp
from copytui.journal.codec import CHUNK, json_array, json_line

_STATUS = {state: str(state) for state in CopyState} | {CopyState.ASKED: "pending", CopyState.QUEUED: "pending"}
_PAUSE_SECONDS = 0.2
_WRITE_LAG = timedelta(seconds=2)
_SHARE_OF_TIME = 20
"""A write that takes t is followed by a pause of at least t times this."""
_YIELD_SECONDS = 0.0005
"""The pause between chunks, in which threads that wait for the interpreter lock get it at once."""


class SessionLog:
    """Subscribes to the engine's changes and writes them to the session's file."""

    def __init__(
        self,
        directory: Path,
        *,
        started: datetime,
        mode: str,
        master: ClientId,
        followers: dict[ClientId, str],
        version: str,
    ) -> None:
        """Create the file at once; raises OSError."""
        self.path = _free_path(directory, started)
        self.on_trouble: Callable[[str | None], None] = lambda _trouble: None
        self._names = followers
        self._session: dict[str, object] = {
            "started": stamp(started), "ended": None, "mode": mode, "master": master,
            "followers": list(followers.values()), "version": version,
        }  # fmt: skip
        self._lock = threading.Lock()
        self._executions: dict[int, DecidedExecution] = {}
        self._joiner = Joiner()
        self._copies: dict[int, ChildOrder] = {}
        self._changed: dict[int, ChildOrder] = {}
        self._new_decisions: list[DecidedExecution] = []
        self._dropped: set[tuple[CopyName, str | None]] = set()
        self._new_dropped: list[ChildOrder] = []
        # The fields below belong to the writer thread.
        self._records: dict[int, bytes] = {}
        self._failed: dict[int, bytes] = {}
        self._decisions: list[bytes] = []
        self._verdicts: dict[int, Verdict] = {}
        self._states: dict[int, CopyState] = {}
        self._counts: Counter[CopyState] = Counter()
        self._trouble: str | None = None
        self._dirty = threading.Event()
        self._closing = threading.Event()
        self._write()
        self._thread = threading.Thread(target=self._work, name="session log", daemon=True)
        self._thread.start()

    def on_change(self, change: Change) -> None:
        """Take a decision or child order, new or changed. Events are not in this log."""
        match change:
            case ExecutionDecided(decided):
                self._decided(decided)
            case OrderPlanned(order) | OrderAdvanced(_, order):
                self._copied(order)
            case _:
                pass

    def _decided(self, decided: DecidedExecution) -> None:
        with self._lock:
            self._executions[decided.id] = decided
            self._new_decisions.append(decided)
        self._dirty.set()

    def _copied(self, copy: ChildOrder) -> None:
        with self._lock:
            self._note_dropped(copy)
            copy = self._joiner.take(copy)
            self._copies[copy.id] = self._changed[copy.id] = copy
        self._dirty.set()

    def _note_dropped(self, copy: ChildOrder) -> None:
        """Record a copy that was queued and then not sent, once for all its slices.

        A declined copy has the line of its execution already.
        """
        if copy.state is not CopyState.SKIPPED or copy.queued_at is None:
            return
        named = (copy_name(copy), copy.error)
        if named not in self._dropped:
            self._dropped.add(named)
            self._new_dropped.append(copy)

    def mode(self, mode: str) -> None:
        """Record that the session went live, or back to dry run."""
        with self._lock:
            self._session["mode"] = mode
        self._dirty.set()

    def statistics(self) -> Statistics:
        """Return the session's statistics, as in the file."""
        with self._lock:
            masters = [decided for decided in self._executions.values() if not _is_manual(decided)]
            return tally([decided.decision.verdict for decided in masters], list(self._copies.values()))

    def statuses(self) -> dict[str, int]:
        """Return the number of copies by status, the most frequent first."""
        with self._lock:
            states = [copy.state for copy in self._copies.values() if copy.state not in NOT_IN_RECORDS]
        return dict(Counter(_STATUS[state] for state in states).most_common())

    def close(self, ended: datetime) -> None:
        """Write the end of the session and stop the thread."""
        with self._lock:
            self._session["ended"] = stamp(ended)
        self._closing.set()
        self._dirty.set()
        self._thread.join()

    def _work(self) -> None:
        closing = False
        while not closing:
            self._dirty.wait()
            self._dirty.clear()
            closing = self._closing.is_set()
            begun = time.monotonic()
            try:
                self._write()
            except OSError as error:
                self._report(f"the session's log cannot be written: {error}")
                self._dirty.set()
            else:
                self._report(None)
            self._closing.wait(max(_PAUSE_SECONDS, (time.monotonic() - begun) * _SHARE_OF_TIME))

    def _report(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self.on_trouble(trouble)

    def _write(self) -> None:
        taken = time.time()
        session = self._take()
        temporary = self.path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            for chunk in self._chunks(session):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.utime(temporary, (taken, taken))  # later changes are not in the file, however long the write took
        temporary.replace(self.path)

    def _take(self) -> bytes:
        """Serialise what has changed since the last write; returns the session's own line."""
        with self._lock:
            changed, self._changed = self._changed, {}
            decisions, self._new_decisions = self._new_decisions, []
            dropped, self._new_dropped = self._new_dropped, []
            session = json_line(self._session)
        for start in range(0, len(decisions), CHUNK):
            for decided in decisions[start : start + CHUNK]:
                if not _is_manual(decided):
                    self._verdicts[decided.id] = decided.decision.verdict
                self._decisions.extend(_decision_lines(decided))
            time.sleep(_YIELD_SECONDS)
        self._decisions.extend(self._dropped_line(copy) for copy in dropped)
        copies = list(changed.values())
        for start in range(0, len(copies), CHUNK):
            for copy in copies[start : start + CHUNK]:
                self._take_copy(copy)
            time.sleep(_YIELD_SECONDS)
        return session

    def _take_copy(self, copy: ChildOrder) -> None:
        before = self._states.get(copy.id)
        if before is not None:
            self._counts[before] -= 1
        self._counts[copy.state] += 1
        self._states[copy.id] = copy.state
        if copy.state in NOT_IN_RECORDS:
            self._records.pop(copy.id, None)
            self._failed.pop(copy.id, None)
            return
        line = json_line(copy_record(copy, self._executions.get(copy.execution_id), self._name(copy)))
        self._records[copy.id] = line
        if copy.state in WENT_WRONG:
            self._failed[copy.id] = line
        else:
            self._failed.pop(copy.id, None)

    def _name(self, copy: ChildOrder) -> str:
        return self._names.get(copy.follower, copy.follower)

    def _dropped_line(self, copy: ChildOrder) -> bytes:
        decided = self._executions.get(copy.execution_id)
        line = {
            "timestamp": stamp(copy.changed_at),
            "master_order_id": decided.execution.order.order_id if decided else copy.order_key,
            "symbol": copy.order.symbol,
            "decision": Verdict.SKIP,
            "reason": copy.error or "dropped before it was sent",
            "code": None,
            "follower_name": self._name(copy),
        }
        return json_line(line)

    def _chunks(self, session: bytes) -> Iterator[bytes]:
        """Yield the file in chunks."""
        numbers = Statistics.of(Counter(self._verdicts.values()), self._counts)
        failed = [self._failed[id_] for id_ in self._records if id_ in self._failed] if self._failed else []
        yield b'{"session": ' + session + b',\n "copy_records": '
        yield from json_array(list(self._records.values()))
        yield b',\n "failed_copies": '
        yield from json_array(failed)
        yield b',\n "decisions": '
        yield from json_array(self._decisions)
        yield b',\n "statistics": ' + json_line(_statistics(numbers)) + b"}\n"


def cut_off_at(directory: Path) -> datetime | None:
    """Return the time from which the newest session log may lack changes after a kill; None after a clean end.

    Call it before a new session creates its own log.
    """
    logs = [(path.stat().st_mtime, path) for path in directory.glob("copy_trading_*.json")]
    if not logs:
        return None
    written, newest = max(logs)
    try:
        ended = json.loads(newest.read_text(encoding="utf-8"))["session"]["ended"]
    except (OSError, ValueError, KeyError, TypeError):
        ended = None
    return None if ended else datetime.fromtimestamp(written, IST) - _WRITE_LAG


def _is_manual(decided: DecidedExecution) -> bool:
    """Return whether the user closed positions (flatten): that is not an execution of the master."""
    return decided.execution.origin is Origin.MANUAL


def copy_record(copy: ChildOrder, decided: DecidedExecution | None, name: str) -> dict[str, object]:
    """Return the log's record of one copy (docs/reports.md); the `master_` fields describe the master's order."""
    named = decided.execution.order.order_id if decided else copy.order_key
    if decided is not None and _is_manual(decided):
        decided = None
    master = decided.execution.order if decided else None
    return {
        "timestamp": stamp(copy.created_at),
        "master_order_id": named,
        "symbol": copy.order.symbol,
        "exchange": copy.order.exchange,
        "transaction_type": copy.order.side,
        "order_type": copy.order.order_type,
        "product": copy.order.product,
        "master_quantity": decided.execution.quantity if decided else None,
        "quantity": copy.order.quantity,
        "price": float(copy.order.price),
        "follower_name": name,
        "follower_client_id": copy.follower,
        "dry_run": copy.dry_run,
        "success": is_success(copy),
        "status": _STATUS[copy.state],
        "follower_order_id": copy.order_id,
        "filled_quantity": copy.filled,
        "average_price": float(copy.average_price),
        "latency_ms": copy.latency_ms,
        "attempts": copy.attempts,
        "error": copy.error,
        "order_tag": copy.tag,
        "master_order_type": master.order_type if master else None,
        "master_average_price": float(decided.execution.price) if decided else None,
    }


def _decision_lines(decided: DecidedExecution) -> list[bytes]:
    """Return a line for the execution, and one for each follower that it skips."""
    decision, order = decided.decision, decided.execution.order
    common: dict[str, object] = {
        "timestamp": stamp(decided.decided_at), "master_order_id": order.order_id, "symbol": order.symbol,
    }  # fmt: skip
    lines = [common | {"decision": decision.verdict, "reason": decision.sentence, "code": decision.reason}]
    if decision.verdict in (Verdict.COPY, Verdict.SIMULATE, Verdict.ASK):
        lines += [
            common
            | {"decision": Verdict.SKIP, "reason": plan.sentence, "code": plan.reason, "follower_name": plan.name}
            for plan in decision.plans
            if not plan.quantity
        ]
    return [json_line(line) for line in lines]


def _statistics(numbers: Statistics) -> dict[str, object]:
    return {
        "master_orders": numbers.master_orders,
        "copied": numbers.copied,
        "skipped": numbers.skipped,
        "missed": numbers.missed,
        "total": numbers.total,
        "success": numbers.success,
        "failed": numbers.failed,
        "unknown": numbers.unknown,
        "success_rate": numbers.success_rate,
    }


def _free_path(directory: Path, started: datetime) -> Path:
    """Return a free file name, with a number where two sessions start within one second."""
    stem = f"copy_trading_{started:%Y%m%d_%H%M%S}"
    path, number = directory / f"{stem}.json", 2
    while path.exists():
        path, number = directory / f"{stem}_{number}.json", number + 1
    return path
