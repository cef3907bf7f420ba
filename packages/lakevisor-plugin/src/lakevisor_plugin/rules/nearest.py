"""The known name that an author most likely meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def hint(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the known name most like this one, or with all known names."""
    names = list(known)
    nearest = get_close_matches(name, names, n=1)
    if nearest:
        return f"Did you mean {nearest[0]}?"
    return f"There are: {', '.join(names) or 'none'}."
