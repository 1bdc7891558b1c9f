"""What the user typed to name an order: an id, a tag, or a number that copytui gave."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

_NUMBER = re.compile(r"(?:(?P<kind>#|copy|execution)\s*#?\s*)?(?P<number>[1-9][0-9]{0,17})", re.IGNORECASE)
_MOST = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """An order's name: `is_id` where it can be an id or a tag, `number` where it can be one of copytui's own."""

    text: str
    is_id: bool
    number: int | None
    is_copy: bool


def read_name(text: str) -> Asked:
    """Understand `261120000012345`, `CT…`, `#12`, `execution 12`, `copy 12`, `12`."""
    text = text.strip()
    found = _NUMBER.fullmatch(text)
    if found is None:
        return Asked(text, is_id=True, number=None, is_copy=False)
    kind = (found["kind"] or "").lower()
    return Asked(text, is_id=not kind, number=int(found["number"]), is_copy=kind == "copy")


def near_matches(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return known ids that `name` may have been meant to be: those that contain it first, then similar ones."""
    name, ids = name.strip().lstrip("#"), sorted(set(known), reverse=True)
    inside = [each for each in ids if len(name) >= 3 and name.casefold() in each.casefold()]
    similar = get_close_matches(name, ids, n=_MOST, cutoff=0.75)
    return tuple(dict.fromkeys([*inside, *similar]))[:_MOST]
