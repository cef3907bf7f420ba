"""Names that secrets are given under."""

import re

# Not "tokens": those are counted, as in max_tokens.
_SECRET_NAME = re.compile(r"(^|[_-])(token|secret|password|credentials?|(api|access)[_-]?key)$")


def is_secret_name(key: str) -> bool:
    """Return whether a key, by its last part, is one that secrets are given under."""
    return bool(_SECRET_NAME.search(key.rpartition(".")[2].casefold()))
