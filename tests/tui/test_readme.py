"""The README says what the program has: the registry's keys, every option, pictures that exist."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from copytui.cli.main import _parser
from copytui.tui.commands.registry import key_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def table_of_keys() -> list[tuple[str, str]]:
    """Return the rows between the two marks of the README."""
    between = README.split("<!-- keys -->", 1)[1].split("<!-- /keys -->", 1)[0]
    head, rule, *rows = between.strip().splitlines()
    assert head.startswith("| key ")
    assert set(rule) <= set("|- ")
    cells = [[cell.strip() for cell in row.strip().strip("|").split(" | ")] for row in rows]
    return [(keys, words) for keys, words in cells]


def test_the_table_of_keys_is_the_registrys() -> None:
    assert table_of_keys() == key_table(), "python benchmarks/pictures.py --keys prints it"


def test_the_command_that_makes_the_table_makes_this_one() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "pictures.py"), "--keys"]
    printed = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, cwd=ROOT)  # noqa: S603
    assert f"<!-- keys -->\n{printed.stdout}<!-- /keys -->" in README


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Return every command of the program with its parser; the program itself is ''."""
    top = _parser()
    yield "", top
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def options() -> list[tuple[str, str]]:
    """Return every long option that a user can see in some command's help."""
    return [
        (name, option)
        for name, parser in commands()
        for option in sorted(set(re.findall(r"(?<!\S)\[?(--[a-z][a-z-]+)", parser.format_help())))
        if option not in ("--help", "--version")
    ]


@pytest.mark.parametrize(("command", "option"), options())
def test_every_option_is_in_the_readme(command: str, option: str) -> None:
    assert re.search(rf"`[^`\n]*{re.escape(option)}(?![a-z-])[^`\n]*`", README), f"copytui {command} {option}"


@pytest.mark.parametrize("command", [name for name, _parser in commands() if name])
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`copytui {command}`" in README


def test_the_options_were_found() -> None:
    found = options()
    assert len(found) > 25
    assert {("", "--live"), ("run", "--yes"), ("demo", "--fault"), ("exchange", "--no-trading")} <= set(found)


@pytest.mark.parametrize("picture", re.findall(r"!\[[^]]*\]\(([^)]+)\)", README))
def test_every_picture_exists_and_holds_nothing_of_the_machine_that_made_it(picture: str) -> None:
    text = (ROOT / picture).read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert not [place for place in (tempfile.gettempdir(), str(ROOT), str(Path.home())) if f"{place}/" in text]
