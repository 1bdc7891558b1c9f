"""The themes: dark, light, high contrast. Red is live or failed, amber is uncertain, green is filled."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="copytui-dark",
    primary="#5b8fb9",
    secondary="#7aa2c4",
    accent="#8fb8de",
    success="#5fb37c",
    warning="#e0a34a",
    error="#c62f3b",
    foreground="#d6dbe1",
    background="#10141a",
    surface="#151a21",
    panel="#212934",
    dark=True,
)
LIGHT = Theme(
    name="copytui-light",
    primary="#2f6690",
    secondary="#3a7ca5",
    accent="#1d5f8a",
    success="#22733f",
    warning="#a86200",
    error="#b3202c",
    foreground="#1d232a",
    background="#f7f8fa",
    surface="#ffffff",
    panel="#e3e8ee",
    dark=False,
)
CONTRAST = Theme(
    name="copytui-contrast",
    primary="#66ccff",
    secondary="#99ddff",
    accent="#ffff66",
    success="#44ff88",
    warning="#ffcc00",
    error="#d00000",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    dark=True,
    variables={"text-error": "#ff7070", "text-success": "#44ff88", "text-warning": "#ffcc00"},
)
THEMES: tuple[Theme, ...] = (DARK, LIGHT, CONTRAST)
"""In the order in which `t` goes through them; the first one is the default."""
