"""`[[sizing.rules]]` and `[[followers.N.rules]]`: which one applies to a symbol, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from copytui.domain.sizing import SizingMode, SymbolRule

from .folders import Folder

NIFTY, BANKNIFTY = "NIFTY28NOV2424000CE", "BANKNIFTY28NOV2450000CE"


def test_a_rule_overrides_the_plain_keys_of_all_and_of_the_follower(folder: Folder) -> None:
    folder.toml("""
[sizing]
multiplier = 2
max_quantity = 900
[[sizing.rules]]
symbols = [" NIFTY "]
multiplier = 0.5
[followers.2]
multiplier = 3
""")
    first, second = (follower.sizing for follower in folder.load().followers)
    assert (first.multiplier, first.for_symbol(NIFTY, "NIFTY").multiplier) == (Decimal(2), Decimal("0.5"))
    assert (second.multiplier, second.for_symbol(NIFTY, "NIFTY").multiplier) == (Decimal(3), Decimal("0.5"))
    assert second.for_symbol(NIFTY, "NIFTY").max_quantity == 900
    assert second.for_symbol(BANKNIFTY, "BANKNIFTY").multiplier == 3


def test_a_followers_own_rules_come_before_those_for_all(folder: Folder) -> None:
    folder.toml("""
[[sizing.rules]]
symbols = ["*NIFTY*"]
max_order_value = 1000.5
[[followers.2.rules]]
symbols = ["NIFTY", "SBIN"]
mode = "fixed"
fixed_quantity = 75
[[followers.2.rules]]
symbols = ["BANKNIFTY"]
mode = "capital"
max_quantity = 0
""")
    settings = folder.load()
    general = SymbolRule(("*NIFTY*",), max_order_value=Decimal("1000.5"))
    assert settings.sizing.rules == settings.followers[0].sizing.rules == (general,)
    assert settings.followers[1].sizing.rules == (
        SymbolRule(("NIFTY", "SBIN"), SizingMode.FIXED, fixed_quantity=75),
        SymbolRule(("BANKNIFTY",), SizingMode.CAPITAL, max_quantity=0),
        general,
    )
    assert settings.warnings == ()


def test_the_local_files_rules_replace_the_list_as_a_whole(folder: Folder) -> None:
    folder.toml('[[sizing.rules]]\nsymbols = ["A"]\nmultiplier = 2\n[[sizing.rules]]\nsymbols = ["B"]')
    folder.local('[[sizing.rules]]\nsymbols = ["C"]\nmultiplier = 4\n')
    assert folder.load().sizing.rules == (SymbolRule(("C",), multiplier=Decimal(4)),)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[sizing]\nrules = 3", "sizing.rules in copytui.toml is 3: it must be tables, each under [[sizing.rules]]"),
        ("[sizing.rules]", "sizing.rules in copytui.toml is a table: it must be tables, each under [[sizing.rules]]"),
        ("[sizing]\nrules = [3]", "sizing.rules[1] in copytui.toml is 3: it must be a table under [[sizing.rules]]"),
        (
            "[[sizing.rules]]\nmultiplier = 2",
            "sizing.rules[1].symbols in copytui.toml is missing: it must be a list of",
        ),
        (
            "[[sizing.rules]]\nsymbols = ['A', 5]",
            'sizing.rules[1].symbols in copytui.toml is the list ["A", 5]: it must',
        ),
        (
            "[[sizing.rules]]\nsymbols = []",
            "sizing.rules[1].symbols in copytui.toml is an empty list: it must be a list of",
        ),
        ("[[followers.1.rules]]\nsymbols = 'A'", 'followers.1.rules[1].symbols in copytui.toml is "A": it must be'),
        (
            "[[sizing.rules]]\nsymbols = ['A']\n[[sizing.rules]]\nsymbols = ['B']\nmultiplier = 0",
            "sizing.rules[2].multiplier in copytui.toml is 0: it must be a number from 0.0001",
        ),
        (
            "[[sizing.rules]]\nsymbols = ['A']\nmultiplyer = 2",
            "sizing.rules[1].multiplyer in copytui.toml is not known: did you mean sizing.rules[1].multiplier?",
        ),
        (
            "[[sizing.rules]]\nsymbols = ['A']\nkkkkkkkkkkkkkk = 2",
            "allowed in [[sizing.rules]] are symbols, mode, multiplier",
        ),
        ("[[sizing.rule]]\nsymbols = ['A']", "sizing.rule in copytui.toml is not known: did you mean sizing.rules?"),
        ("[[orders.rules]]\nsymbols = ['A']", "orders.rules in copytui.toml is not known"),
        ("[[sizing.rules]]\nsymbols = ['A']\n\"\\u001b[31m\" = 1", '"sizing.rules[1].\\u001b[31m" in copytui.toml is'),
        (
            "[[sizing.rules]]\nsymbols = ['A']\nmode = 'fixed'",
            'sizing.rules[1].fixed_quantity in copytui.toml is 0: with mode = "fixed" it must be above 0',
        ),
        (
            "[sizing]\nmode = 'fixed'\nfixed_quantity = 5\n[[followers.2.rules]]\nsymbols = ['A']\nfixed_quantity = 0",
            'followers.2.rules[1].fixed_quantity in copytui.toml is 0: with mode = "fixed" it must be above 0',
        ),
        (
            "[[sizing.rules]]\nsymbols = ['A']\nmode = 'fixed'\nfixed_quantity = -1",
            "sizing.rules[1].fixed_quantity in copytui.toml is -1: it must be a whole number from 0",
        ),
    ],
)
def test_a_mistake_in_a_rule_is_one_sentence(folder: Folder, toml: str, said: str) -> None:
    folder.toml(toml)
    assert said in folder.problem()


def test_every_problem_of_every_rule_is_reported_at_once(folder: Folder) -> None:
    folder.toml("""
