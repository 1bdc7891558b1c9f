"""Any input: the files load, or are refused in sentences; nothing else happens."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from copytui.domain.errors import SettingsRefused
from copytui.settings.describe import settings_in_force
from copytui.settings.schema import FOLLOWER_KEYS, GLOBAL_KEYS, RULE_SYMBOLS, RULES
from copytui.settings.schema_limits import FREEZE_QUANTITIES

from .folders import Folder

NAMES = sorted(
    {
        *(key.name for key in (*GLOBAL_KEYS, *FOLLOWER_KEYS)),
        *(key.section for key in GLOBAL_KEYS),
        *("1", "7", "followers", "NIFTY", FREEZE_QUANTITIES, RULES, RULE_SYMBOLS.name),
    }
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    TEXT,
    st.sampled_from(["fixed", "capital", "complete", "http://127.0.0.1", "https://[", "1.2.3.4", "ws://localhost"]),
    st.datetimes(),
    st.dates(),
    st.times(),
)
KEYS = st.one_of(st.sampled_from(NAMES), TEXT)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=8,
)
SECTION = st.one_of(JUNK, st.dictionaries(KEYS, JUNK, max_size=4))
DOCUMENTS = st.dictionaries(KEYS, st.one_of(SECTION, st.dictionaries(KEYS, SECTION, max_size=3)), max_size=5)
FEWER = 1 if "COPYTUI_HISTORIES" in os.environ else 3
"""CI takes every example; the default suite the first third of them."""


def load_or_refuse(folder: Folder) -> None:
    with contextlib.suppress(SettingsRefused):
        made = folder.load()
        assert settings_in_force(made)
        return
    for problem in folder.problems():
        assert problem
        assert problem.isprintable()
        assert len(problem) < 700


@settings(max_examples=300 // FEWER, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_any_toml_loads_or_is_refused_in_printable_sentences(base: dict[str, object], local: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.env()
        folder.toml(tomli_w.dumps(base))
        folder.local(tomli_w.dumps(local))
        load_or_refuse(folder)


@settings(max_examples=150 // FEWER, deadline=None)
@given(st.sampled_from([*GLOBAL_KEYS, *FOLLOWER_KEYS]), JUNK)
def test_any_junk_in_any_key_loads_or_is_refused(key: object, value: object) -> None:
    checked = next(each for each in (*GLOBAL_KEYS, *FOLLOWER_KEYS) if each is key)
    nested: dict[str, object] = {checked.name: value}
    if checked in FOLLOWER_KEYS:
        nested = {"followers": {"1": nested}}
    elif checked.section:
        nested = {checked.section: nested}
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.env()
        folder.toml(tomli_w.dumps(nested))
        load_or_refuse(folder)


RULE_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "symbols": st.one_of(JUNK, st.just(["NIFTY"])),
        "mode": st.one_of(JUNK, st.sampled_from(["fixed", "capital", "multiplier"])),
        "fixed_quantity": st.one_of(JUNK, st.integers(0, 5)),
        "multiplier": st.one_of(JUNK, st.just(2)),
        "max_quantity": JUNK,
        "nonsense": JUNK,
    },
)


@settings(max_examples=200 // FEWER, deadline=None)
@given(st.lists(st.one_of(RULE_VALUES, JUNK), max_size=3), st.lists(RULE_VALUES, max_size=2), st.booleans())
def test_any_rules_load_or_are_refused(general: list[object], own: list[object], fixed: bool) -> None:
    nested: dict[str, object] = {
        "sizing": {"mode": "fixed", "fixed_quantity": 5, "rules": general} if fixed else {"rules": general},
        "followers": {"1": {"rules": own}},
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.env()
        folder.toml(tomli_w.dumps(nested))
        load_or_refuse(folder)


@settings(max_examples=150 // FEWER, deadline=None)
@given(
    st.one_of(st.binary(max_size=200), TEXT.map(str.encode)), st.one_of(st.binary(max_size=200), TEXT.map(str.encode))
)
def test_any_bytes_in_the_files_load_or_are_refused(env: bytes, toml: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.env()
        with (folder.path / ".env").open("ab") as file:
            file.write(env)
        (folder.path / "copytui.toml").write_bytes(toml)
        load_or_refuse(folder)
