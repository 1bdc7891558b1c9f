"""`copytui resolve row:ID --dismiss`: an order that cannot be read leaves the list, whether copytui runs or not."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from copytui.control import serve_requests
from copytui.domain.attention import Act
from copytui.domain.changes import FlagChanged
from copytui.domain.errors import SettingsRefused
from copytui.domain.text import IST
from copytui.domain.unreadable import UnreadableOrder
from copytui.engine.commands import Command, DismissUnreadable
from copytui.journal import persisted_flags
from copytui.journal.lock import journal_lock
from copytui.journal.store import Journal
from copytui.reports.attention_cli import read_attention, run_attention
from copytui.reports.resolve import Outcome
from copytui.reports.resolve_row import ResolvingRow, run_resolve_row
from copytui.settings.paths import Paths
from tests.builders import MASTER, NOON, TODAY

from .test_resolve import FakeHost

ROW = UnreadableOrder("77:a", MASTER, "master", "SELL", "SBIN-EQ", "producttype 'MTF' is unknown", NOON, TODAY, True)
ID = "row:77:a"


def flag(found: UnreadableOrder) -> FlagChanged:
    return FlagChanged(persisted_flags.unreadable(found.id), persisted_flags.unreadable_text(found))


def put(path: Path, *rows: UnreadableOrder) -> None:
    journal = Journal(path)
    asyncio.run(journal.require([flag(row) for row in rows]))
    journal.close()


def listed(path: Path) -> list[str]:
    return [item.id for item in read_attention(path, {}, datetime.now(IST)) if item.kind == "unreadable"]


def test_it_is_listed_with_the_exits_and_with_what_to_do(
    path: Path, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    put(path, replace(ROW, id="78", is_exit=False), ROW)
    run_attention(paths, as_json=True)
    first, second = (row for row in json.loads(capsys.readouterr().out))
    assert (first["id"], second["id"]) == (ID, "row:78")
    assert (first["kind"], first["exit"], first["what"], first["why"], first["resolve"]) == (
        "unreadable", True, "SELL SBIN-EQ order 77:a", "producttype 'MTF' is unknown", ["--dismiss"],
    )  # fmt: skip
    run_attention(paths, as_json=False)
    assert f"copytui resolve {ID} --dismiss" in capsys.readouterr().out


def test_it_is_dismissed_while_no_copytui_runs(path: Path, paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    put(path, ROW, replace(ROW, id="78"))
    assert run_resolve_row(paths, ID, Act.DISMISS) == 0
    assert capsys.readouterr().out == "SELL SBIN-EQ order 77:a dismissed\n"
    assert listed(path) == ["row:78"]
    assert run_resolve_row(paths, ID, Act.DISMISS) == 1


def test_a_running_copytui_is_asked_and_the_journal_tells_whether_it_was_done(path: Path) -> None:
    put(path, ROW)
    journal = Journal(path)

    def dismiss(command: Command) -> str:
        assert command == DismissUnreadable("77:a")
        journal.record([flag(replace(ROW, is_dismissed=True))])
        return "dismissed by the engine"

    with journal_lock(path), serve_requests(journal, FakeHost(lambda _command: "not at all")):
        assert ResolvingRow(path, {}, ID).run() == Outcome(False, "not at all")
    with journal_lock(path), serve_requests(journal, FakeHost(dismiss)):
        assert ResolvingRow(path, {}, ID).run() == Outcome(True, "dismissed by the engine")
        assert not ResolvingRow(path, {}, ID).run().is_done
    journal.close()


def test_nothing_but_a_dismissal_goes_with_it(path: Path, paths: Paths) -> None:
    put(path, ROW)
    with pytest.raises(SettingsRefused, match="--dismiss goes with it"):
        run_resolve_row(paths, ID, Act.COPY)
