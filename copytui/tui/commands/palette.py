"""The command palette's lines: every command by its name, those for single followers, and the demo's faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from copytui.domain.text import clean
from copytui.engine.snapshot import FollowerView
from copytui.tui.commands.base import Label, UserCommand
from copytui.tui.commands.confirmed import flatten, release_follower
from copytui.tui.commands.registry import COMMANDS
from copytui.tui.demo_controls import fault_effect
from copytui.tui.present.tables import contains

if TYPE_CHECKING:
    from copytui.tui.app import CopytuiApp

_ONE_FOLLOWER = "this follower only, after a typed word"
_ONE_ORDER = "demo: the next order only"
_CHANGED = "not done: something has changed since the palette was opened"
_BY_HELP = 0.01
"""The score of what is found by its help only: it comes last. Letters scattered over a sentence find nothing."""

Run = Callable[[], Awaitable[None] | None]


class KeyCommands(Provider):
    """Lists the registry's commands; those of the demo in the demo only."""

    @property
    def _app(self) -> CopytuiApp:
        return cast("CopytuiApp", self.app)

    def _followers(self) -> Iterator[tuple[FollowerView, str]]:
        """Yield the followers, each with its name as it fits into a line."""
        state = self._app.known_state
        if state is not None:
            for view in state.snapshot.followers:
                yield view, state.short_name(view.name)

    def _commands(self) -> Iterator[tuple[UserCommand, Label | None]]:
        """Yield the registry's commands, toggles with what they would do now."""
        in_demo = self._app.engine_client.demo is not None
        for command in COMMANDS:
            if command.id != "palette" and command.is_available(demo=in_demo):
                yield command, self._label(command)

    def _label(self, command: UserCommand) -> Label | None:
        state = self._app.known_state
        return None if state is None else command.label(state)

    async def _run(self, command: UserCommand, shown: Label | None) -> None:
        """Do what the line said, or nothing: the toggle may have turned meanwhile."""
        if self._label(command) == shown:
            await self.app.run_action(f"app.do('{command.id}')")
        else:
            self._app.say(_CHANGED, severity="warning")

    def _follower_lines(self) -> Iterator[tuple[str, Run]]:
        """Yield what can be done to single followers now."""
        app = self._app
        for view, name in self._followers():
            if view.positions:
                yield f"Flatten {name}: close all copied positions", partial(flatten, app, view.client_id)
            if view.close_only is not None:
                yield f"Release {name} from close only", partial(release_follower, app, view.client_id)

    def _fault_lines(self) -> Iterator[tuple[str, Run]]:
        """Yield what can be made to go wrong in the demo, for each follower."""
        demo = self._app.engine_client.demo
        if demo is None:
            return
        faults = demo.faults()
        for view, name in self._followers():
            for fault in faults:
                yield f"Make {name}'s next order {fault_effect(fault)}", partial(self._let_fail, view, name, fault)

    def _let_fail(self, view: FollowerView, name: str, fault: str) -> None:
        """Switch a fault on, and say so."""
        app = self._app
        if app.engine_client.demo is None:
            return
        try:
            app.engine_client.demo.let_fail(view.client_id, fault)
        except ValueError as error:
            app.say(clean(str(error)), severity="error")
        else:
            app.say(f"the next order of {name}: {fault}")

    async def discover(self) -> Hits:
        """List everything before anything is typed."""
        for command, label in self._commands():
            name = _name(command, label)
            yield DiscoveryHit(Content(name), partial(self._run, command, label), text=name, help=command.help)
        for name, run in self._follower_lines():
            yield DiscoveryHit(Content(name), run, text=name, help=_ONE_FOLLOWER)

    async def search(self, query: str) -> Hits:
        """List what matches `query`."""
        matcher = self.matcher(query)
        for command, label in self._commands():
            name, title = _name(command, label), command.title if label is None else label.title
            # A name that others chose must contain the words: scattered letters of it were not meant.
            named = label is not None and label.subject is not None
            score = float(contains(title, query)) if named else matcher.match(title)
            if not command.is_toggle:  # a toggle's other words name the other way, too
                by_help = _BY_HELP if contains(command.help, query) else 0.0
                score = max(score, matcher.match(command.short), by_help)
            if score > 0:
                # A highlight would read a name that others chose as markup.
                shown = Content(name) if named else matcher.highlight(name)
                yield Hit(score, shown, partial(self._run, command, label), text=name, help=command.help)
        for name, run in self._follower_lines():
            score = float(contains(name, query))
            if score > 0:
                yield Hit(score, Content(name), run, text=name, help=_ONE_FOLLOWER)
        # Only in a search: hundreds of lines would bury the commands.
        for name, run in self._fault_lines():
            if contains(name, query) or _without_blanks(query) in _without_blanks(name):  # "timeout" finds "time out"
                yield Hit(1.0, Content(name), run, text=name, help=_ONE_ORDER)


def _without_blanks(text: str) -> str:
    return "".join(text.casefold().split())


def _name(command: UserCommand, label: Label | None) -> str:
    title = command.title if label is None else label.title
    return f"{title}  ({command.key_name})" if command.keys else title
