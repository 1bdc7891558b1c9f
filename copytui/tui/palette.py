"""The command palette: every command of the registry by its name, those for single followers, and the demo's faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input

from copytui.domain.wording import clean
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.tui.fault_words import deed
from copytui.tui.front import DemoHands
from copytui.tui.keys import COMMANDS, KeyCommand
from copytui.tui.present import Signs
from copytui.tui.present.cells import cut
from copytui.tui.present.tables import contains
from copytui.tui.risk_actions import flatten, release_follower
from copytui.tui.screens.dialog import Host

_LONGEST = 24
_TYPED = "of this follower alone, with the typed word"
_ONCE = "demo: this one order, and no other"


class KeyCommands(Provider):
    """Lists the registry's commands; those of the demo in the demo only."""

    async def startup(self) -> None:
        """Ask in characters that a plain terminal has: Textual's own words for it end in one that it lacks."""
        if self._ascii_only:
            self.app.screen.query_one(Input).placeholder = "Search for commands..."

    @property
    def _ascii_only(self) -> bool:
        return getattr(self.app, "ascii_only", False)

    @property
    def _hands(self) -> DemoHands | None:
        return getattr(getattr(self.app, "front", None), "demo", None)

    def _followers(self) -> Iterator[tuple[FollowerView, str]]:
        """Give the followers of the picture, each with its name as it fits."""
        picture: Snapshot | None = getattr(self.app, "snapshot", None)
        dots = Signs.of(ascii_only=self._ascii_only).more
        for view in picture.followers if picture is not None else ():
            yield view, cut(clean(view.name), _LONGEST, dots=dots)

    def _offered(self) -> Iterator[tuple[KeyCommand, Callable[[], object]]]:
        in_demo = self._hands is not None
        for command in COMMANDS:
            if command.id != "palette" and (in_demo or not command.demo):
                yield command, partial(self.app.run_action, f"app.do('{command.id}')")

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
        for command, run in self._offered():
            yield DiscoveryHit(_name(command), run, help=command.help)
        for name, run in self._of_followers():
            yield DiscoveryHit(Content(name), run, text=name, help=_TYPED)

    async def search(self, query: str) -> Hits:
        """Offer what matches what is typed."""
        matcher = self.matcher(query)
        for command, run in self._offered():
            score = max(matcher.match(words) for words in (command.title, command.short, command.help))
            if score > 0:
                yield Hit(score, matcher.highlight(_name(command)), run, text=_name(command), help=command.help)
        for name, run in self._of_followers():
            score = matcher.match(name)
            if score > 0:
                # No highlight: it would read a name as markup.
                yield Hit(score, Content(name), run, text=name, help=_TYPED)
        # Only when asked for: hundreds of lines would bury the commands.
        for name, run in self._faults():
            score = matcher.match(name) or float(contains(name, query))
            if score > 0:
                yield Hit(score, Content(name), run, text=name, help=_ONCE)


def _let_fail(host: Host, hands: DemoHands, view: FollowerView, name: str, fault: str) -> None:
    """Switch a fault on, and say so."""
    try:
        hands.let_fail(view.client_id, fault)
    except ValueError as error:
        host.say(clean(str(error)), severity="error")
    else:
        host.say(f"the next order of {name}: {fault}")


def _name(command: KeyCommand) -> str:
    return f"{command.title}  ({command.shown})" if command.keys else command.title
