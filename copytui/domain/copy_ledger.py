"""The session's copies, joined from their slices and counted; a failed copy that a retry has made good is not counted.

The JSON log and the metrics of the screen keep one each, so that both count alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from copytui.domain.copies import TAKEN, WENT_WRONG, ChildOrder, CopyName, CopyState, copy_name, is_dropped, joined
from copytui.domain.orders import ClientId, Tag

States = Mapping[CopyState, int]


@dataclass(frozen=True, slots=True)
class CopyEntry:
    """One copy as it is now, under the id of its first slice.

    `replaces` is the tag of the failed copy that it has made good, `replaced_by` that of the retry that has done so.
    """

    copy: ChildOrder
    replaces: Tag | None = None
    replaced_by: Tag | None = None


class CopyLedger:
    """Takes child orders, new and changed, in any order."""

    def __init__(self, since: datetime | None = None) -> None:
        """Begin empty; copies that were created before `since` are counted as earlier ones too."""
        self._since = since
        self._parts: dict[CopyName, dict[int, ChildOrder]] = {}
        self._entries: dict[CopyName, CopyEntry] = {}
        self._retried: set[tuple[int, ClientId, bool]] = set()
        self._states: dict[ClientId, Counter[CopyState]] = {}
        self._earlier: Counter[CopyState] = Counter()

    def know(self, orders: Iterable[ChildOrder]) -> None:
        """Note child orders of an earlier session: parts of copies that may change, counted from then on."""
        for order in orders:
            name = copy_name(order)
            self._parts.setdefault(name, {})[order.id] = order
            if order.retry:
                self._retried.add(name[:3])

    def take(self, order: ChildOrder) -> dict[CopyName, CopyEntry]:
        """Take a child order; returns the copies that have changed with it, its own first."""
        name = copy_name(order)
        parts = self._parts.get(name)
        if parts is None:
            parts = self._parts[name] = {}
        parts[order.id] = order
        whole = order if len(parts) == 1 else _whole(parts)
        before = self._entries.get(name)
        entry = CopyEntry(whole) if before is None else CopyEntry(whole, before.replaces, before.replaced_by)
        self._put(name, before, entry)
        changed = {name: entry}
        if order.retry:
            self._retried.add(name[:3])
        if self._retried and name[:3] in self._retried:
            changed |= self._match(name)
        return changed

    def entries(self) -> dict[CopyName, CopyEntry]:
        """Return all copies, in the order in which they were first taken."""
        return dict(self._entries)

    def states(self, follower: ClientId | None = None) -> Counter[CopyState]:
        """Return how many copies are in each state, of one follower or of all, without those that were replaced."""
        if follower is not None:
            return Counter(self._states.get(follower, Counter()))
        return sum(self._states.values(), Counter[CopyState]())

    def followers(self) -> tuple[ClientId, ...]:
        """Return the followers that have copies, in the order of their first one."""
        return tuple(self._states)

    def earlier(self) -> Counter[CopyState]:
        """Return how many of the copies counted are from before this session, by state."""
        return Counter(self._earlier)

    def _put(self, name: CopyName, before: CopyEntry | None, entry: CopyEntry) -> None:
        states = self._states.get(name.follower)
        if states is None:
            states = self._states[name.follower] = Counter()
        self._entries[name] = entry
        is_earlier = self._since is not None and entry.copy.created_at < self._since
        for each, by in ((before, -1), (entry, 1)):
            if each is not None and each.replaced_by is None:
                states[each.copy.state] += by
                if is_earlier:
                    self._earlier[each.copy.state] += by

    def _match(self, name: CopyName) -> dict[CopyName, CopyEntry]:
        """Work out which attempts at one copy make good which; returns the entries that have changed."""
        attempts = self._attempts(name)
        replaced = {each: by for each in attempts if (by := self._replaced_by(each, attempts)) is not None}
        replaces: dict[CopyName, CopyName] = {}
        replaces.update((by, each) for each, by in replaced.items())  # oldest first: the latest one stays
        changed = {}
        for each in attempts:
            if (entry := self._entries.get(each)) is None:
                continue
            now = CopyEntry(entry.copy, self._tag(replaces.get(each)), self._tag(replaced.get(each)))
            if now != entry:
                changed[each] = now
                self._put(each, entry, now)
        return changed

    def _attempts(self, name: CopyName) -> list[CopyName]:
        """Return the first attempt and its retries, oldest first: their numbers have no gaps."""
        found, each = [], name._replace(retry=0)
        while each in self._parts or each.retry <= name.retry:
            if each in self._parts:
                found.append(each)
            each = each._replace(retry=each.retry + 1)
        return found

    def _replaced_by(self, name: CopyName, attempts: list[CopyName]) -> CopyName | None:
        """Return the last retry of an attempt of which all that failed has succeeded since; None for any other."""
        parts = self._parts[name].values()
        short = [part for part in parts if part.state in WENT_WRONG]
        if not short or any(is_dropped(part) for part in parts):
            return None
        retries = []
        for part in short:
            good = [
                each
                for each in attempts
                if each.retry > name.retry
                and any(
                    other.slice_number == part.slice_number and other.state in TAKEN
                    for other in self._parts[each].values()
                )
            ]
            if not good:
                return None
            retries.append(good[-1])
        return max(retries, key=lambda each: each.retry)

    def _tag(self, name: CopyName | None) -> Tag | None:
        if name is None:
            return None
        if (entry := self._entries.get(name)) is not None:
            return entry.copy.tag
        return _whole(self._parts[name]).tag


def _whole(parts: Mapping[int, ChildOrder]) -> ChildOrder:
    """Join slices, under the id of the first one, which never changes."""
    whole, first = joined([part for _id, part in sorted(parts.items())]), min(parts)
    return whole if whole.id == first else replace(whole, id=first)
