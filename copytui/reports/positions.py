"""`copytui positions`: what copying built, what the accounts hold, and what was expected, from the journal alone."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from copytui.domain.drift import Cause, ComparedPosition, Detachment, DriftFacts, HeldUnits, compare, of_position
from copytui.domain.errors import SettingsRefused
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey, is_over, position_id, position_key
from copytui.domain.sizing import Sizing
from copytui.domain.text import trading_day
from copytui.journal import persisted_flags
from copytui.journal.archive import Archive
from copytui.journal.recovered_state import RecoveredPosition
from copytui.reports.output import Format, Record, aligned, as_csv, as_json, counted
from copytui.settings.loader import load_settings
from copytui.settings.paths import Paths

COLUMNS = (
    "id", "follower_name", "follower_client_id", "exchange", "symbol", "product", "master", "copied", "held",
    "expected", "difference", "cause", "why",
)  # fmt: skip
_HEADS = ("follower", "position", "product", "master", "copied", "held", "expected", "difference", "cause", "why", "id")


def sizings(paths: Paths) -> dict[ClientId, Sizing]:
    """Return each follower's sizing; none where the settings are not complete, which only `copytui check` minds."""
    try:
        settings = load_settings(config_file=paths.config, env_file=paths.env, folder=Path.cwd(), environ=os.environ)
    except SettingsRefused:
        return {}
    return {follower.client_id: follower.sizing for follower in settings.followers}


def trading_day_of(archive: Archive, now: datetime) -> date:
    """Return the trading day: our own clock's, but none before the last one known, nor one that the broker denies."""
    own, last = trading_day(now), archive.last_day()
    if last is None:
        return own
    return last if archive.switch(persisted_flags.CLOCKS) else max(own, last)


def expiry_of(archive: Archive, key: PositionKey) -> date | None:
    """Return when a position's contract expires, by a row or the instrument list; None where that is not known."""
    value = archive.switch(persisted_flags.expiry(key.exchange, key.symbol))
    return None if value is None else date.fromisoformat(value)


class JournalPositions:
    """The positions of one journal on trading day `day`."""

    def __init__(self, archive: Archive, sizing: Mapping[ClientId, Sizing], day: date) -> None:
        """Read what all positions have in common; `sizing` may lack followers."""
        self._archive = archive
        self._sizing = sizing
        self._day = day
        self._funds = archive.of_accounts(self._day, persisted_flags.FUNDS)
        self._held: dict[tuple[ClientId, PositionKey], HeldUnits] = {
            (account, persisted_flags.position_held(name)): persisted_flags.held_from(value)
            for account, name, value in archive.day_values(self._day, persisted_flags.HELD)
        }
        self._detached: dict[tuple[ClientId, PositionKey], Detachment] = {
            persisted_flags.ref_of(name): persisted_flags.detachment_from(value)
            for name, value in archive.flags(persisted_flags.DETACHED).items()
        }

    def compared(self, followers: Sequence[ClientId]) -> list[ComparedPosition]:
        """Return the positions of `followers`, and of all that have one, under the present master."""
        master = self._archive.present_master()
        if master is None:
            return []
        units = {
            (found.account, found.key): found.position.quantity
            for whose, found in self._archive.positions()
            if whose == master and not self._is_over(found)
        }
        todays = self._archive.executions_of_days(self._day, self._day)
        keys = {key for _account, key in units}
        keys |= {position_key(decided.execution.order) for decided in todays if decided.master == master}
        keys |= {key for (_account, key), gone in self._detached.items() if gone.day == self._day}
        executions = self._archive.executions_in(master, {key.symbol for key in keys})
        copies = self._archive.copies_of(decided.id for decided in executions)
        found = []
        for key in sorted(keys, key=lambda each: (each.symbol, each)):
            mine, children = of_position(key, self._day, executions, copies)
            holders = (account for account, held in units if held == key and account != master)
            for client in dict.fromkeys([*followers, *holders]):
                facts = DriftFacts(
                    client, key, self._day, units.get((client, key), 0), units.get((master, key), 0),
                    self._held.get((client, key)), mine,
                    [copy for copy in children if copy.follower == client],
                    sizing=self._sizing.get(client), capital_ratio=self._ratio(client, master),
                    detached=self._detached.get((client, key)),
                )  # fmt: skip
                found.append(compare(facts))
        return [each for each in found if each.master or each.copied or each.cause is not None]

    def out_of_step(self, followers: Sequence[ClientId], now: datetime) -> list[ComparedPosition]:
        """Return the positions that need the user and were not dismissed."""
        marks = self._archive.flags(persisted_flags.OUT_OF_STEP)
        return [
            each
            for each in self.compared(followers)
            if each.is_out_of_step(now) and marks.get(persisted_flags.out_of_step(each.follower, each.key)) != each.mark
        ]

    def _is_over(self, found: RecoveredPosition) -> bool:
        expiry = expiry_of(self._archive, found.key)
        return is_over(found.key, self._day, expiry, of_today=found.day == self._day)

    def _ratio(self, client: ClientId, master: ClientId) -> Decimal | None:
        try:
            mine, masters = Decimal(self._funds[client]), Decimal(self._funds[master])
        except (KeyError, InvalidOperation):
            return None
        return mine / masters if masters > 0 and mine >= 0 else None


def written(found: Sequence[ComparedPosition], name: Callable[[ClientId], str], form: Format) -> str:
    """Return the positions in one of the output formats."""
    match form:
        case Format.JSON:
            return as_json([_record(each, name) for each in found])
        case Format.CSV:
            return as_csv([_record(each, name) for each in found], COLUMNS)
        case Format.TABLE:
            rows = [_row(each, name) for each in found]
            return "\n".join([*aligned([_HEADS, *rows], right=frozenset(range(3, 8))), _total(found)]) + "\n"


def _record(each: ComparedPosition, name: Callable[[ClientId], str]) -> Record:
    return {
        "id": position_id(each.follower, each.key),
        "follower_name": name(each.follower),
        "follower_client_id": each.follower,
        "exchange": str(each.key.exchange),
        "symbol": each.key.symbol,
        "product": str(each.key.product),
        "master": each.master,
        "copied": each.copied,
        "held": each.held,
        "expected": each.expected,
        "difference": each.difference,
        "cause": None if each.cause is None else str(each.cause),
        "why": each.sentence,
    }


def _row(each: ComparedPosition, name: Callable[[ClientId], str]) -> tuple[str, ...]:
    return (
        name(each.follower),
        f"{each.key.exchange} {each.key.symbol}",
        each.key.product.lower(),
        str(each.master),
        str(each.copied),
        "?" if each.held is None else str(each.held),
        str(each.expected),
        f"{each.difference:+d}" if each.difference else "0",
        each.cause or "",
        each.sentence,
        position_id(each.follower, each.key),
    )


def _total(found: Sequence[ComparedPosition]) -> str:
    causes = Counter(each.cause for each in found if each.cause is not None)
    parts = [f"{causes[cause]} {cause}" for cause in Cause if cause in causes]
    agree = len(found) - sum(causes.values())
    return f"{counted(len(found), 'position')}: {', '.join([*([f'{agree} in step'] if agree else []), *parts])}"
