"""A folder as a user has one: settings, and a journal with what the test says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from copytui.cli.main import main
from copytui.domain.changes import Change
from copytui.journal.store import Journal
from tests.engine.conftest import _no_jitter, a_world, world  # noqa: F401  # fixtures
from tests.settings.folders import Folder


@dataclass
class Shell:
    """The folder, the command line in it, and its journal."""

    folder: Folder
    capture: pytest.CaptureFixture[str]

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def journal(self) -> Path:
        return self.path / "logs" / "journal.sqlite3"

    def keep(self, *statements: Change) -> None:
        """Write to the journal as a run does, and close it."""
        with self.open_journal(statements):
            pass

    @contextlib.contextmanager
    def open_journal(self, statements: Sequence[Change] = ()) -> Iterator[Journal]:
        self.journal.parent.mkdir(exist_ok=True)
        journal = Journal(self.journal)
        try:
            if statements:
                asyncio.run(journal.require(statements))
            yield journal
        finally:
            journal.close()

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command; return its exit code and what it wrote."""
        self.capture.readouterr()
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse
            code = int(end.code or 0)
        out, err = self.capture.readouterr()
        assert "Traceback" not in err
        return code, out, err

    def out(self, *arguments: str) -> str:
        """Run a command that must work; return its output."""
        code, out, err = self(*arguments)
        assert code == 0, err
        return out

    def refused(self, *arguments: str, code: int = 2) -> str:
        """Run a command that must not work; return its one sentence."""
        found, out, err = self(*arguments)
        assert (found, out) == (code, ""), (out, err)
        (line,) = err.splitlines()
        assert line.startswith("copytui: ")
        return line.removeprefix("copytui: ")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A folder with two followers, F100 (Asha) and F200 (Follower 2), and no journal yet."""
    monkeypatch.chdir(tmp_path)
    made = Shell(Folder(tmp_path), capsys)
    made.folder.env(more="FOLLOWER_1_NAME=Asha\n")
    return made
