"""The arguments of a request, typed: a query says everything in text, a body in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_workspace.errors import InvalidParameter


class Arguments:
    """Reads a request's arguments and refuses those of a wrong type."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def all(self) -> dict[str, Any]:
        """Return everything as it was given."""
        return dict(self._given)

    def number(self, name: str) -> int:
        """Return a whole number that must be there."""
        value = self.optional_number(name)
        if value is None:
            raise InvalidParameter(f"Missing required field: {name}")
        return value

    def optional_number(self, name: str) -> int | None:
        """Return a whole number; an empty text counts as not given."""
        value = self._given.get(name)
        if value is None or value == "":
            return None
        try:
            return int(str(value))
        except ValueError as error:
            raise InvalidParameter(f"{name} must be a whole number, not {value!r}.") from error

    def number_between(self, name: str, low: int, high: int, *, default: int) -> int:
        """Return a whole number within limits."""
        value = self.optional_number(name)
        value = default if value is None else value
        if not low <= value <= high:
            raise InvalidParameter(f"{name} must be between {low} and {high}, not {value}.")
        return value

    def flag(self, name: str) -> bool:
        """Return a yes or no; not given is no."""
        value = self._given.get(name, False)
        text = str(value).lower()
        if text not in ("true", "false", ""):
            raise InvalidParameter(f"{name} must be true or false, not {value!r}.")
        return text == "true"

    def text(self, name: str) -> str | None:
        """Return a text; an empty one counts as not given."""
        value = self._given.get(name)
        if value is not None and not isinstance(value, str):
            raise InvalidParameter(f"{name} must be a string.")
        return value or None

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object; not given is an empty one."""
        value = self._given.get(name)
        if value is not None and not isinstance(value, dict):
            raise InvalidParameter(f"{name} must be an object.")
        return dict(value or {})

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; not given is an empty one."""
        value = self._given.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise InvalidParameter(f"{name} must be a list of strings.")
        return value
