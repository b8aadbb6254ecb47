"""What the generated clip is like, for who makes it, who plays it and who recognises it. Pure."""

from __future__ import annotations

from typing import Final

CLIP_SECONDS: Final = 4
CHORD_HZ: Final = (523, 659)
"""Both at once; a leg that plays nothing has a tone of 440 Hz."""
