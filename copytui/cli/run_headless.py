"""A run without a screen: lines on standard output, and typed answers where there is a terminal."""

from __future__ import annotations

import contextlib
import queue
import sys
import time
from collections.abc import Callable, Iterator

from copytui.bootstrap import RunOptions, opened
from copytui.cli.console import Console
from copytui.cli.console_commands import ConsoleCommands
from copytui.cli.signals import stop_signals
from copytui.engine.host import EngineHost
from copytui.settings.describe import settings_in_force
from copytui.settings.model import Settings

_PRINT_EVERY = 0.2
_TIMES = "times: Indian Standard Time"


def run_headless(settings: Settings, options: RunOptions) -> int:
    """Run the engine with lines on standard output until stopped; returns the exit code, raises CopytuiError."""
    deadline = None if options.duration is None else time.monotonic() + options.duration
    with stop_signals() as stopped, opened(settings, options) as running:
        console = Console(as_json=options.as_json)
        mode = [options.mode_words] if options.mode_words else []
        in_force = settings_in_force(settings)[len(mode) :]
        console.lines("settings", [*options.banner, *mode, *in_force, *_warnings(settings), _TIMES])
        running.host.start()
        # Replies come from the engine's thread, and a terminal that takes no output must block this thread only.
        replies: queue.SimpleQueue[str] = queue.SimpleQueue()
        console_commands = _console_commands(settings, running.host, replies.put)
        while not running.host.ended.is_set():
            for event in running.events.take(_PRINT_EVERY):
                console.event(event)
                if console_commands is not None:
                    console_commands.see(event)
                _print_replies(replies, console)
            _print_replies(replies, console)
            if stopped.is_set() or (deadline is not None and time.monotonic() >= deadline):
                running.host.stop()
        running.host.join()
        for event in running.events.take(0):
            console.event(event)
        _print_replies(replies, console)
    if running.host.failure is not None:
        raise running.host.failure
    console.summary(running.log.statistics(), running.log.statuses(), str(running.log.path))
    return 0


def _print_replies(replies: queue.SimpleQueue[str], console: Console) -> None:
    """Print the replies to typed lines."""
    with contextlib.suppress(queue.Empty):
        while True:
            console.lines("hint", [replies.get_nowait()])


def _console_commands(settings: Settings, host: EngineHost, say: Callable[[str], None]) -> ConsoleCommands | None:
    """Start reading typed lines where there is a terminal; None where there is none."""
    if not sys.stdin or not sys.stdin.isatty():
        return None
    numbers = {follower.number: follower.client_id for follower in settings.followers}
    console_commands = ConsoleCommands(host.submit, say, sys.stdin, numbers)
    console_commands.start()
    return console_commands


def _warnings(settings: Settings) -> Iterator[str]:
    return (f"warning: {warning}" for warning in settings.warnings)
