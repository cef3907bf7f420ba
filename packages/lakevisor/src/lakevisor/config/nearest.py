"""The known name that somebody most likely meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like ``name``, or None where none is much like it."""
    by_folded = {candidate.casefold().replace("-", "_"): candidate for candidate in known}
    matches = get_close_matches(name.casefold().replace("-", "_"), by_folded, n=1)
    return by_folded[matches[0]] if matches else None
