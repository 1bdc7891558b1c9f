"""Every dialog, in a small terminal: hostile text, 300-character names, very many followers, plain terminals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.screen import Screen

from copytui.domain.copies import CopyState
from copytui.domain.decisions import Verdict
from copytui.domain.sizing import Sizing
from copytui.engine.snapshot import Snapshot
from copytui.tui.commands.registry import COMMANDS
from copytui.tui.dialogs.account import AccountScreen
from copytui.tui.dialogs.approvals import ApprovalsScreen
from copytui.tui.dialogs.attention import AttentionScreen
from copytui.tui.dialogs.confirmations import cancelling_all, flattening, going_live, releasing_follower, releasing_halt
from copytui.tui.dialogs.demo import FaultScreen, OrderScreen
from copytui.tui.dialogs.filter_preview import Sizes
from copytui.tui.dialogs.filters import FiltersScreen
from copytui.tui.dialogs.help import HelpScreen
from copytui.tui.dialogs.quit import QuitScreen
from copytui.tui.dialogs.story import StoryScreen
from copytui.tui.dialogs.typed_word import TypedWord, TypedWordScreen
from tests.tui import snapshots
from tests.tui.dialog_host import DialogHost, press
from tests.tui.fake import FakeDemo, FakeFront

pytestmark = pytest.mark.every_frame

Make = Callable[[FakeFront, Snapshot], Screen[Any]]


class HostileDemo(FakeDemo):
    """A demo whose names are hostile, too."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.refusal = text

    def symbols(self) -> tuple[str, ...]:
        return (self.text,)

    def faults(self) -> tuple[str, ...]:
        return (self.text,)


def asks(question: TypedWord) -> TypedWordScreen:
    return TypedWordScreen(question, lambda _: question)


DIALOGS: dict[str, tuple[Make, str, list[str]]] = {
    "going live": (lambda client, snapshot: asks(going_live(client, snapshot)), "closes by", ["tab", "x"]),
    "releasing": (lambda _, snapshot: asks(releasing_halt(snapshot)), "closes by itself", ["tab", "enter"]),
    "approvals": (lambda *_: ApprovalsScreen(), "esc later", ["tab", "space", "enter", "7", "enter", "escape"]),
    "filters": (
        lambda _, snapshot: FiltersScreen(snapshot.rules.filters, snapshot.orders, Sizes(Sizing())), "esc leave",
        ["tab", "x", "tab", "space"],
    ),
    "needs": (lambda *_: AttentionScreen(), "esc leave", ["down", "down"]),
    "needs, asking": (lambda *_: AttentionScreen(), "n no", ["down", "down", "c"]),
    "needs, last": (lambda *_: AttentionScreen(), "esc leave", ["end"]),
    "story": (lambda _, snapshot: StoryScreen(snapshot.orders[2].known.order.key), "esc leave", ["G"]),
    "account": (lambda _, snapshot: AccountScreen(snapshot.followers[0].client_id), "esc leave", ["G"]),
    "flattening": (lambda _, snapshot: asks(flattening(snapshot, None)), "closes by", ["tab", "x"]),
    "cancelling": (lambda _, snapshot: asks(cancelling_all(snapshot)), "closes by", ["tab", "x"]),
    "releasing one": (
        lambda _, snapshot: asks(releasing_follower(snapshot.followers[0])), "closes by", ["tab", "x"],
    ),
    "help": (lambda *_: HelpScreen(COMMANDS, demo=True, pane="orders"), "esc leave", ["G"]),
    "quit": (lambda _, snapshot: QuitScreen(snapshot), "esc stay", ["x"]),
    "order": (lambda engine_client, _: OrderScreen(engine_client.demo or FakeDemo()), "esc leave", ["down", "enter"]),
    "fault": (lambda client, shown: FaultScreen(client.demo or FakeDemo(), shown.followers), "esc leave", ["tab"]),
}  # fmt: skip


TEXTS = {
    "hostile": snapshots.HOSTILE, "long": snapshots.LONG, "escape": "\x1b[31m", "lines": "\n\n\n",
    "wide": "शेयर 株式 🚀" * 40,
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("name", list(DIALOGS))
async def test_hostile_text_breaks_no_dialog_and_its_keys_stay_in_sight(name: str, text: str) -> None:
    make, keys, presses = DIALOGS[name]
    snapshot = snapshots.hostile(text)
    engine_client = FakeFront(snapshot, demo=HostileDemo(text))
    app = DialogHost(engine_client, make(engine_client, snapshot))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *presses)
        await app.workers.wait_for_complete()
        await pilot.pause()
        shown = app.screen_text()
        assert "\x1b" not in shown
        assert keys in shown
        assert all(len(line.rstrip("\n")) <= 80 for line in shown.splitlines())


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_a_question_about_a_hostile_position_keeps_its_keys_in_sight(text: str, ascii_only: bool) -> None:
    hostile = snapshots.hostile(text)
    snapshot = replace(snapshots.quiet(), followers=hostile.followers[:1], orphaned=hostile.orphaned)
    app = DialogHost(FakeFront(snapshot), AttentionScreen(), ascii_only=ascii_only)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "f")
        assert "n no" in app.screen_text()
        assert "\x1b" not in app.screen_text()
        await press(pilot, "y")
        assert len(app.engine_client.submitted) == 1


@pytest.mark.parametrize("name", ["going live", "approvals", "needs", "story", "fault", "filters", "quit"])
async def test_with_fifty_followers_the_keys_stay_in_sight(name: str) -> None:
    make, keys, _presses = DIALOGS[name]
    crowd = snapshots.crowded(20, 50)
    order = snapshots.an_order_of(500)
    asked = tuple(snapshots.a_copy_of(order, number, CopyState.ASKED) for number in range(50))
    view = snapshots.a_view(order, asked, Verdict.ASK, "needs a yes", settled=False, followers=50)
    snapshot = replace(crowd, orders=(*crowd.orders, view), approvals=((500, 1050.0),))
    engine_client = FakeFront(snapshot, demo=FakeDemo())
    app = DialogHost(engine_client, make(engine_client, snapshot))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "pagedown", "end")
        assert keys in app.screen_text()


@pytest.mark.parametrize("name", list(DIALOGS))
async def test_a_plain_terminal_gets_plain_signs(name: str) -> None:
    make, keys, presses = DIALOGS[name]
    snapshot = snapshots.approvals_waiting()
    snapshot = replace(snapshot, missed=snapshots.missed().missed, followers=snapshots.halted().followers)
    engine_client = FakeFront(snapshot, demo=FakeDemo())
    app = DialogHost(engine_client, make(engine_client, snapshot), ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *presses[:1])
        text = app.screen_text()
        assert keys in text or name == "needs, asking"
        odd = {char for char in text if not char.isascii()}
        assert not odd, odd
