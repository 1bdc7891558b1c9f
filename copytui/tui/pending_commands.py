"""Commands that the newest snapshot does not show yet: the next key must not go by the old state."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from copytui.domain.filters import Filters
from copytui.domain.orders import ClientId
from copytui.engine.commands import Command, SetConfirmation, SetDryRun, SetFilters, SetFollower, SetHalted, SetPaused
from copytui.engine.snapshot import Snapshot

_SHOWN_SECONDS = 3.0
"""How long after its answer a command may take to show in the snapshot; one that the engine refused never shows."""
_LATE_SECONDS = 15.0

Switch = SetDryRun | SetPaused | SetHalted | SetConfirmation
Setting = Switch | SetFilters | SetFollower
_IN_MODE_BAR = (SetDryRun, SetPaused, SetHalted)
"""The switches of the mode bar, which says so between the key and the engine."""


@dataclass(slots=True)
class _Sent:
    setting: Setting
    answer: Future[str]
    at: float
    answered_at: float | None = None
    reported_late: bool = False


class PendingCommands:
    """The newest command for each switch, for the filters, and for each follower.

    A command is pending until it is answered and the snapshot shows it. One that is answered and does not show is
    dropped a moment later.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with none; `clock` is monotonic."""
        self._clock = clock
        self._sent: dict[ClientId | type[Setting], _Sent] = {}

    def note(self, command: Command, answer: Future[str]) -> None:
        """Remember a command that has been handed to the engine, if it changes a setting."""
        if not isinstance(command, Setting):
            return
        sent = self._sent[_subject(command)] = _Sent(command, answer, self._clock())

        def answered(_answer: Future[str]) -> None:  # on the engine's thread
            sent.answered_at = self._clock()

        answer.add_done_callback(answered)

    def update(self, snapshot: Snapshot) -> None:
        """Drop what `snapshot` shows, and what the engine has refused."""
        for subject, sent in list(self._sent.items()):
            if self._is_over(sent) or (sent.answered_at is not None and _shows(snapshot, sent.setting)):
                del self._sent[subject]

    def _is_over(self, sent: _Sent) -> bool:
        """Return whether it failed, or was answered so long ago that it will not show any more."""
        answer, at = sent.answer, sent.answered_at
        failed = answer.done() and (answer.cancelled() or answer.exception() is not None)
        return failed or (at is not None and self._clock() - at >= _SHOWN_SECONDS)

    def _pending(self, subject: ClientId | type[Setting]) -> Setting | None:
        sent = self._sent.get(subject)
        return None if sent is None or self._is_over(sent) else sent.setting

    def on(self, switch: type[Switch], *, shown: bool) -> bool:
        """Return whether a switch is on, with the pending command; `shown` is what the snapshot says."""
        setting = self._pending(switch)
        return setting.on if isinstance(setting, Switch) else shown

    def enabled(self, follower: ClientId, *, shown: bool) -> bool:
        """Return whether a follower is enabled, with the pending command; `shown` is what the snapshot says."""
        setting = self._pending(follower)
        return setting.enabled if isinstance(setting, SetFollower) else shown

    def filters(self, shown: Filters) -> Filters:
        """Return the filters, with the pending command; `shown` are those of the snapshot."""
        setting = self._pending(SetFilters)
        return setting.filters if isinstance(setting, SetFilters) else shown

    @property
    def switching(self) -> bool:
        """Whether the mode bar is behind a command."""
        return any(isinstance(sent.setting, _IN_MODE_BAR) for sent in self._sent.values())

    def late(self) -> int:
        """Return how many commands have just become late: unanswered for long, and not reported before."""
        now = self._clock()
        late = [
            sent
            for sent in self._sent.values()
            if not sent.reported_late and not sent.answer.done() and now - sent.at >= _LATE_SECONDS
        ]
        for sent in late:
            sent.reported_late = True
        return len(late)


def _subject(setting: Setting) -> ClientId | type[Setting]:
    return setting.follower if isinstance(setting, SetFollower) else type(setting)


def _shows(snapshot: Snapshot, setting: Setting) -> bool:
    rules = snapshot.rules
    match setting:
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
