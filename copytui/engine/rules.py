"""The rules that the user can change at run time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from copytui.domain.filters import Filters


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that the user can change at run time; `multiplier` is the shared one, None for the settings' value."""

    dry_run: bool
    require_confirmation: bool
    filters: Filters
    multiplier: Decimal | None = None
    paused: bool = False
    halted_because: str | None = None
