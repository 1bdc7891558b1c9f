"""`copytui resolve`: an item is settled in the journal while no copytui runs, through the running one, or refused."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from copytui.control import serve_requests
from copytui.domain.attention import Act
from copytui.domain.copies import CopyState, Resolution
from copytui.domain.decisions import Verdict
from copytui.domain.errors import JournalUnreadable, JournalUnwritable, SettingsRefused
from copytui.domain.orders import ClientId
from copytui.domain.reasons import Reason
from copytui.engine.commands import Command, CopyMissed, DismissCopy
from copytui.journal.archive import opened_archive
from copytui.journal.lock import journal_lock
from copytui.journal.store import Journal
from copytui.reports.resolve import (
    ASKS,
    Outcome,
    Resolving,
    Target,
    read_target,
    run_resolve,
    settle_copies,
    settle_missed,
)
from copytui.settings.paths import Paths

from .conftest import MISSED, NAMES, a_troubled, after, an_executed


def resolve(path: Path, id_: str, act: Act, patience: float = 5.0) -> Outcome:
    target = read_target(id_)
    return Resolving(path, NAMES, target, act, ASKS[target.is_copy, act], patience).run()


def events(path: Path) -> list[tuple[str, str, int | None, int | None]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT who, text, execution_id, copy_id FROM events ORDER BY seq").fetchall()


def requests(path: Path) -> list[tuple[str, int, str | None]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT command, argument, answer FROM requests ORDER BY id").fetchall()


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("m12", Target(False, 12)), ("M12", Target(False, 12)), ("#12", Target(False, 12)),
        ("c34", Target(True, 34)), (" C34 ", Target(True, 34)),
    ],
)  # fmt: skip
def test_an_id_names_a_missed_execution_or_a_copy(text: str, target: Target) -> None:
    assert read_target(text) == target


@pytest.mark.parametrize("text", ["", "12", "m", "m0", "m-1", "x12", "c3.5", "m1 2", "c" + "9" * 30, "m\u0661"])
def test_an_invalid_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no ID such as m12"):
        read_target(text)


@pytest.mark.parametrize(("id_", "act"), [("m1", Act.RETRY), ("m1", Act.NOT_PLACED), ("c1", Act.COPY)])
def test_an_act_that_does_not_fit_the_id_is_wrong_usage(paths: Paths, id_: str, act: Act) -> None:
    with pytest.raises(SettingsRefused, match=f"--{act} does not"):
        run_resolve(paths, read_target(id_), act)


def test_without_a_journal_nothing_is_created(paths: Paths, path: Path) -> None:
    with pytest.raises(JournalUnreadable, match="there is no journal yet"):
        run_resolve(paths, Target(False, 1), Act.DISMISS)
    assert list(path.parent.iterdir()) == []


def test_a_missed_execution_is_dismissed_while_no_copytui_runs(filled: Path) -> None:
    assert resolve(filled, "m2", Act.DISMISS) == Outcome(True, "#2 dismissed")
    with opened_archive(filled) as archive:
        (decided,) = archive.executions([2])
    assert decided.settled
    assert (decided.decision.verdict, decided.decision.reason) == (Verdict.MISSED, Reason.DISMISSED)
    assert decided.decision.sentence == "seen 90 s after it executed, more than 60 s; dismissed"
    assert decided.execution.closes is not None
    assert events(filled)[-1] == ("master", "#2 dismissed by the user (copytui resolve)", 2, None)
    again = resolve(filled, "m2", Act.DISMISS)
    assert again == Outcome(False, "m2 needs nothing; copytui attention lists what does")
    assert len(events(filled)) == 2


def test_an_unknown_copy_is_marked_and_then_dismissed_while_no_copytui_runs(filled: Path) -> None:
    marked = resolve(filled, "c2", Act.NOT_PLACED)
    assert marked == Outcome(True, "BUY 50 NIFTY28NOV2624000CE limit 102.00 marked as not placed")
    with opened_archive(filled) as archive:
        (copy,) = (copy for copy in archive.copies_in([CopyState.FAILED]) if copy.id == 2)
    assert copy.error == "marked as not placed by the user (copytui resolve)"
    assert events(filled)[-1][0] == "F2"
    assert events(filled)[-1][2:] == (4, 2)


def test_a_failed_copy_is_dismissed_while_no_copytui_runs(filled: Path) -> None:
    assert resolve(filled, "c3", Act.DISMISS).is_done
    assert not resolve(filled, "c3", Act.DISMISS).is_done
    with opened_archive(filled) as archive:
        (copy,) = (copy for copy in archive.copies_in([CopyState.FAILED]) if copy.id == 3)
    assert copy.dismissed


def sliced(path: Path) -> None:
    """Add a copy whose second and third slice have failed and whose fourth is unknown."""
    states = (CopyState.FILLED, CopyState.FAILED, CopyState.FAILED, CopyState.UNKNOWN)
    journal = Journal(path)
    slices = [
        a_troubled(20 + place, state, slice_number=place, slices=4, retry=1) for place, state in enumerate(states)
    ]
    asyncio.run(journal.require(slices))
    journal.close()


def dismissed(path: Path) -> set[int]:
    with opened_archive(path) as archive:
        return {copy.id for copy in archive.copies_in([CopyState.FAILED]) if copy.dismissed}


def test_the_id_that_is_listed_settles_all_slices_in_the_same_trouble(filled: Path) -> None:
    sliced(filled)
    before = dismissed(filled)
    outcome = resolve(filled, "c21", Act.DISMISS)
    assert outcome == Outcome(True, "BUY 50 NIFTY28NOV2624000CE limit 102.00 dismissed")
    assert dismissed(filled) - before == {21, 22}
    assert not resolve(filled, "c22", Act.DISMISS).is_done
    assert resolve(filled, "c23", Act.NOT_PLACED).is_done


def test_the_id_of_another_slice_settles_that_one_alone(filled: Path) -> None:
    sliced(filled)
    before = dismissed(filled)
    assert resolve(filled, "c22", Act.DISMISS).is_done
    assert dismissed(filled) - before == {22}


def test_a_running_copytui_is_asked_for_every_slice(filled: Path) -> None:
    sliced(filled)
    journal = Journal(filled)
    host = FakeHost(dismissing(journal))
    with journal_lock(filled), serve_requests(journal, host):
        assert resolve(filled, "c21", Act.DISMISS) == Outcome(True, "dismissed by the engine")
    journal.close()
    assert host.commands == [DismissCopy(21), DismissCopy(22)]


@pytest.mark.parametrize(("id_", "act"), [("m1", Act.COPY), ("c3", Act.RETRY)])
def test_what_sends_an_order_needs_the_running_program(filled: Path, id_: str, act: Act) -> None:
    before = filled.read_bytes()
    outcome = resolve(filled, id_, act)
    assert not outcome.is_done
    assert outcome.sentence.startswith(f"copytui is not running: --{act} sends orders")
    assert filled.read_bytes() == before


APPROVE = "approve or decline it where copytui runs: a on the screen, y 3 or n 3 headless"


@pytest.mark.parametrize(
    ("id_", "act", "sentence"),
    [
        ("c2", Act.DISMISS, "c2 is unknown: use --not-placed"),
        ("c3", Act.NOT_PLACED, "c3 is failed: use --retry or --dismiss"),
        ("c6", Act.RETRY, "c6 is rejected: use --dismiss"),
        ("c1", Act.DISMISS, "c1 needs nothing; copytui attention lists what does"),
        ("m99", Act.DISMISS, "m99 needs nothing; copytui attention lists what does"),
        ("m4", Act.COPY, "m4 needs nothing; copytui attention lists what does"),
        (
            "#3",
            Act.COPY,
            f"m3 is waiting for approval: {APPROVE}",
        ),
    ],
)
def test_an_act_that_is_not_possible_is_refused_before_any_request(
    filled: Path, id_: str, act: Act, sentence: str
) -> None:
    assert resolve(filled, id_, act) == Outcome(False, sentence)
    with journal_lock(filled):  # the same while a copytui runs
        assert resolve(filled, id_, act) == Outcome(False, sentence)
    assert requests(filled) == []


def test_an_item_that_changed_meanwhile_is_left_alone(filled: Path) -> None:
    settle_missed(filled, 1, after(1))
    with pytest.raises(JournalUnwritable):
        settle_missed(filled, 1, after(2))
    settle_copies(filled, [2], after(3), NAMES, not_placed=True)
    with pytest.raises(JournalUnwritable):
        _race(filled)
    assert len(events(filled)) == 3


def _race(path: Path) -> None:
    """Mark a copy that another process has marked since it was read."""
    import asyncio

    from copytui.domain.changes import OrderAdvanced
    from tests.builders import a_copy

    journal = Journal(path)
    unknown = a_copy(id=2, state=CopyState.UNKNOWN)
    try:
        asyncio.run(journal.require([OrderAdvanced(unknown, unknown)]))
    finally:
        journal.close()


class FakeHost:
    """An engine's host that writes into the journal what the engine would."""

    def __init__(self, handle: Callable[[Command], str]) -> None:
        self.started, self.ended = threading.Event(), threading.Event()
        self.started.set()
        self.commands: list[Command] = []
        self._handle = handle

    def submit(self, command: Command) -> Future[str]:
        self.commands.append(command)
        future: Future[str] = Future()
        try:
            future.set_result(self._handle(command))
        except ZeroDivisionError as error:
            future.set_exception(error)
        return future


