"""What needs the user, found in the journal alone; nothing is written.

The same things stand on the screen's list (`copytui.tui.dialogs.attention_list`) while copytui runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from copytui.domain.copies import ON_ITS_WAY, WENT_WRONG, ChildOrder, CopyState
from copytui.domain.decisions import DecidedExecution, Verdict
from copytui.domain.orders import ClientId
from copytui.domain.positions import PositionKey, position_key
from copytui.domain.risk import is_orphaned
from copytui.domain.text import clean, execution_words, order_words, trading_day
from copytui.engine.follower.lookups import GIVE_UP_AFTER
from copytui.journal import persisted_flags
from copytui.journal.archive import Archive, opened_archive
from copytui.reports.attention_model import Act, Kind, Need
from copytui.settings.paths import Paths

_ANSWERED_BY_NOW = timedelta(seconds=60)
"""No post lasts so long: a running copytui has called it unknown by then."""
_Place = tuple[ClientId, ClientId, PositionKey]
"""A master, an account that holds something of it (perhaps the master's own), and what."""


def names_of(paths: Paths) -> dict[ClientId, str]:
    """Return each follower's name as the settings have it."""
    return {follower.client_id: follower.name for follower in paths.followers}


def read_needs(journal: Path, names: Mapping[ClientId, str], now: datetime) -> list[Need]:
    """Return what needs the user, exits first and then the oldest first; raises JournalUnreadable."""
    with opened_archive(journal) as archive:
        found = [
            *_executions(archive),
            *_copies(archive, names, now),
            *_held_back(archive, names, now),
            *_stranded(archive, names, now),
        ]
    return sorted(found, key=lambda need: (not need.is_exit, need.at or now))


def _executions(archive: Archive) -> Iterator[Need]:
    for decided in archive.unsettled_executions():
        if decided.decision.verdict is Verdict.MISSED:
            need = _execution(decided, Kind.MISSED, f"m{decided.id}")
            yield replace(need, acts=(Act.COPY, Act.DISMISS))
        elif decided.decision.verdict is Verdict.ASK:
            hint = f"answer it where copytui runs: a on the screen, y {decided.id} or n {decided.id} headless"
            yield replace(_execution(decided, Kind.ASKED, f"#{decided.id}"), hint=hint)


def _execution(decided: DecidedExecution, kind: Kind, id_: str) -> Need:
    execution = decided.execution
    at = execution.executed_at or execution.seen_at
    words, why = execution_words(execution), clean(decided.decision.sentence)
    return Need(id_, kind, decided.id, at, "master", words, why, is_exit=execution.closes is not None)


def _copies(archive: Archive, names: Mapping[ClientId, str], now: datetime) -> Iterator[Need]:
    """Give the unknown copies of any day, and today's that went wrong or do not fill: nothing helps older ones."""
    for copy in archive.copies_in({CopyState.UNKNOWN, *WENT_WRONG, *ON_ITS_WAY}):
        if copy.state is CopyState.SENDING and now - copy.changed_at > _ANSWERED_BY_NOW:
            yield _cut_off(copy, names)
            continue
        if copy.state in ON_ITS_WAY:
            if trading_day(copy.moment) != trading_day(now):
                continue
            if _is_missing(copy, now):
                yield _missing(copy, names)
            elif copy.is_late_exit(now):
                yield _repricer(copy, names)
            continue
        need = _copy(copy, names)
        if copy.state is CopyState.UNKNOWN:
            yield replace(need, acts=(Act.NOT_PLACED,), hint=f"look into {need.who}'s order book first")
        elif not copy.dismissed and trading_day(copy.moment) == trading_day(now):
            rest = copy.order.quantity - copy.filled
            yield replace(need, acts=(Act.RETRY, Act.DISMISS) if rest > 0 else (Act.DISMISS,))


def _copy(copy: ChildOrder, names: Mapping[ClientId, str]) -> Need:
    unknown = copy.state is CopyState.UNKNOWN
    at = copy.sent_at if unknown and copy.sent_at else copy.changed_at
    why = copy.error or ("no answer" if unknown else f"{copy.state}, without a word")
    who, words = names.get(copy.follower, copy.follower), order_words(copy.order)
    kind = Kind.UNKNOWN if copy.state is CopyState.SENDING else Kind(copy.state.value)
    return Need(
        f"c{copy.id}", kind, copy.id, at, who, words, clean(why), is_exit=copy.exit is not None, client=copy.follower
    )


def _is_missing(copy: ChildOrder, now: datetime) -> bool:
    """Whether the broker took it long ago, and no order book has shown it: any row would have made it more."""
    since = copy.answered_at or copy.changed_at
    return copy.state is CopyState.ACCEPTED and now - since > timedelta(seconds=GIVE_UP_AFTER)


def _cut_off(copy: ChildOrder, names: Mapping[ClientId, str]) -> Need:
    """An order that copytui was sending when it was killed: the next start looks for it."""
    why = "it was being sent when copytui ended: nobody knows whether it exists"
    who = names.get(copy.follower, copy.follower)
    hint = f"start copytui: it looks for it in {who}'s order book, and never sends it again by itself"
    return replace(_copy(copy, names), why=why, hint=hint)


def _missing(copy: ChildOrder, names: Mapping[ClientId, str]) -> Need:
    """An order that the broker took and no book shows: what became of it is as unknown as without an answer."""
    who, words = names.get(copy.follower, copy.follower), order_words(copy.order)
    why = f"accepted ({copy.order_id}), and no order book has shown it since"
    return Need(
        f"c{copy.id}", Kind.UNKNOWN, copy.id, copy.sent_at or copy.changed_at, who, words, clean(why),
        acts=(Act.NOT_PLACED,), hint=f"look into {who}'s order book first",
        is_exit=copy.exit is not None, client=copy.follower,
    )  # fmt: skip


def _repricer(copy: ChildOrder, names: Mapping[ClientId, str]) -> Need:
    """An exit that works, or waits for an earlier order of its symbol, while the master is out."""
    waits = copy.state in (CopyState.QUEUED, CopyState.SENDING)
    why = copy.error or "it waits to be sent" if waits else f"{copy.filled} of {copy.order.quantity} filled so far"
    who, words = names.get(copy.follower, copy.follower), order_words(copy.order)
    hint = "close the position (flatten) where copytui runs, or wait"
    return Need(
        f"c{copy.id}", Kind.UNFILLED, copy.id, copy.created_at, who, words, clean(why),
        hint=hint, is_exit=True, client=copy.follower,
    )  # fmt: skip


def _held_back(archive: Archive, names: Mapping[ClientId, str], now: datetime) -> Iterator[Need]:
    """Give what sends nothing, or exits only, until the user releases it: everything, or one follower."""
    because = archive.switch(persisted_flags.HALTED)
    if because is not None:
        at = archive.last_reported("copytui", f"halted: {because}; nothing is sent until it is released")
        hint = "release it where copytui runs: ctrl+k on the screen"
        yield Need("halt", Kind.HALTED, 0, at, "copytui", "nothing is sent", clean(because), hint=hint)
    hint = "release it where copytui runs: n and then x on the screen, release and its number headless"
    for client, because in archive.halted().items():
        name = names.get(client, client)
        at = archive.last_reported(name, f"halted: {because}")
        yield Need(client, Kind.HALTED, 0, at, name, "takes no orders", clean(because), hint=hint, client=client)
    for client, because in archive.of_accounts(trading_day(now), persisted_flags.CLOSE_ONLY).items():
        hint = "it takes entries again tomorrow, or when it is released where copytui runs"
        name = names.get(client, client)
        yield Need(client, Kind.CLOSE_ONLY, 0, None, name, "takes exits only", clean(because), hint=hint, client=client)


def _stranded(archive: Archive, names: Mapping[ClientId, str], now: datetime) -> Iterator[Need]:
    """Give the positions that the master has left behind, unless the user has said that he keeps them."""
    held = {
        (master, kept.account, kept.key): kept.position.quantity
        for master, kept in archive.positions()
        if not kept.key.ends_with_the_day or kept.day == trading_day(now)
    }
    left = {place: units for place, units in held.items() if place[0] != place[1]}
    left = {place: u for place, u in left.items() if is_orphaned(u, _masters(held, place), on_its_way=False)}
    if not left:
        return  # nobody has to read the day's copies
    # What an earlier day left open fills no more; a fill that has not been told whole yet still comes.
    todays = archive.copies(trading_day(now), trading_day(now))
    on_its_way = {(copy.follower, position_key(copy.order)) for copy in todays if not copy.is_settled}
    for (master, client, key), units in left.items():
        kept = archive.switch(persisted_flags.orphaned(client, key)) == str(units)
        if kept or (client, key) in on_its_way:
            continue
        masters = _masters(held, (master, client, key))
        why = f"the master holds {masters}" if masters else "the master has none any more"
        hint = "close it (flatten) or keep it where copytui runs"
        what, who = f"{units} {key.symbol} {key.product}", names.get(client, client)
        id_ = f"{client}:{key.symbol}"
        yield Need(id_, Kind.STRANDED, 0, None, who, what, why, hint=hint, is_exit=True, client=client)


def _masters(held: Mapping[_Place, int], place: _Place) -> int:
    """Return what the master of a position holds of it himself."""
    master, _client, key = place
    return held.get((master, master, key), 0)
