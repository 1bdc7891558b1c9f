"""The arguments of the reports: `history`, `positions`, `why`, `replay`, `attention` and `resolve`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from copytui.domain.errors import SettingsRefused

if TYPE_CHECKING:
    from copytui.settings.paths import Paths


FORMATS = ("table", "json", "csv")


def add_past_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `history`, `positions`, `why` and `replay` to the program's commands."""
    history = commands.add_parser("history", help="past copies from the journal")
    history.add_argument("--date", metavar="DAY", help="YYYY-MM-DD, today, yesterday, or a range FROM..TO (all days)")
    history.add_argument("--symbol", action="append", default=[], help="a pattern as in the filters; repeatable")
    _add_follower(history)
    history.add_argument(
        "--status",
        action="append",
        default=[],
        type=_statuses,
        metavar="WORD",
        help="for example filled or failed,rejected; repeatable",
    )
    _add_output(history)
    _add_files(history)
    history.set_defaults(command=_history)

    positions = commands.add_parser("positions", help="copied, held and expected positions, and why they differ")
    _add_follower(positions)
    _add_output(positions)
    _add_files(positions)
    positions.set_defaults(command=_positions)

    why = commands.add_parser("why", help="the whole story of one order")
    why.add_argument(
        "order", nargs="+", metavar="ORDER_ID",
        help="the master's order id or unique id, a follower's order id, a tag, #12 (an execution), copy 12",
    )  # fmt: skip
    _add_follower(why)
    _add_files(why)
    why.set_defaults(command=_why)

    replay = commands.add_parser(
        "replay", help="run today's settings over a saved order book or a past day; no network"
    )
    replay.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="an order book, JSON as the broker returns it"
    )
    replay.add_argument(
        "--journal", metavar="DAY", help="instead: the executions of a day, or of FROM..TO, from the journal"
    )
    _add_output(replay)
    _add_files(replay)
    replay.set_defaults(command=_replay)


def _add_follower(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--follower",
        action="append",
        default=[],
        metavar="WHO",
        help="name, number or client code; repeatable",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="table", help="output format (table)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to a file instead of the terminal")
    parser.add_argument("--force", action="store_true", help="with --output: overwrite a file that exists")


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of copytui.toml")
    parser.add_argument("--env", type=Path, metavar="FILE", help="instead of .env")


def _statuses(text: str) -> tuple[str, ...]:
    from copytui.reports.history import STATUSES  # noqa: PLC0415  # `--help` answers at once

    words = tuple(word.strip().lower() for word in text.split(","))
    for word in words:
        if word not in STATUSES:
            raise argparse.ArgumentTypeError(f"{word!r} is not a status; the statuses are {', '.join(STATUSES)}")
    return words


def _history(arguments: argparse.Namespace) -> int:
    from copytui.reports.commands import Files, HistoryOptions, run_history  # noqa: PLC0415
    from copytui.reports.output import Format, Output  # noqa: PLC0415

    return run_history(
        HistoryOptions(
            files=Files(arguments.config, arguments.env),
            date=arguments.date,
            symbols=tuple(arguments.symbol),
            followers=tuple(arguments.follower),
            statuses=tuple(word for words in arguments.status for word in words),
            form=Format(arguments.format),
            output=Output(arguments.output, arguments.force),
        )
    )


def _positions(arguments: argparse.Namespace) -> int:
    from copytui.reports.commands import Files, PositionOptions, run_positions  # noqa: PLC0415
    from copytui.reports.output import Format, Output  # noqa: PLC0415

    return run_positions(
        PositionOptions(
            files=Files(arguments.config, arguments.env),
            followers=tuple(arguments.follower),
            form=Format(arguments.format),
            output=Output(arguments.output, arguments.force),
        )
    )


def _why(arguments: argparse.Namespace) -> int:
    from copytui.reports.commands import Files, run_why  # noqa: PLC0415

    files = Files(arguments.config, arguments.env)
    return run_why(" ".join(arguments.order), tuple(arguments.follower), files)


def _replay(arguments: argparse.Namespace) -> int:
    from copytui.reports.commands import Files, run_replay_book, run_replay_days  # noqa: PLC0415
    from copytui.reports.output import Format, Output  # noqa: PLC0415

    if (arguments.file is None) == (arguments.journal is None):
        raise SettingsRefused(("replay needs either an order book's FILE or --journal DAY",))
    files, form = Files(arguments.config, arguments.env), Format(arguments.format)
    output = Output(arguments.output, arguments.force)
    if arguments.journal is not None:
        return run_replay_days(arguments.journal, files, form, output)
    return run_replay_book(arguments.file, files, form, output)


_ACTS = {
    "copy": "copy a missed execution after all",
    "retry": "send a failed copy again",
    "not-placed": "a copy with unknown outcome does not exist at the broker: you have checked",
    "dismiss": "remove a missed execution, a failed copy, a position out of step or a row from the list",
    "detach": "give a position to the account's owner: no exit of it is sent any more",
}


def add_attention_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `attention` and `resolve` to the program's commands."""
    attention = commands.add_parser(
        "attention",
        aliases=["needs"],
        help="what needs attention: missed, unknown and failed copies, halted followers",
    )
    attention.add_argument("--format", choices=("table", "json"), default="table", help="output format (table)")
    _add_files(attention)
    attention.set_defaults(command=_attention)

    resolve = commands.add_parser("resolve", help="settle one item of the attention list, also while copytui runs")
    resolve.add_argument(
        "id", metavar="ID", help="m12: missed execution 12; c34: copy 34; or the ID of a position or row"
    )
    act = resolve.add_mutually_exclusive_group(required=True)
    for word, meaning in _ACTS.items():
        act.add_argument(f"--{word}", dest="act", action="store_const", const=word, help=meaning)
    _add_files(resolve)
    resolve.set_defaults(command=_resolve)


def _paths(arguments: argparse.Namespace) -> Paths:
    from copytui.settings.paths import read_paths  # noqa: PLC0415  # `--help` answers at once

    return read_paths(config_file=arguments.config, env_file=arguments.env, folder=Path.cwd(), environ=os.environ)


def _attention(arguments: argparse.Namespace) -> int:
    from copytui.reports.attention_cli import run_attention  # noqa: PLC0415

    return run_attention(_paths(arguments), as_json=arguments.format == "json")


def _resolve(arguments: argparse.Namespace) -> int:
    from copytui.domain.attention import ROW_PREFIX, Act  # noqa: PLC0415
    from copytui.domain.positions import read_position_id  # noqa: PLC0415
    from copytui.reports.resolve import read_target, run_resolve  # noqa: PLC0415
    from copytui.reports.resolve_position import run_resolve_position  # noqa: PLC0415
    from copytui.reports.resolve_row import run_resolve_row  # noqa: PLC0415

    if arguments.id.startswith(ROW_PREFIX):
        return run_resolve_row(_paths(arguments), arguments.id, Act(arguments.act))
    if ":" in arguments.id:
        try:
            client, key = read_position_id(arguments.id)
        except ValueError:
            words = f"{arguments.id!r} is no position's ID: copytui positions lists them"
            raise SettingsRefused((words,)) from None
        return run_resolve_position(_paths(arguments), client, key, Act(arguments.act))
    try:
        target = read_target(arguments.id)
    except ValueError as error:
        raise SettingsRefused((str(error),)) from error
    return run_resolve(_paths(arguments), target, Act(arguments.act))
