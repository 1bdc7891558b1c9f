"""The description of the settings: complete, in step with the model, and current in every file made from it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from copytui.settings import generate
from copytui.settings.example import example_toml
from copytui.settings.json_schema import json_schema
from copytui.settings.keys import Key, Section, default_of
from copytui.settings.schema import FILE, FOLLOWERS, SIZING_KEYS

from .folders import Folder

ROOT = Path(__file__).parents[2]
DESCRIBED = [(section, key) for section in FILE for key in section.keys]
OF_A_MODEL = [(section, key) for section, key in DESCRIBED if not section.template]
NOT_IN_THE_FILE = {
    "freeze_file",
    "credentials",
    "rules",
    "allow_rules",
    "block_rules",
    "folder",
    "followers",
    "warnings",
    "number",
    "name",
    "shares_multiplier",
}


def validator() -> Any:
    return jsonschema.Draft202012Validator(json.loads(json_schema()))


def test_every_generated_file_is_current() -> None:
    stale = [name for name, text in generate.outputs().items() if (ROOT / name).read_bytes() != text.encode()]
    assert stale == [], "run python -m copytui.settings.generate"


def test_check_names_a_stale_file_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "_ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [f"{name} is not current" for name in generate.outputs()]
    assert list(tmp_path.iterdir()) == [tmp_path / "docs"]
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


@pytest.mark.parametrize(("section", "key"), DESCRIBED, ids=[f"{s.name}.{k.name}" for s, k in DESCRIBED])
def test_every_key_is_described(section: Section, key: Key[object]) -> None:
    assert key.meaning
    assert key.check.kind
    assert key.section == section.name or (section.template and (key in SIZING_KEYS or key.section == FOLLOWERS))


@pytest.mark.parametrize(("section", "key"), OF_A_MODEL, ids=[key.path() for _, key in OF_A_MODEL])
def test_the_default_is_the_models_and_passes_its_check(section: Section, key: Key[object]) -> None:
    default = default_of(section, key)
    assert default is not None
    parsed = key.check.parse(default)
    assert parsed is not None
    (field,) = (each for each in fields(section.model) if each.name in {key.name, f"{section.name}_{key.name}"})
    if section.name not in {"trading", "logs"} and not key.example:  # the loader turns their text into times and a path
        assert parsed == field.default
        assert type(parsed) is type(field.default) or field.type == "float"


@pytest.mark.parametrize(
    "section", [each for each in FILE if each.keys and each.name != "logs"], ids=lambda section: section.name
)
def test_every_field_of_the_model_is_a_key(section: Section) -> None:
    elsewhere = NOT_IN_THE_FILE | {each.name for each in FILE} | {"logs_directory", "sizing"}
    found = {field.name for field in fields(section.model)} - elsewhere
    assert found <= {key.name for key in section.keys}


def test_the_json_schema_is_valid_and_accepts_the_example() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(json_schema()))
    uncommented = re.sub(r"^# (\[|[A-Za-z_0-9]+ = )", r"\1", example_toml(), flags=re.MULTILINE)
    for text in (example_toml(), uncommented, ""):
        assert list(validator().iter_errors(tomllib.loads(text))) == []


def test_the_example_names_the_schema_that_lies_beside_it() -> None:
    first, _, _ = example_toml().partition("\n")
    assert first == "#:schema ./copytui.schema.json"
    assert (ROOT / first.removeprefix("#:schema ")).is_file()


@pytest.mark.parametrize(
    "text",
    [
        "dryrun = true",
        'dry_run = "true"',
        "confirmation_timeout_seconds = 0",
        "[master]\npoll_interval_seconds = 1.0",
        '[master]\ncopy_on = "Complete"',
        '[filters]\nallow_symbols = ["  "]',
        "[sizing]\nmultiplier = 0",
        "[sizing]\nmax_quantity = -1",
        "[[sizing.rules]]\nmultiplier = 2",
        "[[sizing.rules]]\nsymbols = []",
        "[[orders.rules]]\nsymbols = ['A']",
        "[orders]\nreprice_steps = 11",
        '[trading]\nstart = "9:20"',
        "[trading]\ndays = []",
        "[freeze_quantities]\nNIFTY = true",
        '[freeze_quantities]\n"A B" = 3',
        "[followers.01]",
        "[followers.1]\nmultiplyer = 2",
        "[followers.2]\nsource_address = '10.0.0.7:80'",
        '[broker]\nroot_url = "https://a.example/path"',
        '[logs]\ndirectory = ""',
    ],
)
def test_an_editor_refuses_what_the_loader_refuses(folder: Folder, text: str) -> None:
    folder.toml(text)
    assert folder.problems()
    assert not validator().is_valid(tomllib.loads(text))


def test_each_module_of_the_settings_can_be_imported_first() -> None:
    names = [path.stem for path in (ROOT / "copytui" / "settings").glob("[a-z]*.py")]
    script = """
import importlib, sys
for name in sys.argv[1:]:
    for loaded in [each for each in sys.modules if each.startswith("copytui.settings")]:
        del sys.modules[loaded]
    importlib.import_module(f"copytui.settings.{name}")
"""
    result = subprocess.run([sys.executable, "-c", script, *names], check=False, cwd=ROOT)  # noqa: S603
    assert result.returncode == 0
