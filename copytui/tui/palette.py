"""The command palette: every command of the registry by its name, and the grave ones for single followers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from copytui.domain.wording import clean
from copytui.engine.snapshot import Snapshot
from copytui.tui.keys import COMMANDS, KeyCommand
from copytui.tui.present.cells import cut
from copytui.tui.risk_actions import flatten, release_follower

_LONGEST = 24
_TYPED = "of this follower alone, with the typed word"


class KeyCommands(Provider):
    """Lists the registry's commands; those of the demo in the demo only."""

    def _offered(self) -> Iterator[tuple[KeyCommand, Callable[[], object]]]:
        in_demo = getattr(getattr(self.app, "front", None), "demo", None) is not None
        for command in COMMANDS:
            if command.id != "palette" and (in_demo or not command.demo):
                yield command, partial(self.app.run_action, f"app.do('{command.id}')")

    def _of_followers(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """Give what can be done to single followers as things stand."""
        app = self.app
        picture: Snapshot | None = getattr(app, "snapshot", None)
        for view in picture.followers if picture is not None else ():
            name = cut(clean(view.name), _LONGEST)
            if view.positions:
                yield f"Flatten {name}: close all copied positions", partial(flatten, app, view.client_id)  # type: ignore[arg-type]  # the one app with pictures
            if view.close_only is not None:
                yield f"Release {name} from close only", partial(release_follower, app, view.client_id)  # type: ignore[arg-type]  # the same

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


def _name(command: KeyCommand) -> str:
    return f"{command.title}  ({command.shown})" if command.keys else command.title
