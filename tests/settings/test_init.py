"""`copytui init` and the example files that it writes."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path

import pytest

from copytui.domain.errors import StartRefused
from copytui.domain.orders import AS_OF, QUANTITIES
from copytui.domain.sessions import SESSIONS
from copytui.settings.example import SCHEMA_FILE, example_env, example_toml
from copytui.settings.init import write_templates
from copytui.settings.json_schema import json_schema
from copytui.settings.model import INSTRUMENTS_URL, BrokerSettings, FollowerSettings, MasterSettings, Settings
from copytui.settings.schema import GLOBAL_KEYS

from .folders import GOOD, Folder


def test_the_files_are_written_and_only_the_user_can_read_the_secrets(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        lines = write_templates(tmp_path)
    finally:
        os.umask(old)
    assert [line.split()[0] for line in lines] == [".env", "copytui.toml", SCHEMA_FILE]
    assert (tmp_path / ".env").read_text(encoding="utf-8") == example_env()
    assert (tmp_path / "copytui.toml").read_text(encoding="utf-8") == example_toml()
    assert (tmp_path / SCHEMA_FILE).read_text(encoding="utf-8") == json_schema()
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("mine")
    lines = write_templates(tmp_path)
    assert lines[:2] == [".env is there already and was left alone", "copytui.toml was written"]
    assert (tmp_path / ".env").read_text() == "mine"
    (tmp_path / "copytui.toml").write_text("mine too")
    (tmp_path / SCHEMA_FILE).write_text("{}")
    assert all(line.endswith("is there already and was left alone") for line in write_templates(tmp_path))
    assert (tmp_path / "copytui.toml").read_text() == "mine too"
    assert (tmp_path / SCHEMA_FILE).read_text() == "{}"


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(tmp_path / "elsewhere")
    assert ".env is there already" in write_templates(tmp_path)[0]
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="cannot be written: No such file or directory"):
        write_templates(tmp_path / "gone")


def test_the_example_gives_exactly_the_defaults(folder: Folder) -> None:
    folder.toml(example_toml())
    settings = folder.load()
    assert settings == Settings(
        folder=folder.path,
        master=MasterSettings(settings.master.credentials),
        followers=tuple(
            FollowerSettings(each.number, each.name, each.credentials, shares_multiplier=True)
            for each in settings.followers
        ),
        broker=BrokerSettings(instruments_url=INSTRUMENTS_URL),
        sessions=SESSIONS,
        logs_directory=folder.path / "logs",
    )


def test_the_example_has_every_key() -> None:
    # Where the default depends on root_url, the key stands there as a comment.
    text = example_toml()
    for key in GLOBAL_KEYS:
        text = text.replace(f"\n# {key.name} = ", f"\n{key.name} = ") if key.example else text
    document = tomllib.loads(text)
    assert document["broker"]["instruments_url"] == INSTRUMENTS_URL
    for key in GLOBAL_KEYS:
        table = document[key.section] if key.section else document
        assert key.name in table


def test_the_comments_of_the_example_work_when_uncommented(folder: Folder) -> None:
    text = example_toml()
    uncommented, count = re.subn(r"^# (\[|[A-Za-z_]+ = )", r"\1", text, flags=re.MULTILINE)
    folder.toml(uncommented)
    settings = folder.load()
    sizing = settings.followers[0].sizing
    assert count == 29
    assert str(sizing.multiplier) == "0.5"
    assert sizing.for_symbol("BANKNIFTY24NOV2650000CE", "BANKNIFTY").fixed_quantity == 30
    assert settings.sizing.for_symbol("NIFTY24NOV2624000CE", "NIFTY").max_quantity == 300
    assert settings.warnings == ()


def test_the_example_shows_the_freeze_quantities_in_force() -> None:
    text = example_toml()
    shown = {name: int(value) for name, value in re.findall(r"^# ([A-Z0-9]+) = ([0-9]+)$", text, flags=re.MULTILINE)}
    assert shown == QUANTITIES
    assert f"of {AS_OF.day} {AS_OF:%B %Y}" in text


def test_the_env_example_works_when_filled_in_and_empty_says_what_is_missing(folder: Folder) -> None:
    text = example_env()
    folder.write(".env", text)
    problems = folder.problems()
    assert len(problems) == 8
    assert all(" in .env is missing: it must be " in problem for problem in problems)
    for name, value in GOOD.items():
        text = re.sub(rf"^{name}=$", f"{name}={value}", text, flags=re.MULTILINE)
    folder.write(".env", text)
    (folder.path / ".env").chmod(0o600)
    settings = folder.load()
    assert [each.client_id for each in settings.followers] == ["F100"]
    assert settings.followers[0].name == "Follower 1"
    assert settings.warnings == ()
