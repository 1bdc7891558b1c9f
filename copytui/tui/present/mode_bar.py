"""The mode bar: live or dry run, paused or halted, the age of the data, and the number of attention items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from copytui.domain.copies import CopyState
from copytui.domain.text import clean, clock_text
from copytui.engine.follower.follower import SessionState
from copytui.engine.snapshot import Snapshot
from copytui.tui.present.cells import Line, Piece, Tone, brief_length, cut, length, line_width, plural, uptime
from copytui.tui.present.glyphs import Signs

STALE_SECONDS = 10
_COMING = (SessionState.LOGGING_IN, SessionState.READING_BOOK)


@dataclass(frozen=True, slots=True)
class Moment:
    """What the bar shows besides the snapshot.

    `monotonic` is the snapshots' clock, `up` the uptime in seconds, `closed` which markets are closed.
    """

    now: datetime
    monotonic: float
    up: float = 0.0
    master: str = ""
    demo: bool = False
    switching: bool = False
    ended: str | None = None
    frozen: float | None = None
    halted_since: float | None = None
    closed: str = ""


def stale_seconds(snapshot: Snapshot | None, monotonic: float) -> float | None:
    """Return the age of the last successful poll in seconds if the data is stale, else None.

    Before the first poll, the age counts from the login, because polls are due from then on.
    """
    if snapshot is None:
        return None
    since = snapshot.watching_since if snapshot.looked_at is None else snapshot.looked_at
    age = 0.0 if since is None else monotonic - since
    return age if age > STALE_SECONDS else None


def mode_bar(snapshot: Snapshot | None, moment: Moment, attention: int, signs: Signs, width: int = 120) -> list[Line]:
    """Return the bar, followed by one line per alert."""
    return [
        *_bar(snapshot, moment, attention, signs, width),
        *_alerts(snapshot, moment, signs, width),
    ]


def _bar(snapshot: Snapshot | None, moment: Moment, attention: int, signs: Signs, width: int) -> list[Line]:
    """Return the bar in the longest wording that fits; otherwise some states wrap onto a second line."""
    parts = _right(snapshot, moment, attention, signs)
    # The fixed parts on the right get their room first: a truncated count would be wrong.
    room = width - 1 - line_width(_joined([part for part in parts if not part[0]], signs))
    states: list[Line] = []
    for words, say in ((width >= 100, length), (False, length), (False, brief_length)):
        states = [_mode(snapshot, moment, signs, words=words), *_states(snapshot, moment, say)]
        if line_width(_beside(states)) <= room:
            break
    first, *others = _wrapped(states, room, width)
    return [_spread(first, parts, width, signs), *others]


def _beside(states: Sequence[Line]) -> Line:
    line: Line = ()
    for state in states:
        line = (*line, Piece(" "), *state) if line else state
    return line


def _wrapped(states: Sequence[Line], first: int, others: int) -> list[Line]:
    """Wrap the states into lines, the first of them `first` columns wide; none is ever left out."""
    lines: list[Line] = []
    for state in states:
        longer = _beside([lines[-1], state]) if lines else state
        if lines and line_width(longer) <= (first if len(lines) == 1 else others):
            lines[-1] = longer
        else:
            lines.append(state)
    return lines


def _states(snapshot: Snapshot | None, moment: Moment, say: Callable[[float], str]) -> list[Line]:
    """Return the states to show next to the mode; `say` formats their duration."""
    if snapshot is None:
        return []

    def held(word: str, since: float | None) -> Line:
        lasted = "" if since is None else f"{say(moment.monotonic - since)} "
        return (Piece(f" {word} {lasted}", Tone.HELD),)

    states: list[Line] = []
    if snapshot.rules.halted_because is not None:
        states.append(held("HALTED", moment.halted_since))
    if snapshot.rules.paused:
        states.append(held("PAUSED", snapshot.paused_since))
    if states and (undone := _undone(snapshot)):
        states.append((Piece(undone, Tone.WARN),))
    if moment.closed:
        states.append((Piece(f" {moment.closed} ", Tone.HELD),))
    if (age := stale_seconds(snapshot, moment.monotonic)) is not None:
        states.append((Piece(f" STALE {say(age)} ", Tone.HELD),))
    if moment.frozen is not None:
        states.append((Piece(f" FROZEN {say(moment.frozen)} ", Tone.HELD),))
    return states


def _undone(snapshot: Snapshot) -> str:
    """Return the number of missed and waiting executions while copying is held."""
    counts = ((len(snapshot.missed), "missed"), (_waiting(snapshot), "waiting"))
    return " ".join(f"{count} {word}" for count, word in counts if count)


def _waiting(snapshot: Snapshot) -> int:
    """Count the executions that wait for approval or have a queued copy."""
    waiting = {id_ for id_, _deadline in snapshot.approvals}
    left = sum(view.queued for view in snapshot.followers)
    for view in reversed(snapshot.orders):  # newest first: a day may have thousands of orders
        if left <= 0:
            break
        queued = [copy.execution_id for copy in view.copies if copy.state is CopyState.QUEUED]
        waiting.update(queued)
        left -= len(queued)
    return len(waiting)


def _mode(snapshot: Snapshot | None, moment: Moment, signs: Signs, *, words: bool) -> Line:
    """Return the mode; with `words`, also what it means."""
    pieces: Line = (Piece(" DEMO ", Tone.DEMO),) if moment.demo else ()
    if moment.ended is not None:
        return (*pieces, Piece(" ENGINE STOPPED ", Tone.LIVE))
    if snapshot is None:
        return (*pieces, Piece(" STARTING ", Tone.DRY))
    if snapshot.rules.dry_run:
        pieces = (*pieces, Piece(" DRY RUN ", Tone.DRY))
        meaning = "nothing is sent to followers"
    else:
        pieces = (*pieces, Piece(" LIVE ", Tone.LIVE))
        meaning = f"orders go to {plural(_accounts(snapshot), 'account')}"
    if moment.switching:
        return (*pieces, Piece(f" switching{signs.more}", Tone.WARN))
    held = snapshot.rules.paused or snapshot.rules.halted_because is not None
    return (*pieces, Piece(f" {meaning}", Tone.PLAIN)) if words and not held else pieces


def _accounts(snapshot: Snapshot) -> int:
    return sum(view.enabled for view in snapshot.followers)


def _right(snapshot: Snapshot | None, moment: Moment, attention: int, signs: Signs) -> list[tuple[int, Line]]:
    """Return the parts on the right, each with its rank; the highest rank is dropped first, 0 never."""
    clock: Line = (Piece(clock_text(moment.now), Tone.DIM),)
    up: Line = (Piece(f"up {uptime(moment.up)}", Tone.DIM),)
    if snapshot is None:
        return [(3, up), (2, clock)]
    parts: list[tuple[int, Line]] = [
        (4, (Piece(f"master {moment.master}", Tone.DIM),)),
        *([] if moment.ended is not None else [(1, _poll(snapshot, moment, signs))]),
        (0, (Piece(f"attention {attention}", Tone.WARN if attention else Tone.DIM),)),
        (3, up),
        (2, clock),
    ]
    if not snapshot.rules.dry_run and moment.ended is None:
        parts.append((0, (Piece(f" LIVE {plural(_accounts(snapshot), 'account')} ", Tone.LIVE),)))
    return parts


def _poll(snapshot: Snapshot, moment: Moment, signs: Signs) -> Line:
    if snapshot.looked_at is None:
        late = stale_seconds(snapshot, moment.monotonic) is not None
        return (Piece(f"poll {signs.open} not yet", Tone.WARN if late else Tone.DIM),)
    age = max(0, int(moment.monotonic - snapshot.looked_at))
    tone = Tone.WARN if age > STALE_SECONDS else Tone.GOOD
    return (Piece("poll ", Tone.DIM), Piece(signs.dot, tone), Piece(f" {age}s ago", Tone.DIM))


def _joined(parts: Sequence[tuple[int, Line]], signs: Signs) -> Line:
    right: Line = ()
    for _rank, line in parts:
        right = (*right, Piece(signs.between, Tone.DIM), *line) if right else line
    return right


def _spread(left: Line, parts: Sequence[tuple[int, Line]], width: int, signs: Signs) -> Line:
    """Put `left` at the left end and as many `parts` as fit at the right end."""
    kept = list(parts)
    while True:
        right = _joined(kept, signs)
        gap = width - line_width(left) - line_width(right)
        droppable = [rank for rank, _line in kept if rank]
        if gap >= 1 or not droppable:
            return (*left, Piece(" " * max(1, gap)), *right)
        kept.remove(next(part for part in kept if part[0] == max(droppable)))


def _alerts(snapshot: Snapshot | None, moment: Moment, signs: Signs, width: int) -> list[Line]:
    texts: list[tuple[str, Tone]] = []
    if moment.ended is not None:
        why = clean(moment.ended)
        texts.append((f"The engine has stopped{': ' + why if why else ''}. Nothing is copied. q quits.", Tone.BAD))
    if snapshot is None:
        if moment.ended is None:
            texts.append(("The engine is starting.", Tone.DIM))
    else:
        texts += _troubles(snapshot, moment, signs)
    if moment.demo:
        texts.append((signs.between.join(_TRY), Tone.DIM))
    return [(Piece(" "), Piece(cut(text, max(1, width - 2), dots=signs.dots), tone)) for text, tone in texts]


_TRY = ("try: o place an order", "a approve", "f filters", "d mode", "c require approval", "O inject a fault")


def _troubles(snapshot: Snapshot, moment: Moment, signs: Signs) -> list[tuple[str, Tone]]:
    texts: list[tuple[str, Tone]] = []
    if snapshot.journal_trouble is not None:
        texts.append((f"{signs.bad} journal: {clean(snapshot.journal_trouble)}", Tone.BAD))
    if snapshot.rules.halted_because is not None:
        because = clean(snapshot.rules.halted_because)
        texts.append((f"{signs.warn} halted: {because}; nothing is sent until you release it (^k)", Tone.WARN))
    if snapshot.day_trouble:
        texts.append((f"{signs.warn} {clean(snapshot.day_trouble)}", Tone.WARN))
    age = stale_seconds(snapshot, moment.monotonic)
    if age is not None:
        why = clean(snapshot.poll_trouble or "the poll was not answered")
        failures = f", {plural(snapshot.poll_failures, 'poll')} failed" if snapshot.poll_failures else ""
        never = snapshot.looked_at is None
        old = f"no successful poll in {length(age)}" if never else f"the data is {length(age)} old"
        texts.append((f"{signs.warn} {old}: {why}{failures}", Tone.WARN))
    elif snapshot.poll_trouble and snapshot.master_logged_in:
        texts.append((f"{signs.warn} poll: {clean(snapshot.poll_trouble)}", Tone.WARN))
    if words := login_progress(snapshot, signs):
        texts.append((words, Tone.PLAIN if words.startswith("logging in") else Tone.WARN))
    return texts


def login_progress(snapshot: Snapshot, signs: Signs) -> str:
    """Describe the progress of the logins; empty once the master and all enabled followers are ready."""
    parts = []
    if not snapshot.master_logged_in:
        parts.append(f"master: {clean(snapshot.master_text) or 'logging in'}")
    followers = [view for view in snapshot.followers if view.enabled]
    waiting = [view for view in followers if view.session is not SessionState.READY]
    if any(view.session in _COMING for view in waiting):
        parts.append(f"logging in {len(followers) - len(waiting)}/{len(followers)}{signs.more}")
    elif waiting:
        parts.append(f"{signs.warn} {plural(len(waiting), 'follower')} not ready")
    parts += [
        f"{cut(clean(view.name), 20)} {cut(clean(view.session_text or view.session), 60)}"
        for view in waiting
        if view.session is not SessionState.LOGGING_IN
    ]
    return signs.between.join(parts)
