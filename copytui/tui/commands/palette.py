"""The command palette: every command of the registry by its name, those for single followers, and the demo's faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from copytui.domain.text import clean
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.tui.commands.registry import COMMANDS, KeyCommand
from copytui.tui.commands.risk_actions import flatten, release_follower
from copytui.tui.commands.toggle_labels import TURNING, ToggleLabel, direction, short_name
from copytui.tui.demo_controls import deed
from copytui.tui.dialogs.dialog import Host
from copytui.tui.engine_client import DemoHands
from copytui.tui.present.tables import contains

_TYPED = "of this follower alone, with the typed word"
_ONCE = "demo: this one order, and no other"
_CHANGED = "not done: something has changed since the palette was opened"
_HELPS = 0.01
"""What is found by its explanation only comes last; letters that are strewn over a sentence find nothing."""


class KeyCommands(Provider):
    """Lists the registry's commands; those of the demo in the demo only."""

    @property
    def _hands(self) -> DemoHands | None:
        return getattr(getattr(self.app, "front", None), "demo", None)

    def _followers(self) -> Iterator[tuple[FollowerView, str]]:
        """Give the followers of the picture, each with its name as it fits."""
        snapshot: Snapshot | None = getattr(self.app, "snapshot", None)
        for view in snapshot.followers if snapshot is not None else ():
            yield view, short_name(self.app, view.name)  # type: ignore[arg-type]  # the one app with pictures

    def _offered(self) -> Iterator[tuple[KeyCommand, ToggleLabel | None]]:
        """Give the registry's commands, those that turn something with the way they would turn it now."""
        in_demo = self._hands is not None
        for command in COMMANDS:
            if command.id != "palette" and (in_demo or not command.demo):
                yield command, self._direction(command)

    def _direction(self, command: KeyCommand) -> ToggleLabel | None:
        seen = getattr(self.app, "snapshot", None) is not None
        return direction(self.app, command.id) if seen else None  # type: ignore[arg-type]  # the same

    async def _run(self, command: KeyCommand, shown: ToggleLabel | None) -> None:
        """Do what the line said, or nothing: meanwhile the command may have turned round."""
        if self._direction(command) == shown:
            await self.app.run_action(f"app.do('{command.id}')")
        else:
            cast("Host", self.app).say(_CHANGED, severity="warning")

    def _of_followers(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """Give what can be done to single followers as things stand."""
        app = self.app
        for view, name in self._followers():
            if view.positions:
                yield f"Flatten {name}: close all copied positions", partial(flatten, app, view.client_id)  # type: ignore[arg-type]  # the one app with pictures
            if view.close_only is not None:
                yield f"Release {name} from close only", partial(release_follower, app, view.client_id)  # type: ignore[arg-type]  # the same

    def _faults(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """Give what can be made to go wrong in the demo, for each follower."""
        hands = self._hands
        if hands is None:
            return
        faults = hands.faults()
        for view, name in self._followers():
            for fault in faults:
                run = partial(_let_fail, self.app, hands, view, name, fault)  # type: ignore[arg-type]  # the one app with pictures
                yield f"Make {name}'s next order {deed(fault)}", run

    async def discover(self) -> Hits:
        """Offer everything before anything is typed."""
        for command, way in self._offered():
            name = _name(command, way)
            yield DiscoveryHit(Content(name), partial(self._run, command, way), text=name, help=command.help)
        for name, run in self._of_followers():
            yield DiscoveryHit(Content(name), run, text=name, help=_TYPED)

    async def search(self, query: str) -> Hits:
        """Offer what matches what is typed."""
        matcher = self.matcher(query)
        for command, way in self._offered():
            name, title = _name(command, way), way.title if way is not None else command.title
            # Letters strewn over a name that others wrote are nothing that was typed for it.
            score = matcher.match(title) if way is None or way.about is None else float(contains(title, query))
            if command.id not in TURNING:  # the other words of those name the other way, too
                helps = _HELPS if contains(command.help, query) else 0.0
                score = max(score, matcher.match(command.short), helps)
            if score > 0:
                # Where a name is in it, no highlight: it would read the name as markup.
                shown = matcher.highlight(name) if way is None or way.about is None else Content(name)
                yield Hit(score, shown, partial(self._run, command, way), text=name, help=command.help)
        for name, run in self._of_followers():
            score = float(contains(name, query))
            if score > 0:
                yield Hit(score, Content(name), run, text=name, help=_TYPED)
        # Only when asked for: hundreds of lines would bury the commands.
        for name, run in self._faults():
            if contains(name, query) or _together(query) in _together(name):  # "timeout" finds "time out"
                yield Hit(1.0, Content(name), run, text=name, help=_ONCE)


def _let_fail(host: Host, hands: DemoHands, view: FollowerView, name: str, fault: str) -> None:
    """Switch a fault on, and say so."""
    try:
        hands.let_fail(view.client_id, fault)
    except ValueError as error:
        host.say(clean(str(error)), severity="error")
    else:
        host.say(f"the next order of {name}: {fault}")


def _together(text: str) -> str:
    return "".join(text.casefold().split())


def _name(command: KeyCommand, way: ToggleLabel | None) -> str:
    title = way.title if way is not None else command.title
    return f"{title}  ({command.shown})" if command.keys else title
