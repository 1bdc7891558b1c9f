"""README and docs say what the program has: keys, commands, options, links and pictures that exist."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from copytui.cli.main import _parser, main
from copytui.tui.commands.registry import key_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCREEN = (ROOT / "docs" / "screen.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
ALL_PAGES = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)

ENV = """
API_KEY=aB3dE6gH
CLIENT_ID=M12345
PASSWORD=1234
TOTP_SECRET=JBSWY3DPEHPK3PXP
FOLLOWER_1_API_KEY=aB3dE6gI
FOLLOWER_1_CLIENT_ID=F11111
FOLLOWER_1_PASSWORD=1234
FOLLOWER_1_TOTP_SECRET=JBSWY3DPEHPK3PXP
FOLLOWER_2_API_KEY=aB3dE6gJ
FOLLOWER_2_CLIENT_ID=F22222
FOLLOWER_2_PASSWORD=1234
FOLLOWER_2_TOTP_SECRET=JBSWY3DPEHPK3PXP
"""


def rows_of(table: str) -> list[tuple[str, str]]:
    """Return the rows of a table with two columns, without its head."""
    head, rule, *rows = table.strip().splitlines()
    assert head.startswith("| key ")
    assert set(rule) <= set("|- ")
    cells = [[cell.strip() for cell in row.strip().strip("|").split(" | ")] for row in rows]
    return [(keys, words) for keys, words in cells]


def full_table() -> list[tuple[str, str]]:
    """Return the rows between the two marks of the page on the screen."""
    return rows_of(SCREEN.split("<!-- keys -->", 1)[1].split("<!-- /keys -->", 1)[0])


def short_table() -> list[tuple[str, str]]:
    """Return the rows of the README's table of the main keys."""
    section = README.split("## The main keys", 1)[1].split("\n## ", 1)[0]
    return rows_of(section)


def test_the_full_table_of_keys_is_the_registrys() -> None:
    assert full_table() == key_table(), "`make keys` writes it"


def test_the_command_that_makes_the_table_makes_this_one() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "screenshots.py"), "--keys"]
    printed = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, cwd=ROOT)  # noqa: S603
    assert f"<!-- keys -->\n{printed.stdout}<!-- /keys -->" in SCREEN


def test_the_main_keys_of_the_readme_are_a_part_of_the_full_table() -> None:
    main_keys = [keys for keys, _words in short_table()]
    assert set(main_keys) <= {keys for keys, _words in full_table()}
    assert len(main_keys) == len(set(main_keys)) >= 10
    assert all(words for _keys, words in short_table())


def test_the_readme_is_short() -> None:
    assert 8_000 < len(README.encode()) < 10_240


def test_the_readmes_sample_of_the_settings_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = re.findall(r"^```toml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert len(sample) == 1
    (tmp_path / "copytui.toml").write_text(sample[0], encoding="utf-8")
    (tmp_path / ".env").write_text(ENV, encoding="utf-8")
    (tmp_path / ".env").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--offline"]) == 0


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
def test_every_option_is_in_the_docs(command: str, option: str) -> None:
    assert re.search(rf"`[^`\n]*{re.escape(option)}(?![a-z-])[^`\n]*`", ALL_PAGES), f"copytui {command} {option}"


@pytest.mark.parametrize("command", [name for name, _parser in commands() if name])
def test_every_command_is_in_the_docs(command: str) -> None:
    assert re.search(rf"`copytui {command}[`\s]", ALL_PAGES)


def test_the_options_were_found() -> None:
    found = options()
    assert len(found) > 25
    assert {("", "--live"), ("run", "--yes"), ("demo", "--fault"), ("exchange", "--no-trading")} <= set(found)


def linked(page: Path) -> list[tuple[Path, str]]:
    """Return the project's files that a page links to, each with the heading that the link names or ''."""
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    parts = [target.partition("#") for target in targets if "://" not in target]
    return [((page.parent / path).resolve() if path else page, anchor) for path, _hash, anchor in parts]


def anchors(page: Path) -> set[str]:
    """Return the names by which the headings of a page are linked to."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = [
        f"{target.name}#{anchor}" if anchor else target.name
        for target, anchor in linked(page)
        if not target.is_file() or (anchor and anchor not in anchors(target))
    ]
    assert not broken


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_page_is_in_the_index(page: Path) -> None:
    assert page.name == "README.md" or f"]({page.name})" in (ROOT / "docs" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("picture", sorted((ROOT / "docs").glob("*.svg")), ids=lambda picture: picture.name)
def test_every_picture_is_shown_and_holds_nothing_of_the_machine_that_made_it(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert any(target == picture for page in PAGES for target, _anchor in linked(page))
    assert not [place for place in (tempfile.gettempdir(), str(ROOT), str(Path.home())) if f"{place}/" in text]
