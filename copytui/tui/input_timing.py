"""The pace of a person: a key means what was in sight when the finger moved, and a held key is one press.

Read these where they are used, by the module's name: tests that type faster than anybody set them to nothing.
"""

from __future__ import annotations

SETTLE_SECONDS = 0.3
"""So long a dialog or a question is in sight before a key answers it."""
SLID_SECONDS = 0.7
"""So long keys do not act on a row that came under the cursor by itself."""
REPEAT_SECONDS = 0.7
"""The same switch pressed again within this is the key's repetition; each repetition begins it anew."""
