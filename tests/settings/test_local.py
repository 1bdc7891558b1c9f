"""`copytui.local.toml`: overrides the user's file, is written atomically, and never makes a run live."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from copytui.domain.errors import SettingsRefused
from copytui.domain.sizing import SizingMode
from copytui.settings.live import LOCAL_FILE, save_local

from .folders import Folder


def saved(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / LOCAL_FILE).read_text(encoding="utf-8"))


def test_the_local_file_is_laid_over_the_first_key_by_key(folder: Folder) -> None:
    folder.toml(
        "[filters]\nallow_symbols = ['A']\nstop_orders = false\n[followers.1]\nmultiplier = 2\nmax_quantity = 5"
    )
    folder.local("[filters]\nallow_symbols = ['B']\n[followers.1]\nmultiplier = 3\n[followers.2]\nenabled = false")
    settings = folder.load()
    assert settings.filters.allow_symbols == ("B",)
    assert not settings.filters.stop_orders
    assert (settings.followers[0].sizing.multiplier, settings.followers[0].sizing.max_quantity) == (Decimal(3), 5)
    assert not settings.followers[1].enabled


def test_the_local_file_can_keep_a_run_dry_but_not_make_it_live(folder: Folder) -> None:
    folder.local("dry_run = false")
    settings = folder.load()
    assert settings.dry_run
    assert settings.warnings == (
        "dry_run = false in copytui.local.toml is ignored: a live run is chosen anew each start",
    )
    folder.toml("dry_run = false")
    assert not folder.load().dry_run
    folder.local("dry_run = true")
    assert folder.load().dry_run


def test_problems_of_the_local_file_name_it(folder: Folder) -> None:
    folder.local("x =")
    assert folder.problem().startswith("copytui.local.toml is not valid TOML")
    folder.local("[followers.8]\n")
    assert folder.problem().startswith("[followers.8] in copytui.local.toml has no FOLLOWER_8_*")
    folder.toml("[sizing]\nfixed_quantity = 0")
    folder.local("[sizing]\nmode = 'fixed'\nmultiplier = true")
    assert [problem.split(" is ")[0] for problem in folder.problems()] == [
        "sizing.multiplier in copytui.local.toml",
        "sizing.fixed_quantity in copytui.toml",
    ]


def test_changes_are_merged_into_what_is_there(tmp_path: Path) -> None:
    save_local(tmp_path, {"filters.block_symbols": ["NIFTY"], "dry_run": True})
    save_local(tmp_path, {"filters.allow_symbols": ("A", "B*"), "followers.2.multiplier": Decimal("0.5")})
    save_local(tmp_path, {"filters.block_symbols": [], "sizing.mode": SizingMode.FIXED, "sizing.fixed_quantity": 5})
    assert saved(tmp_path) == {
        "dry_run": True,
        "filters": {"block_symbols": [], "allow_symbols": ["A", "B*"]},
        "followers": {"2": {"multiplier": 0.5}},
        "sizing": {"mode": "fixed", "fixed_quantity": 5},
    }
    assert [path.name for path in tmp_path.iterdir()] == [LOCAL_FILE]


def test_what_is_saved_is_what_is_loaded(folder: Folder) -> None:
    save_local(folder.path, {"filters.block_symbols": ["M&M-EQ", "BANK*"], "sizing.multiplier": Decimal("0.1")})
    settings = folder.load()
    assert settings.filters.block_symbols == ("M&M-EQ", "BANK*")
    assert settings.sizing.multiplier == Decimal("0.1")


def test_a_live_run_is_never_saved(tmp_path: Path) -> None:
    save_local(tmp_path, {"dry_run": True, "require_confirmation": True})
    save_local(tmp_path, {"dry_run": False})
    assert saved(tmp_path) == {"require_confirmation": True}
    (tmp_path / LOCAL_FILE).write_text("dry_run = false\n")
    save_local(tmp_path, {"require_confirmation": False})
    assert saved(tmp_path) == {"require_confirmation": False}


@pytest.mark.parametrize(
    "changes", [{"filters.blok_symbols": []}, {"sizing.multiplier": 0}, {"dry_run": None}, {"filters": 3}, {"a.b.c": 1}]
)
def test_a_change_that_could_not_be_loaded_again_is_refused_and_nothing_is_written(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    save_local(tmp_path, {"dry_run": True})
    with pytest.raises(SettingsRefused):
        save_local(tmp_path, changes)
    assert saved(tmp_path) == {"dry_run": True}


def test_a_damaged_local_file_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / LOCAL_FILE).write_text("dry_run = \n")
    with pytest.raises(SettingsRefused, match=r"copytui\.local\.toml is not valid TOML"):
        save_local(tmp_path, {"dry_run": True})
    assert (tmp_path / LOCAL_FILE).read_text() == "dry_run = \n"


def test_a_failing_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_local(tmp_path, {"dry_run": True})

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_local(tmp_path, {"require_confirmation": True})
    assert saved(tmp_path) == {"dry_run": True}
    assert [path.name for path in tmp_path.iterdir()] == [LOCAL_FILE]


def test_a_multiplier_that_was_changed_live_is_the_one_for_all_again_at_the_next_start(folder: Folder) -> None:
    folder.toml("[followers.2]\nmultiplier = 2")
    save_local(folder.path, {"sizing.multiplier": Decimal("0.25")})
    settings = folder.load()
    assert settings.sizing.multiplier == Decimal("0.25")
    assert [follower.sizing.multiplier for follower in settings.followers] == [Decimal("0.25"), Decimal(2)]
    assert [follower.shares_multiplier for follower in settings.followers] == [True, False]
