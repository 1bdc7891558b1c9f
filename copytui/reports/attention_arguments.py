"""The arguments of `needs` and `resolve`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from copytui.domain.errors import SettingsRefused

if TYPE_CHECKING:
    from copytui.settings.paths import Places

_ACTS = {
    "copy": "copy a missed execution after all",
    "retry": "send a failed copy again",
    "not-placed": "an unknown copy does not exist at the broker: you have looked",
    "dismiss": "take a missed execution or a failed copy off the list",
}


def add_needs_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to the program's own."""
    needs = commands.add_parser("needs", help="what needs you: missed, unknown and failed copies, halted followers")
    needs.add_argument("--format", choices=("table", "json"), default="table", help="how it is written (table)")
    _add_files(needs)
    needs.set_defaults(command=_needs)

    resolve = commands.add_parser("resolve", help="settle one thing that needs lists, also while copytui runs")
    resolve.add_argument("id", metavar="ID", help="m12: the missed execution 12; c34: the copy 34")
    act = resolve.add_mutually_exclusive_group(required=True)
    for word, meaning in _ACTS.items():
        act.add_argument(f"--{word}", dest="act", action="store_const", const=word, help=meaning)
    _add_files(resolve)
    resolve.set_defaults(command=_resolve)


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of copytui.toml")
    parser.add_argument("--env", type=Path, metavar="FILE", help="instead of .env")


def _places(arguments: argparse.Namespace) -> Places:
    from copytui.settings.paths import read_places  # noqa: PLC0415  # `--help` answers at once

    return read_places(config_file=arguments.config, env_file=arguments.env, folder=Path.cwd(), environ=os.environ)


def _needs(arguments: argparse.Namespace) -> int:
    from copytui.reports.attention_cli import run_needs  # noqa: PLC0415

    return run_needs(_places(arguments), as_json=arguments.format == "json")


def _resolve(arguments: argparse.Namespace) -> int:
    from copytui.reports.attention_model import Act  # noqa: PLC0415
    from copytui.reports.resolve import read_target, run_resolve  # noqa: PLC0415

    try:
        target = read_target(arguments.id)
    except ValueError as error:
        raise SettingsRefused((str(error),)) from error
    return run_resolve(_places(arguments), target, Act(arguments.act))
