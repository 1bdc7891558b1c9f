"""The statistics of the session: lines, sparklines, and a table by follower."""

from __future__ import annotations

from collections.abc import Sequence

from copytui.domain.statistics import FollowerMetrics, Slippage
from copytui.domain.text import clean
from copytui.engine.snapshot import FollowerView, Snapshot
from copytui.tui.present.cells import Cell, Column, Line, Piece, Row, Tone, line_width, rupees
from copytui.tui.present.glyphs import Signs

FOLLOWER_COLUMNS = (
    Column("follower", "follower", 12, 20),
    Column("copies", "copies", 8, 10, right=True),
    Column("filled", "filled", 8, 10, right=True),
    Column("rate", "filled %", 10, 11, right=True),
    Column("rejected", "rejected", 10, 11, right=True),
    Column("failed", "failed", 8, 9, right=True, optional=1),
    Column("unknown", "unknown", 9, 10, right=True),
    Column("dry", "dry run", 8, 9, right=True, optional=4),
    Column("median", "median ms", 11, 12, right=True),
    Column("p99", "p99 ms", 8, 10, right=True),
    Column("slippage", "slippage", 11, 12, right=True, optional=2),
    Column("rupees", "rupees", 11, 13, right=True, optional=3),
)


def sparkline(values: Sequence[float], width: int, signs: Signs) -> str:
    """Return the newest values as one row of bars, scaled to the largest."""
    newest = [max(0.0, value) for value in values[-width:]] if width > 0 else []
    top = max(newest, default=0.0)
    steps = len(signs.bars) - 1
    return "".join(signs.bars[round(value / top * steps) if top else 0] for value in newest)


Group = tuple[int, Line]
"""A part of a line with its rank; when room is short, the lowest ranks are placed first."""


def statistics_lines(snapshot: Snapshot, signs: Signs, width: int = 116) -> tuple[Line, Line]:
    """Return the two lines of the statistics pane; parts that do not fit are dropped, zeroes first."""
    ready = (2, (Piece("followers ", Tone.DIM), *_ready(snapshot), Piece(" ready", Tone.DIM)))
    first = [*_orders(snapshot), *_fills(snapshot), *_trouble(snapshot), ready]
    second = [
        (0, _latency(snapshot, signs, 20 if width >= 100 else 8)),
        (1, _slippage(snapshot.metrics.all.slippage, signs)),
        (2, _budget(snapshot)),
        (3, _fills_chart(snapshot, signs, 20 if width >= 140 else 0)),
    ]
    return _fitting(first, width), _fitting(second, width)


def statistics_line(snapshot: Snapshot, width: int) -> Line:
    """Return the single line for a small screen."""
    ready = (2, (Piece("ready ", Tone.DIM), *_ready(snapshot)))
    good = (4, (Piece("good ", Tone.DIM), Piece(_good(snapshot))))
    p50 = (4, (Piece("p50 ", Tone.DIM), Piece(_ms(snapshot.metrics.all.median_ms))))
    return _fitting([*_orders(snapshot), *_trouble(snapshot), ready, good, p50], width)


def _fitting(groups: Sequence[Group], width: int) -> Line:
    """Join the groups that fit, with narrower gaps if that saves one."""
    groups = [group for group in groups if group[1]]
    chosen: list[int] = []
    gap = "  "
    for gap in ("   ", "  ") if width >= 104 else ("  ",):
        chosen = _chosen(groups, width, len(gap))
        if len(chosen) == len(groups):
            break
    line: Line = ()
    for place in chosen:
        line = (*line, *((Piece(gap),) if line else ()), *groups[place][1])
    return line


def _chosen(groups: Sequence[Group], width: int, gap: int) -> list[int]:
    """Return the indices of the groups that fit; one that is too long does not exclude a shorter one."""
    chosen, room = [], width + gap
    for place, (_rank, line) in sorted(enumerate(groups), key=lambda each: each[1][0]):
        need = gap + line_width(line)
        if need <= room:
            chosen.append(place)
            room -= need
    return sorted(chosen)


def _orders(snapshot: Snapshot) -> list[Group]:
    """Count the executions by decision; those simulated by a dry run are counted separately."""
    metrics, simulated = snapshot.metrics.statistics, snapshot.metrics.simulated
    copied, dry = metrics.copied - simulated, snapshot.rules.dry_run
    return [
        (3, _count("orders", metrics.master_orders, Tone.STRONG)),
        *([(0, _count("copied", copied, Tone.STRONG))] if copied or not dry else []),
        *([(0, _count("would copy", simulated, Tone.STRONG))] if simulated or (dry and not copied) else []),
        (3, _count("skipped", metrics.skipped)),
        *([(1, _count("missed", metrics.missed, Tone.WARN))] if metrics.missed else []),
    ]


