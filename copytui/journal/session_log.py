"""The session's JSON log, `logs/copy_trading_YYYYMMDD_HHMMSS.json` (docs/reports.md, "The JSON log").

A thread of its own replaces the whole file atomically, so it is valid JSON at any moment, even after a kill. Only
changed records are serialised again, a large log is written less often, and all work is done in small chunks: the
engine's and the screen's threads must not wait for this one. The first write has what the last session's log may lack
already, so a kill at any moment loses none of it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from copytui.domain.changes import (
    Change,
    EventEmitted,
    ExecutionDecided,
    MasterOrderSeen,
    OrderAdvanced,
    OrderPlanned,
)
from copytui.domain.copies import WENT_WRONG, ChildOrder, CopyName, CopyState
from copytui.domain.copy_ledger import CopyEntry, CopyLedger
from copytui.domain.decisions import DecidedExecution, Verdict
from copytui.domain.events import Event, EventCode
from copytui.domain.orders import ClientId
from copytui.domain.statistics import NOT_IN_RECORDS, CopyCounts, Statistics
from copytui.domain.text import IST, stamp
from copytui.journal.backlog import Backlog
from copytui.journal.codec import CHUNK, json_array, json_line
from copytui.journal.session_records import (
    STATUS,
    DecisionLines,
    LineSource,
    MadeDecision,
    Unfilled,
    belongs_in_log,
    copy_record,
    is_manual,
)

_PAUSE_SECONDS = 0.2
_WRITE_LAG = timedelta(seconds=2)
_SHARE_OF_TIME = 20
"""A write that takes t is followed by a pause of at least t times this."""
_YIELD_SECONDS = 0.0005
"""The pause between chunks, in which threads that wait for the interpreter lock get it at once."""
_MODES = {EventCode.LIVE: "live", EventCode.DRY_RUN: "dry_run"}


@dataclass(frozen=True, slots=True)
class _News:
    """What has changed since the last write, and the numbers at that moment."""

    session: bytes
    lines: list[tuple[LineSource, DecidedExecution | None]]
    entries: dict[CopyName, tuple[CopyEntry, DecidedExecution | None]]
    numbers: Statistics


class SessionLog:
    """Subscribes to the engine's changes and writes them to the session's file."""

    def __init__(
        self,
        directory: Path,
        *,
        started: datetime,
        mode: str,
        master: ClientId,
        followers: Mapping[ClientId, str],
        version: str,
        backlog: Backlog | None = None,
    ) -> None:
        """Create the file at once, with what `backlog` repeats of earlier sessions; raises OSError."""
        self.path = _free_path(directory, started)
        self.on_trouble: Callable[[str | None], None] = lambda _trouble: None
        self._names = dict(followers)
        self._started = started
        self._mode = mode
        self._switches: list[dict[str, str]] = []
        self._session: dict[str, object] = {
            "started": stamp(started), "ended": None, "mode": mode, "switches": self._switches, "master": master,
            "followers": list(followers.values()), "version": version,
        }  # fmt: skip
        self._lock = threading.Lock()
        self._executions: dict[int, DecidedExecution] = {}
        self._verdicts: Counter[Verdict] = Counter()
        self._counted: dict[int, Verdict] = {}
        self._earlier_orders = 0
        self._ledger = CopyLedger(since=started)
        self._changed: dict[CopyName, CopyEntry] = {}
        self._new_lines: list[tuple[LineSource, DecidedExecution | None]] = []
        # The fields below belong to the writer thread.
        self._records: dict[CopyName, bytes] = {}
        self._failed: dict[CopyName, bytes] = {}
        self._decisions: list[bytes] = []
        self._lines = DecisionLines(self._names)
        self._trouble: str | None = None
        self._dirty = threading.Event()
        self._closing = threading.Event()
        self._begin(backlog or Backlog())
        self._write()
        self._thread = threading.Thread(target=self._work, name="session log", daemon=True)
        self._thread.start()

    def _begin(self, backlog: Backlog) -> None:
        self._executions.update((decided.id, decided) for decided in backlog.decided)
        self._ledger.know(backlog.known)
        for decided in backlog.executions:
            self._decided(decided, backlog.decided_at.get(decided.id))
        for copy in backlog.copies:
            self._copied(copy)

    def on_change(self, change: Change) -> None:
        """Take a decision, a child order, new or changed, or an event."""
        match change:
            case ExecutionDecided(decided, at):
                self._decided(decided, at)
            case OrderPlanned(order) | OrderAdvanced(_, order):
                self._copied(order)
            case EventEmitted(event):
                self._emitted(event)
            case MasterOrderSeen(known, _, _, at) if known.ended_unfilled:
                self._add_line(Unfilled(at or known.order.updated_at or known.first_seen, known))
            case _:
                pass

    def _decided(self, decided: DecidedExecution, at: datetime | None) -> None:
        with self._lock:
            self._executions[decided.id] = decided
            if not is_manual(decided):
                self._count(decided)
        self._add_line(MadeDecision(at or decided.decided_at, decided))

    def _count(self, decided: DecidedExecution) -> None:
        """Count an execution by its latest verdict."""
        verdict, before = decided.decision.verdict, self._counted.get(decided.id)
        if before is not None:
            self._verdicts[before] -= 1
        elif decided.decided_at < self._started:
            self._earlier_orders += 1
        self._verdicts[verdict] += 1
        self._counted[decided.id] = verdict

    def _copied(self, copy: ChildOrder) -> None:
        if copy.state is CopyState.SKIPPED:
            self._add_line(copy, self._executions.get(copy.execution_id))
        with self._lock:
            self._changed |= self._ledger.take(copy)
        self._dirty.set()

    def _emitted(self, event: Event) -> None:
        if event.code is not None and (mode := _MODES.get(event.code)) is not None:
            self._switch(event.at, mode)
        if belongs_in_log(event):
            self._add_line(event)

    def _add_line(self, source: LineSource, decided: DecidedExecution | None = None) -> None:
        with self._lock:
            self._new_lines.append((source, decided))
        self._dirty.set()

    def _switch(self, at: datetime, mode: str) -> None:
        """Record that the session went live, or back to dry run."""
        with self._lock:
            if mode == self._mode:
                return
            self._mode = mode
            self._switches.append({"time": stamp(at), "mode": mode})
            self._session["mode"] = "mixed"
        self._dirty.set()

    def statistics(self) -> Statistics:
        """Return the session's statistics, as in the file."""
        with self._lock:
            return self._numbers()

    def _numbers(self) -> Statistics:
        ledger = self._ledger
        clients = dict.fromkeys([*self._names, *ledger.followers()])
        return replace(
            Statistics.of(self._verdicts, ledger.states()),
            earlier_orders=self._earlier_orders,
            earlier_copies=sum(count for state, count in ledger.earlier().items() if state not in NOT_IN_RECORDS),
            by_follower={self._names.get(each, each): CopyCounts.of(ledger.states(each)) for each in clients},
        )

    def statuses(self) -> dict[str, int]:
        """Return the number of copies by status, the most frequent first."""
        with self._lock:
            states = self._ledger.states()
        counts: Counter[str] = Counter()
        for state, count in states.items():
            if state not in NOT_IN_RECORDS:
                counts[STATUS[state]] += count
        return dict(counts.most_common())

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
        news = self._take()
        self._serialise(news)
        temporary = self.path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            for chunk in self._chunks(news):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.utime(temporary, (taken, taken))  # later changes are not in the file, however long the write took
        temporary.replace(self.path)

    def _take(self) -> _News:
        """Take what has changed since the last write."""
        with self._lock:
            changed, self._changed = self._changed, {}
            lines, self._new_lines = self._new_lines, []
            executions = self._executions
            entries = {name: (entry, executions.get(entry.copy.execution_id)) for name, entry in changed.items()}
            return _News(json_line(self._session), lines, entries, self._numbers())

    def _serialise(self, news: _News) -> None:
        """Serialise what has changed."""
        for start in range(0, len(news.lines), CHUNK):
            for source, decided in news.lines[start : start + CHUNK]:
                self._decisions.extend(map(json_line, self._lines.of(source, decided)))
            time.sleep(_YIELD_SECONDS)
        entries = list(news.entries.items())
        for start in range(0, len(entries), CHUNK):
            for name, (entry, decided) in entries[start : start + CHUNK]:
                self._take_copy(name, entry, decided)
            time.sleep(_YIELD_SECONDS)

    def _take_copy(self, name: CopyName, entry: CopyEntry, decided: DecidedExecution | None) -> None:
        copy = entry.copy
        if copy.state in NOT_IN_RECORDS:
            self._records.pop(name, None)
            self._failed.pop(name, None)
            return
        line = json_line(copy_record(entry, decided, self._names.get(copy.follower, copy.follower)))
        self._records[name] = line
        if copy.state in WENT_WRONG:
            self._failed[name] = line
        else:
            self._failed.pop(name, None)

    def _chunks(self, news: _News) -> Iterator[bytes]:
        """Yield the file in chunks."""
        failed = [self._failed[name] for name in self._records if name in self._failed] if self._failed else []
        yield b'{"session": ' + news.session + b',\n "copy_records": '
        yield from json_array(list(self._records.values()))
        yield b',\n "failed_copies": '
        yield from json_array(failed)
        yield b',\n "decisions": '
        yield from json_array(self._decisions)
        yield b',\n "statistics": ' + json_line(news.numbers.record()) + b"}\n"


def cut_off_at(directory: Path, master: ClientId) -> datetime | None:
    """Return the time from which the newest session log of `master` may lack changes; None where there is none.

    After a clean end that is its end, after a kill a little before its last write. Call it before a new session creates
    its own log.
    """
    logs = sorted(((path.stat().st_mtime, path) for path in directory.glob("copy_trading_*.json")), reverse=True)
    for written, path in logs:
        try:
            session = json.loads(path.read_text(encoding="utf-8"))["session"]
            if session["master"] != master:
                continue  # a demo's
            ended = session["ended"] and datetime.fromisoformat(session["ended"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        return ended or datetime.fromtimestamp(written, IST) - _WRITE_LAG
    return None


def _free_path(directory: Path, started: datetime) -> Path:
    """Return a free file name, with a number where two sessions start within one second."""
    stem = f"copy_trading_{started:%Y%m%d_%H%M%S}"
    path, number = directory / f"{stem}.json", 2
    while path.exists():
        path, number = directory / f"{stem}_{number}.json", number + 1
    return path
