"""The session's numbers as lines, as a table by follower, and as little charts."""

from __future__ import annotations

from collections.abc import Sequence

from copytui.domain.statistics import FollowerNumbers, Slippage
from copytui.domain.wording import clean
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.tui.present.cells import Cell, Column, Line, Piece, Row, Tone, line_width, rupees
from copytui.tui.present.signs import Signs

FOLLOWER_COLUMNS = (
    Column("follower", "follower", 12, 20),
    Column("copies", "copies", 8, 10, right=True),
    Column("filled", "filled", 8, 10, right=True),
    Column("rate", "filled %", 10, 11, right=True),
    Column("rejected", "rejected", 10, 11, right=True),
    Column("failed", "failed", 8, 9, right=True, optional=1),
    Column("unknown", "unknown", 9, 10, right=True),
    Column("median", "median ms", 11, 12, right=True),
    Column("p99", "p99 ms", 8, 10, right=True),
    Column("slippage", "slippage", 11, 12, right=True, optional=2),
    Column("rupees", "rupees", 11, 13, right=True, optional=3),
)


def sparkline(values: Sequence[float], width: int, signs: Signs) -> str:
    """Draw the newest values as one row of bars, the tallest for the largest."""
    newest = [max(0.0, value) for value in values[-width:]] if width > 0 else []
    top = max(newest, default=0.0)
    steps = len(signs.bars) - 1
    return "".join(signs.bars[round(value / top * steps) if top else 0] for value in newest)


def statistics_lines(snapshot: Snapshot, signs: Signs, width: int = 116) -> tuple[Line, Line]:
    """Return the two lines of the statistics pane; what does not fit is left out from the end."""
    first = _fitting([_orders(snapshot, width), _fills(snapshot), *_trouble(snapshot), _ready(snapshot)], width)
    second = _latency(snapshot, signs, 20 if width >= 100 else 8)
    chart = _fills_chart(snapshot, signs, 20 if width >= 140 else 0)
    return first, _fitting([second, _slippage(snapshot.numbers.all.slippage, signs), _budget(snapshot), *chart], width)


def statistics_line(snapshot: Snapshot, width: int) -> Line:
    """Return the one line that a small screen has room for."""
    good = (Piece("good ", Tone.DIM), Piece(_good(snapshot)))
    p50 = (Piece("p50 ", Tone.DIM), Piece(_ms(snapshot.numbers.all.median_ms)))
    return _fitting([_orders(snapshot, width), *_trouble(snapshot), _ready(snapshot), good, p50], width)


def _fitting(groups: Sequence[Line], width: int) -> Line:
    line: Line = ()
    for group in groups:
        longer = (*line, Piece(_gap(width)), *group) if line else group
        if line_width(longer) > width:
            return line
        line = longer
    return line


def _gap(width: int) -> str:
    return "   " if width >= 104 else "  "


def _orders(snapshot: Snapshot, width: int) -> Line:
    numbers, gap = snapshot.numbers.statistics, _gap(width)
    line: Line = (
        Piece("orders ", Tone.DIM), Piece(str(numbers.master_orders), Tone.STRONG),
        Piece(f"{gap}copied ", Tone.DIM), Piece(str(numbers.copied), Tone.STRONG),
        Piece(f"{gap}skipped ", Tone.DIM), Piece(str(numbers.skipped)),
    )  # fmt: skip
    missed = numbers.missed
    return (*line, Piece(f"{gap}missed ", Tone.DIM), Piece(str(missed), Tone.WARN)) if missed else line


def _fills(snapshot: Snapshot) -> Line:
    numbers, all_ = snapshot.numbers.statistics, snapshot.numbers.all
    if not all_.filled and snapshot.rules.dry_run:
        return (Piece("copies ", Tone.DIM), Piece(str(numbers.total)), Piece(" simulated or waiting", Tone.DIM))
    begun = _begun(all_)
    share = f"  {100 * all_.filled / begun:.1f}%" if begun else ""
    return (Piece("filled ", Tone.DIM), Piece(f"{all_.filled}/{begun}", Tone.STRONG), Piece(share))


def _begun(numbers: FollowerNumbers) -> int:
    """Count the copies that were let go: what still waits for a yes has not failed to fill."""
    return numbers.copies - numbers.asked


def _good(snapshot: Snapshot) -> str:
    """Say how many percent of what was let go the broker took, or would have been sent in a dry run."""
    numbers = snapshot.numbers.statistics
    begun = numbers.total - snapshot.numbers.all.asked
    return f"{100 * numbers.success / begun:.1f}%" if begun > 0 else "-"