[[sizing.rules]]
symbols = ["A"]
mode = "double"
max_quantity = -1
[[sizing.rules]]
mode = "fixed"
[[followers.1.rules]]
symbols = ["B"]
mode = "fixed"
""")
    assert [problem.split(" in ")[0] for problem in folder.problems()] == [
        "sizing.rules[1].mode",
        "sizing.rules[1].max_quantity",
        "sizing.rules[2].symbols",
        "sizing.rules[2].fixed_quantity",
        "followers.1.rules[1].fixed_quantity",
    ]


def test_a_fixed_rule_may_inherit_its_quantity(folder: Folder) -> None:
    folder.toml("""
[[sizing.rules]]
symbols = ["A"]
mode = "fixed"
[followers.1]
mode = "fixed"
fixed_quantity = 5
[followers.2]
mode = "fixed"
fixed_quantity = 6
""")
    assert [follower.sizing.for_symbol("A", None).fixed_quantity for follower in folder.load().followers] == [5, 6]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (
            "[[sizing.rules]]\nsymbols = ['A']\nfixed_quantity = 5",
            'fixed_quantity in copytui.toml has no effect while the mode is "multiplier"',
        ),
        (
            "[[sizing.rules]]\nsymbols = ['A']\nmultiplier = 5\nmode = 'capital'",
            'sizing.rules[1].multiplier in copytui.toml has no effect while the mode is "capital"',
        ),
        (
            "[followers.2]\nmode = 'fixed'\nfixed_quantity = 1\n[[followers.2.rules]]\nsymbols = ['A']\nmultiplier = 5",
            'followers.2.rules[1].multiplier in copytui.toml has no effect while the mode is "fixed"',
        ),
    ],
)
def test_a_key_of_a_rule_without_effect_is_a_warning(folder: Folder, toml: str, said: str) -> None:
    folder.toml(toml)
    (warning,) = folder.load().warnings
    assert said in warning


def test_a_key_that_has_an_effect_for_one_follower_is_no_warning(folder: Folder) -> None:
    folder.toml("""
[[sizing.rules]]
symbols = ["A"]
fixed_quantity = 5
multiplier = 2
[followers.2]
mode = "fixed"
fixed_quantity = 1
""")
    assert folder.load().warnings == ()
