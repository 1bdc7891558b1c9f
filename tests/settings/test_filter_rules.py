"""Filter rules in copytui.toml, in copytui.local.toml, and as they are typed."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import jsonschema
import pytest

from copytui.domain.contracts import Right
from copytui.domain.errors import SettingsRefused
from copytui.domain.filter_rules import FilterRule
from copytui.domain.filters import Filters
from copytui.domain.orders import Exchange, Product, Side
from copytui.settings.describe import settings_in_force
from copytui.settings.json_schema import json_schema
from copytui.settings.live import save_local
from copytui.settings.schema_filters import filters_as_settings, typed_rule

from .folders import Folder

KEYS = "underlying, right, expiry_within_days, side, product, segment"
WHOLE = (
    '{underlying = "NIFTY", right = "CE", expiry_within_days = 7, side = "BUY", product = "INTRADAY", segment = "NFO"}'
)
RULE = FilterRule("NIFTY", Right.CE, 7, Side.BUY, Product.INTRADAY, Exchange.NFO)


def test_rules_stand_beside_words_in_both_lists(folder: Folder) -> None:
    folder.toml(f'[filters]\nallow_symbols = ["SBIN", {WHOLE}]\nblock_symbols = [{{side = "SELL"}}, "TCS"]\n')
    assert folder.load().filters == Filters(
        allow_symbols=("SBIN",), allow_rules=(RULE,), block_symbols=("TCS",), block_rules=(FilterRule(side=Side.SELL),)
    )


def test_a_list_of_rules_may_be_written_as_tables(folder: Folder) -> None:
    folder.toml('[[filters.block_symbols]]\nunderlying = "m&m"\n[[filters.block_symbols]]\nright = "FUT"\n')
    assert folder.load().filters.block_rules == (FilterRule("M&M"), FilterRule(right=Right.FUT))


def test_rules_are_among_the_settings_in_force(folder: Folder) -> None:
    folder.toml(f"[filters]\nblock_symbols = ['BANK*', {WHOLE}]\n")
    (line,) = (line for line in settings_in_force(folder.load()) if line.startswith("filters: "))
    assert line == (
        "filters: all symbols but BANK*, {underlying NIFTY, CE, expiry within 7 days, BUY, INTRADAY, NFO}"
        " · market limit stop"
    )


def test_every_mistake_in_a_rule_is_a_sentence_of_its_own(folder: Folder) -> None:
    folder.toml(
        '[filters]\nblock_symbols = ["SBIN", {rigth = "CE", side = "HOLD", expiry_within_days = -1}, {}]\n'
        'allow_symbols = [{underlying = ""}]\n'
    )
    assert folder.problems() == (
        "filters.block_symbols[2].rigth in copytui.toml is not known: did you mean filters.block_symbols[2].right?",
        'filters.block_symbols[2].side in copytui.toml is "HOLD": it must be one of "BUY", "SELL"',
        "filters.block_symbols[2].expiry_within_days in copytui.toml is -1: it must be a whole number from 0 to 3,650",
        f"filters.block_symbols[3] in copytui.toml is empty: it must have one at least of {KEYS}",
        'filters.allow_symbols[1].underlying in copytui.toml is "": it must be an underlying like "NIFTY" or "M&M"',
    )


@pytest.mark.parametrize("text", ["block_symbols = [1]", 'block_symbols = [{side = "BUY"}, ""]', "block_symbols = 1"])
def test_what_is_neither_word_nor_rule_is_refused(folder: Folder, text: str) -> None:
    folder.toml(f"[filters]\n{text}\n")
    (problem,) = folder.problems()
    assert 'it must be a list of symbols or globs, like ["NIFTY", "BANK*"]' in problem


def test_rules_are_written_to_the_local_file_and_read_back(folder: Folder) -> None:
    filters = Filters(allow_symbols=("SBIN",), allow_rules=(RULE,), block_rules=(FilterRule(side=Side.SELL),))
    folder.toml("[filters]\nblock_symbols = ['TCS']\n")
    save_local(folder.path, filters_as_settings(filters))
    assert folder.load().filters == filters
    save_local(folder.path, filters_as_settings(Filters()))
    assert folder.load().filters == Filters()


def test_a_rule_with_a_mistake_is_not_saved(folder: Folder) -> None:
    with pytest.raises(SettingsRefused, match=r"filters\.block_symbols\[1\]\.side"):
        save_local(folder.path, {"filters.block_symbols": [{"side": "HOLD"}]})


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        (f"[filters]\nblock_symbols = ['A', {WHOLE}]", True),
        ("[filters]\nblock_symbols = [{}]", False),
        ('[filters]\nblock_symbols = [{side = "HOLD"}]', False),
        ('[filters]\nblock_symbols = [{sides = "BUY"}]', False),
        ("[sizing.rules]\nsymbols = [{side = 'BUY'}]", False),
    ],
)
def test_the_json_schema_knows_the_rules(text: str, *, is_valid: bool) -> None:
    schema: Any = jsonschema.Draft202012Validator(json.loads(json_schema()))
    assert schema.is_valid(tomllib.loads(text)) is is_valid


@pytest.mark.parametrize(
    "text", [WHOLE, str(RULE), WHOLE.replace('"', ""), WHOLE.replace('"', "'"), WHOLE.replace(" ", "").lower()]
)
def test_a_typed_rule_needs_no_quotes_and_no_capitals(text: str) -> None:
    assert typed_rule(text) == RULE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{rigth = CE}", "rigth is not known: a rule has underlying, right,"),
        ("{right = XX}", 'right must be one of "CE", "PE", "FUT".'),
        ("{expiry_within_days = soon}", "expiry_within_days must be a whole number"),
        ("{NIFTY}", "A rule is written like {"),
        ("{}", "A rule is written like {"),
        ('{underlying = ""}', "underlying must be an underlying like"),
    ],
)
def test_a_typed_mistake_is_a_sentence(text: str, words: str) -> None:
    said = typed_rule(text)
    assert isinstance(said, str)
    assert said.startswith(words)
