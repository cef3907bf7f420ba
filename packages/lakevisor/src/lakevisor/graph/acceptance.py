"""Whether the person's words accept what was just proposed."""

from __future__ import annotations

import re

_ACCEPTING = frozenset(
    {
        "yes", "y", "yes please", "yep", "sure", "ok", "okay", "go", "go ahead", "do it",
        "please do", "confirm", "confirmed", "accept", "accepted", "approve", "approved",
        "yes do it", "yes go ahead", "ja",
    }
)  # fmt: skip


def is_acceptance(text: str) -> bool:
    """Tell whether a message says yes and nothing else; anything more is a new request."""
    return re.sub(r"[^a-z]+", " ", text.lower()).strip() in _ACCEPTING
