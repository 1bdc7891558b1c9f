"""The one registry of what the user can do: it feeds bindings, key bar, palette, help and the README's table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding


class Group(StrEnum):
    """How help and README sort the keys."""

    MODE = "Mode"
    COPIES = "Copies"
    FILTERS = "Filters"
    LOOK = "Look"
    PROGRAM = "Program"


@dataclass(frozen=True, slots=True)
class KeyCommand:
    """One thing the user can do. `id` names the app's method `do_<id>`; `keys` are Textual's names of keys.

    Without `keys` it is in the palette only: what is rare and grave should not lie under a finger.

    `short` stands in the key bar (only those with a `bar` rank, lowest first), `title` in the palette
    (of what turns something, the palette names the one way it would turn now), `help` in help and README.
    `everywhere` works inside dialogs too; `demo` exists in the demo only.
    """

    id: str
    keys: tuple[str, ...]
    shown: str
    short: str
    title: str
    help: str
    group: Group
    bar: int = 0
    everywhere: bool = False
    demo: bool = False


HELD = 90
"""The rank from which on a command stays in the key bar, however short of room it is."""
LAST = 99
"""The rank of the way to all others, at the bar's right end."""

G = Group
COMMANDS: tuple[KeyCommand, ...] = (
    KeyCommand("mode", ("d",), "d", "Go live", "Go live / dry run",
               "go live (typed), or back to dry run at once", G.MODE, bar=1),
    KeyCommand("pause", ("space",), "space", "Pause", "Pause / resume",
               "pause copying, or go on; what executes meanwhile is missed and listed", G.MODE, bar=2),
    KeyCommand("halt", ("ctrl+k",), "^k", "Halt", "Halt / release",
               "halt everything at once, also inside dialogs; release with the typed word", G.MODE, bar=3, everywhere=True),
    KeyCommand("cancel_all", (), "^p", "Cancel all", "Cancel all open copies",
               "palette: withdraw every working copy and drop what is queued, with the typed word", G.MODE),
    KeyCommand("flatten", (), "^p", "Flatten", "Close all copied positions",
               "palette: close what copying has built, of all followers or one, with the typed word; also while halted", G.MODE),
    KeyCommand("approvals", ("a",), "a", "Approve", "Approvals",
               "open the copies that wait for a yes", G.COPIES, bar=5),
    KeyCommand("needs", ("n",), "n", "Needs you", "What needs you",
               "walk through what needs you, exits first: approvals, copies that went wrong or do not fill, "
               "positions left behind, followers held back", G.COPIES, bar=6),
    KeyCommand("retry", ("r",), "r", "Retry", "Retry failed copies",
               "open the failed copies, to send them again one by one", G.COPIES),
    KeyCommand("follower", ("x",), "x", "In/out", "Follower in / out",
               "take the follower under the cursor out, or in again; a halted one is released in what needs you (n)", G.COPIES),
    KeyCommand("refresh", ("R",), "R", "Ask broker", "Ask the broker now",
               "ask the broker for the truth now: the master's book and every follower's", G.COPIES),
    KeyCommand("filters", ("f",), "f", "Filters", "Filters",
               "decide what is copied: symbols, order types and the multiplier, with a preview of today's orders", G.FILTERS, bar=4),
    KeyCommand("market", ("M",), "M", "Market", "Market orders on / off", "copy market orders, or not", G.FILTERS),
    KeyCommand("limit", ("L",), "L", "Limit", "Limit orders on / off", "copy limit orders, or not", G.FILTERS),
    KeyCommand("stop", ("S",), "S", "Stop", "Stop orders on / off", "copy stop orders, or not", G.FILTERS),
    KeyCommand("block", ("b",), "b", "Block", "Block / unblock the symbol",
               "block the selected order's symbol, or unblock it", G.FILTERS),
    KeyCommand("confirmation", ("c",), "c", "Confirm", "Confirmation on / off",
               "ask before each copy, or not", G.FILTERS),
    KeyCommand("orders_pane", ("1",), "1", "Orders", "Master orders", "go to the master orders", G.LOOK),
    KeyCommand("followers_pane", ("2",), "2", "Followers", "Followers", "go to the followers", G.LOOK),
    KeyCommand("events_pane", ("3",), "3", "Events", "Events", "go to the events", G.LOOK),
    KeyCommand("statistics_pane", ("4",), "4", "Statistics", "Statistics", "open the statistics in full, or close them", G.LOOK),
    KeyCommand("detail", ("enter",), "enter", "Detail", "The order's story",
               "the selected order's whole story; an event's full text, from which enter goes on to its order; "
               "of a follower, with no order selected (esc), the account in full", G.LOOK, bar=7),
    KeyCommand("search", ("slash",), "/", "Search", "Search", "narrow what is shown (filters decide what is copied)", G.LOOK, bar=8),
    KeyCommand("sort", ("s",), "s", "Sort", "Sort", "sort the pane in focus by the next column", G.LOOK),
    KeyCommand("freeze", ("z",), "z", "Freeze", "Freeze / go on", "freeze the display; the engine goes on", G.LOOK),
    KeyCommand("zoom", ("plus",), "+", "Zoom", "Zoom", "the pane in focus on the whole screen, and back", G.LOOK),
    KeyCommand("copy_row", ("y",), "y", "Copy row", "Copy the row", "copy the row to the clipboard", G.LOOK),
    KeyCommand("copy_json", ("Y",), "Y", "Copy JSON", "Copy the row as JSON", "copy the row to the clipboard as JSON", G.LOOK),
    KeyCommand("export", ("e",), "e", "Export", "Export as CSV", "write today's copies to a CSV file in the logs folder", G.LOOK),
    KeyCommand("theme", ("t",), "t", "Theme", "Next theme", "dark, light, high contrast", G.LOOK),
    KeyCommand("order", ("o",), "o", "Order", "Place a master order (demo)",
               "demo: place an order as the master, and watch it being copied", G.PROGRAM, bar=9, demo=True),
    KeyCommand("fault", ("O",), "O", "Fault", "Let something go wrong (demo)",
               "demo: make a follower's next order go wrong", G.PROGRAM, demo=True),
    KeyCommand("help", ("question_mark", "f1"), "?", "Help", "Help", "every key", G.PROGRAM, bar=HELD, everywhere=True),
    KeyCommand("palette", ("ctrl+p", "colon"), "^p", "more", "Command palette", "every action by name", G.PROGRAM, bar=LAST),
    KeyCommand("quit", ("q",), "q", "Quit", "Quit",
               "stop in order; asks when live or something is in flight", G.PROGRAM, bar=HELD),
)  # fmt: skip

BY_ID = {command.id: command for command in COMMANDS}


def bindings(*, everywhere: bool) -> list[Binding]:
    """Return the bindings of the commands that work everywhere, or of those of the main screen."""
    return [
        Binding(",".join(command.keys), f"app.do('{command.id}')", command.short, show=False, priority=everywhere)
        for command in COMMANDS
        if command.keys and command.everywhere is everywhere
    ]


def key_table() -> list[tuple[str, str]]:
    """Return the README's table: the keys as they are written, and what they do."""
    return [(" ".join(f"`{key}`" for key in _written(command)), command.help) for command in COMMANDS]


def _written(command: KeyCommand) -> tuple[str, ...]:
    others = {"f1": "F1", "colon": ":"}
    return (command.shown.replace("^", "ctrl+"), *(others[key] for key in command.keys[1:]))
