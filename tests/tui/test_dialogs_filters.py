"""The filters: what Enter applies, and the preview that follows each keystroke."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.widgets import Input, Static

from copytui.domain.contracts import Right
from copytui.domain.executions import Origin
from copytui.domain.filter_rules import FilterRule
from copytui.domain.filters import Filters
from copytui.domain.orders import OrderType, Side
from copytui.domain.sizing import Sizing, SizingMode, SymbolRule
from copytui.engine.snapshot import OrderView, Snapshot
from copytui.tui.dialogs.filter_preview import Given, Sizes, preview, read_symbols, sizes_at
from copytui.tui.dialogs.filters import Edited, FiltersScreen
from copytui.tui.dialogs.text import CARE, GOOD
from tests.tui import exits, snapshots
from tests.tui.dialog_host import WAITING, DialogHost, press
from tests.tui.fake import FakeFront

SIZE = (80, 24)


FIXED = Sizes(Sizing(SizingMode.FIXED, fixed_quantity=75), others=5)
BY_TWO = Sizing(multiplier=Decimal(2))
SIZES = Sizes(BY_TWO, (BY_TWO, replace(BY_TWO, max_quantity=100)), sharers=3, others=2)
"""Three followers share the multiplier; one of them takes 100 at most."""


def host(filters: Filters | None = None, sizes: Sizes = FIXED) -> DialogHost:
    snapshot = snapshots.busy()
    return DialogHost(FakeFront(snapshot), FiltersScreen(filters or Filters(), snapshot.orders, sizes))


async def test_typed_symbols_are_applied_with_enter() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"SBIN", "comma", "space", *"NIFTY", "tab", *"INFY", "asterisk", "enter")
        assert app.result == Edited(Filters(allow_symbols=("SBIN", "NIFTY"), block_symbols=("INFY*",)))


async def test_a_typed_rule_is_applied_and_one_of_the_settings_can_be_edited() -> None:
    before = Filters(block_symbols=("TCS",), block_rules=(FilterRule("BANKNIFTY"),))
    app = host(before)
    async with app.run_test(size=SIZE) as pilot:
        field = app.screen.query_one("#block", Input)
        assert field.value == 'TCS, {underlying = "BANKNIFTY"}'
        field.value += " {underlying=NIFTY, right=CE, expiry_within_days=7}"
        await press(pilot, "enter")
        rules = (FilterRule("BANKNIFTY"), FilterRule("NIFTY", Right.CE, 7))
        assert app.result == Edited(Filters(block_symbols=("TCS",), block_rules=rules))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("{underlying=NIFTY, rite=CE}", "rite is not known"),
        ("{underlying=NIFTY", "A rule ends with }."),
        ("SBIN, {side=HOLD}", "side must be one of"),
    ],
)
async def test_a_rule_with_a_mistake_says_so_and_keeps_the_dialog_open(typed: str, said: str) -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        app.screen.query_one("#allow", Input).value = typed
        await press(pilot, "enter")
        assert said in str(app.screen.query_one("#summary", Static).content)
        assert app.result is WAITING
        app.screen.query_one("#allow", Input).value = "{side=BUY}"
        await press(pilot, "enter")
        assert app.result == Edited(Filters(allow_rules=(FilterRule(side=Side.BUY),)))


@pytest.mark.parametrize("text", ["SBIN NIFTY", "SBIN; NIFTY", " SBIN ,NIFTY;; ", "SBIN  sbin\tNIFTY"])
async def test_blanks_and_semicolons_stand_between_symbols_as_commas_do(text: str) -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        app.screen.query_one("#block", Input).value = text
        await press(pilot, "enter")
        assert app.result == Edited(Filters(block_symbols=("SBIN", "NIFTY")))


async def test_a_list_that_is_not_touched_stays_as_the_settings_file_says() -> None:
    filters = Filters(allow_symbols=("NIFTY 50", "sbin", "SBIN"), block_symbols=("A;B",))
    app = host(filters)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "tab", "end", *" INFY", "enter")
        assert app.result == Edited(replace(filters, block_symbols=("A", "B", "INFY")))


async def test_the_hint_of_what_may_be_typed_is_not_cut() -> None:
    app = host()
    async with app.run_test(size=SIZE):
        assert "Comma between; NIFTY, BANK* or {underlying=NIFTY, right=CE}" in app.screen_text()


async def test_a_question_mark_can_be_typed() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"SBI", "question_mark", "enter")
        assert app.result == Edited(Filters(allow_symbols=("SBI?",)))


async def test_space_turns_an_order_type_and_enter_there_applies_too() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "tab", "tab", "space", "tab", "tab", "space", "enter")
        assert app.result == Edited(Filters(market_orders=False, stop_orders=False))


async def test_escape_changes_nothing() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *"SBIN", "tab", "tab", "space", "escape")
        assert app.result is None


async def test_enter_without_a_change_gives_the_same_filters() -> None:
    filters = Filters(allow_symbols=("sbin",), block_symbols=("NIFTY", "INFY"), limit_orders=False)
    app = host(filters)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        assert app.result == Edited(filters)


async def test_the_preview_follows_each_keystroke() -> None:
    app = host()
    async with app.run_test(size=SIZE) as pilot:
        assert app.text("summary") == "10 of today's 10 orders would pass · no change"
        await press(pilot, "tab", *"SBI")
        assert "10 of today's 10" in app.text("summary")
        await press(pilot, "N")
        assert app.text("summary") == "9 of today's 10 orders would pass · 1 decided differently"
        assert "no: blocked by SBIN" in app.screen_text()
        await press(pilot, "backspace", "tab", "space")
        assert "market orders are off" in app.screen_text()
        assert app.result is WAITING


async def test_a_size_that_no_multiplier_gives_is_shown_and_cannot_be_edited() -> None:
    app = host()
    async with app.run_test(size=SIZE):
        assert app.text("sizing") == "always 75; 5 followers with their own sizing (set in copytui.toml)"
        assert not app.screen.query("#multiplier")


async def test_the_multiplier_is_edited_with_a_look_at_what_it_gives() -> None:
    app = host(sizes=SIZES)
    async with app.run_test(size=SIZE) as pilot:
        assert app.text("sizing") == "for 3 followers; 2 with their own sizing (copytui.toml)"
        await press(pilot, *(["tab"] * 5), "backspace", *"0.5")
        assert app.text("summary").endswith("10 orders would pass · x2 becomes x0.5")
        assert app.result is WAITING
        await press(pilot, "enter")
        assert app.result == Edited(Filters(), Decimal("0.5"))


@pytest.mark.parametrize("text", ["", "0", "-1", "1001", "1e-9999999", "two", "NaN", "0,5"])
async def test_a_wrong_multiplier_is_said_and_not_applied(text: str) -> None:
    app = host(sizes=SIZES)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, *(["tab"] * 5), "backspace")
        app.screen.query_one("#multiplier", Input).value = text
        await press(pilot, "shift+tab", "enter")
        assert app.result is WAITING
        assert app.text("summary") == "The multiplier must be a number from 0.0001 to 1,000."
        assert app.screen.focused is app.screen.query_one("#multiplier")
        app.screen.query_one("#multiplier", Input).value = "2"
        await press(pilot, "enter")
        assert app.result == Edited(Filters())


def size_words(view: OrderView, sizes: Sizes, multiplier: str) -> str:
    return sizes.at(Decimal(multiplier)).of(view).words


def test_what_a_multiplier_gives_is_sized_as_the_engine_does() -> None:
    view = replace(snapshots.busy().orders[0], executions=())
    order = replace(view.known.order, quantity=150, filled=75, lot_size=25, symbol="NIFTY28NOV2624500CE")
    view = replace(view, known=replace(view.known, order=order))
    assert size_words(view, SIZES, "1") == "75 each"
    assert size_words(view, SIZES, "0.5") == "25 each"  # 37 down to a whole lot
    assert size_words(view, SIZES, "2") == "none to 150 each"  # one takes 100 at most
    assert SIZES.at(Decimal("0.1")).of(view) == Given("below one lot", nothing=True)
    own_rule = Sizes(BY_TWO, (Sizing(rules=(SymbolRule(("NIFTY",), multiplier=Decimal(3)),)),), sharers=1)
    assert size_words(view, own_rule, "1") == "225 each"  # the rule's own stays
    assert size_words(view, FIXED, "1") == ""


def test_an_exit_is_not_the_multipliers_to_size() -> None:
    closing = [view for view in exits.busy().orders if any(d.execution.closes is not None for d in view.executions)]
    assert [SIZES.of(view) for view in closing] == [Given()] * len(closing) != []


def test_followers_with_a_multiplier_of_their_own_are_counted_apart() -> None:
    settings = FakeFront(snapshots.quiet()).settings
    one, two, three, *_ = settings.followers
    settings = replace(settings, followers=(
        replace(one, shares_multiplier=True),
        replace(two, sizing=Sizing(multiplier=Decimal(3))),
        replace(three, shares_multiplier=True, sizing=Sizing(SizingMode.FIXED, fixed_quantity=5)),
    ))  # fmt: skip
    sizes = sizes_at(settings, Decimal(7))
    assert (sizes.multiplier, sizes.sharers, sizes.others) == (Decimal(7), 1, 2)
    assert sizes.sharing == (Sizing(multiplier=Decimal(7)),)


async def test_an_empty_day_says_so() -> None:
    snapshot = snapshots.quiet()
    app = DialogHost(FakeFront(snapshot), FiltersScreen(Filters(), snapshot.orders, FIXED))
    async with app.run_test(size=SIZE):
        assert "No master orders today to preview." in app.text("summary")


def test_what_stops_an_order_is_the_domains_own_reason() -> None:
    edited = Filters(allow_symbols=("NIFTY",), block_symbols=("FINNIFTY",), market_orders=False)
    lines = preview(edited, Filters(), snapshots.busy().orders).lines.plain.splitlines()
    assert [re.split(r"(?:limit|market) +", line, maxsplit=1)[1] for line in lines[:5]] == [
        "passes", "no: not in the allow list", "no: blocked by FINNIFTY", "no: not in the allow list",
        "no: market orders are off",
    ]  # fmt: skip


def test_our_own_orders_are_not_previewed_and_stop_orders_are() -> None:
    view = snapshots.busy().orders[0]
    own = replace(view, known=replace(view.known, origin=Origin.OWN))
    order = replace(view.known.order, order_type=OrderType.STOPLOSS_MARKET)
    stop = replace(view, known=replace(view.known, order=order))
    tried = preview(Filters(stop_orders=False), Filters(), (own, stop))
    assert (tried.passing, tried.total, tried.changed) == (0, 1, 1)
    assert "stop market" in tried.lines.plain


def test_patterns_are_read_between_commas_once_each() -> None:
    assert read_symbols(" NIFTY, ,sbin,,nifty , *CE") == ("NIFTY", "sbin", "*CE")
    assert read_symbols(" , ") == ()


def test_a_day_of_two_thousand_orders_is_counted_whole_and_listed_in_part() -> None:
    tried = preview(Filters(block_symbols=("NIFTY",)), Filters(), snapshots.crowded(2000, 1).orders)
    assert (tried.passing, tried.total) == (0, 2000)
    assert "and 1900 older orders" in tried.lines.plain


AT_MOST_20 = Sizes(BY_TWO, (replace(BY_TWO, max_quantity=20),), sharers=3)


def styles_of(words: str, snapshot: Snapshot, sizes: Sizes) -> set[str]:
    """Return the styles that the preview gives to `words`, in any of its lines."""
    lines = preview(Filters(), Filters(), snapshot.orders, sizes).lines
    begin = lines.plain.index(words)
    return {str(span.style) for span in lines.spans if span.start < begin + len(words) and span.end > begin}


def test_what_nobody_gets_anything_of_is_one_sentence_in_amber() -> None:
    snapshot = snapshots.busy()
    lines = preview(Filters(), Filters(), snapshot.orders, AT_MOST_20).lines.plain.splitlines()
    assert [line for line in lines if "over max quantity" not in line] == []
    assert "SELL SBIN-EQ           limit  passes, no copy: over max quantity" in lines[1]
    assert styles_of("passes, no copy: over max quantity", snapshot, AT_MOST_20) == {CARE}
    assert styles_of("passes", snapshot, SIZES) == {GOOD}


@given(symbol=st.text(min_size=1, max_size=40), kind=st.sampled_from(OrderType), most=st.sampled_from([0, 20, 1000]))
def test_no_line_of_the_preview_is_wider_than_its_box(symbol: str, kind: OrderType, most: int) -> None:
    view = snapshots.busy().orders[0]
    view = replace(view, known=replace(view.known, order=replace(view.known.order, symbol=symbol, order_type=kind)))
    sizes = Sizes(BY_TWO, (replace(BY_TWO, max_quantity=most),), sharers=3)
    line = preview(Filters(), Filters(), (view,), sizes).lines.plain
    assert cell_len(line) <= 73
    assert most != 20 or "passes, no copy: over max q" in line


@pytest.mark.parametrize("size", [(80, 20), (80, 24), (120, 36), (200, 60)])
@pytest.mark.parametrize("orders", [0, 3, 60])
async def test_the_box_is_as_high_as_its_content_and_its_keys_are_in_sight(size: tuple[int, int], orders: int) -> None:
    snapshot = snapshots.crowded(orders, 2) if orders else snapshots.quiet()
    app = DialogHost(FakeFront(snapshot), FiltersScreen(Filters(), snapshot.orders, SIZES))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        lines = [line.strip() for line in app.screen_text().splitlines()]
        keys = next(number for number, line in enumerate(lines) if "enter apply" in line)
        assert lines[keys + 1].startswith("╰─")  # nothing between the keys and the border
        assert "esc leave" in lines[keys]
