"""What the user has asked the engine for and its picture does not show yet: the next key must not go by the old one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from copytui.domain.filters import Filters
from copytui.domain.orders import ClientId
from copytui.engine.commands import Command, SetConfirmation, SetDryRun, SetFilters, SetFollower, SetHalted, SetPaused
from copytui.engine.snapshot import Snapshot

_SHOWN_SECONDS = 3.0
"""So long an answer may take to be in the picture; what the engine refused never is."""
_LATE_SECONDS = 15.0

Wish = SetDryRun | SetPaused | SetHalted | SetConfirmation | SetFilters | SetFollower
Switch = SetDryRun | SetPaused | SetHalted | SetConfirmation
_BAR = (SetDryRun, SetPaused, SetHalted)
"""What the mode bar shows: between the key and the engine it says so."""


@dataclass(slots=True)
class _Asked:
    wish: Wish
    answer: Future[str]
    at: float
    answered_at: float | None = None
    told: bool = False


class PendingCommands:
    """The newest wish for each switch, for the filters, and for each follower.

    A wish lasts until it is answered and the picture shows it; one that was answered and is not shown, a moment more.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with none; `clock` is monotonic."""
        self._clock = clock
        self._asked: dict[ClientId | type[Wish], _Asked] = {}

    def note(self, command: Command, answer: Future[str]) -> None:
        """Take note of a command that has been handed to the engine."""
        if not isinstance(command, Wish):
            return
        asked = self._asked[_about(command)] = _Asked(command, answer, self._clock())

        def answered(_answer: Future[str]) -> None:  # on the engine's thread
            asked.answered_at = self._clock()

        answer.add_done_callback(answered)

    def see(self, snapshot: Snapshot) -> None:
        """Forget what `snapshot` shows, and what the engine has refused."""
        for about, asked in list(self._asked.items()):
            if self._is_over(asked) or (asked.answered_at is not None and _shows(snapshot, asked.wish)):
                del self._asked[about]

    def _is_over(self, asked: _Asked) -> bool:
        """Whether it failed, or was answered long enough ago to be in the picture if it ever will be."""
        answer, at = asked.answer, asked.answered_at
        failed = answer.done() and (answer.cancelled() or answer.exception() is not None)
        return failed or (at is not None and self._clock() - at >= _SHOWN_SECONDS)

    def _now(self, about: ClientId | type[Wish]) -> Wish | None:
        asked = self._asked.get(about)
        return None if asked is None or self._is_over(asked) else asked.wish

    def on(self, switch: type[Switch], *, shown: bool) -> bool:
        """Return how a switch is wished to be, or as it is shown."""
        wish = self._now(switch)
        return wish.on if isinstance(wish, Switch) else shown

    def enabled(self, follower: ClientId, *, shown: bool) -> bool:
        """Return whether a follower is wished to be in, or as it is shown."""
        wish = self._now(follower)
        return wish.enabled if isinstance(wish, SetFollower) else shown

    def filters(self, shown: Filters) -> Filters:
        """Return the filters that are wished, or those that are shown."""
        wish = self._now(SetFilters)
        return wish.filters if isinstance(wish, SetFilters) else shown

    @property
    def switching(self) -> bool:
        """Whether the mode bar shows less than what was asked for."""
        return any(isinstance(asked.wish, _BAR) for asked in self._asked.values())

    def late(self) -> int:
        """Return how many wishes have just become late: without an answer, and still possible."""
        now = self._clock()
        late = [
            asked
            for asked in self._asked.values()
            if not asked.told and not asked.answer.done() and now - asked.at >= _LATE_SECONDS
        ]
        for asked in late:
            asked.told = True
        return len(late)


def _about(wish: Wish) -> ClientId | type[Wish]:
    return wish.follower if isinstance(wish, SetFollower) else type(wish)


def _shows(snapshot: Snapshot, wish: Wish) -> bool:
    rules = snapshot.rules
    match wish:
        case SetDryRun(on):
            return rules.dry_run is on
        case SetPaused(on):
            return rules.paused is on
        case SetHalted(on):
            return (rules.halted_because is not None) is on
        case SetConfirmation(on):
            return rules.require_confirmation is on
        case SetFilters(filters):
            return rules.filters == filters
        case SetFollower(follower, enabled):
            return any(view.client_id == follower and view.enabled is enabled for view in snapshot.followers)
