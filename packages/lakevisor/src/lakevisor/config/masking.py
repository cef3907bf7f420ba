"""What of the configuration may be shown: everything but what has the name of a secret."""

import re
from typing import Any

from lakevisor.config.secrets import SOURCES, SecretRef

MASK = "********"

# Not "tokens": those are counted, as in max_tokens.
_SECRET_NAME = re.compile(r"(^|[_-])(token|secret|password|credentials?|(api|access)[_-]?key)$")


def is_secret_name(key: str) -> bool:
    """Return whether a key, by its last part, is one that secrets are given under."""
    return bool(_SECRET_NAME.search(key.rpartition(".")[2].casefold()))


def shown(key: str, value: Any) -> Any:
    """Return a value as it may be printed: references as text, texts under secret names masked."""
    if isinstance(value, SecretRef):
        return str(value)
    if isinstance(value, dict):
        return {name: shown(f"{key}.{name}", below) for name, below in value.items()}
    if isinstance(value, list | tuple):
        return [shown(key, item) for item in value]
    if isinstance(value, str) and is_secret_name(key) and not _is_reference(value):
        return MASK
    return value


def _is_reference(text: str) -> bool:
    return text.partition(":")[0] in SOURCES
