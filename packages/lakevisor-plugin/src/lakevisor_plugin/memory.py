"""What a sub-agent remembers of a thread, for its own tools."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping

from pydantic import JsonValue

MEMORY_BYTES = 16_000
"""How much a sub-agent may remember of one thread, as JSON."""


class MemoryFull(Exception):
    """A sub-agent wants to remember more of a thread than it may; nothing was changed."""

    def __init__(self, key: str, *, size: int, limit: int) -> None:
        super().__init__(
            f"With {key!r} the memory of the thread would take {size:,} bytes of the {limit:,} "
            "that it may. Forget what is old, or keep an id instead of what it stands for."
        )
        self.key = key
        self.size = size
        self.limit = limit


class Memory(MutableMapping[str, JsonValue]):
    """JSON values by name, kept with the thread: `turn.memory["conversation"] = "01ef"`.

    What is read is a copy: to change a value, set it anew.
    """

    def __init__(
        self, values: Mapping[str, JsonValue] | None = None, *, max_bytes: int = MEMORY_BYTES
    ) -> None:
        """Begin with what is known already, whatever its size."""
        self._texts = {key: _as_json(value) for key, value in (values or {}).items()}
        self._max_bytes = max_bytes

    def __getitem__(self, key: str) -> JsonValue:
        """Return what is remembered under a name."""
        value: JsonValue = json.loads(self._texts[key])
        return value

    def __setitem__(self, key: str, value: JsonValue) -> None:
        """Remember a value, instead of what was remembered under this name.

        Raises:
            MemoryFull: it does not fit beside the others.
            TypeError: it is not made of JSON's types.
            ValueError: it contains a number that JSON does not have.
        """
        texts = {**self._texts, key: _as_json(value)}
        size = sum(len(each.encode()) for pair in texts.items() for each in pair)
        if size > self._max_bytes:
            raise MemoryFull(key, size=size, limit=self._max_bytes)
        self._texts = texts

    def __delitem__(self, key: str) -> None:
        """Forget a value."""
        del self._texts[key]

    def __iter__(self) -> Iterator[str]:
        """Go through the names, in the order in which they came."""
        return iter(self._texts)

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self._texts)

    def __repr__(self) -> str:
        """Name what is remembered, without its values."""
        return f"Memory({', '.join(self._texts)})"


def no_memory() -> Memory:
    """Return a memory without room, for where there is no thread to keep it with."""
    return Memory(max_bytes=0)


def _as_json(value: JsonValue) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
