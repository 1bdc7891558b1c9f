"""The command line: arguments to settings, one function per command, and the exit codes."""

from __future__ import annotations

import argparse
import contextlib
import errno
import math
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from copytui import __version__
from copytui.domain.errors import CopytuiError, SettingsRefused, StartRefused
from copytui.reports.arguments import add_attention_commands, add_past_commands
from copytui.settings.model import Settings

if TYPE_CHECKING:
    from copytui.sim.control import FaultFlag


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the user reads one clear sentence for every failure, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A console that cannot show a character shows a question mark instead of raising.
            stream.reconfigure(errors="replace")
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except SettingsRefused as refused:
        for problem in refused.problems:
            _complain(problem)
        return refused.exit_code
    except StartRefused as refused:
        _complain(str(refused))
        return refused.exit_code
    except CopytuiError as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        _complain(f"{error.filename}: {error.strerror}" if error.filename else os.strerror(error.errno or 0))
        return 1
    except Exception as error:  # noqa: BLE001  # the last boundary: a sentence, no traceback with local variables
        _complain(f"internal error: {type(error).__name__} in {_where(error)}; what was in flight is in the journal")
        return 1


def _where(error: BaseException) -> str:
    """Return the line that failed; the error's own text is not shown, because it may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def _complain(sentence: str) -> None:
    sys.stderr.write(f"copytui: {sentence}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="copytui", description="Copies the trades of one master Angel One account into many follower accounts."
    )
    parser.add_argument("--version", action="version", version=f"copytui {__version__}")
    _add_run_options(parser)
    parser.set_defaults(command=_run)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    run = commands.add_parser("run", help="log in, watch, copy (the default)", argument_default=argparse.SUPPRESS)
    _add_run_options(run)
    run.set_defaults(command=_run)

    demo = commands.add_parser("demo", help="run against the embedded exchange; no account needed")
    demo.add_argument("--followers", type=_count, default=4, metavar="N", help="number of followers (default 4)")
    demo.add_argument("--headless", action="store_true", help="one line per event, no screen")
    demo.add_argument("--json", action="store_true", help="headless: one JSON object per line")
    demo.add_argument("--ascii", action="store_true", help="ASCII characters only")
    demo.add_argument("--duration", type=_seconds, metavar="SECONDS", help="stop after this many seconds")
    demo.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed gives the same day (default 1)")
    _add_faults(demo)
    demo.set_defaults(command=_demo)

    check = commands.add_parser("check", help="check the settings, then log in to each account")
    _add_files(check)
    check.add_argument("--offline", action="store_true", help="stop before the network")
    check.set_defaults(command=_check)

    init = commands.add_parser("init", help="write .env, copytui.toml and copytui.schema.json; never overwrites")
    init.set_defaults(command=_init)

    add_past_commands(commands)
    add_attention_commands(commands)

    exchange = commands.add_parser("exchange", help="run the embedded exchange alone, for integration work")
    exchange.add_argument("--port", type=_port, default=0, metavar="N", help="0, the default, is any free port")
    exchange.add_argument("--followers", type=_count, default=4, metavar="N", help="number of followers (default 4)")
    exchange.add_argument(
        "--seed", type=int, default=1, metavar="N", help="the same seed gives the same day (default 1)"
    )
    exchange.add_argument("--no-trading", action="store_true", help="the master places no orders of its own")
    _add_faults(exchange)
    exchange.set_defaults(command=_exchange)
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="use this file instead of copytui.toml")
    parser.add_argument("--env", type=Path, metavar="FILE", help="use this file instead of .env")
    parser.add_argument("--strict-permissions", action="store_true", help="refuse a .env that others can read")


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    _add_files(parser)
    parser.add_argument("--headless", action="store_true", help="one line per event, no screen")
    parser.add_argument("--json", action="store_true", help="headless: one JSON object per line")
    parser.add_argument("--ascii", action="store_true", help="ASCII characters only")
    parser.add_argument("--duration", type=_seconds, metavar="SECONDS", help="stop after this many seconds")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--live", action="store_true", help="send orders in this run; asks once")
    mode.add_argument("--dry-run", action="store_true", help="send nothing in this run")
    parser.add_argument("--yes", action="store_true", help="with --live: do not ask")


def _add_faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="WHO:CALL:NAME[:TIMES]",
        help="make a call fail, such as 2:placeOrder:timeout_after; repeatable",
    )


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if math.isfinite(seconds := float(text)) and seconds > 0:
            return seconds
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")


def _count(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 200:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 200")


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")


def _load(arguments: argparse.Namespace) -> Settings:
    # Imported here, as below, to keep `--help` and `init` fast.
    from copytui.settings.loader import load_settings  # noqa: PLC0415

    return load_settings(
        config_file=getattr(arguments, "config", None),
        env_file=getattr(arguments, "env", None),
        folder=Path.cwd(),
        environ=os.environ,
        strict_permissions=getattr(arguments, "strict_permissions", False),
    )


def _run(arguments: argparse.Namespace) -> int:
    from copytui.bootstrap import RunOptions  # noqa: PLC0415

    settings = _load(arguments)
    if arguments.live or arguments.dry_run:
        settings = replace(settings, dry_run=arguments.dry_run)
    terminal = sys.stdin is not None and sys.stdin.isatty()
    if settings.require_confirmation and not terminal:
        raise SettingsRefused(
            ("require_confirmation = true needs a terminal to ask on: run it on one, or set it to false",)
        )
    if not settings.dry_run and not arguments.yes:
        if terminal:
            if not _confirmed(settings):
                _complain("not confirmed: nothing was started")
                return 0
        elif arguments.live:
            raise SettingsRefused(("--live without a terminal needs --yes",))
    if _headless(arguments):
        from copytui.cli.run_headless import run_headless  # noqa: PLC0415

        asked = terminal and not arguments.yes
        banner = () if settings.dry_run or arguments.live or asked else (_live_by_file(arguments),)
        return run_headless(settings, RunOptions(duration=arguments.duration, as_json=arguments.json, banner=banner))
    from copytui.cli.run import run_screen  # noqa: PLC0415  # headless needs no screen library

    return run_screen(settings, RunOptions(duration=arguments.duration, publish=True), ascii_only=arguments.ascii)


def _live_by_file(arguments: argparse.Namespace) -> str:
    """Say that the file made the run live, where nobody was asked."""
    file = arguments.config.name if arguments.config is not None else "copytui.toml"
    return f"LIVE by {file}: dry_run = false there is the consent to send real orders"


def _headless(arguments: argparse.Namespace) -> bool:
    """Return whether to write lines: requested, or there is no terminal for a screen."""
    streams = (sys.stdin, sys.stdout, sys.stderr)  # the screen is drawn on the last
    return arguments.headless or arguments.json or not all(stream and stream.isatty() for stream in streams)


def _confirmed(settings: Settings) -> bool:
    """Ask once, on the terminal, before real orders are sent."""
    from copytui.settings.describe import settings_in_force  # noqa: PLC0415

    print(*settings_in_force(settings), sep="\n")  # noqa: T201
    try:
        return input("These settings send REAL orders. Type LIVE to continue: ").strip() == "LIVE"
    except EOFError:
        return False


def _demo(arguments: argparse.Namespace) -> int:
    from copytui.cli.demo import DemoOptions, run_demo  # noqa: PLC0415
    from copytui.sim import ExchangeOptions  # noqa: PLC0415

    return run_demo(
        DemoOptions(
            ExchangeOptions(followers=arguments.followers, seed=arguments.seed),
            folder=Path.cwd(),
            duration=arguments.duration,
            as_json=arguments.json,
            headless=_headless(arguments),
            ascii_only=arguments.ascii,
            faults=tuple(_faults(arguments)),
        )
    )


def _check(arguments: argparse.Namespace) -> int:
    from copytui.cli.check import run_check  # noqa: PLC0415

    return run_check(_load(arguments), offline=arguments.offline)


def _init(_arguments: argparse.Namespace) -> int:
    from copytui.settings.init import write_templates  # noqa: PLC0415

    for line in write_templates(Path.cwd()):
        print(line)  # noqa: T201
    return 0


def _exchange(arguments: argparse.Namespace) -> int:
    from copytui.cli.signals import stop_signals  # noqa: PLC0415
    from copytui.sim import ExchangeOptions  # noqa: PLC0415
    from copytui.sim.running import run_exchange  # noqa: PLC0415

    options = ExchangeOptions(
        followers=arguments.followers, seed=arguments.seed, port=arguments.port, trading=not arguments.no_trading
    )
    faults = _faults(arguments)
    try:
        with stop_signals() as stopped:
            run_exchange(options, out=lambda text: print(text, flush=True), stop=stopped, faults=faults)  # noqa: T201
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise CopytuiError(
            f"port {arguments.port} is in use: name another with --port, or none for any free"
        ) from error
    return 0


def _faults(arguments: argparse.Namespace) -> list[FaultFlag]:
    from copytui.sim.control import parse_fault  # noqa: PLC0415

    try:
        return [parse_fault(text, followers=arguments.followers) for text in arguments.fault]
    except ValueError as error:
        raise SettingsRefused((f"--fault: {error}",)) from error