def dismissing(journal: Journal) -> Callable[[Command], str]:
    """Handle `DismissCopy` as the engine does."""
    from dataclasses import replace

    from copytui.domain.changes import OrderAdvanced

    def handle(command: Command) -> str:
        assert isinstance(command, DismissCopy)
        with opened_archive(journal.path) as archive:
            (copy,) = (copy for copy in archive.copies_in([CopyState.FAILED]) if copy.id == command.copy_id)
        journal.record([OrderAdvanced(copy, replace(copy, dismissed=True))])
        return "dismissed by the engine"

    return handle


def test_a_running_copytui_is_asked_and_its_answer_printed(filled: Path) -> None:
    journal = Journal(filled)
    host = FakeHost(dismissing(journal))
    with journal_lock(filled), serve_requests(journal, host):
        assert resolve(filled, "c3", Act.DISMISS) == Outcome(True, "dismissed by the engine")
    journal.close()
    assert host.commands == [DismissCopy(3)]
    assert requests(filled) == [("dismiss_copy", 3, "dismissed by the engine")]


def test_the_journal_and_not_the_answer_tells_whether_it_was_done(filled: Path) -> None:
    journal = Journal(filled)
    host = FakeHost(lambda _command: "copied to 3 followers")
    with journal_lock(filled), serve_requests(journal, host):
        assert resolve(filled, "m1", Act.COPY) == Outcome(False, "copied to 3 followers")
    journal.close()
    assert host.commands == [CopyMissed(1)]


