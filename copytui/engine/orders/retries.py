"""Copies that were sent again by hand, held against the attempts before them.

The user says of a copy that it does not exist, and may be wrong: its order can reach the book late. What
stands there after all is not sent a second time.
"""

from __future__ import annotations

from dataclasses import replace

from copytui.domain.copies import WENT_WRONG, Copy, CopyState
from copytui.domain.events import EventKind, Level
from copytui.domain.text import order_words
from copytui.engine.follower.follower import Lane
from copytui.engine.state import Desk

STANDS = "an earlier attempt of it stands at the broker after all"


def left_to_retry(desk: Desk, lane: Lane, copy: Copy) -> int:
    """Return how many units of a copy the earlier attempts leave to it; all of them where it is the first one.

    An exit still closes what an earlier attempt, cancelled after a part, has left open; an entry opens nothing more.
    """
    earlier = _earlier(desk, copy)
    stands = any(other.state not in WENT_WRONG for other in earlier)
    # A row that makes no sense is an order all the same, and nobody can tell its fills. Nor are the fills counted of an
    # order that the broker refused with a code, and that works or has filled all the same.
    odd = any(
        other.tag in (lane.book_tags if other.is_marked_not_placed else lane.standing_tags)
        for other in earlier
        if other.state is CopyState.FAILED
    )
    if odd or (stands and copy.exit is None):
        return 0
    if not stands:
        return copy.order.quantity
    taken = sum(other.filled + other.outstanding for other in earlier)
    return max(min(copy.order.quantity, earlier[0].order.quantity - taken), 0)


def drop_needless_retries(desk: Desk, lane: Lane) -> None:
    """End queued retries whose earlier attempt has shown up in the account's book, and cut exits to what is left."""
    for id_ in tuple(lane.queue):
        copy = desk.copies[id_]
        if copy.state is not CopyState.QUEUED or lane.posting == id_ or not lane.has_read_since(copy):
            continue
        left = left_to_retry(desk, lane, copy)
        if not left:
            last = _earlier(desk, copy)[-1]
            if last.state is CopyState.FAILED:
                desk.put_copy(last, replace(last, dismissed=False))  # listed again: it is not done with
            dropped = desk.advance(copy, CopyState.SKIPPED, error=STANDS)
            text = f"{order_words(copy.order)} not sent: {STANDS}"
            desk.tell(Level.WARN, EventKind.COPY, lane.name, text, copy=dropped)
        elif left < copy.order.quantity:
            desk.put_copy(copy, replace(copy, order=replace(copy.order, quantity=left)))


def _earlier(desk: Desk, copy: Copy) -> list[Copy]:
    """Return the attempts before a copy that may have reached the broker, the first one first."""
    if not copy.retry:
        return []
    return [o for o in attempts(desk, copy) if o.retry < copy.retry and o.state is not CopyState.SKIPPED]


def attempts(desk: Desk, copy: Copy) -> list[Copy]:
    """Return every attempt at what a copy is one of, itself included, the first one first."""
    found = (
        other
        for other in desk.copies_of(copy.execution_id)
        if other.follower == copy.follower and other.exit == copy.exit and other.slice_number == copy.slice_number
    )
    return sorted(found, key=lambda other: other.retry)
