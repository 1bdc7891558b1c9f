"""What Textual keeps of screens that have closed."""

from __future__ import annotations

from textual._styles_cache import StylesCache


def clear_textual_caches() -> None:
    """Let go of what was drawn of closed dialogs.

    Textual caches two colours a widget under a key that holds all that the widget has drawn: up to 1,024 dead ones.
    """
    StylesCache.get_inner_outer.cache_clear()
