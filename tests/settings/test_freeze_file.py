"""`[freeze_quantities] file`: the exchange's own list."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import pytest

from copytui.domain.orders import QUANTITIES
from copytui.domain.text import IST
from copytui.settings.describe import settings_in_force

from .folders import Folder

NAMED = '[freeze_quantities]\nfile = "qtyfreeze.csv"\n'


def test_the_files_quantities_replace_the_built_in_ones_and_the_users_replace_both(folder: Folder) -> None:
    folder.write("qtyfreeze.csv", "SYMBOL,VOL_FRZ_QTY\nNIFTY,1755\nRELIANCE,10000\nSBIN,15000\n")
    folder.toml(f"{NAMED}SBIN = 12000\n")
    settings = folder.load()
    assert settings.freeze_quantities == {**QUANTITIES, "NIFTY": 1755, "RELIANCE": 10_000, "SBIN": 12_000}
    (line,) = (line for line in settings_in_force(settings) if line.startswith("freeze quantities: "))
    today = datetime.now(IST)
    assert line == (
        f"freeze quantities: SBIN 12000, 3 from qtyfreeze.csv of {today:%d %b %Y}, the rest as of 01 Feb 2026"
    )
    assert settings.warnings == ()


def test_a_bad_line_is_one_warning_and_the_others_count(folder: Folder) -> None:
    folder.write("qtyfreeze.csv", "SYMBOL,VOL_FRZ_QTY\nSBIN,many\nRELIANCE,10000\n" + "X,\n" * 5)
    folder.toml(NAMED)
    settings = folder.load()
    assert settings.freeze_quantities["RELIANCE"] == 10_000
    assert "SBIN" not in settings.freeze_quantities
    first, _second, _third, others = settings.warnings
    assert first == 'line 2 of qtyfreeze.csv names no freeze quantity and was left out: "SBIN,many"'
    assert others == "3 more lines of qtyfreeze.csv name no freeze quantity and were left out"


def test_a_file_from_long_ago_is_a_warning_with_its_date(folder: Folder) -> None:
    folder.write("qtyfreeze.csv", "SBIN,15000\n")
    changed = datetime.now(IST) - timedelta(days=60)
    os.utime(folder.path / "qtyfreeze.csv", (changed.timestamp(), changed.timestamp()))
    folder.toml(NAMED)
    (warning,) = folder.load().warnings
    assert warning == f"qtyfreeze.csv is of {changed:%d %b %Y}: the exchange publishes freeze quantities monthly"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "freeze_quantities.file in copytui.toml: there is no "),
        ("<html>Not found</html>\n", "qtyfreeze.csv names no freeze quantity; it must have the columns SYMBOL and"),
        ("", "qtyfreeze.csv names no freeze quantity"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_problem(folder: Folder, content: str | None, said: str) -> None:
    if content is not None:
        folder.write("qtyfreeze.csv", content)
    folder.toml(NAMED)
    assert said in folder.problem()


def test_a_workbook_is_no_text(folder: Folder) -> None:
    (folder.path / "qtyfreeze.csv").write_bytes(b"\xd0\xcf\x11\xe0\x00\x00")
    folder.toml(NAMED)
    assert "qtyfreeze.csv is not UTF-8 text" in folder.problem()


@pytest.mark.parametrize("value", ["3", "true", '["a"]'])
def test_the_name_must_be_text(folder: Folder, value: str) -> None:
    folder.toml(f"[freeze_quantities]\nfile = {value}\n")
    assert 'it must be the name of a file, like "qtyfreeze.csv", or "" for none' in folder.problem()


def test_an_empty_name_is_no_file(folder: Folder) -> None:
    folder.toml('[freeze_quantities]\nfile = ""\n')
    assert folder.load().freeze_file is None