def _trouble(snapshot: Snapshot) -> list[Line]:
    all_ = snapshot.numbers.all
    counts = (("rejected", all_.rejected, Tone.BAD), ("failed", all_.failed, Tone.BAD),
              ("unknown", all_.unknown, Tone.WARN))  # fmt: skip
    return [
        (Piece(f"{word} ", Tone.DIM), Piece(str(count), tone if count else Tone.PLAIN))
        for word, count, tone in counts
        if count or word != "failed"
    ]


def _ready(snapshot: Snapshot) -> Line:
    followers = [view for view in snapshot.followers if view.enabled]
    ready = sum(view.armed for view in followers)
    tone = Tone.PLAIN if ready == len(followers) else Tone.WARN
    return (Piece("followers ", Tone.DIM), Piece(f"{ready}/{len(followers)} ready", tone))


def _latency(snapshot: Snapshot, signs: Signs, width: int) -> Line:
    all_ = snapshot.numbers.all
    return (
        Piece("copy latency ", Tone.DIM), Piece("p50 ", Tone.DIM), Piece(_ms(all_.median_ms), Tone.STRONG),
        Piece(" p99 ", Tone.DIM), Piece(_ms(all_.p99_ms)),
        Piece(" "), Piece(sparkline(snapshot.numbers.recent_ms, width, signs), Tone.ACCENT),
    )  # fmt: skip


def _fills_chart(snapshot: Snapshot, signs: Signs, width: int) -> list[Line]:
    if not width:
        return []
    chart = sparkline(snapshot.numbers.fills_a_minute, width, signs)
    return [(Piece("fills ", Tone.DIM), Piece(chart, Tone.ACCENT))]


def _slippage(slip: Slippage, signs: Signs) -> Line:
    words = f"{slip.percent:+.2f}% ({signs.rupee}{rupees(slip.rupees)})" if slip.value else "none yet"
    return (Piece("slippage ", Tone.DIM), Piece(words))


def _budget(snapshot: Snapshot) -> Line:
    """The fullest account's, because that one is held back first."""
    budgets = [view.budget for view in snapshot.followers]
    minute = max(budgets, key=lambda budget: budget.minute_used, default=None)
    hour = max(budgets, key=lambda budget: budget.hour_used, default=None)
    if minute is None or hour is None:
        return ()
    tone = Tone.WARN if minute.minute_used >= 0.8 * minute.minute_limit else Tone.PLAIN
    return (
        Piece("order budget ", Tone.DIM), Piece(f"{minute.minute_used}/{minute.minute_limit}", tone),
        Piece(" min ", Tone.DIM), Piece(f"{hour.hour_used}/{hour.hour_limit}"), Piece(" h", Tone.DIM),
    )  # fmt: skip


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}ms"


def follower_rows(snapshot: Snapshot, signs: Signs) -> list[Row]:
    """Return the table by follower, in the settings' order."""
    numbers = snapshot.numbers.followers
    return [_row(view, numbers.get(view.client_id, FollowerNumbers()), signs) for view in snapshot.followers]


def _row(view: FollowerView, numbers: FollowerNumbers, signs: Signs) -> Row:
    begun = _begun(numbers)
    rate = 100 * numbers.filled / begun if begun else None
    slip = numbers.slippage

    def count(number: int, tone: Tone = Tone.PLAIN) -> Cell:
        return Cell(str(number), tone if number else Tone.DIM, -number)

    return Row(
        view.client_id,
        (
            Cell(clean(view.name), Tone.STRONG),
            count(numbers.copies),
            count(numbers.filled, Tone.GOOD),
            Cell("-" if rate is None else f"{rate:.1f}%", value=101 if rate is None else rate),
            count(numbers.rejected, Tone.BAD),
            count(numbers.failed, Tone.BAD),
            count(numbers.unknown, Tone.WARN),
            Cell(_ms(numbers.median_ms).removesuffix("ms"), value=-(numbers.median_ms or 0)),
            Cell(_ms(numbers.p99_ms).removesuffix("ms"), value=-(numbers.p99_ms or 0)),
            Cell(f"{slip.percent:+.2f}%" if slip.value else "-", value=-float(slip.percent)),
            Cell(f"{signs.rupee}{rupees(slip.rupees)}" if slip.value else "-", value=-float(slip.rupees)),
        ),
    )
