"""The `ordertag` of a copy: computed, never random, so the broker's own order books show what was copied.

SmartAPI accepts tags of up to 20 characters; 15 of `A-Z0-9` are sent. The first two mark an order as copytui's, and
two copiers never copy each other's orders.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date

from copytui.domain.orders import ClientId, OrderKey, Tag

_MARK = "CT"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LENGTH = 15
_OURS = re.compile(rf"^{_MARK}[A-Z0-9]{{{_LENGTH - len(_MARK)}}}$")


def copy_tag(
    day: date,
    master: ClientId,
    order: OrderKey,
    filled: int,
    follower: ClientId,
    *,
    slice_number: int = 0,
    attempt: int = 0,
) -> Tag:
    """Return the tag of one order: the same inputs give the same tag on any machine, at any time.

    An execution is named by how much of the master's order was `filled` with it, which the order book still shows
    when the journal is lost; `attempt` counts manual retries.
    """
    text = "\x1f".join((day.isoformat(), master, order, str(filled), str(slice_number), follower, str(attempt)))
    number = int.from_bytes(hashlib.sha256(text.encode()).digest())
    number %= len(_ALPHABET) ** (_LENGTH - len(_MARK))  # the letters that are taken; small numbers divide faster
    letters = []
    for _ in range(_LENGTH - len(_MARK)):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return Tag(_MARK + "".join(letters))


def is_own_tag(tag: str) -> bool:
    """Tell whether an order with this `ordertag` was sent by a copytui."""
    return bool(_OURS.match(tag.strip()))