def test_a_request_that_nobody_takes_is_withdrawn_and_never_carried_out(filled: Path) -> None:
    journal = Journal(filled)
    host = FakeHost(lambda _command: "done")
    with journal_lock(filled):
        outcome = resolve(filled, "c3", Act.RETRY, patience=0.3)
        assert not outcome.is_done
        assert "it was withdrawn and will not be carried out" in outcome.sentence
        with serve_requests(journal, host):
            threading.Event().wait(1.2)
    journal.close()
    assert host.commands == []
    assert requests(filled) == [("retry_copy", 3, "withdrawn")]


def test_a_copytui_that_is_still_logging_in_takes_nothing(filled: Path) -> None:
    journal = Journal(filled)
    host = FakeHost(lambda _command: "done")
    host.started.clear()
    with journal_lock(filled), serve_requests(journal, host):
        assert not resolve(filled, "c3", Act.RETRY, patience=0.8).is_done
        host.started.set()
        threading.Event().wait(1.2)
    journal.close()
    assert host.commands == []


def test_an_older_running_copytui_without_the_table_is_one_sentence(filled: Path) -> None:
    with contextlib.closing(sqlite3.connect(filled, isolation_level=None)) as connection:
        connection.execute("DROP TABLE requests")
    with journal_lock(filled), pytest.raises(JournalUnwritable, match="no such table: requests"):
        resolve(filled, "c3", Act.RETRY)


def test_two_at_once_while_no_copytui_runs_are_both_done(filled: Path) -> None:
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda id_=id_, act=act: outcomes.append(resolve(filled, id_, act)))
        for id_, act in (("m1", Act.DISMISS), ("m2", Act.DISMISS), ("c2", Act.NOT_PLACED), ("c3", Act.DISMISS))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.is_done for outcome in outcomes] == [True] * 4
    assert requests(filled) == []


def test_a_follower_that_is_not_in_the_settings_has_its_client_code_as_name(filled: Path) -> None:
    assert "F2" not in {str(name) for name in NAMES}
    assert resolve(filled, "c2", Act.NOT_PLACED).is_done
    assert ClientId("F2") in {ClientId(who) for who, *_rest in events(filled)}


def test_a_copy_and_an_execution_that_were_missed_are_told_apart_by_their_ids(filled: Path) -> None:
    closed = a_troubled(30, CopyState.FAILED, resolution=Resolution.MISSED, error="not sent: the market is closed")
    journal = Journal(filled)
    asyncio.run(journal.require([closed, *an_executed(30, MISSED, seconds=0)]))
    journal.close()
    assert resolve(filled, "c30", Act.NOT_PLACED).sentence == "c30 is missed: use --retry or --dismiss"
    assert resolve(filled, "c30", Act.DISMISS).is_done
    assert 30 in dismissed(filled)
    assert resolve(filled, "m30", Act.DISMISS) == Outcome(True, "#30 dismissed")
