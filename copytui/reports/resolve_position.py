"""`copytui resolve` for a position: give it to its owner, or leave one that is out of step as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from copytui.domain.attention import Act, AttentionItem
from copytui.domain.changes import Change, EventEmitted, FlagChanged, OrderAdvanced, PositionChanged
from copytui.domain.copies import UNSETTLED, WAITING, CopyState, move
from copytui.domain.drift import ComparedPosition, Detachment
from copytui.domain.errors import JournalInUse, SettingsRefused
from copytui.domain.events import Event, EventKind, Level
from copytui.domain.orders import ClientId
from copytui.domain.positions import NOTHING, PositionKey, position_id, position_key
from copytui.domain.sizing import Sizing
from copytui.domain.text import IST, clean
from copytui.journal import persisted_flags
from copytui.journal.archive import JOURNAL_FILE, opened_archive
from copytui.journal.lock import journal_lock
from copytui.journal.requests import Ask, open_requests
from copytui.reports.attention_cli import names_of, read_attention
from copytui.reports.positions import sizings, trading_day_of
from copytui.reports.resolve import BY_USER, PATIENCE, Outcome, ask_running, write_changes
from copytui.settings.paths import Paths

_ASKS: Mapping[Act, Ask] = {Act.DETACH: Ask.DETACH, Act.DISMISS: Ask.DISMISS_POSITION}


def run_resolve_position(paths: Paths, client: ClientId, key: PositionKey, act: Act) -> int:
    """Settle it and print the result; returns 0 when it was done, else 1. Raises StartRefused and JournalUnwritable."""
    ask = _ASKS.get(act)
    if ask is None:
        raise SettingsRefused((f"{position_id(client, key)} is a position: --detach or --dismiss go with it",))
    journal = paths.logs_directory / JOURNAL_FILE
    outcome = ResolvingPosition(journal, names_of(paths), client, key, act, ask, sizings(paths)).run()
    print(outcome.sentence)  # noqa: T201
    return 0 if outcome.is_done else 1


@dataclass(frozen=True, slots=True)
class ResolvingPosition:
    """One position to settle, in one journal. `patience` is how many seconds a request may wait to be taken."""

    journal: Path
    names: Mapping[ClientId, str]
    client: ClientId
    key: PositionKey
    act: Act
    ask: Ask
    sizing: Mapping[ClientId, Sizing] = field(default_factory=dict)
    patience: float = PATIENCE

    @property
    def id(self) -> str:
        """The position's ID."""
        return position_id(self.client, self.key)

    def run(self) -> Outcome:
        """Settle it here if no copytui runs, else through the running one."""
        if not self._units() and self._item() is None:
            return Outcome(False, f"copying has no position {self.id}; copytui positions lists them")
        try:
            with journal_lock(self.journal):
                return self._settle_here()
        except JournalInUse:
            return self._have_it_done()

    def _units(self) -> int:
        """Return what copying has built there."""
        with opened_archive(self.journal) as archive:
            master = archive.present_master()
            return sum(
                found.position.quantity
                for whose, found in archive.positions()
                if (whose, found.account, found.key) == (master, self.client, self.key)
            )

    def _item(self) -> AttentionItem | None:
        """Return the position's item where it is out of step."""
        found = read_attention(self.journal, self.names, datetime.now(IST), sizing=self.sizing)
        return next((each for each in found if each.id == self.id and isinstance(each.about, ComparedPosition)), None)

    def _settle_here(self) -> Outcome:
        return self._detach() if self.act is Act.DETACH else self._dismiss()

    def _dismiss(self) -> Outcome:
        item = self._item()
        if item is None or not isinstance(item.about, ComparedPosition):
            return Outcome(False, f"{self.id} is not out of step")
        words = f"{clean(self.key.symbol)} {self.key.product} left as it is: not listed until its figures change"
        flag = FlagChanged(persisted_flags.out_of_step(self.client, self.key), item.about.mark)
        write_changes(self.journal, [flag, self._event(Level.INFO, words)])
        return Outcome(True, words)

    def _detach(self) -> Outcome:
        units, now = self._units(), datetime.now(IST)
        with opened_archive(self.journal) as archive:
            mine = [
                copy
                for copy in archive.copies_in(UNSETTLED)
                if (copy.follower, position_key(copy.order)) == (self.client, self.key)
            ]
            execution, order = archive.newest_numbers()
            master, day = archive.present_master(), trading_day_of(archive, now)
        if not units or master is None:
            return Outcome(False, f"copying has no position {self.id}; copytui positions lists them")
        begun = [copy for copy in mine if copy.state not in WAITING and copy.day >= day]
        if begun:
            words = f"not detached: an order in {clean(self.key.symbol)} was on its way when copytui ended; start it"
            return Outcome(False, words)
        words = f"{units} {clean(self.key.symbol)} {self.key.product} detached: it is the owner's now, and no exit of"
        words = f"{words} it is sent"
        why = "the position was given to the account's owner"
        gone = Detachment(units, day, now, execution, order)
        changes: list[Change] = [
            OrderAdvanced(copy, move(copy, CopyState.SKIPPED, now, error=why)) for copy in mine if copy.state in WAITING
        ]
        changes += [
            PositionChanged(self.client, master, self.key, day, NOTHING),
            FlagChanged(persisted_flags.detached(self.client, self.key), persisted_flags.detachment_text(gone)),
            self._event(Level.WARN, words),
        ]
        write_changes(self.journal, changes)
        return Outcome(True, words)

    def _event(self, level: Level, words: str) -> EventEmitted:
        name = self.names.get(self.client, self.client)
        return EventEmitted(Event(datetime.now(IST), level, EventKind.RISK, name, f"{words} {BY_USER}"))

    def _have_it_done(self) -> Outcome:
        with open_requests(self.journal) as requests:
            answered = ask_running(requests, f"{self.ask}:{self.id}", 0, self.patience)
        if not answered.is_done:
            return answered
        is_done = not self._units() if self.act is Act.DETACH else self._item() is None
        return Outcome(is_done, answered.sentence)