def _count(word: str, count: int, tone: Tone = Tone.PLAIN) -> Line:
    return (Piece(f"{word} ", Tone.DIM), Piece(str(count), tone))


def _fills(snapshot: Snapshot) -> list[Group]:
    """Show how many of the copies sent have filled, and separately how many were simulated."""
    all_, dry = snapshot.metrics.all, snapshot.rules.dry_run
    groups: list[Group] = []
    if all_.begun or not dry:
        share = f"  {100 * all_.filled / all_.begun:.1f}%" if all_.begun else ""
        filled = Piece(f"{all_.filled}/{all_.begun}", Tone.STRONG)
        groups.append((1, (Piece("filled ", Tone.DIM), filled, Piece(share))))
    if all_.simulated or not groups:
        copies = " copies" if all_.simulated != 1 else " copy"
        groups.append((3, (*_count("simulated", all_.simulated), Piece(copies, Tone.DIM))))
    return groups


def _good(snapshot: Snapshot) -> str:
    """Return the percentage of sent copies that the broker accepted."""
    all_ = snapshot.metrics.all
    accepted = snapshot.metrics.statistics.copies.success
    return f"{100 * accepted / all_.begun:.1f}%" if all_.begun else "-"


def _trouble(snapshot: Snapshot) -> list[Group]:
    """Count rejected, failed and unknown copies; zeroes are dropped first."""
    all_ = snapshot.metrics.all
    counts = (("rejected", all_.rejected, Tone.BAD), ("failed", all_.failed, Tone.BAD),
              ("unknown", all_.unknown, Tone.WARN))  # fmt: skip
    return [
        (1, _count(word, count, tone)) if count else (5, _count(word, count))
        for word, count, tone in counts
        if count or word != "failed"
    ]


def _ready(snapshot: Snapshot) -> Line:
    followers = [view for view in snapshot.followers if view.enabled]
    ready = sum(view.armed for view in followers)
    tone = Tone.PLAIN if ready == len(followers) else Tone.WARN
    return (Piece(f"{ready}/{len(followers)}", tone),)


def _latency(snapshot: Snapshot, signs: Signs, width: int) -> Line:
    all_ = snapshot.metrics.all
    return (
        Piece("copy latency ", Tone.DIM), Piece("p50 ", Tone.DIM), Piece(_ms(all_.median_ms), Tone.STRONG),
        Piece(" p99 ", Tone.DIM), Piece(_ms(all_.p99_ms)),
        Piece(" "), Piece(sparkline(snapshot.metrics.recent_ms, width, signs), Tone.ACCENT),
    )  # fmt: skip


def _fills_chart(snapshot: Snapshot, signs: Signs, width: int) -> Line:
    if not width:
        return ()
    chart = sparkline(snapshot.metrics.fills_a_minute, width, signs)
    return (Piece("fills ", Tone.DIM), Piece(chart, Tone.ACCENT))


def _slippage(slip: Slippage, signs: Signs) -> Line:
    words = f"{slip.percent:+.2f}% ({signs.rupee}{rupees(slip.rupees)})" if slip.value else "none yet"
    return (Piece("slippage ", Tone.DIM), Piece(words))


def _budget(snapshot: Snapshot) -> Line:
    """Return the order budget of the most used account, which is throttled first."""
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
    """Return the rows by follower, in the order of the settings."""
    metrics = snapshot.metrics.followers
    return [_row(view, metrics.get(view.client_id, FollowerMetrics()), signs) for view in snapshot.followers]


def _row(view: FollowerView, metrics: FollowerMetrics, signs: Signs) -> Row:
    begun = metrics.begun
    rate = 100 * metrics.filled / begun if begun else None
    slip = metrics.slippage

    def count(number: int, tone: Tone = Tone.PLAIN) -> Cell:
        return Cell(str(number), tone if number else Tone.DIM, -number)

    return Row(
        view.client_id,
        (
            Cell(clean(view.name), Tone.STRONG),
            count(begun),
            count(metrics.filled, Tone.GOOD),
            Cell("-" if rate is None else f"{rate:.1f}%", value=101 if rate is None else rate),
            count(metrics.rejected, Tone.BAD),
            count(metrics.failed, Tone.BAD),
            count(metrics.unknown, Tone.WARN),
            count(metrics.simulated),
            Cell(_ms(metrics.median_ms).removesuffix("ms"), value=-(metrics.median_ms or 0)),
            Cell(_ms(metrics.p99_ms).removesuffix("ms"), value=-(metrics.p99_ms or 0)),
            Cell(f"{slip.percent:+.2f}%" if slip.value else "-", value=-float(slip.percent)),
            Cell(f"{signs.rupee}{rupees(slip.rupees)}" if slip.value else "-", value=-float(slip.rupees)),
        ),
    )
