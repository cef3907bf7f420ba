"""What of the configuration may be shown: everything but what has the name of a secret."""

from typing import Any

from pydantic import BaseModel

from lakevisor.config.secret_names import is_secret_name
from lakevisor.config.secrets import SOURCES, SecretRef

MASK = "********"


def shown(key: str, value: Any) -> Any:
    """Return a value as it may be printed: references as text, texts under secret names masked."""
    if isinstance(value, SecretRef):
        return str(value)
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, dict):
        return {name: shown(f"{key}.{name}", below) for name, below in value.items()}
    if isinstance(value, list | tuple):
        return [shown(key, item) for item in value]
    if isinstance(value, str) and is_secret_name(key) and not _is_reference(value):
        return MASK
    return value


def _is_reference(text: str) -> bool:
    return text.partition(":")[0] in SOURCES
