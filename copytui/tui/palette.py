"""The command palette: every command of the registry by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from copytui.tui.keys import COMMANDS, KeyCommand


class KeyCommands(Provider):
    """Lists the registry's commands; those of the demo in the demo only."""

    def _offered(self) -> Iterator[tuple[KeyCommand, Callable[[], object]]]:
        in_demo = getattr(getattr(self.app, "front", None), "demo", None) is not None
        for command in COMMANDS:
            if command.id != "palette" and (in_demo or not command.demo):
                yield command, partial(self.app.run_action, f"app.do('{command.id}')")

    async def discover(self) -> Hits:
        """Offer everything before anything is typed."""
        for command, run in self._offered():
            yield DiscoveryHit(_name(command), run, help=command.help)

    async def search(self, query: str) -> Hits:
        """Offer what matches what is typed."""
        matcher = self.matcher(query)
        for command, run in self._offered():
            score = max(matcher.match(command.title), matcher.match(command.help))
            if score > 0:
                yield Hit(score, matcher.highlight(_name(command)), run, text=_name(command), help=command.help)


def _name(command: KeyCommand) -> str:
    return f"{command.title}  ({command.shown})"
