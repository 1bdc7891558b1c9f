"""`copytui resolve` for an order that could not be read: take it off the attention list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from copytui.domain.attention import ROW_PREFIX, Act, AttentionItem
from copytui.domain.changes import EventEmitted, FlagChanged
from copytui.domain.errors import JournalInUse, SettingsRefused
from copytui.domain.events import Event, EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.text import IST
from copytui.domain.unreadable import UnreadableOrder
from copytui.journal import persisted_flags
from copytui.journal.archive import JOURNAL_FILE
from copytui.journal.lock import journal_lock
from copytui.journal.requests import Ask, open_requests
from copytui.reports.attention_cli import names_of, read_attention
from copytui.reports.resolve import BY_USER, PATIENCE, Outcome, ask_running, write_changes
from copytui.settings.paths import Paths


def run_resolve_row(paths: Paths, id_: str, act: Act) -> int:
    """Dismiss it and print the result; returns 0 when it was done, else 1. Raises StartRefused, JournalUnwritable."""
    if act is not Act.DISMISS:
        raise SettingsRefused((f"{id_} is an order that cannot be read: --dismiss goes with it, --{act} does not",))
    outcome = ResolvingRow(paths.logs_directory / JOURNAL_FILE, names_of(paths), id_).run()
    print(outcome.sentence)  # noqa: T201
    return 0 if outcome.is_done else 1


@dataclass(frozen=True, slots=True)
class ResolvingRow:
    """One unreadable order to dismiss, in one journal. `patience` is how many seconds a request may wait."""

    journal: Path
    names: Mapping[ClientId, str]
    id: str
    patience: float = PATIENCE

    def run(self) -> Outcome:
        """Dismiss it here if no copytui runs, else through the running one."""
        self._item()  # there must be a journal before a lock is made beside it
        try:
            with journal_lock(self.journal):
                return self._dismiss_here()
        except JournalInUse:
            return self._have_it_dismissed()

    def _item(self) -> AttentionItem | None:
        found = read_attention(self.journal, self.names, datetime.now(IST))
        return next((each for each in found if each.id == self.id), None)

    def _dismiss_here(self) -> Outcome:
        item = self._item()
        if item is None or not isinstance(item.about, UnreadableOrder):
            return self._unknown()
        found, words = item.about, f"{item.about.words} dismissed"
        value = persisted_flags.unreadable_text(replace(found, is_dismissed=True))
        event = Event(datetime.now(IST), Level.INFO, EventKind.WATCH, found.who, f"{words} {BY_USER}")
        write_changes(self.journal, [FlagChanged(persisted_flags.unreadable(found.id), value), EventEmitted(event)])
        return Outcome(True, words)

    def _have_it_dismissed(self) -> Outcome:
        if self._item() is None:
            return self._unknown()
        with open_requests(self.journal) as requests:
            command = f"{Ask.DISMISS_ROW}:{self.id.removeprefix(ROW_PREFIX)}"
            answered = ask_running(requests, command, 0, self.patience)
        return Outcome(answered.is_done and self._item() is None, answered.sentence)

    def _unknown(self) -> Outcome:
        return Outcome(False, f"{self.id} needs nothing; copytui attention lists what does")
